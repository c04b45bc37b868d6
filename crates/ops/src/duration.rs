//! Durations as people write them: `500ms`, `30s`, `5m`, `12h`, `90d`.

use std::time::Duration;

/// Parses a whole number with a unit; without one it counts seconds.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let seconds = |each: u64| number.checked_mul(each).map(Duration::from_secs);
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "" | "s" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(3600),
        "d" => seconds(86_400),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::parse_duration;

    #[test]
    fn what_people_write_is_understood() {
        let cases = [("500ms", Some(500)), ("30s", Some(30_000)), ("30", Some(30_000)), ("2m", Some(120_000)), ("1h", Some(3_600_000))];
        let wrong = ["", "s", "-1s", "1.5s", "1 s", "1w", "99999999999999999999s", "18446744073709551615d"];
        for (text, millis) in cases.into_iter().chain(wrong.map(|text| (text, None))) {
            assert_eq!(parse_duration(text).map(|d| d.as_millis()), millis, "{text}");
        }
    }
}
