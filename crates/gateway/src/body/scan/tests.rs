use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// Whether all of the text is one value, as far as the scanner is sure.
fn is_value(text: &str) -> bool {
    let mut scan = Scan::new(text);
    scan.value().is_some() && scan.space().is_none()
}

#[test]
fn every_kind_of_value_is_stepped_over() {
    for text in [
        "0",
        "-0.5e+7",
        "12E3",
        "true",
        "false",
        "null",
        "\"\"",
        r#""a\"b\\\u00e9\n""#,
        "[]",
        "{}",
        "[ ]",
        "{ }",
        "[1,[2,{}],\"]\"]",
        " {\n\"a\" : [ 1 , {\"b\":{}} ] ,\t\"c\":\"}\"} ",
    ] {
        assert!(is_value(text), "{text}");
    }
}

#[test]
fn what_is_no_json_is_never_called_a_value() {
    for text in [
        "",
        " ",
        "01",
        "-",
        "1.",
        "1e",
        "+1",
        ".5",
        "tru",
        "nul",
        "'a'",
        "\"a",
        "\"a\nb\"",
        r#""\x""#,
        r#""\u12g4""#,
        r#""\u12"#,
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "[1}",
        "{\"a\":1]",
        "[",
        "{",
        "1 1",
    ] {
        assert!(!is_value(text), "{text}");
        assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
    }
}

proptest! {
    /// What it accepts, a parser accepts, and it accepts what a parser writes, short and with line breaks.
    #[test]
    fn it_agrees_with_a_parser(parts in proptest::collection::vec(
        proptest::sample::select(vec!["{", "}", "[", "]", ":", ",", "\"", "\\", "\"a\"", "\\u00e9", "\\n", "\n", "0", "1", "-", ".", "e", "true", "null", " ", "é"]), 0..16)) {
        let text = parts.concat();
        prop_assert_eq!(is_value(&text), serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok(), "{}", text);
    }
}

proptest! {
    /// Eight at a time or one by one: the same byte is found.
    #[test]
    fn plain_text_ends_where_it_ends(bytes in proptest::collection::vec(proptest::sample::select(
        vec![b'a', b' ', b'!', b'#', b'"', b'\\', b'[', b']', 0, 1, 0x1f, 0x20, 0x21, 0x7f, 0x80, 0x9f, 0xa2, 0xdc, 0xff]), 0..40)) {
        let one_by_one = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)).unwrap_or(bytes.len());
        prop_assert_eq!(plain(&bytes), one_by_one);
    }
}
