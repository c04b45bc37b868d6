#![allow(clippy::unwrap_used)]

use http::HeaderValue;
use proptest::prelude::*;

use super::super::splice::{edits, splice};
use super::*;

const BODY: &str = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\nContent-Type: audio/mpeg\r\n\r\n\
    name=\"model\"\r\n--\x01\r\n--B\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--B\r\nContent-Disposition: form-data; \
    name=\"stream\"\r\n\r\ntrue\r\n--B--\r\n";

#[test]
fn the_model_field_is_found_and_replaced() {
    let peeked = peek(BODY.as_bytes(), "B").unwrap();
    let model = peeked.model.as_ref().unwrap();
    assert_eq!((&*model.text, peeked.stream), ("whisper-1", true));
    let spliced = splice(&BODY.to_owned().into(), edits(&peeked, Some("whisper-large"), false)).0.concat();
    assert_eq!(String::from_utf8(spliced).unwrap(), BODY.replace("whisper-1", "whisper-large"));
}

#[test]
fn two_models_are_refused() {
    let twice = BODY.replace("name=\"stream\"", "name=\"model\"");
    assert_eq!(peek(twice.as_bytes(), "B"), Err(BodyFault::Multipart("`model` is given twice")));
}

#[test]
fn boundaries_are_read_from_the_type() {
    let of = |kind: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        boundary(&headers)
    };
    assert_eq!(of("multipart/form-data; boundary=xyz").as_deref(), Some("xyz"));
    assert_eq!(of("Multipart/Form-Data; charset=utf-8; Boundary=\"x y\"").as_deref(), Some("x y"));
    assert_eq!(of("multipart/mixed; boundary=xyz"), None);
    assert_eq!(of("application/json"), None);
}

proptest! {
    #[test]
    fn any_bytes_are_survived(body in proptest::collection::vec(proptest::sample::select(b"-B\r\n\": ;name=model-disposition\xffx".to_vec()), 0..300)) {
        drop(peek(&body, "B"));
    }
}
