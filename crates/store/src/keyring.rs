//! The keys that open a store: the active one seals, the retired ones only open.

use std::collections::BTreeMap;

use agm_blob::hex;
use aws_lc_rs::hmac;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::canonical::canonical;
use crate::seal::{SealKey, Sealed};
use crate::{Error, MasterKey};

/// Every key of one store, by id.
pub(crate) struct Keyring {
    keys: BTreeMap<String, SealKey>,
    active: String,
    /// Authenticates contents; of the store's first key, so that a rotation leaves hashes alone.
    content: hmac::Key,
}

impl Keyring {
    /// `None` where `active` or `content` is not among the keys.
    pub(crate) fn new(masters: impl IntoIterator<Item = MasterKey>, active: &str, content: &str) -> Option<Self> {
        let mut keys = BTreeMap::new();
        for master in masters {
            keys.insert(master.id(), SealKey::new(master)?);
        }
        keys.get(active)?;
        let secret = keys.get(content)?.master.derive("agm content v1");
        Some(Self { active: active.to_owned(), content: hmac::Key::new(hmac::HMAC_SHA256, secret.as_slice()), keys })
    }

    pub(crate) fn active(&self) -> &str {
        &self.active
    }

    pub(crate) fn masters(&self) -> impl Iterator<Item = &MasterKey> {
        self.keys.values().map(|key| &key.master)
    }

    pub(crate) fn seal(&self, context: &str, secret: &[u8]) -> Result<String, Error> {
        self.keys.get(&self.active).and_then(|key| key.seal(context, secret)).ok_or_else(|| unreadable(context, "the cipher failed"))
    }

    pub(crate) fn open(&self, context: &str, text: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
        let sealed = Sealed::parse(text).ok_or_else(|| unreadable(context, "it is not in the sealed format"))?;
        let key =
            self.keys.get(sealed.key_id).ok_or_else(|| unreadable(context, "it was sealed with a key that this store does not know"))?;
        key.open(context, &sealed).ok_or_else(|| unreadable(context, "it was damaged, or moved from another place"))
    }

    /// The keyed hash of a document.
    pub(crate) fn content(&self, document: &Value) -> String {
        let text = Zeroizing::new(canonical(document));
        hex(hmac::sign(&self.content, text.as_bytes()).as_ref())
    }
}

fn unreadable(context: &str, reason: &'static str) -> Error {
    Error::Unreadable { context: context.to_owned(), reason }
}
