use super::*;

/// Stamped frames, and whether the end was seen, with the text cut at every place.
fn check(text: &str, frames: usize, done: bool) {
    for cut in 0..=text.len() {
        let mut reading = Reading::default();
        for piece in [&text[..cut], &text[cut..]] {
            reading.text.extend_from_slice(piece.as_bytes());
            reading.frames(Instant::now());
        }
        assert_eq!((reading.delays.len(), reading.done), (frames, done), "{text:?} cut at {cut}");
        assert_eq!(reading.first.is_some(), frames > 0);
    }
}

#[test]
fn frames_are_counted_once_they_are_whole() {
    check("", 0, false);
    check("data: {\"content\":\"made at 1. \"}\n\n", 1, false);
    check("data: {\"content\":\"made at 1. \"}\n", 0, false);
    check("data: {\"content\":\"made at 1. \"}\n\ndata: {\"content\":\"made at 2. \"}\n\ndata: [DONE]\n\n", 2, true);
}

#[test]
fn what_a_gateway_adds_is_no_frame() {
    check(": keep-alive\n\ndata: {\"choices\":[]}\n\ndata: [DONE]\n\n", 0, true);
    check("data: {\"content\":\"made at 1. \"}\r\n\r\ndata: [DONE]\r\n\r\n", 1, true);
}

#[test]
fn the_stamp_is_the_time_at_which_the_mock_made_the_frame() {
    assert_eq!(stamp(b"data: {\"content\":\"made at 1700000000000001. \"}\n\n"), Some(Duration::from_micros(1_700_000_000_000_001)));
    assert_eq!(stamp(b"data: [DONE]\n\n"), None);
}
