//! The default route given to another provider.

use super::*;

#[test]
fn a_new_default_owner_moves_nobody() {
    let mut document = scene(&[("qwen", "qwen"), ("ds", "deepseek"), ("router", "openrouter")]);
    switch(&mut document, &wish("alice", "qwen", "odd-one"));
    switch(&mut document, &wish("bob", "ds", "deepseek-chat"));
    let routing = set_default(&document, &at(), &ProviderName::from("ds"), &[], NOW).unwrap();
    take(&mut document, &routing);
    assert_eq!(document.default_owner().unwrap(), "ds");
    assert!(!document.routes.contains_key("ds-ai-route"), "the owner has no route of its own");
    assert_eq!(goes(&document, "alice", "odd-one"), "qwen-ai-route → qwen");
    assert_eq!(goes(&document, "bob", "deepseek-chat"), "default-ai-route → ds");
    assert_eq!(goes(&document, "manager", "qwen-max"), "qwen-ai-route → qwen");
    let again = set_default(&document, &at(), &ProviderName::from("ds"), &[], NOW).unwrap();
    assert_eq!(again, Routing::default());
}

/// What the vendor is asked for when this agent asks for `model`.
fn served(document: &Document, agent: &str, model: &str) -> Vec<String> {
    let id = AgentId::parse(agent).unwrap();
    let reach = Table::compile(document).0.reach(&at(), &consumer_of(&id, id.name()), model);
    reach.upstreams.into_iter().map(|(provider, _, model)| format!("{provider}: {model}")).collect()
}

#[test]
fn aliases_move_with_their_provider() {
    let mut document = scene(&[("qwen", "qwen"), ("router", "openrouter")]);
    switch(&mut document, &wish("alice", "router", "router.m"));
    let own = document.routes.get_mut("router-ai-route").unwrap();
    own.upstreams[0].model_mapping.insert("router.m".to_owned(), json!("m"));
    own.agm.as_mut().unwrap().models = vec!["router.m".to_owned(), "router.n".to_owned()];
    assert_eq!(served(&document, "alice", "router.m"), ["router: m"]);
    assert_eq!(served_model(&document, &at(), &"router".into(), "router.m"), "m");
    assert_eq!(served_model(&document, &at(), &"router".into(), "n"), "n");
    assert_eq!(served_model(&document, &at(), &"qwen".into(), "router.m"), "router.m", "an alias is its provider's");
    let before = document.clone();

    let routing = set_default(&document, &at(), &"router".into(), &[], NOW).unwrap();
    take(&mut document, &routing);
    assert_eq!(served(&document, "alice", "router.m"), ["router: m"]);
    assert_eq!(document.routes["default-ai-route"].agm.as_ref().unwrap().models, ["router.m", "router.n"]);
    for edit in routing.edits.iter().rev() {
        assert_eq!(edit.inverse().apply(&mut document.clone()), Outcome::Applied, "{edit:?}");
    }

    let routing = set_default(&document, &at(), &"qwen".into(), &[], NOW).unwrap();
    take(&mut document, &routing);
    assert_eq!(served(&document, "alice", "router.m"), ["router: m"]);
    let back = &document.routes["router-ai-route"];
    assert_eq!(back.agm.as_ref().unwrap().models, ["router.m", "router.n"]);
    assert!(back.names_model("router.n"));
    assert_eq!(document.routes["default-ai-route"].upstreams, before.routes["default-ai-route"].upstreams);
    assert!(document.routes["default-ai-route"].agm.as_ref().unwrap().models.is_empty());
}
