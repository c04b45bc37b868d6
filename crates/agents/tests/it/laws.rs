//! Laws of the edit, over random files.

use agm_agents::openclaw::{Wish, edit, read, undo};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use proptest::prelude::*;
use serde_json::Value;

use crate::json5::Choices;

fn wish(model: &str) -> Wish {
    Wish {
        gateway_base_url: "http://127.0.0.1:8080/v1".to_owned(),
        api_key: "agm-planted-key-0123456789".into(),
        other_keys: Vec::new(),
        model: model.to_owned(),
        context_window: 200_000,
        max_tokens: 64_000,
        reasoning: false,
        input: vec!["text".to_owned(), "image".to_owned()],
    }
}

/// Whether `part` is what is left of `whole` after deleting characters.
fn is_within(part: &str, whole: &str) -> bool {
    let mut rest = whole.chars();
    part.chars().all(|wanted| rest.any(|c| c == wanted))
}

/// The text without white space: that of an empty pair of brackets goes when they are filled.
fn solid(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn meaning(text: &str) -> Value {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default()).unwrap().value.unwrap().into()
}

/// The first place of `before` that is missing or different in `after`; more members and elements are fine.
fn lost(before: &Value, after: &Value, at: &str) -> Option<String> {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => before.iter().find_map(|(name, value)| {
            let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
            after.get(name).map_or(Some(at.clone()), |after| lost(value, after, &at))
        }),
        (Value::Array(before), Value::Array(after)) => before.iter().enumerate().find_map(|(index, value)| {
            let at = format!("{at}/{index}");
            after.get(index).map_or(Some(at.clone()), |after| lost(value, after, &at))
        }),
        _ => (before != after).then(|| at.to_owned()),
    }
}

/// The comments of our generator, in order.
fn comments(text: &str) -> Vec<&str> {
    let starts = text.match_indices(" c").map(|(at, _)| &text[at + 2..]);
    starts.map(|rest| &rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())]).filter(|digits| !digits.is_empty()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_edit_reads_back_and_its_undo_is_exact(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let before = Choices::new(&bytes).file();
        let edited = edit(&before, &wish("new")).unwrap_or_else(|error| panic!("{error}\n{before}"));
        let reading = read(&edited.text).unwrap();
        prop_assert_eq!(reading.primary.as_deref(), Some(edited.reference.as_str()));
        prop_assert_eq!(reading.model.as_deref(), Some("new"));

        let again = edit(&edited.text, &wish("new")).unwrap();
        prop_assert_eq!(&again.text, &edited.text);
        prop_assert!(again.changes.is_empty() && again.undo.is_empty());

        let undone = undo(&edited.text, &edited.undo).unwrap();
        prop_assert_eq!(&undone.text, &before);
        prop_assert!(undone.left.is_empty());
        let twice = undo(&undone.text, &edited.undo).unwrap();
        prop_assert_eq!(&twice.text, &before);
    }

    #[test]
    fn everything_else_survives(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let before = Choices::new(&bytes).file();
        let edited = edit(&before, &wish("brand-new")).unwrap_or_else(|error| panic!("{error}\n{before}"));
        prop_assert_eq!(comments(&edited.text), comments(&before));
        // This model is nowhere yet, so the primary model is the one value that may be replaced; all else is added.
        let replaced = edited.changes.iter().find(|change| change.before.is_some());
        prop_assert!(replaced.is_none_or(|change| change.path.starts_with("agents.defaults.model")));
        prop_assert!(replaced.is_some() || is_within(&solid(&before), &solid(&edited.text)), "{}\n{}", before, edited.text);
        prop_assert_eq!(lost(&meaning(&before), &meaning(&edited.text), ""), replaced.map(|change| change.pointer.clone()));
    }

    #[test]
    fn two_edits_undone_in_turn_leave_nothing(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let before = Choices::new(&bytes).file();
        let first = edit(&before, &wish("one")).unwrap();
        let second = edit(&first.text, &wish("two")).unwrap();
        let back = undo(&second.text, &second.undo).unwrap();
        prop_assert_eq!(&back.text, &first.text);
        prop_assert_eq!(undo(&back.text, &first.undo).unwrap().text, before);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[ -~\\n{}\\[\\]:,'\"/*\u{feff}é\u{2028}]{0,80}", cut in 0_usize..600, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let whole = Choices::new(&bytes).file();
        let end = whole.floor_char_boundary(cut.min(whole.len()));
        for text in [text.as_str(), &whole[..end], &format!("{}{text}{}", &whole[..end], &whole[end..])] {
            if let Ok(edited) = edit(text, &wish("new")) {
                prop_assert_eq!(&undo(&edited.text, &edited.undo).unwrap().text, text);
            }
        }
    }
}
