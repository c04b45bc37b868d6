//! What a route's domain may be: a host's name, also one for all names below it (`*.example.com`), or an address.

use core::net::{Ipv4Addr, Ipv6Addr};

use crate::code::Code;
use crate::diagnostic::Diagnostic;

/// Longest name of a host (RFC 1035, 2.3.4).
const LONGEST: usize = 253;
/// Longest part of it.
const LONGEST_LABEL: usize = 63;

/// What is wrong with a domain, if something is.
pub fn check(domain: &str, pointer: &str) -> Option<Diagnostic> {
    let name = domain.strip_prefix("*.").unwrap_or(domain);
    let is_address = name.parse::<Ipv4Addr>().is_ok()
        || name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok());
    let is_name = name.len() <= LONGEST && name.split('.').all(is_label);
    if is_name || (is_address && name == domain) {
        return None;
    }
    let what = format!("`{domain}` is not the name of a host");
    Some(
        Diagnostic::hard(Code::ValidationFailed, pointer, what).hint("write for example ai.example.com, or *.example.com for all below it"),
    )
}

/// Underscores are no hosts' by the book, but they are found in the names of containers.
fn is_label(label: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !label.is_empty() && label.len() <= LONGEST_LABEL && label.chars().all(inner) && !label.starts_with('-') && !label.ends_with('-')
}
