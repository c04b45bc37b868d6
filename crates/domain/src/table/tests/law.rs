//! The law of the table: what the index selects is what trying all routes in order would select; and a mapping is what the stored upstream
//! says.

use proptest::prelude::*;
use serde_json::Map;

use super::*;
use crate::provider::Provider;
use crate::route::{KeyedPredicate, MatchType, ModelPredicate, Predicate, RouteExtra, Upstream};

/// Does what contract 4.6 says, on the stored objects, without an index.
fn reference(document: &Document, call: Call<'_>) -> Option<String> {
    let key = |domains: &[String], want: &str| domains.iter().any(|d| d.as_str() == want);
    let all: Vec<&AiRoute> = document.routes.values().collect();
    let mut virtual_hosts = vec![call.host.to_owned()];
    virtual_hosts.extend(call.host.match_indices('.').filter(|(at, _)| *at > 0).map(|(at, _)| format!("*{}", &call.host[at..])));
    let vhost = virtual_hosts.into_iter().find(|name| all.iter().any(|r| key(&r.domains, name)));
    let mut candidates: Vec<&AiRoute> = all
        .into_iter()
        .filter(|r| match &vhost {
            Some(name) => key(&r.domains, name),
            None => r.domains.is_empty(),
        })
        .collect();
    candidates.sort_by(|a, b| order(a, b));
    candidates.into_iter().find(|r| takes(r, call)).map(|r| r.name.to_string())
}

fn order(a: &AiRoute, b: &AiRoute) -> std::cmp::Ordering {
    let path = |r: &AiRoute| {
        let path = r.path_predicate.as_ref().unwrap();
        let kind = match path.match_type {
            MatchType::Equal => 0,
            MatchType::Prefix => 1,
            MatchType::Regular | MatchType::Foreign(_) => 2,
        };
        (kind, path.match_value.trim_end_matches('/').len())
    };
    let headers = |r: &AiRoute| r.header_predicates.len() + r.model_predicates.len().min(1);
    let bare = |r: &AiRoute| path(r) == (1, 0) && headers(r) == 0 && r.url_param_predicates.is_empty();
    bare(a)
        .cmp(&bare(b))
        .then(path(a).0.cmp(&path(b).0))
        .then(path(b).1.cmp(&path(a).1))
        .then(headers(b).cmp(&headers(a)))
        .then(b.url_param_predicates.len().cmp(&a.url_param_predicates.len()))
        .then_with(|| a.agm.as_ref().map(|x| &x.created_at).cmp(&b.agm.as_ref().map(|x| &x.created_at)))
        .then_with(|| a.name.cmp(&b.name))
}

fn takes(route: &AiRoute, call: Call<'_>) -> bool {
    let text = |kind: &MatchType, value: &str, text: &str| match kind {
        MatchType::Equal => text == value,
        MatchType::Prefix => text.starts_with(value),
        MatchType::Regular => regex::Regex::new(&format!("^(?:{value})$")).unwrap().is_match(text),
        MatchType::Foreign(_) => false,
    };
    let path = {
        let predicate = route.path_predicate.as_ref().unwrap();
        let fold = |t: &str| if predicate.case_sensitive == Some(false) { t.to_lowercase() } else { t.to_owned() };
        let (want, got) = (fold(&predicate.match_value), fold(call.path));
        match &predicate.match_type {
            MatchType::Prefix => format!("{got}/").starts_with(&format!("{}/", want.trim_end_matches('/'))),
            kind => text(kind, &want, &got),
        }
    };
    let keyed = |predicates: &[KeyedPredicate], get: &dyn Fn(&str) -> Option<String>| {
        predicates.iter().all(|p| get(&p.key).is_some_and(|got| text(&p.match_type, &p.match_value, &got)))
    };
    let header = |name: &str| call.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let query = |name: &str| call.query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).map(str::to_owned);
    let models = &route.model_predicates;
    path && (models.is_empty() || call.model.is_some_and(|m| models.iter().any(|p| text(&p.match_type, &p.match_value, m))))
        && keyed(&route.header_predicates, &header)
        && keyed(&route.url_param_predicates, &query)
}

fn pick(values: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(values)
}

fn match_type() -> impl Strategy<Value = MatchType> {
    prop_oneof![4 => Just(MatchType::Equal), 4 => Just(MatchType::Prefix), 1 => Just(MatchType::Regular)]
}

fn keyed_predicates() -> impl Strategy<Value = Vec<KeyedPredicate>> {
    let one = (pick(&["a", "b"]), match_type(), pick(&["1", "2", "12"])).prop_map(|(key, match_type, value)| KeyedPredicate {
        key: key.into(),
        match_type,
        match_value: value.into(),
        case_sensitive: None,
        rest: Map::new(),
    });
    prop::collection::vec(one, 0..3)
}

prop_compose! {
    fn route()(
        domains in prop::sample::subsequence(vec!["x.a.com", "*.a.com", "*.com"], 0..3),
        path_kind in match_type(),
        path in pick(&["/", "/v1", "/v1/", "/v1/chat", "/V1/chat", "/v"]),
        case in prop::option::of(any::<bool>()),
        models in prop::collection::vec((match_type(), pick(&["", "m", "mo", "mod", "model", "n"])), 0..3),
        headers in keyed_predicates(),
        queries in keyed_predicates(),
        created in prop::option::of(pick(&["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"])),
    ) -> AiRoute {
        let mut route = AiRoute::new("r".into(), "p".into());
        route.domains = domains.into_iter().map(str::to_owned).collect();
        route.path_predicate = Some(Predicate { match_type: path_kind, match_value: path.into(), case_sensitive: case, rest: Map::new() });
        route.model_predicates =
            models.into_iter().map(|(match_type, value)| ModelPredicate { match_type, match_value: value.into(), rest: Map::new() }).collect();
        route.header_predicates = headers;
        route.url_param_predicates = queries;
        route.agm = created.map(|at| RouteExtra { created_at: Some(at.into()), ..RouteExtra::default() });
        route
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn select_is_the_first_of_all_that_match(
        routes in prop::collection::vec(route(), 0..12),
        host in pick(&["x.a.com", "y.a.com", "z.y.a.com", "b.com", "other", "", ".com"]),
        path in pick(&["/", "/v1", "/v1/", "/v1/chat", "/v1/chat/x", "/V1/chat", "/v10", "/v1//chat", ""]),
        query in pick(&["", "a=1", "a=12&b=1", "b=2&a=1", "a=2&a=1"]),
        headers in prop::sample::subsequence(vec![("a", "1"), ("b", "12")], 0..3),
        model in prop::option::of(pick(&["", "m", "mod", "model", "models", "n", "é"])),
    ) {
        let mut document = Document::default();
        document.providers.insert("p".into(), Provider::new("p".into(), "openai", vec![]));
        for (i, mut route) in routes.into_iter().enumerate() {
            route.name = format!("r{i:02}").as_str().into();
            document.routes.insert(route.name.clone(), route);
        }
        let (table, found) = Table::compile(&document);
        prop_assert_eq!(found, vec![]);
        let call = Call { host, path, query, headers: &headers, model };
        prop_assert_eq!(taken(&table, call), reference(&document, call).unwrap_or_default());
    }

    #[test]
    fn mapping_is_what_the_stored_upstream_says(
        stored in prop::collection::btree_map("[ab]{0,2}\\*?", "[abc]{0,2}", 0..6),
        model in "[abc]{1,3}",
    ) {
        let mut upstream = Upstream::only("p".into());
        upstream.model_mapping = stored.into_iter().map(|(k, v)| (k, v.into())).collect();
        let mapping = Mapping::new(&upstream.model_mapping);
        prop_assert_eq!(mapping.target(Some(&model)).unwrap_or(&model), mapped(&upstream, &model));
    }
}

/// Contract 7.4, word by word: the exact key, then the alphabetically first `prefix*` that matches, then `*`; an empty result keeps the model.
fn mapped<'a>(upstream: &'a Upstream, model: &'a str) -> &'a str {
    let mapping = &upstream.model_mapping;
    let mut prefixes: Vec<&String> = mapping.keys().filter(|key| key.len() > 1 && key.ends_with('*')).collect();
    prefixes.sort();
    let prefix = prefixes.into_iter().find(|key| model.starts_with(&key[..key.len() - 1]));
    let mut keys = [Some(model), prefix.map(String::as_str), Some("*")].into_iter().flatten();
    let target = keys.find_map(|key| mapping.get(key)).and_then(serde_json::Value::as_str);
    target.filter(|target| !target.is_empty()).unwrap_or(model)
}
