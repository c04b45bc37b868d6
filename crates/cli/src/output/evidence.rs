//! The ladder of evidence.

use agm_domain::evidence::{Evidence, Level, Verdict};
use jiff::Timestamp;

use super::{Cell, Sheet, Tint, age};

/// Every level, weakest first, with the fact that shows it and its age; then the drift.
pub(crate) fn ladder(evidence: &Evidence, now: Timestamp) -> Sheet {
    let mut sheet = Sheet::new(&["evidence", "", "when", "fact"]);
    for level in Level::ALL {
        let proof = evidence.of(level);
        let verdict = proof.map_or(Verdict::Unknown, |proof| proof.verdict);
        let (sign, tint) = sign(verdict);
        let fact = proof.map_or_else(
            || Cell::new("no fact yet", Tint::Dim),
            |proof| Cell::new(fact(&proof.source, &proof.fact), if verdict == Verdict::Proven { Tint::Plain } else { tint }),
        );
        let when = Cell::maybe(proof.map(|proof| age(&proof.time, now)));
        sheet.row(vec![level.as_str().into(), Cell::new(sign, tint), when, fact]);
    }
    for drift in &evidence.drift {
        let cause = serde_json::to_value(drift.cause).ok().and_then(|cause| cause.as_str().map(str::to_owned)).unwrap_or_default();
        let stopped = drift.stopped.as_ref().map(|stopped| format!("; {}", stopped.message)).unwrap_or_default();
        let message = format!("{cause}: {}{stopped}", drift.message);
        let text = Cell::new(message, Tint::Bad);
        sheet.row(vec![Cell::new("drift", Tint::Bad), Cell::new("!", Tint::Bad), age(&drift.since, now).into(), text]);
    }
    sheet
}

fn fact(source: &str, fact: &str) -> String {
    if source.is_empty() { fact.to_owned() } else { format!("{fact} ({source})") }
}

fn sign(verdict: Verdict) -> (&'static str, Tint) {
    match verdict {
        Verdict::Proven => ("✓", Tint::Good),
        Verdict::Contradicted => ("✗", Tint::Bad),
        Verdict::Unknown => ("·", Tint::Dim),
        Verdict::NotApplicable => ("–", Tint::Dim),
    }
}
