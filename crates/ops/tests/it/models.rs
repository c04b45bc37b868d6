//! The catalog and this deployment's own cards.

use agm_domain::catalog::Source;
use agm_domain::code::Code;
use agm_domain::diff::ChangeKind;
use agm_ops::Fault;
use agm_simvendor::{Api, Behaviour, On};
use serde_json::json;

use crate::world::{KEY, World, actor, script};

#[tokio::test]
async fn the_catalog_knows_who_lists_and_who_runs_a_model() {
    let world = World::of(vec![script("one").key(KEY).models(["deepseek-chat", "house-model"])]).await;
    world.provider("a", "deepseek", 0).await;
    world.agm.provider_models("a", false).await.unwrap();
    world.run_on("manager", "a", "deepseek-chat").await;
    let models = world.agm.models();
    let of = |id: &str| models.iter().find(|m| m.id == id).unwrap();
    let known = of("deepseek-chat");
    assert_eq!(
        (known.source, known.providers.as_slice(), known.agents.as_slice()),
        (Source::Catalog, ["a".to_owned()].as_slice(), ["manager".to_owned()].as_slice())
    );
    assert_eq!((of("house-model").source, of("house-model").card.context_window), (Source::Default, 150_000));
    assert_eq!(of("gpt-5.4").providers, Vec::<String>::new());
}

#[tokio::test]
async fn a_card_of_ones_own_wins_until_it_is_removed() {
    let world = World::with(1).await;
    let before = world.agm.model("deepseek-chat").unwrap();
    let card = json!({ "contextWindow": 1000, "price": { "input": 0.5, "output": 1.5 } });
    let put = world.agm.put_model(&actor(), "deepseek-chat", card.clone(), Some(&before.etag), false).await.unwrap();
    assert_eq!(
        (put.model.source, put.model.card.context_window, put.model.card.max_tokens),
        (Source::Override, 1000, before.card.max_tokens)
    );
    assert_eq!(put.changes[0].kind, ChangeKind::Added);
    let stale = world.agm.put_model(&actor(), "deepseek-chat", card, Some(&before.etag), false).await.unwrap_err();
    assert_eq!((stale.fault, stale.code), (Fault::Stale, Code::VersionConflict));
    let bad = json!({ "contextWindow": 0, "input": [] });
    let error = world.agm.put_model(&actor(), "two words", bad, None, false).await.unwrap_err();
    assert_eq!(error.details["diagnostics"].as_array().unwrap().len(), 3, "{error}");
    world.agm.delete_model(&actor(), "deepseek-chat", None, false).await.unwrap();
    assert_eq!(world.agm.model("deepseek-chat").unwrap(), before);
    assert_eq!(world.agm.delete_model(&actor(), "deepseek-chat", None, false).await.unwrap_err().fault, Fault::NotFound);
}

#[tokio::test]
async fn what_a_provider_lists_counts_where_the_catalog_knows_nothing() {
    let world = World::of(vec![script("one").key(KEY)]).await;
    world.provider("router", "openrouter", 0).await;
    let list = json!({ "data": [{ "id": "house-model", "context_length": 32_000, "top_provider": { "max_completion_tokens": 4_000 } }, { "id": "glm-5", "context_length": 5 }] });
    let body = Some(list.to_string());
    world.vendors[0].push_on(On::Api(Api::Models), Behaviour::Error { status: 200, body, retry_after: None });
    world.agm.provider_models("router", true).await.unwrap();
    let model = world.agm.model("house-model").unwrap();
    assert_eq!((model.source, model.card.context_window, model.card.max_tokens), (Source::Provider, 32_000, 4_000));
    assert_eq!(world.agm.model("glm-5").unwrap().source, Source::Catalog);
}
