use jiff::Timestamp;
use serde_json::json;

use super::*;

fn sheet() -> Sheet {
    let mut sheet = Sheet::new(&["name", "what"]);
    sheet.row(vec!["a-rather-long-name-of-something".into(), Cell::new("word ".repeat(30), Tint::Good)]);
    sheet.row(vec!["b".into(), Cell::maybe(None::<String>)]);
    sheet
}

#[test]
fn a_table_fits_its_terminal_and_is_one_line_a_row_without_one() {
    let narrow = sheet().render(Some(60), false);
    assert!(narrow.lines().all(|line| line.chars().count() <= 60), "{narrow}");
    let wide = sheet().render(Some(100), false);
    assert!(wide.contains("a-rather-long-name-of-something"), "{wide}");
    assert_eq!(sheet().render(None, false).lines().count(), 3);
}

/// What is copied by hand into the next command stays whole, with the columns that `token list` has.
#[test]
fn names_are_whole_in_eighty_columns() {
    let mut tokens = Sheet::new(&["id", "name", "role", "made", "by", "expires", "last used"]);
    let id = "01a1f9af-c90c-7789-b2c4-fd6ab78bd99f";
    tokens
        .row([id, "continuous-integration", "operator", "12 min ago", "admin", "2027-01-02T10:00:00Z", "3 h ago"].map(Cell::from).to_vec());
    let text = tokens.render(Some(80), false);
    assert!(text.contains(id), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn long_texts_are_cut_where_a_line_is_enough() {
    assert_eq!(
        short("switch 01a1f9af-c90c-7789-b2c4-fd6ab78bd99f: alice to deepseek-chat"),
        "switch …fd6ab78bd99f: alice to deepseek-chat"
    );
    assert_eq!(short("provider qwen added"), "provider qwen added");
}

#[test]
fn colours_appear_only_when_wanted() {
    assert!(!sheet().render(None, false).contains('\u{1b}'));
    assert!(sheet().render(None, true).contains('\u{1b}'));
}

#[test]
fn ages() {
    let now: Timestamp = "2026-01-02T10:00:00Z".parse().unwrap();
    let check = |time: &str, expected: &str| assert_eq!(age(time, now), expected, "{time}");
    check("2026-01-02T10:00:00.5Z", "now");
    check("2026-01-02T09:59:56Z", "4 s ago");
    check("2026-01-02T09:55:00Z", "5 min ago");
    check("2026-01-02T07:00:00Z", "3 h ago");
    check("2025-12-01T07:00:00Z", "2025-12-01");
    check("whenever", "whenever");
}

#[test]
fn changes_name_every_member() {
    let list: Vec<agm_domain::diff::Change> = serde_json::from_value(json!([
        {"noun": "provider", "name": "qwen", "kind": "added"},
        {"noun": "route", "name": "default-ai-route", "kind": "changed", "members": [{"pointer": "/path", "before": "/", "after": "/v1"}]},
    ]))
    .unwrap();
    let plain = anstream::adapter::strip_str(&changes(&list)).to_string();
    assert_eq!(plain, "+ provider/qwen\n~ route/default-ai-route\n    /path: \"/\" → \"/v1\"");
    assert_eq!(changes(&[]), "nothing changes");
}
