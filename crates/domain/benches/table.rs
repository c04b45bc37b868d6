//! Selecting a route must cost the same with one route and with ten thousand.
#![allow(missing_docs, clippy::unwrap_used)]

use agm_domain::document::Document;
use agm_domain::name::RouteName;
use agm_domain::route::{AiRoute, KeyedPredicate, MatchType, ModelPredicate, Predicate};
use agm_domain::table::{Ask, Table};
use divan::{Bencher, black_box};

const SIZES: [usize; 3] = [1, 100, 10_000];

fn main() {
    divan::main();
}

/// A default route and `count` others, made by `shape` from their number.
fn table(count: usize, shape: impl Fn(usize, &mut AiRoute)) -> Table {
    let mut document = Document::default();
    let mut add = |route: AiRoute| drop(document.routes.insert(route.name.clone(), route));
    add(AiRoute::new(RouteName::default_route(), "p".into()));
    for i in 0..count {
        let mut route = AiRoute::new(format!("route-{i}").into(), "p".into());
        shape(i, &mut route);
        add(route);
    }
    Table::compile(&document).0
}

fn ask<'a>(host: &'a str, path: &'a str, model: &'a str) -> Ask<'a> {
    Ask { host, path, method: "POST", query: "", headers: &|name| (name == "x-team").then_some("team-0"), model: Some(model) }
}

fn measure(bencher: Bencher<'_, '_>, table: &Table, ask: &Ask<'_>, want: &str) {
    assert_eq!(&*table.select(ask).unwrap().name, want);
    bencher.bench_local(|| black_box(table.select(black_box(ask))));
}

#[divan::bench(args = SIZES)]
fn exact_model(bencher: Bencher<'_, '_>, count: usize) {
    let table = table(count, |i, route| route.model_predicates.push(ModelPredicate::equal(&format!("model-{i}"))));
    measure(bencher, &table, &ask("localhost", "/v1/chat/completions", "model-0"), "route-0");
}

#[divan::bench(args = SIZES)]
fn model_prefix(bencher: Bencher<'_, '_>, count: usize) {
    let table = table(count, |i, route| route.model_predicates.push(ModelPredicate::prefix(&format!("model-{i:05}-"))));
    measure(bencher, &table, &ask("localhost", "/v1/chat/completions", "model-00000-large"), "route-0");
}

#[divan::bench(args = SIZES)]
fn catch_all(bencher: Bencher<'_, '_>, count: usize) {
    let table = table(count, |i, route| route.model_predicates.push(ModelPredicate::equal(&format!("model-{i}"))));
    measure(bencher, &table, &ask("localhost", "/v1/chat/completions", "another"), "default-ai-route");
}

#[divan::bench(args = SIZES)]
fn host(bencher: Bencher<'_, '_>, count: usize) {
    let table = table(count, |i, route| route.domains.push(format!("team-{i}.example.com")));
    measure(bencher, &table, &ask("team-0.example.com", "/v1/chat/completions", "m"), "route-0");
}

#[divan::bench(args = SIZES)]
fn path(bencher: Bencher<'_, '_>, count: usize) {
    let table = table(count, |i, route| route.path_predicate = Some(Predicate::path(&format!("/team-{i}/v1"))));
    measure(bencher, &table, &ask("localhost", "/team-0/v1/chat/completions", "m"), "route-0");
}

#[divan::bench(args = SIZES)]
fn header(bencher: Bencher<'_, '_>, count: usize) {
    let table = table(count, |i, route| {
        route.header_predicates.push(KeyedPredicate {
            key: "x-team".into(),
            match_type: MatchType::Equal,
            match_value: format!("team-{i}"),
            case_sensitive: None,
            rest: serde_json::Map::new(),
        });
    });
    measure(bencher, &table, &ask("localhost", "/v1/chat/completions", "m"), "route-0");
}

#[divan::bench(args = SIZES, sample_count = 5)]
fn compile(bencher: Bencher<'_, '_>, count: usize) {
    bencher.bench_local(|| table(black_box(count), |i, route| route.model_predicates.push(ModelPredicate::equal(&format!("model-{i}")))));
}
