//! Headers between two neighbours (RFC 9110, 7.6.1), on either side of the gateway.

use http::header::CONNECTION;
use http::{HeaderMap, HeaderName};

/// Removes `Connection`, every line of it, and the headers that it names.
pub(super) fn drop_named(headers: &mut HeaderMap) {
    let lines = headers.get_all(CONNECTION).iter();
    let told = lines.flat_map(|line| line.as_bytes().split(|b| *b == b',')).filter_map(|n| HeaderName::from_bytes(n.trim_ascii()).ok());
    let named: Vec<HeaderName> = told.collect();
    for name in named {
        headers.remove(name);
    }
    headers.remove(CONNECTION);
}
