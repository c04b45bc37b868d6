use super::{Entry, Event, Expected, Loaded, judge, parse};

/// As OpenClaw 2026.9.6 writes it.
const APPLIED: &str = r#"{"0":"{\"subsystem\":\"gateway/reload\"}","1":"config hot reload applied (models.providers.hiclaw-gateway.models, agents.defaults.model.primary)","_meta":{"runtime":"node","runtimeVersion":"26.10.0","hostname":"vm","date":"2026-11-20T12:51:55.704Z","logLevelId":3,"logLevelName":"INFO","name":"{\"subsystem\":\"gateway/reload\"}","parentNames":["openclaw"]},"time":"2026-11-20T13:51:55.704+01:00","hostname":"vm","message":"config hot reload applied (models.providers.hiclaw-gateway.models, agents.defaults.model.primary)"}"#;

fn plain(message: &str) -> Entry {
    parse(&format!("2026-11-20T12:51:55.705+00:00 {message}")).unwrap()
}

#[test]
fn a_reload_in_the_log_file() {
    let entry = parse(APPLIED).unwrap();
    assert_eq!(entry.time.to_string(), "2026-11-20T12:51:55.704Z");
    let Event::Applied(paths) = &entry.event else { panic!("{entry:?}") };
    assert_eq!(paths, &["models.providers.hiclaw-gateway.models", "agents.defaults.model.primary"]);

    let older = r#"{"0":"{\"subsystem\":\"gateway/reload\"}","1":"config hot reload applied (agents.defaults.model)","_meta":{"date":"2026-03-01T00:00:00.5Z"}}"#;
    let older = parse(older).unwrap();
    assert_eq!(
        (older.time.to_string(), older.event),
        ("2026-03-01T00:00:00.5Z".to_owned(), Event::Applied(vec!["agents.defaults.model".to_owned()]))
    );
}

#[test]
fn plain_lines() {
    let entry = plain("[reload] config change applied (dynamic reads: agents.defaults.model)");
    assert_eq!(
        (entry.time.to_string(), entry.event),
        ("2026-11-20T12:51:55.705Z".to_owned(), Event::Applied(vec!["agents.defaults.model".to_owned()]))
    );
    assert_eq!(
        plain("[gateway] agent model: hiclaw-gateway/a/b (thinking=medium, fast=off)").event,
        Event::Started("hiclaw-gateway/a/b".to_owned())
    );
    assert_eq!(
        plain(r#"[reload] config reload skipped (invalid config): agents.defaults: Unrecognized key: "bogus""#).event,
        Event::Refused
    );
    assert_eq!(plain("[reload] config reload disabled (gateway.reload.mode=off)").event, Event::Off);
    let coloured =
        parse("\u{1b}[90m2026-11-20T12:51:55.705+00:00\u{1b}[39m \u{1b}[36m[reload]\u{1b}[39m config hot reload applied (models)").unwrap();
    assert_eq!(coloured.event, Event::Applied(vec!["models".to_owned()]));
}

#[test]
fn what_is_no_word_of_openclaw_is_nothing() {
    let said_by_a_model =
        APPLIED.replace(r#""0":"{\"subsystem\":\"gateway/reload\"}","#, r#""0":"config hot reload applied (agents.defaults.model)","#);
    let said_by_a_model = said_by_a_model.replace(r#""name":"{\"subsystem\":\"gateway/reload\"}","#, "");
    for line in [
        said_by_a_model.as_str(),
        &APPLIED[..200],
        "",
        "{}",
        "config hot reload applied (agents.defaults.model)",
        "he said [reload] config hot reload applied (agents.defaults.model)",
        "2026-11-20T12:51:55.705+00:00 [agent] config hot reload applied (agents.defaults.model)",
        "2026-11-20T12:51:55.705+00:00 [reload] config change detected; evaluating reload (agents.defaults.model)",
        "2026-11-20T12:51:55.705+00:00 [gateway] ready",
        "[reload] config hot reload applied (agents.defaults.model)",
        "12:51:55 [reload] config hot reload applied (agents.defaults.model)",
        "so [reload] config hot reload applied (agents.defaults.model)",
        r#"{"_meta":{"name":"{\"subsystem\":\"gateway/reload\"}"},"message":"config hot reload applied (agents.defaults.model)"}"#,
        "\u{1b}[",
    ] {
        assert_eq!(parse(line), None, "{line}");
    }
}

fn verdict(lines: &[&str]) -> Loaded {
    let entries: Vec<Entry> = lines.iter().map(|line| parse(line).unwrap_or_else(|| plain(line))).collect();
    let paths = ["models.providers.hiclaw-gateway.models", "agents.defaults.model.primary"];
    let expected = Expected { reference: "hiclaw-gateway/new", paths: &paths, secrets: &["planted-key"] };
    judge(&entries, expected)
}

#[test]
fn the_verdict_follows_the_lines() {
    let applied = "[reload] config hot reload applied (agents.defaults.model)";
    let other = "[reload] config hot reload applied (agents.defaults.models.x.alias, models.providers.hiclaw)";
    let refused = "[reload] config reload skipped (invalid config): planted-key";
    let ours = "[gateway] agent model: hiclaw-gateway/new (thinking=off)";
    let theirs = "[gateway] agent model: hiclaw-gateway/old (thinking=off)";
    let yes = |lines: &[&str]| matches!(verdict(lines), Loaded::Yes(_));
    let no = |lines: &[&str]| matches!(verdict(lines), Loaded::No(_));
    assert!(yes(&[APPLIED]) && yes(&[applied]) && yes(&[ours]) && yes(&["[reload] config hot reload applied (models)"]));
    assert!(yes(&[refused, applied]) && yes(&[applied, refused]) && yes(&[theirs, applied]));
    assert!(
        no(&[refused]) && no(&[theirs]) && no(&[applied, theirs]) && no(&["[reload] config reload disabled (gateway.reload.mode=off)"])
    );
    assert_eq!(verdict(&[other]), Loaded::NotYet);
    assert_eq!(verdict(&[]), Loaded::NotYet);
    let Loaded::No(evidence) = verdict(&[refused]) else { panic!() };
    assert!(!evidence.line.contains("planted-key"));
    assert_eq!(evidence.time.to_string(), "2026-11-20T12:51:55.705Z");
}
