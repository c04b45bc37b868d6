//! How long ago something was.

use jiff::Timestamp;

/// `now`, `4 s ago`, `3 min ago`, `5 h ago`; the date for what is older than two days.
pub(crate) fn age(time: &str, now: Timestamp) -> String {
    let Ok(then) = time.parse::<Timestamp>() else { return time.to_owned() };
    match now.as_second() - then.as_second() {
        ..=0 => "now".to_owned(),
        seconds @ 1..120 => format!("{seconds} s ago"),
        seconds @ 120..7200 => format!("{} min ago", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h ago", seconds / 3600),
        _ => time.get(..10).unwrap_or(time).to_owned(),
    }
}
