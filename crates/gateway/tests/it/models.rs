//! `GET /v1/models` lists exactly what its caller may use (Bifrost #1793 lists what was not selected).

use std::collections::HashMap;

use agm_domain::agent::AgentId;
use agm_domain::assignment::Assignment;
use agm_domain::name::{ConsumerName, ProviderName};
use agm_domain::route::{ModelPredicate, Predicate, RouteExtra};
use agm_gateway::Gateway;
use agm_testkit::http::Request;
use serde_json::{Map, json};

use crate::world::*;

async fn listed(gateway: &Gateway, key: &str) -> Vec<(String, String)> {
    let answer = send(gateway, &Request::new("GET", "/v1/models").header("authorization", format!("Bearer {key}"))).await;
    assert_eq!((answer.status, answer.json()["object"].as_str()), (200, Some("list")), "{}", answer.text());
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    answer.json()["data"].as_array().unwrap().iter().map(|m| (text(&m["id"]), text(&m["owned_by"]))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

fn world() -> agm_domain::document::Document {
    let mut moonshot = route_for("moonshot-ai-route", "moonshot", &[ModelPredicate::prefix("kimi-"), ModelPredicate::equal("moon-exact")]);
    moonshot.agm = Some(RouteExtra { models: vec!["kimi-listed".to_owned()], ..RouteExtra::default() });
    let mapping = json!({"kimi-alias": "kimi-real", "kimi-any*": "x", "*": "y"});
    moonshot.upstreams[0].model_mapping.clone_from(mapping.as_object().unwrap());
    let mut private = route_for("private", "private", &[ModelPredicate::equal("secret-model")]);
    private.auth_config.as_mut().unwrap().allowed_consumers = vec![ConsumerName::from("worker-b")];
    let probe = route_for("agm-probe-1", "moonshot", &[ModelPredicate::equal("agm-probe-1")]);
    let mut document = document(
        [
            provider("base", "http://127.0.0.1:1", &["k"]),
            provider("moonshot", "http://127.0.0.1:1", &["k"]),
            provider("private", "http://127.0.0.1:1", &["k"]),
        ],
        [route("default-ai-route", "base"), moonshot, private, probe],
    );
    let assignment = |provider: &str, model: &str| Assignment {
        provider: ProviderName::from(provider),
        model: model.to_owned(),
        context_window: 1,
        max_tokens: 1,
        reasoning: false,
        updated_at: String::new(),
        rest: Map::new(),
    };
    document.assignments.insert(AgentId::Manager, assignment("base", "assigned"));
    // Its provider is not the one that would be reached.
    document.assignments.insert(AgentId::Worker("lost".into()), assignment("base", "kimi-lost"));
    document
}

#[tokio::test]
async fn the_union_of_what_can_be_reached() {
    let gateway = start(&world());
    gateway.set_provider_models(HashMap::from([
        (ProviderName::from("base"), vec!["base-1".to_owned(), "kimi-elsewhere".to_owned(), "secret-model".to_owned()]),
        (ProviderName::from("moonshot"), vec!["kimi-k2".to_owned(), "other".to_owned()]),
        (ProviderName::from("gone"), vec!["ghost".to_owned()]),
    ]));
    let expected = pairs(&[
        ("assigned", "base"),
        ("base-1", "base"),
        ("kimi-alias", "moonshot"),
        ("kimi-k2", "moonshot"),
        ("kimi-listed", "moonshot"),
        ("moon-exact", "moonshot"),
    ]);
    assert_eq!(listed(&gateway, KEY).await, expected);
    assert_eq!(listed(&gateway, "gw-key-of-worker-b-0123456789").await, pairs(&[("secret-model", "private")]));
}

#[tokio::test]
async fn one_model_by_its_id() {
    let gateway = start(&world());
    gateway.set_provider_models(HashMap::from([(ProviderName::from("base"), vec!["Qwen/Qwen3-8B".to_owned()])]));
    for path in ["/v1/models/assigned", "/v1/models/Qwen/Qwen3-8B", "/v1/models/Qwen%2FQwen3-8B"] {
        let answer = send(&gateway, &get(path)).await;
        assert_eq!(
            (answer.status, answer.json()["object"].as_str(), answer.json()["owned_by"].as_str()),
            (200, Some("model"), Some("base")),
            "{path}"
        );
    }
    let answer = send(&gateway, &get("/v1/models/secret-model")).await;
    assert_eq!((answer.status, code(&answer)), (404, "model_not_found".to_owned()));
}

/// No route there, nobody to ask for a key; and an id may look like the list's own path.
#[tokio::test]
async fn models_are_listed_where_a_route_is() {
    let base = || provider("base", "http://127.0.0.1:1", &["k"]);
    let team = |path: &str| {
        let mut team = route_for("team", "base", &[ModelPredicate::equal("m")]);
        team.path_predicate = Some(Predicate::path(path));
        team
    };
    let gateway = start(&document([base()], [team("/team/v1")]));
    for key in [None, Some(KEY)] {
        let asked = |path: &str| match key {
            Some(_) => get(path),
            None => Request::new("GET", path),
        };
        assert_eq!(code(&send(&gateway, &asked("/v1/models")).await), "route_not_found");
        let status = send(&gateway, &asked("/team/v1/models")).await.status;
        assert_eq!(status, if key.is_some() { 200 } else { 401 });
    }
    gateway.apply(&document([base()], [team("/models/v1")]));
    assert_eq!(send(&gateway, &get("/models/v1/models/m")).await.json()["id"], "m");
}

#[tokio::test]
async fn the_list_is_behind_the_same_door() {
    let gateway = start(&world());
    let bare = Request::new("GET", "/v1/models");
    assert_eq!(send(&gateway, &bare).await.status, 401);
    assert_eq!(send(&gateway, &bare.clone().header("authorization", "Bearer wrong")).await.status, 401);
    gateway.apply(&document([], []));
    assert_eq!(send(&gateway, &get("/v1/models")).await.status, 404);
    gateway
        .apply(&document([provider("base", "http://127.0.0.1:1", &["k"])], [open(route_for("r", "base", &[ModelPredicate::equal("m")]))]));
    assert_eq!(send(&gateway, &bare).await.json()["data"][0]["id"], "m");
    let seen = logged(&gateway, 4).await;
    assert_eq!(seen.last().unwrap().api, Some("models"));
}
