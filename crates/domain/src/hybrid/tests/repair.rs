//! Routes repaired.

use super::*;

#[test]
fn repair_moves_nobody() {
    // Bob's provider is gone; what serves him is a stray, and without it he would land on the default route.
    let mut document = scene(&[("qwen", "qwen"), ("router", "openrouter")]);
    switch(&mut document, &wish("bob", "router", "m"));
    document.assignments.values_mut().for_each(|a| a.provider = "gone".into());
    let mut stray = document.routes.remove("router-ai-route").unwrap();
    stray.name = "agm-probe-1".into();
    document.routes.insert(stray.name.clone(), stray);
    let routing = repair(&document, &at(), &[], &[], NOW);
    assert_eq!(routing.edits, []);
    assert!(routing.notes.iter().any(|n| n.code == Code::StrayProbeRoute), "{routing:?}");
}

#[test]
fn repair_mends_what_it_finds_and_nothing_else() {
    let mut document = scene(&[("qwen", "qwen"), ("ds", "deepseek")]);
    switch(&mut document, &wish("bob", "ds", "odd"));
    let whole = document.clone();
    assert_eq!(findings(&document, &[], &[]), []);
    assert_eq!(repair(&document, &at(), &[], &[], NOW), Routing::default());

    let ds = document.routes.get_mut("ds-ai-route").unwrap();
    ds.auth_config.as_mut().unwrap().allowed_consumers.retain(|c| *c != "worker-bob");
    ds.model_predicates.retain(|p| p.match_value != "odd");
    ds.model_predicates.push(ModelPredicate::equal("left-over"));
    let stray = probe_route(&document, "1", &"ds".into(), "m", &"manager".into(), NOW);
    document.routes.insert(stray.name.clone(), stray);
    let mut foreign = AiRoute::new("foreign".into(), "gone".into());
    foreign.model_predicates = vec![ModelPredicate::equal("f")];
    document.routes.insert(foreign.name.clone(), foreign);

    let routing = repair(&document, &at(), &[], &[], NOW);
    take(&mut document, &routing);
    assert_eq!(goes(&document, "bob", "odd"), "ds-ai-route → ds");
    assert!(!document.routes.contains_key("agm-probe-1"));
    assert!(document.routes.contains_key("foreign"), "what is not ours is only reported");
    assert!(routing.notes.iter().any(|n| n.code == Code::UnknownProvider));
    let sorted = |d: &Document| {
        let mut predicates = predicates(d, "ds-ai-route");
        predicates.sort();
        predicates
    };
    assert_eq!(sorted(&document), sorted(&whole));
}

#[test]
fn the_temporary_route_of_a_running_switch_is_no_stray() {
    let mut document = scene(&[("qwen", "qwen")]);
    let staged = probe_route(&document, "17", &"qwen".into(), "m", &"manager".into(), NOW);
    document.routes.insert(staged.name.clone(), staged);
    assert_eq!(findings(&document, &[], &["17".to_owned()]), []);
    assert_eq!(findings(&document, &[], &[]).len(), 1);
    assert_eq!(findings(&document, &[], &["7".to_owned()]).len(), 1, "another change's id may be the end of this one's");
    let reach = Table::compile(&document).0.reach(&at(), &"manager".into(), "agm-probe-17");
    assert_eq!(reach.upstreams, [("qwen".into(), 100, "m".to_owned())]);
}
