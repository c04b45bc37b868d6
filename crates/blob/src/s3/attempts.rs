//! When to try again, and what an attempt's failure means.

use std::time::Duration;

use object_store::Error as StoreError;

/// Waits between attempts; one attempt more than waits.
const WAITS: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(400), Duration::from_millis(1500)];

/// The longest reason that goes into a message: a server's error page is not one.
const LONGEST_REASON: usize = 300;

/// What a failed attempt means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// There is no such object.
    Absent,
    /// The condition did not hold.
    Conflict,
    /// Answered, nothing written, worth trying again.
    Busy,
    /// No use in trying again.
    Refused(&'static str),
    /// No answer, or one that leaves open whether it was done.
    Unanswered,
}

pub(super) fn failure_of(error: &StoreError) -> Failure {
    match error {
        StoreError::NotFound { .. } => Failure::Absent,
        StoreError::AlreadyExists { .. } | StoreError::Precondition { .. } | StoreError::NotModified { .. } => Failure::Conflict,
        StoreError::PermissionDenied { .. } => Failure::Refused("the credentials are not allowed to (403)"),
        StoreError::Unauthenticated { .. } => Failure::Refused("the credentials are not accepted (401)"),
        _ => Failure::Unanswered,
    }
}

/// The story of one operation's attempts.
pub(super) struct Attempts {
    made: usize,
    unanswered: bool,
}

impl Attempts {
    pub(super) fn new() -> Self {
        Self { made: 0, unanswered: false }
    }

    /// Whether an earlier attempt may have acted without our knowing.
    pub(super) fn unanswered(&self) -> bool {
        self.unanswered
    }

    /// Waits for the next attempt; `false` when there is none left.
    pub(super) async fn wait(&mut self, failure: Failure) -> bool {
        self.unanswered |= failure == Failure::Unanswered;
        let hopeful = matches!(failure, Failure::Busy | Failure::Unanswered);
        let Some(wait) = WAITS.get(self.made).filter(|_| hopeful) else {
            return false;
        };
        self.made += 1;
        tokio::time::sleep(*wait).await;
        true
    }
}

/// The innermost words of an error, cut to a sentence's length.
pub(super) fn sentence(error: &StoreError) -> String {
    let mut text = error.to_string();
    if let Some((end, _)) = text.char_indices().nth(LONGEST_REASON) {
        text.truncate(end);
        text.push('…');
    }
    text
}
