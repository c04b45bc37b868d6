//! The words of an answer, cut into frames.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::script::{Pacing, Script};

/// Characters of the question that the default answer repeats.
const REPEATED: usize = 120;

/// An answer's text as content frames, made one at a time so that a long stream takes no memory.
#[derive(Debug, Clone)]
pub(crate) struct Speech {
    words: Vec<String>,
    frames: usize,
    frame_bytes: usize,
    stamp: bool,
    /// Whether `max_tokens` ended it early.
    pub(crate) cut_short: bool,
}

impl Speech {
    /// What `script` says as `model`, to `question`, in at most `max_tokens` frames.
    pub(crate) fn new(script: &Script, model: &str, question: &str, max_tokens: Option<u64>) -> Self {
        let text = if let Some(text) = &script.text {
            format!("{}: {text}", script.name)
        } else {
            let question: String = question.chars().take(REPEATED).collect();
            format!("{} answers as {model}. You said: {question}", script.name)
        };
        Self::of(&text, script.pacing, max_tokens)
    }

    /// This text, paced like that.
    pub(crate) fn of(text: &str, pacing: Pacing, max_tokens: Option<u64>) -> Self {
        let words: Vec<String> = text.split_inclusive(' ').map(str::to_owned).collect();
        let wanted = pacing.frames.unwrap_or(words.len());
        let allowed = max_tokens.map_or(usize::MAX, |tokens| usize::try_from(tokens).unwrap_or(usize::MAX));
        Self {
            words,
            frames: wanted.min(allowed),
            frame_bytes: pacing.frame_bytes.unwrap_or(0),
            stamp: pacing.stamp,
            cut_short: allowed < wanted,
        }
    }

    /// Content frames, which are completion tokens.
    pub(crate) fn len(&self) -> usize {
        self.frames
    }

    /// The whole text, without stamps.
    pub(crate) fn text(&self) -> String {
        (0..self.frames).map(|index| self.piece(index)).collect()
    }

    /// The texts of the frames; a stamp says when a frame was taken.
    pub(crate) fn into_pieces(self) -> impl Iterator<Item = String> + Send {
        (0..self.frames).map(move |index| {
            let piece = self.piece(index);
            if self.stamp { format!("t={} {piece}", micros_since_1970()) } else { piece }
        })
    }

    /// Beyond the text, filler.
    fn piece(&self, index: usize) -> String {
        let mut piece = self.words.get(index).cloned().unwrap_or_else(|| format!(" word{index}"));
        if piece.len() < self.frame_bytes {
            piece.extend(std::iter::repeat_n('.', self.frame_bytes - piece.len()));
        }
        piece
    }
}

fn micros_since_1970() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros())
}

#[cfg(test)]
mod tests;
