//! The lines a process has written, and those who wait for one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::sync::Notify;

/// Lines kept; older ones are forgotten.
const KEPT: usize = 10_000;

/// A line of output, without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it was written.
    pub stream: Stream,
    /// What it says.
    pub text: String,
}

/// Where a process writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

#[derive(Default)]
pub(super) struct Output {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    lines: VecDeque<Line>,
    /// Lines forgotten.
    dropped: usize,
    /// Lines that `find` has passed, forgotten ones included.
    passed: usize,
    /// Streams still being read.
    readers: usize,
}

/// Tells `find` that a stream has ended, however its reader ends.
pub(super) struct Reader(Arc<Output>);

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.state().readers -= 1;
        self.0.changed.notify_waiters();
    }
}

impl Output {
    pub(super) fn reader(self: &Arc<Self>) -> Reader {
        self.state().readers += 1;
        Reader(Arc::clone(self))
    }

    pub(super) fn lines(&self) -> Vec<Line> {
        self.state().lines.iter().cloned().collect()
    }

    /// The next line that is wanted; `None` once there can be none.
    pub(super) async fn find(&self, wanted: impl Fn(&str) -> bool) -> Option<Line> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Listens before it looks, so that a line between the two is not missed.
            changed.as_mut().enable();
            {
                let mut state = self.state();
                let from = state.passed.saturating_sub(state.dropped);
                let found = state.lines.iter().skip(from).position(|line| wanted(&line.text)).map(|at| from + at);
                if let Some(at) = found {
                    state.passed = state.dropped + at + 1;
                    return state.lines.get(at).cloned();
                }
                if state.readers == 0 {
                    return None;
                }
            }
            changed.await;
        }
    }

    fn push(&self, line: Line) {
        {
            let mut state = self.state();
            state.lines.push_back(line);
            if state.lines.len() > KEPT {
                state.lines.pop_front();
                state.dropped += 1;
            }
        }
        self.changed.notify_waiters();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads lines until the stream ends.
pub(super) async fn read(from: impl AsyncRead + Unpin, stream: Stream, reader: Reader) {
    let mut from = BufReader::new(from);
    let mut bytes = Vec::new();
    while matches!(from.read_until(b'\n', &mut bytes).await, Ok(1..)) {
        let text = String::from_utf8_lossy(&bytes);
        reader.0.push(Line { stream, text: text.trim_end_matches(['\n', '\r']).to_owned() });
        bytes.clear();
    }
}
