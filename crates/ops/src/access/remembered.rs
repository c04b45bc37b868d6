//! Passwords that were right a moment ago. Scripts send theirs with every request, and argon2 is slow on purpose.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use agm_domain::secret::Secret;
use aws_lc_rs::hmac;
use tokio::time::Instant;

use super::random;
use crate::error::OpError;

/// How long a password is remembered.
const KEPT: Duration = Duration::from_mins(5);
/// How many are.
const LIMIT: usize = 64;

/// Keyed hashes of user and password, with their end. The key is this process's own, so the hashes are worth nothing elsewhere.
pub(super) struct Remembered {
    key: hmac::Key,
    until: Mutex<HashMap<Vec<u8>, Instant>>,
}

impl Remembered {
    pub(super) fn new() -> Result<Self, OpError> {
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, &random::bytes::<32>()?), until: Mutex::default() })
    }

    pub(super) fn holds(&self, user: &str, password: &Secret) -> bool {
        let until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.get(&self.hash(user, password)).is_some_and(|end| *end > Instant::now())
    }

    pub(super) fn put(&self, user: &str, password: &Secret) {
        let now = Instant::now();
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.retain(|_, end| *end > now);
        if until.len() < LIMIT {
            until.insert(self.hash(user, password), now + KEPT);
        }
    }

    fn hash(&self, user: &str, password: &Secret) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(user.as_bytes());
        context.update(&[0]);
        context.update(password.expose().as_bytes());
        context.sign().as_ref().to_vec()
    }
}
