//! The one secret that an operator keeps: 32 random bytes.

use std::fmt;

use agm_blob::hex;
use aws_lc_rs::{hmac, rand};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use crate::Error;

pub(crate) const KEY_LEN: usize = 32;

/// Standard base64; the padding may be missing, as it does after a careless copy.
pub(crate) const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// A master key. Wiped from memory when dropped; never shown.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; KEY_LEN]>);

impl MasterKey {
    /// Reads the base64 of 32 bytes; `origin` is what an error calls its source.
    pub fn from_base64(text: &str, origin: &str) -> Result<Self, Error> {
        let refuse = |reason| Error::MasterKeyText { origin: origin.to_owned(), reason };
        let bytes = BASE64.decode(text.trim()).map(Zeroizing::new).map_err(|_| refuse("it is not base64"))?;
        Self::from_bytes(&bytes).ok_or_else(|| refuse("it is not 32 bytes long"))
    }

    /// Takes 32 bytes; `None` for any other number.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        if bytes.len() != KEY_LEN {
            return None;
        }
        key.copy_from_slice(bytes);
        Some(Self(key))
    }

    /// Makes a random key.
    pub fn generate() -> Result<Self, Error> {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        rand::fill(key.as_mut_slice())
            .map_err(|_| Error::MasterKeyText { origin: "the system's random source".to_owned(), reason: "it gives no random bytes" })?;
        Ok(Self(key))
    }

    /// The key as text, for the file or the variable that keeps it.
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64.encode(self.0.as_slice()))
    }

    /// The public name of the key, which tells nothing of it.
    pub fn id(&self) -> String {
        hex(&self.derive("agm master key id")[..4])
    }

    /// What a store keeps to know the key again.
    pub(crate) fn check_value(&self) -> String {
        hex(&self.derive("agm master key check")[..16])
    }

    /// A key for one purpose; keys of different purposes are independent.
    pub(crate) fn derive(&self, purpose: &str) -> Zeroizing<[u8; KEY_LEN]> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice());
        let mut derived = Zeroizing::new([0; KEY_LEN]);
        derived.copy_from_slice(hmac::sign(&key, purpose.as_bytes()).as_ref());
        derived
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MasterKey").field(&self.id()).finish()
    }
}
