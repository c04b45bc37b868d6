//! A provider removed.

use super::*;

#[test]
fn a_provider_in_use_is_not_removed() {
    let mut document = scene(&[("qwen", "qwen"), ("ds", "deepseek"), ("router", "openrouter")]);
    switch(&mut document, &wish("bob", "ds", "deepseek-chat"));
    for (provider, refused) in [("qwen", true), ("ds", true), ("router", false)] {
        assert_eq!(remove_provider(&document, &at(), &provider.into(), &[]).is_err(), refused, "{provider}");
    }
    switch(&mut document, &wish("bob", "qwen", "qwen-max"));
    let routing = remove_provider(&document, &at(), &"ds".into(), &[]).unwrap();
    take(&mut document, &routing);
    assert!(!document.routes.contains_key("ds-ai-route"));
    let alone = scene(&[("qwen", "qwen")]);
    assert!(remove_provider(&alone, &at(), &"qwen".into(), &[]).is_ok(), "the last provider takes the default route along");
}

#[test]
fn a_provider_that_the_default_route_falls_back_to_is_not_removed() {
    let share = |names: &[(&str, u32)]| -> Vec<Upstream> {
        names.iter().map(|(name, weight)| Upstream { weight: Some(*weight), ..Upstream::only((*name).into()) }).collect()
    };
    let scene = scene(&[("alpha", "openrouter"), ("beta", "openrouter")]);
    let mut fallback = scene.clone();
    let config = FallbackConfig { enabled: true, upstreams: share(&[("beta", 100)]), ..FallbackConfig::default() };
    fallback.routes.get_mut("default-ai-route").unwrap().fallback_config = Some(config);
    let mut shared = scene;
    shared.routes.get_mut("default-ai-route").unwrap().upstreams = share(&[("alpha", 80), ("beta", 20)]);
    for document in [fallback, shared] {
        let refusal = remove_provider(&document, &at(), &"beta".into(), &[]).unwrap_err();
        let said = &refusal.diagnostics[0];
        assert_eq!((refusal.diagnostics.len(), said.code), (1, Code::ProviderInUse));
        assert!(said.message.contains("default route"), "{said}");
        let refusal = remove_provider(&document, &at(), &"alpha".into(), &[]).unwrap_err();
        assert_eq!(refusal.diagnostics.len(), 1, "the default route is named once: {refusal:?}");
    }
}

#[test]
fn a_provider_that_somebody_reaches_by_accident_is_not_removed() {
    let mut document = scene(&[("qwen", "qwen"), ("ds", "deepseek")]);
    switch(&mut document, &wish("bob", "ds", "deepseek-chat"));
    document.assignments.values_mut().for_each(|a| a.provider = "gone".into());
    let refusal = remove_provider(&document, &at(), &"ds".into(), &[]).unwrap_err();
    assert_eq!((refusal.moved.len(), refusal.diagnostics[0].code), (1, Code::ProviderInUse), "{refusal:?}");
}

#[test]
fn what_an_agent_is_about_to_get_is_in_use() {
    let mut document = scene(&[("qwen", "qwen"), ("router", "openrouter")]);
    switch(&mut document, &wish("alice", "router", "m"));
    let wanted = [wish("bob", "router", "n")];
    let routing = route(&document, &wanted[0]).unwrap();
    take(&mut document, &routing);
    assert_eq!(findings(&document, &wanted, &[]), []);
    assert_eq!(repair(&document, &at(), &wanted, &[], NOW), Routing::default());
    assert_eq!(findings(&document, &[], &[]).len(), 1);
}
