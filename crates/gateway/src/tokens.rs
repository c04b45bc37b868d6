//! The keys of a provider: which one a request gets, and which ones are out (Console contract 7.5).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use agm_domain::api::Api;
use agm_domain::endpoint::Endpoint;
use agm_domain::provider::Provider;
use agm_domain::secret::Secret;
use http::{HeaderName, HeaderValue};
use jiff::Timestamp;

use crate::keys::hash;

/// Every key of a provider.
#[derive(Debug)]
pub(crate) struct Tokens {
    list: Vec<Token>,
    failover: Option<Failover>,
    /// Whether a failed request is sent once more with another key.
    pub retry_on_failure: bool,
}

/// One key.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    /// Its place in the provider's list.
    pub index: usize,
    /// Lives on when the configuration changes, as long as the provider keeps the key.
    pub state: Arc<TokenState>,
    /// The headers that carry it.
    pub headers: Arc<AuthHeaders>,
}

/// What is known of a key.
#[derive(Debug)]
pub(crate) struct TokenState {
    hash: [u8; 32],
    /// What people may see.
    pub mask: String,
    health: Mutex<Health>,
}

/// How a key does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Health {
    /// Failures in a row.
    pub failures: u32,
    /// Successful checks in a row, while it is out.
    pub successes: u32,
    /// Since when it is out, and after which status.
    pub out: Option<(Timestamp, u16)>,
}

/// When a key is taken out and how it comes back.
#[derive(Debug, Clone)]
pub(crate) struct Failover {
    pub failure_threshold: u32,
    pub success_threshold: u32,
    pub interval: std::time::Duration,
    pub timeout: std::time::Duration,
    pub model: String,
    /// Statuses that count as failures: `4.*`, `5.*`, `429`.
    statuses: Vec<String>,
}

/// The headers that carry a key; vendors may want another form for some APIs.
#[derive(Debug, Default)]
pub(crate) struct AuthHeaders {
    usual: Vec<(HeaderName, HeaderValue)>,
    special: Vec<(Api, Vec<(HeaderName, HeaderValue)>)>,
}

impl Tokens {
    /// Reads the keys of a provider; `before` are those it had until now.
    pub(crate) fn new(provider: &Provider, endpoint: &Endpoint, before: Option<&Self>) -> Self {
        let known = |hash: &[u8; 32]| before?.list.iter().find(|t| t.state.hash == *hash).map(|t| Arc::clone(&t.state));
        let token = |(index, secret): (usize, &Secret)| {
            let hash = hash(secret.expose().as_bytes());
            let state = known(&hash).unwrap_or_else(|| Arc::new(TokenState { hash, mask: secret.mask(), health: Mutex::default() }));
            Token { index, state, headers: Arc::new(AuthHeaders::new(endpoint, Some(secret))) }
        };
        let list = provider.tokens.iter().enumerate().filter(|(_, t)| !t.is_empty()).map(token).collect();
        let failover = Failover::of(provider);
        let explicit = provider.raw_configs.get("retryOnFailure").and_then(|r| r.get("enabled")).and_then(serde_json::Value::as_bool);
        Self { list, retry_on_failure: explicit.unwrap_or(failover.is_some()), failover }
    }

    /// A key for a request: any of those in use, or the one that belongs to `sticky` (stateful APIs). When all are out, any of them.
    pub(crate) fn pick(&self, dice: u64, sticky: Option<&str>) -> Option<&Token> {
        self.choose(dice, sticky, &|_| true)
    }

    /// A key other than `not`, one in use if there is one.
    pub(crate) fn pick_other(&self, dice: u64, not: &Token) -> Option<&Token> {
        self.choose(dice, None, &|t| t.index != not.index)
    }

    fn choose(&self, dice: u64, sticky: Option<&str>, allowed: &dyn Fn(&Token) -> bool) -> Option<&Token> {
        if let [only] = &self.list[..] {
            return Some(only).filter(|t| allowed(t));
        }
        let roll = sticky.map_or(dice, |consumer| u64::from(fnv1a(consumer)));
        let nth = |n: usize, wanted: &dyn Fn(&Token) -> bool| self.list.iter().filter(|t| allowed(t) && wanted(t)).nth(n);
        let at = |count: usize| usize::try_from(roll % count.max(1) as u64).unwrap_or(0);
        let count = self.list.iter().filter(|t| allowed(t)).count();
        if self.failover.is_some() {
            let in_use = self.list.iter().filter(|t| allowed(t) && !t.state.is_out()).count();
            if in_use > 0 {
                // Between the count and the choice one may have gone out: then any will do.
                return nth(at(in_use), &|t| !t.state.is_out()).or_else(|| nth(at(count), &|_| true));
            }
        }
        nth(at(count), &|_| true)
    }

    /// Learns how a request with this key ended. Says whether the key is out from now on.
    pub(crate) fn note(&self, token: &Token, status: u16, now: &dyn Fn() -> Timestamp) -> bool {
        let Some(failover) = &self.failover else { return false };
        let mut health = token.state.health();
        if !failover.counts(status) {
            if health.failures > 0 && health.out.is_none() {
                health.failures = 0;
            }
            return false;
        }
        health.failures = health.failures.saturating_add(1);
        if health.out.is_none() && health.failures >= failover.failure_threshold {
            health.out = Some((now(), status));
            health.successes = 0;
            return true;
        }
        false
    }

    /// Learns how a health check of a key that is out ended. Says whether it is in use again.
    pub(crate) fn checked(&self, token: &Token, passed: bool) -> bool {
        let Some(failover) = &self.failover else { return true };
        let mut health = token.state.health();
        health.successes = if passed { health.successes + 1 } else { 0 };
        let back = health.successes >= failover.success_threshold;
        if back {
            *health = Health::default();
        }
        back
    }

    /// Its rules, if failing keys are taken out at all.
    pub(crate) fn failover(&self) -> Option<&Failover> {
        self.failover.as_ref()
    }

    /// Every key.
    pub(crate) fn list(&self) -> &[Token] {
        &self.list
    }
}

impl TokenState {
    /// Whether it is out.
    pub(crate) fn is_out(&self) -> bool {
        self.health().out.is_some()
    }

    /// How it does.
    pub(crate) fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failover {
    fn of(provider: &Provider) -> Option<Self> {
        let config = provider.token_failover_config.as_ref().filter(|c| c.enabled == Some(true))?;
        // Without a model to ask for, a key that is out could never come back.
        let model = config.health_check_model.clone().filter(|m| !m.is_empty())?;
        let milliseconds = |value: Option<u64>| std::time::Duration::from_millis(value.unwrap_or(5000).max(10));
        let statuses = config.rest.get("failoverOnStatus").and_then(|v| serde_json::from_value::<Vec<String>>(v.clone()).ok());
        Some(Self {
            failure_threshold: config.failure_threshold.unwrap_or(3).max(1),
            success_threshold: config.success_threshold.unwrap_or(1).max(1),
            interval: milliseconds(config.health_check_interval),
            timeout: milliseconds(config.health_check_timeout),
            model,
            statuses: statuses.filter(|s| !s.is_empty()).unwrap_or_else(|| vec!["4.*".to_owned(), "5.*".to_owned()]),
        })
    }

    fn counts(&self, status: u16) -> bool {
        let text = status.to_string();
        self.statuses.iter().any(|pattern| matches(pattern, &text))
    }
}

/// The little of regular expressions that status patterns use: `.` is any digit, `.*` the rest.
fn matches(pattern: &str, status: &str) -> bool {
    let (pattern, open) = pattern.strip_suffix(".*").map_or((pattern, false), |p| (p, true));
    let long_enough = if open { status.len() >= pattern.len() } else { status.len() == pattern.len() };
    long_enough && pattern.bytes().zip(status.bytes()).all(|(p, s)| p == b'.' || p == s)
}

impl AuthHeaders {
    /// The headers for a key, or for none.
    pub(crate) fn new(endpoint: &Endpoint, token: Option<&Secret>) -> Self {
        let build = |api: Option<Api>| -> Vec<(HeaderName, HeaderValue)> {
            let header = |(name, secret): (&'static str, Secret)| {
                let mut value = HeaderValue::from_str(secret.expose()).ok()?;
                value.set_sensitive(true);
                Some((HeaderName::from_static(name), value))
            };
            endpoint.auth_headers(api, token).into_iter().filter_map(header).collect()
        };
        let usual = build(Some(Api::ChatCompletions));
        let special = Api::ALL.iter().map(|api| (*api, build(Some(*api)))).filter(|(_, headers)| *headers != usual).collect();
        Self { usual, special }
    }

    /// The headers for an API.
    pub(crate) fn of(&self, api: Option<Api>) -> &[(HeaderName, HeaderValue)] {
        self.special.iter().find(|(special, _)| Some(*special) == api).map_or(&self.usual, |(_, headers)| headers)
    }
}

/// The hash by which Higress binds a consumer to a key.
fn fnv1a(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests;
