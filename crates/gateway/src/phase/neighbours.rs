//! Headers between two neighbours (RFC 9110, 7.6.1), on either side of the gateway.

use http::header::CONNECTION;
use http::{HeaderMap, HeaderName};

/// Removes `Connection`, every line of it, and the headers that it names.
pub(super) fn drop_named(headers: &mut HeaderMap) {
    // Most messages have none.
    if !headers.contains_key(CONNECTION) {
        return;
    }
    let lines = headers.get_all(CONNECTION).iter();
    let told = lines.flat_map(|line| line.as_bytes().split(|b| *b == b',')).filter_map(|n| HeaderName::from_bytes(n.trim_ascii()).ok());
    let named: Vec<HeaderName> = told.collect();
    for name in named {
        headers.remove(name);
    }
    headers.remove(CONNECTION);
}

/// Removes the headers whose name `goes`. Most messages have few headers: looking at those is cheaper than asking for each that might be there.
pub(super) fn drop_where(headers: &mut HeaderMap, goes: impl Fn(&str) -> bool) {
    let gone: Vec<HeaderName> = headers.keys().filter(|name| goes(name.as_str())).cloned().collect();
    for name in gone {
        headers.remove(name);
    }
}
