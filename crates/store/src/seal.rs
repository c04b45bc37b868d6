//! One sealed secret: `enc:v1:<key id>:<base64 of nonce, ciphertext and tag>`.
//!
//! AES-256-GCM-SIV with a random nonce; the context (what the secret belongs to and where) is
//! authenticated, so a sealed secret that was moved elsewhere does not open.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use zeroize::Zeroizing;

use crate::master_key::{BASE64, MasterKey};

const PREFIX: &str = "enc:v1:";

/// A master key made ready to seal and open.
pub(crate) struct SealKey {
    pub(crate) master: MasterKey,
    aead: RandomizedNonceKey,
}

impl SealKey {
    /// `None` only if the cipher refuses a key of the right length, which it does not.
    pub(crate) fn new(master: MasterKey) -> Option<Self> {
        let key = master.derive("agm seal v1");
        let aead = RandomizedNonceKey::new(&AES_256_GCM_SIV, key.as_slice()).ok()?;
        Some(Self { master, aead })
    }

    pub(crate) fn seal(&self, context: &str, secret: &[u8]) -> Option<String> {
        let mut text = Zeroizing::new(Vec::with_capacity(secret.len() + 16));
        text.extend_from_slice(secret);
        let aad = Aad::from(context.as_bytes());
        let nonce = self.aead.seal_in_place_append_tag(aad, &mut *text).ok()?;
        let mut sealed = nonce.as_ref().to_vec();
        sealed.extend_from_slice(&text);
        Some(format!("{PREFIX}{}:{}", self.master.id(), BASE64.encode(sealed)))
    }

    pub(crate) fn open(&self, context: &str, sealed: &Sealed<'_>) -> Option<Zeroizing<Vec<u8>>> {
        let bytes = BASE64.decode(sealed.payload).ok()?;
        let (nonce, ciphertext) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = Zeroizing::new(ciphertext.to_vec());
        let aad = Aad::from(context.as_bytes());
        let length = self.aead.open_in_place(nonce, aad, &mut text).ok()?.len();
        text.truncate(length);
        Some(text)
    }
}

/// The parts of a sealed secret.
pub(crate) struct Sealed<'a> {
    pub(crate) key_id: &'a str,
    payload: &'a str,
}

impl<'a> Sealed<'a> {
    /// `None` for a text that is not in the sealed format.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (key_id, payload) = text.strip_prefix(PREFIX)?.split_once(':')?;
        Some(Self { key_id, payload })
    }
}
