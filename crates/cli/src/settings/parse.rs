//! Texts of settings become values.

use std::net::SocketAddr;
use std::time::Duration;

/// A duration: `500ms`, `30s`, `2m`, `1h`; a bare number is seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    agm_ops::parse_duration(text).ok_or_else(|| WRITE_DURATION.to_owned())
}

const WRITE_DURATION: &str = "write a time like `500ms`, `30s` or `2m`";

/// A number of bytes: `100MiB`, `64KiB`, `2GiB`; a bare number is bytes.
pub(crate) fn bytes(text: &str) -> Result<usize, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: usize = number.parse().map_err(|_| WRITE_BYTES.to_owned())?;
    let shift = match unit.trim_end_matches("iB") {
        "" | "B" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        _ => return Err(WRITE_BYTES.to_owned()),
    };
    number.checked_mul(1 << shift).ok_or_else(|| WRITE_BYTES.to_owned())
}

const WRITE_BYTES: &str = "write a size like `64KiB` or `100MiB`";

/// A number.
pub(crate) fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "write a number".to_owned())
}

/// `true` or `false`.
pub(crate) fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err("write `true` or `false`".to_owned()),
    }
}

/// An address to listen on: `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`, or `:8080` for loopback.
pub(crate) fn listen(text: &str) -> Result<SocketAddr, String> {
    let full = match text.strip_prefix(':') {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.replacen("localhost:", "127.0.0.1:", 1),
    };
    full.parse().map_err(|_| "write an address and a port, like `127.0.0.1:8080`".to_owned())
}

/// An `http` or `https` URL without a query.
pub(crate) fn url(text: &str) -> Result<url::Url, String> {
    let url = url::Url::parse(text).map_err(|_| WRITE_URL.to_owned())?;
    let usable = matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none() && url.username().is_empty();
    if usable { Ok(url) } else { Err(WRITE_URL.to_owned()) }
}

const WRITE_URL: &str = "write a URL like `http://127.0.0.1:18080`";

/// A list with commas between.
pub(crate) fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
