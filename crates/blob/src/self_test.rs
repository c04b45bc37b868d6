//! Whether a storage keeps the promises that the log and the lease stand on.

use std::fmt;

use bytes::Bytes;
use uuid::Uuid;

use crate::{Blob, Error};

/// A promise that a storage breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// A second create of one name succeeds (`If-None-Match: *` is ignored or refused).
    CreateIfAbsent,
    /// An update that names an outdated state succeeds (`If-Match` is ignored or refused).
    UpdateIfUnchanged,
    /// An object just written is not read back as written.
    ReadAfterWrite,
    /// An object just written is missing from the listing.
    ListAfterWrite,
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CreateIfAbsent => "create only if absent (If-None-Match)",
            Self::UpdateIfUnchanged => "update only if unchanged (If-Match)",
            Self::ReadAfterWrite => "read what was just written",
            Self::ListAfterWrite => "list what was just written",
        })
    }
}

/// What a storage was found to lack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfTest {
    /// Every broken promise, in the order tested.
    pub lacks: Vec<Lack>,
}

impl SelfTest {
    /// Whether the log and the lease may live here.
    pub fn passed(&self) -> bool {
        self.lacks.is_empty()
    }
}

impl fmt::Display for SelfTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.passed() {
            return f.write_str("the storage keeps every promise");
        }
        f.write_str("the storage cannot: ")?;
        for (index, lack) in self.lacks.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{lack}")?;
        }
        Ok(())
    }
}

impl Blob {
    /// Tests the storage below `folder` with an object of its own, which is removed again.
    ///
    /// A storage that cannot be reached or written at all is an error; one that answers but breaks
    /// a promise is a result.
    pub async fn self_test(&self, folder: &str) -> Result<SelfTest, Error> {
        let name = format!("{folder}/{}", Uuid::now_v7());
        let tested = self.try_promises(folder, &name).await;
        let cleaned = self.delete(&name).await;
        let lacks = tested?;
        cleaned?;
        Ok(SelfTest { lacks })
    }

    async fn try_promises(&self, folder: &str, name: &str) -> Result<Vec<Lack>, Error> {
        let body = |text: &str| Bytes::from(format!("agm self-test, {text}: {name}\n"));
        let mut lacks = Vec::new();

        // A storage that refuses the condition itself may still take the object.
        let first = match self.put_new(name, body("first")).await {
            Ok(tag) => tag,
            Err(Error::Unavailable { .. }) => {
                lacks.push(Lack::CreateIfAbsent);
                self.put(name, body("first")).await?
            }
            Err(error) => return Err(error),
        };
        if lacks.is_empty() && self.put_new(name, body("again")).await.is_ok() {
            lacks.push(Lack::CreateIfAbsent);
        }

        let found = self.get(name).await?;
        let as_written = found.as_ref().is_some_and(|object| {
            // Without create-if-absent the object may hold the second text under another tag.
            object.tag == first || !lacks.is_empty()
        });
        if !as_written {
            lacks.push(Lack::ReadAfterWrite);
        }
        let current = found.map_or(first, |object| object.tag);
        let updated = self.put_if(name, body("second"), &current).await;
        let outdated = self.put_if(name, body("third"), &current).await;
        if updated.is_err() || outdated.is_ok() {
            lacks.push(Lack::UpdateIfUnchanged);
        }
        if !self.list(folder, None).await?.iter().any(|listed| listed == name) {
            lacks.push(Lack::ListAfterWrite);
        }
        Ok(lacks)
    }
}
