//! Random credentials and what is kept of them.

use agm_domain::secret::Secret;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::OpError;

/// A credential of 256 random bits, marked so that people and secret scanners recognise it.
pub(super) fn credential(mark: &str) -> Result<Secret, OpError> {
    Ok(Secret::from(format!("{mark}{}", URL_SAFE_NO_PAD.encode(bytes::<32>()?))))
}

/// What is kept of a random credential. It cannot be guessed back, so a plain hash does, and looking it up by its hash gives no timing away.
pub(super) fn hash(credential: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, credential.as_bytes()))
}

/// A password of 100 random bits that can be read aloud: four groups without letters that look alike.
pub(super) fn password() -> Result<Secret, OpError> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letters: Vec<char> = bytes::<20>()?.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    let groups: Vec<String> = letters.chunks(5).map(|group| group.iter().collect()).collect();
    Ok(Secret::from(groups.join("-")))
}

pub(super) fn bytes<const N: usize>() -> Result<[u8; N], OpError> {
    let mut bytes = [0_u8; N];
    // The system's own: aws-lc's generator takes 30 ms to gather entropy of its own first, in the middle of the start.
    getrandom::fill(&mut bytes).map_err(|_| OpError::internal("the system has no random numbers"))?;
    Ok(bytes)
}
