//! Which pages of other origins may call a route: its `cors` (Console contract 4.2), ready to be applied.
//!
//! The Console makes annotations of it (contract 4.4). What those mean is Higress's `annotations/cors.go`: what is left out has a default
//! there, and an origin with `*` in front stands for every host with that end, whatever the scheme.

use agm_domain::code::Code;
use agm_domain::diagnostic::Diagnostic;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, VARY,
};
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::Value;

const METHODS: &str = "GET,PUT,POST,DELETE,PATCH,OPTIONS";
const HEADERS: &str =
    "DNT,X-CustomHeader,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Authorization";
const MAX_AGE: i64 = 1_728_000;

/// What a route grants.
#[derive(Debug)]
pub(crate) struct Cors {
    origins: Vec<Origin>,
    methods: HeaderValue,
    headers: HeaderValue,
    expose: Option<HeaderValue>,
    credentials: bool,
    max_age: HeaderValue,
}

#[derive(Debug)]
enum Origin {
    Any,
    /// Every host that ends like this.
    Under(String),
    Exactly(String),
}

/// The stored object.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    #[serde(default)]
    enabled: bool,
    allow_origins: Option<Vec<String>>,
    allow_methods: Option<Vec<String>>,
    allow_headers: Option<Vec<String>>,
    expose_headers: Option<Vec<String>>,
    max_age: Option<i64>,
    allow_credentials: Option<bool>,
}

impl Cors {
    /// Reads the stored object. What cannot be applied is left out and reported under `place`.
    pub(crate) fn compile(stored: &Value, place: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let mut report = |pointer: String, what: &str, hint: &str| {
            diagnostics.push(Diagnostic::policy(Code::ValidationFailed, pointer, what).hint(hint));
        };
        let stored = match Option::<Stored>::deserialize(stored) {
            Ok(stored) => stored.filter(|stored| stored.enabled)?,
            Err(error) => {
                report(place.to_owned(), &format!("this is not the Console's `cors`: {error}"), "correct it or take it out");
                return None;
            }
        };
        let listed = stored.allow_origins.filter(|list| !list.is_empty());
        let mut origins = Vec::new();
        for (at, text) in listed.unwrap_or_else(|| vec!["*".to_owned()]).iter().enumerate() {
            match Origin::read(text.trim()) {
                Some(origin) => origins.push(origin),
                None => report(
                    format!("{place}/allowOrigins/{at}"),
                    "`*` stands alone or for the beginning of a host",
                    "write it like https://*.example.com",
                ),
            }
        }
        let mut line = |list: Option<Vec<String>>, member: &str| {
            let text = joined(&list.filter(|list| !list.is_empty())?);
            let value = HeaderValue::from_str(&text).ok();
            if value.is_none() {
                report(format!("{place}/{member}"), "this text cannot be sent in a header", "leave out control characters");
            }
            value
        };
        Some(Self {
            methods: line(stored.allow_methods, "allowMethods").unwrap_or(HeaderValue::from_static(METHODS)),
            headers: line(stored.allow_headers, "allowHeaders").unwrap_or(HeaderValue::from_static(HEADERS)),
            expose: line(stored.expose_headers, "exposeHeaders"),
            credentials: stored.allow_credentials.unwrap_or(true),
            max_age: HeaderValue::from(stored.max_age.unwrap_or(MAX_AGE)),
            origins,
        })
    }

    /// Whether pages of this origin may call.
    pub(crate) fn allows(&self, origin: &HeaderValue) -> bool {
        self.origins.iter().any(|allowed| allowed.matches(origin.as_bytes()))
    }

    /// Lets a page of this origin, which is allowed, read an answer.
    pub(crate) fn grant(&self, origin: &HeaderValue, headers: &mut HeaderMap) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        if self.credentials {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        if let Some(expose) = &self.expose {
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, expose.clone());
        }
        // The next page is of another origin: no cache may give it this answer.
        headers.append(VARY, HeaderValue::from_static("origin"));
    }

    /// The rest of the answer to a preflight.
    pub(crate) fn announce(&self, headers: &mut HeaderMap) {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone());
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, self.headers.clone());
        headers.insert(ACCESS_CONTROL_MAX_AGE, self.max_age.clone());
    }
}

impl Origin {
    fn read(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Any);
        }
        if !text.contains('*') {
            return Some(Self::Exactly(text.to_owned()));
        }
        let (_, host) = text.split_once("://")?;
        let end = host.strip_prefix('*').filter(|end| !end.contains('*'))?;
        Some(Self::Under(end.to_owned()))
    }

    fn matches(&self, origin: &[u8]) -> bool {
        match self {
            Self::Any => true,
            Self::Under(end) => origin.ends_with(end.as_bytes()),
            Self::Exactly(text) => origin == text.as_bytes(),
        }
    }
}

/// One `*` is all there is to say.
fn joined(list: &[String]) -> String {
    let names: Vec<&str> = list.iter().map(|name| name.trim()).collect();
    if names.contains(&"*") { "*".to_owned() } else { names.join(",") }
}
