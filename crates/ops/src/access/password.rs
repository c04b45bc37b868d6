//! Hashing the admin's password.

use std::sync::Arc;

use agm_domain::secret::Secret;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::Semaphore;

use crate::error::OpError;

/// Computes hashes one at a time: a burst of logins must not take every core from the traffic.
#[derive(Debug)]
pub(super) struct Hasher {
    turn: Arc<Semaphore>,
}

impl Default for Hasher {
    fn default() -> Self {
        Self { turn: Arc::new(Semaphore::new(1)) }
    }
}

impl Hasher {
    /// The password's argon2id hash, in the PHC format.
    pub(super) async fn hash(&self, password: Secret) -> Result<String, OpError> {
        let hash = move || Argon2::default().hash_password(password.expose().as_bytes()).map(|hash| hash.to_string());
        self.compute(hash).await?.map_err(|error| OpError::internal(format!("the password cannot be hashed: {error}")))
    }

    /// Whether the password is the one that was hashed.
    pub(super) async fn matches(&self, password: Secret, hash: String) -> Result<bool, OpError> {
        let matches = move || {
            let parsed = PasswordHash::new(&hash)?;
            Ok::<_, argon2::password_hash::phc::Error>(Argon2::default().verify_password(password.expose().as_bytes(), &parsed).is_ok())
        };
        self.compute(matches).await?.map_err(|error| OpError::internal(format!("the stored password hash cannot be read: {error}")))
    }

    async fn compute<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, OpError> {
        let turn = self.turn.clone().acquire_owned().await;
        let work = tokio::task::spawn_blocking(move || {
            // Held by the work itself: a caller that goes away frees no core.
            let _turn = turn;
            work()
        });
        work.await.map_err(|_| OpError::internal("hashing was cut off"))
    }
}

/// Whether anybody would try this password first.
pub(super) fn is_weak(user: &str, password: &Secret) -> bool {
    const FIRST_TRIES: [&str; 8] =
        ["password", "12345678", "123456789", "1234567890", "administrator", "changeme", "qwertyuiop", "adminadmin"];
    let lower = password.expose().to_lowercase();
    lower.chars().count() < 8 || lower == user.to_lowercase() || FIRST_TRIES.contains(&lower.as_str())
}
