//! Whether two base URLs mean the same gateway.

use url::{Host, Url};

/// Whether both lead to the same place: case, a default port, a trailing slash and the names of this host do not matter.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    match (normal(one), normal(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// The URL without a user name and password, for showing. What is no URL (`${BASE}/v1`) is shown as it is.
pub(super) fn shown(text: &str) -> String {
    match Url::parse(text) {
        Ok(mut url) if !url.username().is_empty() || url.password().is_some() => {
            // Only URLs without a host refuse, and those have no user either.
            if url.set_username("").and_then(|()| url.set_password(None)).is_err() {
                return "(a URL with a password)".to_owned();
            }
            url.into()
        }
        _ => text.to_owned(),
    }
}

fn normal(text: &str) -> Option<(String, String, Option<u16>, String)> {
    let url = Url::parse(text.trim()).ok()?;
    let host = match url.host()? {
        Host::Domain(name) if name.eq_ignore_ascii_case("localhost") => "localhost".to_owned(),
        Host::Ipv4(ip) if ip.is_loopback() => "localhost".to_owned(),
        Host::Ipv6(ip) if ip.is_loopback() => "localhost".to_owned(),
        host => host.to_string(),
    };
    let path = url.path().trim_end_matches('/').to_owned();
    Some((url.scheme().to_owned(), host, url.port_or_known_default(), path))
}

#[cfg(test)]
mod tests {
    use super::{is_same, shown};

    #[test]
    fn the_same_gateway_under_its_names() {
        let gateway = "http://127.0.0.1:8080/v1";
        for same in ["http://localhost:8080/v1", "http://LOCALHOST:8080/v1/", "http://127.0.0.1:8080/v1//", "http://[::1]:8080/v1"] {
            assert!(is_same(gateway, same), "{same}");
        }
        for other in [
            "http://localhost:8081/v1",
            "https://localhost:8080/v1",
            "http://localhost:8080",
            "${BASE}/v1",
            "http://example.com:8080/v1",
            "",
        ] {
            assert!(!is_same(gateway, other), "{other}");
        }
        assert!(is_same("https://gw.example.com/v1", "https://GW.example.com:443/v1/"));
    }

    #[test]
    fn a_password_in_a_url_is_not_shown() {
        assert_eq!(shown("http://user:planted@gw:1/v1"), "http://gw:1/v1");
        assert_eq!(shown("${BASE}/v1"), "${BASE}/v1");
    }
}
