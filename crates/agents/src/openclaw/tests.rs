use super::{Because, EditError, KeyWish, Notice, Wish, edit, read, replace_key, undo};

fn wish(model: &str) -> Wish {
    Wish {
        gateway_base_url: "http://127.0.0.1:8080/v1".to_owned(),
        api_key: "agm-planted-key-0123456789".into(),
        other_keys: Vec::new(),
        model: model.to_owned(),
        context_window: 200_000,
        max_tokens: 64_000,
        reasoning: true,
        input: vec!["text".to_owned(), "image".to_owned()],
    }
}

/// Edits, compares, and checks the three laws that hold for every text.
fn check(before: &str, after: &str) {
    let edited = edit(before, &wish("new")).unwrap();
    assert_eq!(edited.text, after);
    let again = edit(&edited.text, &wish("new")).unwrap();
    assert_eq!((again.text.as_str(), again.changes.len()), (after, 0), "twice is once");
    assert!(again.undo.is_empty());
    let undone = undo(&edited.text, &edited.undo).unwrap();
    assert_eq!(undone.text, before, "the undo is exact");
    assert_eq!(undone.left, []);
    let twice = undo(&undone.text, &edited.undo).unwrap();
    assert_eq!((twice.text.as_str(), twice.changes.len(), twice.left.len()), (before, 0, 0), "undone twice is undone once");
}

#[test]
fn a_json5_file_keeps_its_hand() {
    check(
        r#"// Manager
{
  gateway: { mode: 'local', port: 0x4970, }, // hex on purpose
  models: {
    mode: "merge",
    providers: {
      "hiclaw-gateway": {
        baseUrl: "http://localhost:8080/v1/",
        apiKey: "${KEY}",
        api: "openai-completions",
        models: [
          { id: "old", name: 'Old', contextWindow: 1.5e5, maxTokens: +8000, input: ["text"], }, // first
          // { id: "never" },
        ],
      },
    },
  },
  agents: {
    defaults: {
      model: { primary: 'hiclaw-gateway/old', fallbacks: [] }, // today
      models: { "hiclaw-gateway/old": { alias: "old" } },
    },
  },
}
"#,
        r#"// Manager
{
  gateway: { mode: 'local', port: 0x4970, }, // hex on purpose
  models: {
    mode: "merge",
    providers: {
      "hiclaw-gateway": {
        baseUrl: "http://localhost:8080/v1/",
        apiKey: "${KEY}",
        api: "openai-completions",
        models: [
          { id: "old", name: 'Old', contextWindow: 1.5e5, maxTokens: +8000, input: ["text"], }, // first
          // { id: "never" },
          { "id": "new", "name": "new", "reasoning": true, "contextWindow": 200000, "maxTokens": 64000, "input": ["text", "image"] },
        ],
      },
    },
  },
  agents: {
    defaults: {
      model: { primary: "hiclaw-gateway/new", fallbacks: [] }, // today
      models: { "hiclaw-gateway/old": { alias: "old" }, "hiclaw-gateway/new": { "alias": "new" } },
    },
  },
}
"#,
    );
}

#[test]
fn a_file_as_jq_writes_it() {
    check(
        r#"{
  "models": {
    "providers": {
      "agentteams-gateway": {
        "baseUrl": "http://127.0.0.1:8080/v1",
        "apiKey": "k",
        "models": [
          {
            "id": "old",
            "name": "old"
          }
        ]
      }
    }
  },
  "agents": {
    "defaults": {
      "model": "agentteams-gateway/old",
      "models": {}
    }
  }
}"#,
        r#"{
  "models": {
    "providers": {
      "agentteams-gateway": {
        "baseUrl": "http://127.0.0.1:8080/v1",
        "apiKey": "k",
        "models": [
          {
            "id": "old",
            "name": "old"
          },
          {
            "id": "new",
            "name": "new",
            "reasoning": true,
            "contextWindow": 200000,
            "maxTokens": 64000,
            "input": ["text", "image"]
          }
        ]
      }
    }
  },
  "agents": {
    "defaults": {
      "model": "agentteams-gateway/new",
      "models": {
        "agentteams-gateway/new": {
          "alias": "new"
        }
      }
    }
  }
}"#,
    );
}

#[test]
fn an_empty_file_in_one_line() {
    check(
        "{}",
        concat!(
            r#"{"models":{"providers":{"hiclaw-gateway":{"baseUrl":"http://127.0.0.1:8080/v1","apiKey":"agm-planted-key-0123456789","#,
            r#""api":"openai-completions","models":[{"id":"new","name":"new","reasoning":true,"contextWindow":200000,"maxTokens":64000,"#,
            r#""input":["text","image"]}]}}},"agents":{"defaults":{"models":{"hiclaw-gateway/new":{"alias":"new"}},"#,
            r#""model":{"primary":"hiclaw-gateway/new"}}}}"#
        ),
    );
}

#[test]
fn tabs_windows_lines_and_a_byte_order_mark() {
    let before = "\u{feff}{\r\n\t// nothing yet\r\n\t\"agents\": {\r\n\t\t\"defaults\": {\r\n\t\t}\r\n\t}\r\n}\r\n";
    let edited = edit(before, &wish("new")).unwrap();
    assert!(
        edited
            .text
            .starts_with("\u{feff}{\r\n\t// nothing yet\r\n\t\"agents\": {\r\n\t\t\"defaults\": {\r\n\t\t\t\"models\": {\r\n\t\t\t\t")
    );
    assert_eq!(edited.text.matches('\n').count(), edited.text.matches("\r\n").count(), "{}", edited.text);
    check(before, &edited.text);
}

#[test]
fn an_entry_that_is_there_gets_only_what_differs() {
    let before = r#"{ models: { providers: { "hiclaw-gateway": { baseUrl: "http://127.0.0.1:8080/v1", models: [
  { id: "new", name: "My Model", cost: { input: 1.10 }, reasoning: true, contextWindow: 2e5, maxTokens: 9, input: ["audio"] },
] } } }, agents: { defaults: { models: { "hiclaw-gateway/new": {} }, model: { primary: "hiclaw-gateway/new" } } } }"#;
    let after = before.replace("maxTokens: 9,", "maxTokens: 64000,");
    check(before, &after);
    let changes = edit(before, &wish("new")).unwrap().changes;
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].pointer, "/models/providers/hiclaw-gateway/models/0/maxTokens");
    assert_eq!(changes[0].path, "models.providers.hiclaw-gateway.models");
}

#[test]
fn which_provider_is_the_gateway() {
    let file = |providers: &str, primary: &str| {
        format!(r#"{{models: {{providers: {{{providers}}}}}, agents: {{defaults: {{model: "{primary}"}}}}}}"#)
    };
    let at = |url: &str| format!(r#"{{baseUrl: "{url}", models: []}}"#);
    let (here, there) = (at("http://localhost:8080/v1/"), at("http://elsewhere/v1"));
    let cases = [
        (format!("'agentteams-gateway': {there}, mine: {here}"), "mine/x", "agentteams-gateway"),
        (format!("'hiclaw-gateway': {there}, 'agentteams-gateway': {here}"), "hiclaw-gateway/x", "agentteams-gateway"),
        (format!("'hiclaw-gateway': {here}, 'agentteams-gateway': {here}"), "agentteams-gateway/x", "agentteams-gateway"),
        (format!("other: {there}, mine: {here}, second: {here}"), "other/x", "mine"),
        (format!("mine: {here}, second: {here}"), "second/x", "second"),
        (format!("other: {there}"), "other/x", "hiclaw-gateway"),
    ];
    for (providers, primary, expected) in cases {
        let edited = edit(&file(&providers, primary), &wish("new")).unwrap();
        assert_eq!(edited.provider_key, expected, "{providers}");
        let reading = read(&edited.text).unwrap();
        assert_eq!((reading.provider_key.as_deref(), reading.model.as_deref()), (Some(expected), Some("new")));
    }
}

#[test]
fn a_model_id_may_have_slashes_and_quotes() {
    let model = "org/a \"b\"\\c";
    let edited = edit("{}", &wish(model)).unwrap();
    let reading = read(&edited.text).unwrap();
    assert_eq!((reading.provider_key.as_deref(), reading.model.as_deref()), (Some("hiclaw-gateway"), Some(model)));
}

#[test]
fn what_matters_and_is_not_changed_is_said() {
    let text = r#"{ gateway: { reload: { mode: "off" } },
  models: { providers: { "hiclaw-gateway": { baseUrl: "http://u:planted-password@far:1/v1", apiKey: "planted-other-key", models: [] } } },
  agents: { entries: { main: { model: { primary: "x/y" } }, same: { model: "hiclaw-gateway/new" } }, list: [{ id: "w", model: "x/z" }] } }"#;
    let edited = edit(text, &wish("new")).unwrap();
    let said: Vec<String> = edited.notices.iter().map(ToString::to_string).collect();
    assert_eq!(edited.notices.len(), 5, "{said:?}");
    assert!(matches!(&edited.notices[0], Notice::OtherGateway { base_url, .. } if base_url == "http://far:1/v1"));
    assert!(matches!(&edited.notices[1], Notice::OtherKey { pointer } if pointer == "/models/providers/hiclaw-gateway/apiKey"));
    assert!(said[2].contains("/agents/entries/main/model") && said[3].contains("/agents/list/0/model") && said[4].contains("off"));
    assert!(!format!("{said:?} {edited:?}").contains("planted"));
    let contradicts: Vec<bool> = edited.notices.iter().map(Notice::contradicts).collect();
    assert_eq!(contradicts, [true, true, true, false, false]);
}

#[test]
fn an_entry_without_modalities_is_left_without() {
    let before = r#"{ models: { providers: { "hiclaw-gateway": { baseUrl: "http://127.0.0.1:8080/v1", models: [
  { id: "new", name: "new", reasoning: true, contextWindow: 200000, maxTokens: 64000 },
] } } }, agents: { defaults: { models: { "hiclaw-gateway/new": {} }, model: { primary: "hiclaw-gateway/new" } } } }"#;
    check(before, before);
}

#[test]
fn a_rotated_key_is_replaced_where_the_old_one_stands() {
    let file = |key: &str| {
        format!(
            r#"{{ models: {{ providers: {{ other: {{ apiKey: 'planted-old-key-0123456789' }}, "hiclaw-gateway": {{
  baseUrl: "http://127.0.0.1:8080/v1", apiKey: {key}, // mine
  models: [] }} }} }} }}"#
        )
    };
    let rotated = |old: &str| KeyWish {
        gateway_base_url: wish("new").gateway_base_url,
        old: vec!["planted-between-0123456789".into(), old.into()],
        new: wish("new").api_key,
    };
    let rotate = |text: &str| replace_key(text, &rotated("planted-old-key-0123456789")).unwrap();
    let before = file("'planted-old-key-0123456789'");
    let edited = rotate(&before);
    let replaced = before.replace("apiKey: 'planted-old-key-0123456789', // mine", r#"apiKey: "agm-planted-key-0123456789", // mine"#);
    assert_eq!(edited.text, replaced, "the key, of nobody else, and nothing but the key");
    assert!(edited.notices.is_empty());
    let change = &edited.changes[0];
    assert_eq!(change.pointer, "/models/providers/hiclaw-gateway/apiKey");
    assert_eq!((change.before.clone(), change.after.clone()), (Some("pla…6789".into()), Some("agm…6789".into())));
    let record = serde_json::to_string(&edited.undo).unwrap();
    assert!(edited.undo.is_empty() && !format!("{record} {:?}", edited.changes).contains("planted"), "{record}");

    let again = rotate(&edited.text);
    assert_eq!((again.text.as_str(), again.changes.len()), (edited.text.as_str(), 0), "twice is once");
    let other = rotate(&file("'planted-another-key'"));
    assert!(matches!(other.notices[..], [Notice::OtherKey { .. }]) && other.changes.is_empty());

    for (key, old) in [("'planted-another-key'", ""), ("'${KEY}'", "${KEY}"), ("''", ""), ("{ source: 'env' }", "")] {
        let kept = replace_key(&file(key), &rotated(old)).unwrap();
        assert!(kept.text.contains(&format!("apiKey: {key}, // mine")), "{key}");
    }
    for empty in ["{}", "{ models: {} }", "{ models: { providers: [] } }"] {
        assert_eq!(rotate(empty).text, empty);
    }
}

#[test]
fn every_key_of_the_agent_is_as_good() {
    let text = edit("{}", &wish("new")).unwrap().text;
    let rotated = |other_keys| Wish { api_key: "agm-newer-key-0123456789".into(), other_keys, ..wish("new") };
    assert!(matches!(edit(&text, &rotated(Vec::new())).unwrap().notices[..], [Notice::OtherKey { .. }]));
    let both = edit(&text, &rotated(vec![wish("new").api_key])).unwrap();
    assert_eq!((both.text, both.notices), (text, Vec::new()));
}

#[test]
fn a_key_is_in_the_text_and_nowhere_else() {
    let edited = edit("{}", &wish("new")).unwrap();
    assert!(edited.text.contains("agm-planted-key-0123456789"));
    let undo_record = serde_json::to_string(&edited.undo).unwrap();
    let changes = serde_json::to_string(&edited.changes).unwrap();
    for shown in [&undo_record, &changes, &format!("{edited:?}"), &format!("{:?}", wish("new"))] {
        assert!(!shown.contains("planted"), "{shown}");
    }
    let record = serde_json::from_str(&undo_record).unwrap();
    let with_headers =
        edited.text.replacen("\"api\":", "\"headers\":{\"Authorization\":\"planted\",\"x-api-key\":\"planted\"},\"api\":", 1);
    let left = undo(&with_headers, &record).unwrap().left;
    assert_eq!(left.len(), 1);
    assert!(!format!("{left:?}").contains("planted"), "{left:?}");
    assert_eq!(undo(&edited.text, &record).unwrap().text, "{}");
}

#[test]
fn a_file_that_is_not_right_is_refused_with_the_place() {
    let refused = |text: &str| edit(text, &wish("new")).unwrap_err();
    let syntax = |text: &str| match refused(text) {
        EditError::Syntax { line, column, .. } => (line, column),
        other => panic!("{text}: {other}"),
    };
    assert_eq!(syntax("{ a: 1 b: 2 }").0, 1);
    assert_eq!(syntax("{\n  a: [1,\n"), (2, 6));
    assert_eq!(syntax("{\n  skip-this: 1 }"), (2, 3));
    assert_eq!(syntax("{} {}").0, 1);
    assert_eq!(syntax("{ // x\u{2028} a: 1\n}").0, 1);
    assert_eq!(refused(""), EditError::NotAnObject);
    assert_eq!(refused("// only a comment"), EditError::NotAnObject);
    assert_eq!(refused("[]"), EditError::NotAnObject);
    assert_eq!(refused("{a: 1,\n 'a': 2}"), EditError::DuplicateKey { pointer: "/a".to_owned(), line: 2 });
    assert_eq!(refused("{x: [{'~/': {b: 1, \"\\u0062\": 2}}]}"), EditError::DuplicateKey { pointer: "/x/0/~0~1/b".to_owned(), line: 1 });
    let shape = |text: &str| match refused(text) {
        EditError::Shape { pointer, .. } => pointer,
        other => panic!("{text}: {other}"),
    };
    assert_eq!(shape("{models: []}"), "/models");
    assert_eq!(shape("{models: {providers: 1}}"), "/models/providers");
    assert_eq!(shape("{models: {providers: {'hiclaw-gateway': {models: {}}}}}"), "/models/providers/hiclaw-gateway/models");
    assert_eq!(shape("{agents: {defaults: {model: 5}}}"), "/agents/defaults/model");
    assert_eq!(shape("{agents: {defaults: {model: {primary: null}}}}"), "/agents/defaults/model/primary");
    let include = |text: &str| matches!(refused(text), EditError::Include { .. });
    assert!(
        include("{$include: './base.json5'}")
            && include("{models: {$include: ['m.json5']}}")
            && include("{agents: {defaults: {$include: 'd'}}}")
    );
}

#[test]
fn a_wish_that_makes_no_sense_is_refused() {
    let refused = |wish: Wish| matches!(edit("{}", &wish), Err(EditError::Wish { .. }));
    assert!(refused(wish(" ")));
    assert!(refused(Wish { context_window: 0, ..wish("new") }));
    assert!(refused(Wish { input: Vec::new(), ..wish("new") }));
    assert!(refused(Wish { gateway_base_url: "localhost".to_owned(), ..wish("new") }));
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    let deep = format!("{{a: {}{}}}", "[".repeat(5000), "]".repeat(5000));
    assert!(matches!(edit(&deep, &wish("new")), Err(EditError::Syntax { .. })));
}

#[test]
fn an_undo_leaves_what_others_changed() {
    let before = r#"{ models: { providers: { "hiclaw-gateway": { baseUrl: "http://127.0.0.1:8080/v1", models: [{ id: "old", name: "old" }] } } },
  agents: { defaults: { model: { primary: "hiclaw-gateway/old" }, models: { "hiclaw-gateway/old": { alias: "old" } } } } }"#;
    let edited = edit(before, &wish("new")).unwrap();

    let moved_on = edited.text.replace(r#"primary: "hiclaw-gateway/new""#, r#"primary: "hiclaw-gateway/third""#);
    let undone = undo(&moved_on, &edited.undo).unwrap();
    assert_eq!(undone.text, before.replace(r#"primary: "hiclaw-gateway/old""#, r#"primary: "hiclaw-gateway/third""#));
    assert_eq!(undone.left.len(), 1);
    assert_eq!((undone.left[0].pointer.as_str(), &undone.left[0].because), ("/agents/defaults/model/primary", &Because::Changed));
    assert_eq!(undone.left[0].now, "hiclaw-gateway/third");

    let edited_entry = edited.text.replace("64000", "65000").replace(r#"{ "alias": "new" }"#, r#"{ "alias": "mine" }"#);
    let undone = undo(&edited_entry, &edited.undo).unwrap();
    assert_eq!(read(&undone.text).unwrap().model.as_deref(), Some("old"));
    let left: Vec<_> = undone.left.iter().map(|left| left.pointer.as_str()).collect();
    assert_eq!(left, ["/agents/defaults/models/hiclaw-gateway~1new", "/models/providers/hiclaw-gateway/models/1"]);

    let in_use = edited.text.replace("agents: {", r#"agents: { entries: { w: { model: "hiclaw-gateway/new" } },"#);
    let undone = undo(&in_use, &edited.undo).unwrap();
    assert!(undone.left.iter().all(|left| left.because == Because::UsedBy("/agents/entries/w/model".to_owned())));
    assert_eq!((undone.left.len(), undone.changes.len()), (2, 1));
}

#[test]
fn an_undo_finds_its_places_after_others_added_theirs() {
    let before = "{\n  models: { providers: { 'hiclaw-gateway': { baseUrl: 'http://127.0.0.1:8080/v1', models: [] } } },\n}\n";
    let first = edit(before, &wish("one")).unwrap();
    let second = edit(&first.text, &wish("two")).unwrap();
    let undone = undo(&second.text, &first.undo).unwrap();
    let left: Vec<_> = undone.left.iter().map(|left| left.pointer.as_str()).collect();
    assert_eq!(left, ["/agents/defaults/model"], "the second model stays the primary one");
    assert_eq!(read(&undone.text).unwrap().model.as_deref(), Some("two"));
    assert!(!undone.text.contains("\"one\""));
    let both = undo(&undone.text, &second.undo).unwrap();
    assert_eq!(both.left, []);
    assert_eq!(undo(&second.text, &second.undo).unwrap().text, first.text);
}
