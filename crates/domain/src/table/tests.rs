#![allow(clippy::unwrap_used, clippy::panic)]

mod law;

use serde_json::{Value, json};

use super::*;
use crate::code::Code;
use crate::route::AiRoute;

/// A table of routes written as JSON; `upstreams` may be left out.
fn document(routes: &[Value]) -> Document {
    let mut document = Document::default();
    document.providers.insert("p".into(), crate::provider::Provider::new("p".into(), "openai", vec![]));
    for stored in routes {
        let mut stored = stored.clone();
        stored.as_object_mut().unwrap().entry("upstreams").or_insert(json!([{"provider": "p", "weight": 100}]));
        let route: AiRoute = serde_json::from_value(stored).unwrap();
        document.routes.insert(route.name.clone(), route);
    }
    document
}

fn table(routes: &[Value]) -> Table {
    let (table, found) = Table::compile(&document(routes));
    assert_eq!(found, []);
    table
}

#[derive(Clone, Copy)]
struct Call<'a> {
    host: &'a str,
    path: &'a str,
    query: &'a str,
    headers: &'a [(&'a str, &'a str)],
    model: Option<&'a str>,
}

const CALL: Call<'static> = Call { host: "h", path: "/v1/chat/completions", query: "", headers: &[], model: None };

fn model(model: &str) -> Call<'_> {
    Call { model: Some(model), ..CALL }
}

impl Call<'_> {
    fn with<T>(&self, then: impl FnOnce(&Ask<'_>) -> T) -> T {
        let headers = |name: &str| self.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        then(&Ask { host: self.host, path: self.path, method: "POST", query: self.query, headers: &headers, model: self.model })
    }
}

fn taken(table: &Table, call: Call<'_>) -> String {
    call.with(|ask| {
        let selected = table.select(ask).map(|r| r.name.to_string());
        let explained = table.explain(ask).into_iter().find(|c| c.verdict == Verdict::Taken).map(|c| c.route.to_string());
        assert_eq!(selected, explained, "{ask:?}");
        selected.unwrap_or_default()
    })
}

fn created(at: &str) -> Value {
    json!({"createdAt": at})
}

fn equal(id: &str) -> Value {
    json!([{"matchType": "EQUAL", "matchValue": id}])
}

fn prefix(id: &str) -> Value {
    json!([{"matchType": "PRE", "matchValue": id}])
}

#[test]
fn a_model_predicate_comes_before_the_catch_all() {
    let table = table(&[
        json!({"name": "default-ai-route"}),
        json!({"name": "kimi", "modelPredicates": [{"matchType": "PRE", "matchValue": "kimi-"}, {"matchType": "EQUAL", "matchValue": "k2"}]}),
    ]);
    assert_eq!(taken(&table, model("kimi-k2.5")), "kimi");
    assert_eq!(taken(&table, model("k2")), "kimi");
    assert_eq!(taken(&table, model("k2.5")), "default-ai-route");
    assert_eq!(taken(&table, model("Kimi-k2.5")), "default-ai-route");
    assert_eq!(taken(&table, CALL), "default-ai-route");
    assert_eq!(taken(&table, Call { path: "/v1/models", ..CALL }), "default-ai-route");
}

#[test]
fn age_decides_between_predicates_and_not_their_kind() {
    let pair = |exact: &str, pre: &str| {
        table(&[
            json!({"name": "a-pre", "modelPredicates": prefix("qwen-"), "agm": created(pre)}),
            json!({"name": "z-exact", "modelPredicates": equal("qwen-max"), "agm": created(exact)}),
        ])
    };
    assert_eq!(taken(&pair("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"), model("qwen-max")), "z-exact");
    assert_eq!(taken(&pair("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"), model("qwen-max")), "a-pre");
    // A fraction makes it later than the whole second, however the texts compare.
    assert_eq!(taken(&pair("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z"), model("qwen-max")), "z-exact");
    assert_eq!(taken(&pair("2026-01-01T00:00:00.25Z", "2026-01-01T00:00:00.3Z"), model("qwen-max")), "z-exact");
    assert_eq!(taken(&pair("2026-01-01T00:00:00.100000001Z", "2026-01-01T00:00:00.1Z"), model("qwen-max")), "a-pre");
    // Equal age: the name.
    assert_eq!(taken(&pair("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z"), model("qwen-max")), "a-pre");
}

#[test]
fn a_route_without_a_date_is_the_oldest() {
    let table = table(&[
        json!({"name": "a", "modelPredicates": equal("m"), "agm": created("1970-01-01T00:00:00Z")}),
        json!({"name": "b", "modelPredicates": equal("m")}),
    ]);
    assert_eq!(taken(&table, model("m")), "b");
}

#[test]
fn hosts_do_not_fall_through() {
    let table = table(&[
        json!({"name": "any"}),
        json!({"name": "exact", "domains": ["ai.example.com"], "modelPredicates": equal("m")}),
        json!({"name": "wild", "domains": ["*.example.com"]}),
        json!({"name": "deeper", "domains": ["*.b.example.com", "other.org"]}),
        json!({"name": "upper", "domains": ["UP.example.net"]}),
    ]);
    let at = |host| taken(&table, Call { host, ..model("m") });
    assert_eq!(at("ai.example.com"), "exact");
    assert_eq!(taken(&table, Call { host: "ai.example.com", ..model("n") }), "");
    assert_eq!(at("x.example.com"), "wild");
    assert_eq!(at("x.y.example.com"), "wild");
    assert_eq!(at("a.b.example.com"), "deeper");
    assert_eq!(at("other.org"), "deeper");
    assert_eq!(at("example.com"), "any");
    assert_eq!(at(".example.com"), "any");
    assert_eq!(at("up.example.net"), "upper");
    assert_eq!(at(""), "any");
    assert_eq!(at("elsewhere"), "any");
}

#[test]
fn paths_are_compared_by_segment_and_the_longer_wins() {
    let path = |value: &str, kind: &str, case: Option<bool>| json!({"matchType": kind, "matchValue": value, "caseSensitive": case});
    let table = table(&[
        json!({"name": "root"}),
        json!({"name": "v1", "pathPredicate": path("/v1", "PRE", Some(true))}),
        json!({"name": "slash", "pathPredicate": path("/team/", "PRE", None)}),
        json!({"name": "case", "pathPredicate": path("/V1/Models", "PRE", Some(false))}),
        json!({"name": "exact", "pathPredicate": path("/v1/models", "EQUAL", None)}),
        json!({"name": "model", "modelPredicates": equal("m")}),
        json!({"name": "regex", "pathPredicate": path("/v2/.*", "REGULAR", None)}),
    ]);
    let at = |path| taken(&table, Call { path, ..CALL });
    assert_eq!(at("/v1"), "v1");
    assert_eq!(at("/v1/x"), "v1");
    assert_eq!(at("/v1/"), "v1");
    assert_eq!(at("/v10"), "root");
    assert_eq!(at("/V1"), "root");
    assert_eq!(at("/team"), "slash");
    assert_eq!(at("/team/v1"), "slash");
    assert_eq!(at("/v1/models"), "exact");
    assert_eq!(at("/v1/MODELS"), "case");
    assert_eq!(at("/v1/models/x"), "case");
    assert_eq!(at("/"), "root");
    assert_eq!(at("*"), "root");
    assert_eq!(at("/v2/x"), "regex");
    // The longer path comes before the model predicate; the pattern after it, but before the plain root.
    assert_eq!(taken(&table, Call { path: "/v1/x", ..model("m") }), "v1");
    assert_eq!(taken(&table, Call { path: "/v2/x", ..model("m") }), "model");
}

#[test]
fn more_predicates_come_first() {
    let header = |key: &str, kind: &str, value: &str| json!({"key": key, "matchType": kind, "matchValue": value});
    let table = table(&[
        json!({"name": "plain"}),
        json!({"name": "model", "modelPredicates": prefix("m")}),
        json!({"name": "header", "headerPredicates": [header("X-Team", "EQUAL", "blue")], "agm": created("2026-01-01T00:00:00Z")}),
        json!({"name": "both", "headerPredicates": [header("x-team", "PRE", "bl")], "modelPredicates": prefix("m")}),
        json!({"name": "query", "urlParamPredicates": [header("q", "EQUAL", "1")]}),
        json!({"name": "header-query", "headerPredicates": [header("x-team", "EQUAL", "blue")],
               "urlParamPredicates": [header("q", "REGULAR", "[12]")], "agm": created("2026-02-01T00:00:00Z")}),
    ]);
    let blue = &[("x-team", "blue")];
    assert_eq!(taken(&table, CALL), "plain");
    assert_eq!(taken(&table, model("mm")), "model");
    assert_eq!(taken(&table, Call { headers: blue, ..CALL }), "header");
    assert_eq!(taken(&table, Call { headers: blue, ..model("mm") }), "both");
    // One header each: the one without a date is older.
    assert_eq!(taken(&table, Call { headers: &[("x-team", "green")], ..model("mm") }), "model");
    assert_eq!(taken(&table, Call { query: "a=2&q=1", ..CALL }), "query");
    assert_eq!(taken(&table, Call { query: "q=2&q=1", ..CALL }), "plain");
    assert_eq!(taken(&table, Call { query: "q=12", headers: blue, ..CALL }), "header");
    assert_eq!(taken(&table, Call { query: "q=2", headers: blue, ..CALL }), "header-query");
    assert_eq!(taken(&table, Call { query: "q=2", headers: blue, ..model("mm") }), "both");
}

#[test]
fn patterns_of_foreign_objects_match_the_whole_model() {
    let table = table(&[
        json!({"name": "default-ai-route"}),
        json!({"name": "regex", "modelPredicates": [{"matchType": "REGULAR", "matchValue": "qwen-.*|gpt-[45]"}]}),
    ]);
    assert_eq!(taken(&table, model("qwen-max")), "regex");
    assert_eq!(taken(&table, model("gpt-4")), "regex");
    assert_eq!(taken(&table, model("gpt-4o")), "default-ai-route");
    assert_eq!(taken(&table, model("my-qwen-max")), "default-ai-route");
    assert_eq!(taken(&table, CALL), "default-ai-route");
}

#[test]
fn one_bad_route_is_left_out_and_reported() {
    let check = |bad: Value, pointer: &str, code: Code| {
        let mut bad = bad;
        bad["name"] = json!("b/d");
        let (table, found) = Table::compile(&document(&[json!({"name": "default-ai-route"}), bad.clone()]));
        assert_eq!(found.len(), 1, "{bad}: {found:?}");
        assert_eq!(found[0].pointer, format!("/routes/b~1d{pointer}"));
        assert_eq!(found[0].code, code);
        assert!(found[0].hint.is_some());
        assert_eq!(taken(&table, model("m")), "default-ai-route");
        assert!(table.route("b/d").is_none());
    };
    let with_model = |mut route: Value| {
        route["modelPredicates"] = equal("m");
        route
    };
    check(with_model(json!({"upstreams": []})), "/upstreams", Code::ValidationFailed);
    check(with_model(json!({"upstreams": [{"provider": "p", "weight": 50}, {"provider": "p"}]})), "/upstreams", Code::ValidationFailed);
    check(
        json!({"modelPredicates": [{"matchType": "REGULAR", "matchValue": "(m"}]}),
        "/modelPredicates/0/matchValue",
        Code::ValidationFailed,
    );
    check(
        with_model(json!({"pathPredicate": {"matchType": "PRE", "matchValue": "v1"}})),
        "/pathPredicate/matchValue",
        Code::ValidationFailed,
    );
    check(
        with_model(json!({"headerPredicates": [{"key": "X-Higress-LLM-Model", "matchType": "EQUAL", "matchValue": "m"}]})),
        "/headerPredicates/0/key",
        Code::ValidationFailed,
    );
    let huge = "(a{1000}){1000}{1000}";
    check(
        json!({"modelPredicates": [{"matchType": "REGULAR", "matchValue": huge}]}),
        "/modelPredicates/0/matchValue",
        Code::ValidationFailed,
    );
}

#[test]
fn a_route_to_a_missing_provider_keeps_its_requests() {
    let stored = json!({"name": "gone", "modelPredicates": equal("m"), "upstreams": [{"provider": "gone", "weight": null}]});
    let (table, found) = Table::compile(&document(&[json!({"name": "default-ai-route"}), stored]));
    assert_eq!(found[0].code, Code::UnknownProvider);
    assert_eq!(taken(&table, model("m")), "gone");
    assert_eq!(table.route("gone").unwrap().upstreams[0].weight, 100);
}

#[test]
fn every_route_explains_itself() {
    let header = json!([{"key": "x-a", "matchType": "EQUAL", "matchValue": "1"}]);
    let table = table(&[
        json!({"name": "default-ai-route"}),
        json!({"name": "e-path", "pathPredicate": {"matchType": "PRE", "matchValue": "/other"}}),
        json!({"name": "d-host", "domains": ["x"], "modelPredicates": equal("m")}),
        json!({"name": "c-model", "modelPredicates": equal("n")}),
        json!({"name": "b-header", "headerPredicates": header, "modelPredicates": equal("m")}),
        json!({"name": "a-query", "urlParamPredicates": header, "modelPredicates": equal("m")}),
        json!({"name": "f-takes", "modelPredicates": equal("m")}),
    ]);
    let said: Vec<(String, Verdict)> =
        model("m").with(|ask| table.explain(ask)).into_iter().map(|c| (c.route.to_string(), c.verdict)).collect();
    let no = Verdict::No;
    let want = [
        ("e-path", no(Reason::Path)),
        ("b-header", no(Reason::Header("x-a".into()))),
        ("a-query", no(Reason::Query("x-a".into()))),
        ("c-model", no(Reason::Model)),
        ("d-host", no(Reason::Host)),
        ("f-takes", Verdict::Taken),
        ("default-ai-route", Verdict::LowerPrecedence),
    ];
    assert_eq!(said, want.map(|(name, verdict)| (name.to_owned(), verdict)));
    let without = CALL.with(|ask| table.explain(ask));
    assert_eq!(without[5].verdict, no(Reason::NoModel));
}

#[test]
fn reach_depends_on_where_agents_call() {
    let made = table(&[
        json!({"name": "default-ai-route", "domains": ["*.Ai.local"], "pathPredicate": {"matchType": "PRE", "matchValue": "/llm"},
               "authConfig": {"enabled": true, "allowedConsumers": ["manager"]}}),
        json!({"name": "kimi", "domains": ["*.ai.local"], "pathPredicate": {"matchType": "PRE", "matchValue": "/llm"},
               "modelPredicates": prefix("kimi-"), "authConfig": {"enabled": true},
               "upstreams": [{"provider": "p", "weight": 30, "modelMapping": {"kimi-*": "k2"}}, {"provider": "p", "weight": 70}]}),
    ]);
    let at = CallingPoint::below("https://agm.ai.local/llm");
    let reach = made.reach(&at, &"manager".into(), "qwen");
    assert_eq!((reach.route, reach.allowed), (Some("default-ai-route".into()), true));
    let reach = made.reach(&at, &"manager".into(), "kimi-k2.5");
    assert_eq!((reach.route, reach.allowed), (Some("kimi".into()), false));
    assert_eq!(reach.upstreams, [("p".into(), 30, "k2".into()), ("p".into(), 70, "kimi-k2.5".into())]);

    let nothing = Reach { route: None, allowed: false, upstreams: vec![] };
    for elsewhere in ["http://127.0.0.1:8080/llm", "https://agm.ai.local"] {
        assert_eq!(made.reach(&CallingPoint::below(elsewhere), &"manager".into(), "qwen"), nothing, "{elsewhere}");
    }
    assert_eq!(Table::default().reach(&at, &"manager".into(), "m"), nothing);
}

#[test]
fn reach_names_the_model_the_vendor_is_asked_for() {
    let upstreams = json!([{"provider": "p", "weight": 100, "modelMapping": {"alias": "kimi-latest"}}]);
    let mut document = document(&[json!({"name": "default-ai-route", "upstreams": upstreams})]);
    let provider = document.providers.get_mut("p").unwrap();
    provider.raw_configs.insert("modelMapping".into(), json!({"~-latest$": "-k2.5"}));
    let reach = Table::compile(&document).0.reach(&CallingPoint::below("http://127.0.0.1:8080"), &"manager".into(), "alias");
    assert_eq!(reach.upstreams, [("p".into(), 100, "kimi-k2.5".into())]);
}

#[test]
fn weights_fallback_and_retries() {
    let table = table(&[json!({"name": "r",
        "upstreams": [{"provider": "p", "weight": 0}, {"provider": "p", "weight": 20}, {"provider": "p", "weight": 80}],
        "fallbackConfig": {"enabled": true, "fallbackStrategy": "SEQ", "responseCodes": ["5xx"],
            "upstreams": [{"provider": "p", "modelMapping": {"*": "m"}}, {"provider": "p"}]},
        "proxyNextUpstream": {"enabled": true, "attempts": 2, "timeout": 0, "conditions": ["http_429", "non_idempotent"]}})]);
    let route = table.route("r").unwrap();
    let weights: Vec<u32> = (0..100).map(|roll| route.upstream_at(roll).weight).collect();
    assert_eq!(weights.iter().filter(|w| **w == 20).count(), 20);
    assert_eq!(weights.iter().filter(|w| **w == 80).count(), 80);
    let fallback = route.fallback.as_ref().unwrap();
    assert_eq!(fallback.upstreams.len(), 1);
    assert!(fallback.applies_to(503) && !fallback.applies_to(404) && !fallback.applies_to(200));
    let want = RetryPolicy { attempts: 2, per_try_timeout: None, on_5xx: false, non_idempotent: true, statuses: vec![429] };
    assert_eq!(route.retry, Some(want));
    assert!(route.auth.is_none() && route.allows("anybody"));
}

#[test]
fn retries_as_the_console_fills_them_in() {
    let of = |stored: Value| table(&[json!({"name": "r", "proxyNextUpstream": stored})]).route("r").unwrap().retry.clone();
    let default = of(Value::Null).unwrap();
    assert_eq!((default.attempts, default.per_try_timeout), (3, Some(std::time::Duration::from_mins(2))));
    let spelt = json!({"enabled": true, "attempts": 3, "timeout": 120, "conditions": ["error", "timeout", "non_idempotent"]});
    assert_eq!(of(spelt), Some(default));
    assert_eq!(of(json!({"enabled": false})), None);
    assert_eq!(of(json!({"enabled": true, "conditions": ["off"]})), None);
}

#[test]
fn a_fallback_that_never_applies_is_reported_and_the_route_stays() {
    let stored = json!({"name": "r", "fallbackConfig": {"enabled": true, "responseCodes": [], "upstreams": [{"provider": "p"}]}});
    let (table, found) = Table::compile(&document(&[stored]));
    assert_eq!(found[0].pointer, "/routes/r/fallbackConfig");
    assert!(table.route("r").unwrap().fallback.is_none());
}

#[test]
fn mapping_follows_model_mapper() {
    let map = |stored: Value| Mapping::new(stored.as_object().unwrap());
    let check = |mapping: &Mapping, model: Option<&str>, want: Option<&str>| assert_eq!(mapping.target(model), want, "{model:?}");
    let m = map(json!({"gpt-4": "exact", "gpt-*": "all", "gpt-4*": "four", "keep": "", "same": "same", "*": "rest", "~x.*": "pattern"}));
    check(&m, Some("gpt-4"), Some("exact"));
    // Alphabetically `gpt-*` comes before `gpt-4*`.
    check(&m, Some("gpt-4o"), Some("all"));
    check(&m, Some("keep"), None);
    check(&m, Some("same"), None);
    check(&m, Some("other"), Some("rest"));
    check(&m, None, Some("rest"));
    check(&m, Some("xyz"), Some("rest"));
    check(&m, Some("~x.*"), Some("pattern"));
    let m = map(json!({"": "none-named", "a*": "b", "n": 1}));
    check(&m, None, Some("none-named"));
    check(&m, Some("z"), None);
    check(&m, Some("n"), None);
    assert!(map(json!({})).is_empty() && !m.is_empty());
    check(&map(json!({})), None, None);
}
