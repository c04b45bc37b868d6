use super::*;

fn pieces(speech: Speech) -> Vec<String> {
    speech.into_pieces().collect()
}

#[test]
fn frames_join_to_the_text() {
    let speech = Speech::of("one two  three", Pacing::default(), None);
    assert_eq!(speech.text(), "one two  three");
    assert_eq!(pieces(speech).concat(), "one two  three");
}

#[test]
fn pacing_sets_the_number_and_the_size_of_frames() {
    let pacing = Pacing { frames: Some(3), frame_bytes: Some(8), ..Pacing::default() };
    let speech = Speech::of("a b", pacing, None);
    assert_eq!(speech.text().len(), 24);
    assert_eq!(pieces(speech), ["a ......", "b.......", " word2.."]);
}

#[test]
fn max_tokens_cuts_short_only_what_is_longer() {
    let speech = Speech::of("a b c", Pacing::default(), Some(2));
    assert!(speech.cut_short);
    assert_eq!(speech.text(), "a b ");
    assert!(!Speech::of("a b c", Pacing::default(), Some(3)).cut_short);
}
