//! Where agents call the gateway: routes are judged by the requests that really come, not by those that would suit them.

use std::fmt;

use crate::table::Ask;

/// The chat API below the URL that agents are given (OpenAI's API; OpenClaw's file gets that URL with `/v1`).
const CHAT: &str = "/v1/chat/completions";

/// Host and path of an agent's chat request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallingPoint {
    /// Host, lower-case, without port.
    pub host: String,
    /// Path of the chat API.
    pub path: String,
}

impl CallingPoint {
    /// The one below the gateway's URL, which may have a path of its own.
    pub fn below(gateway: &str) -> Self {
        let rest = gateway.split_once("://").map_or(gateway, |(_, rest)| rest);
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let host = match authority.rfind(':') {
            Some(at) if !authority.ends_with(']') => &authority[..at],
            _ => authority,
        };
        Self { host: host.to_ascii_lowercase(), path: format!("{}{CHAT}", path.trim_end_matches('/')) }
    }

    /// A chat request for this model.
    pub fn ask<'a>(&'a self, model: &'a str) -> Ask<'a> {
        Ask { host: &self.host, path: &self.path, method: "POST", query: "", headers: &|_| None, model: Some(model) }
    }
}

impl fmt::Display for CallingPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.host, self.path)
    }
}

#[cfg(test)]
mod tests;
