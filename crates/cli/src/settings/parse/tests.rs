use super::*;

#[test]
fn durations() {
    let check = |text: &str, expected: Option<Duration>| assert_eq!(duration(text).ok(), expected, "{text}");
    check("500ms", Some(Duration::from_millis(500)));
    check("30s", Some(Duration::from_secs(30)));
    check("30", Some(Duration::from_secs(30)));
    check("2m", Some(Duration::from_mins(2)));
    check("1h", Some(Duration::from_hours(1)));
    for wrong in ["", "s", "-1s", "1.5s", "1w", "99999999999999999999s"] {
        check(wrong, None);
    }
}

#[test]
fn sizes() {
    let check = |text: &str, expected: Option<usize>| assert_eq!(bytes(text).ok(), expected, "{text}");
    check("0", Some(0));
    check("1024", Some(1024));
    check("64KiB", Some(64 << 10));
    check("100MiB", Some(100 << 20));
    check("2G", Some(2 << 30));
    for wrong in ["", "MiB", "1.5MiB", "1TB", "1e3", "18446744073709551615GiB"] {
        check(wrong, None);
    }
}

#[test]
fn addresses() {
    let check = |text: &str, expected: Option<&str>| assert_eq!(listen(text).ok().map(|a| a.to_string()).as_deref(), expected, "{text}");
    check("127.0.0.1:0", Some("127.0.0.1:0"));
    check(":8080", Some("127.0.0.1:8080"));
    check("localhost:8080", Some("127.0.0.1:8080"));
    check("0.0.0.0:80", Some("0.0.0.0:80"));
    check("[::1]:80", Some("[::1]:80"));
    for wrong in ["8080", "127.0.0.1", "127.0.0.1:99999", "host:80", ""] {
        check(wrong, None);
    }
}

#[test]
fn urls() {
    assert!(url("http://127.0.0.1:18080").is_ok() && url("https://agm.example/agm").is_ok());
    for wrong in ["127.0.0.1:18080", "ftp://host", "http://", "http://user@host", "http://host/?q"] {
        assert!(url(wrong).is_err(), "{wrong}");
    }
}
