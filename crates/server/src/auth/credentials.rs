//! What a request brings to prove who asks.

use agm_domain::code::Code;
use agm_domain::secret::Secret;
use agm_ops::{Fault, OpError};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::error::{ApiError, ApiResult};

/// The session's cookie.
pub(crate) const COOKIE: &str = "agm_session";

const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// What was brought.
pub(super) enum Credentials {
    Password { user: String, password: Secret },
    Bearer(Secret),
    Cookie(Secret),
}

impl Credentials {
    /// The header counts before the cookie: who sends one means it.
    pub(super) fn of(headers: &HeaderMap) -> ApiResult<Self> {
        let Some(value) = headers.get(AUTHORIZATION) else {
            return cookie_value(headers).map(Self::Cookie).ok_or_else(none);
        };
        let value = value.to_str().map_err(|_| garbled())?;
        let (scheme, rest) = value.split_once(' ').ok_or_else(garbled)?;
        let rest = rest.trim();
        match scheme.to_ascii_lowercase().as_str() {
            "basic" => basic(rest).ok_or_else(garbled),
            "bearer" if !rest.is_empty() => Ok(Self::Bearer(Secret::from(rest))),
            _ => Err(garbled()),
        }
    }
}

fn basic(encoded: &str) -> Option<Credentials> {
    let text = String::from_utf8(BASE64.decode(encoded).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some(Credentials::Password { user: user.to_owned(), password: Secret::from(password) })
}

pub(crate) fn cookie_value(headers: &HeaderMap) -> Option<Secret> {
    let jar = CookieJar::from_headers(headers);
    jar.get(COOKIE).map(|cookie| Secret::from(cookie.value())).filter(|value| !value.is_empty())
}

/// The session's cookie, for the prefix under which it was opened. An empty value takes it away.
pub(crate) fn cookie(value: &str, prefix: &str, secure: bool) -> Cookie<'static> {
    let mut cookie = Cookie::new(COOKIE, value.to_owned());
    cookie.set_path(format!("{prefix}/"));
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Strict);
    cookie.set_secure(secure);
    if value.is_empty() {
        cookie.make_removal();
    }
    cookie
}

/// Nothing was brought.
pub(super) fn none() -> ApiError {
    refused("a login is needed")
}

fn garbled() -> ApiError {
    refused("the Authorization header cannot be understood")
}

fn refused(message: &str) -> ApiError {
    let error = OpError::new(Fault::Forbidden, Code::AuthFailed, message);
    error.hint("send user and password (Basic), an API token (Bearer), or log in on the page").into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn of(value: &[u8]) -> ApiResult<Credentials> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, http::HeaderValue::from_bytes(value).unwrap());
        Credentials::of(&headers)
    }

    #[test]
    fn basic_is_read_with_and_without_padding() {
        // RFC 7617: `Aladdin:open sesame`, and a password with a colon.
        for encoded in ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "basic QWxhZGRpbjpvcGVuIHNlc2FtZQ"] {
            let Ok(Credentials::Password { user, password }) = of(encoded.as_bytes()) else { panic!("{encoded}") };
            assert_eq!((user.as_str(), password.expose()), ("Aladdin", "open sesame"));
        }
        let Ok(Credentials::Password { password, .. }) = of(b"Basic YTpiOmM=") else { panic!("a colon in a password") };
        assert_eq!(password.expose(), "b:c");
    }

    #[test]
    fn what_is_garbled_is_refused() {
        for value in [b"Basic".as_slice(), b"Basic !!!", b"Basic YWJj", b"Bearer ", b"Digest x=y", b"\xff\xfe x", b"Basic /w=="] {
            assert!(matches!(of(value), Err(error) if error.0.code == Code::AuthFailed), "{value:?}");
        }
    }
}
