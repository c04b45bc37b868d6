//! The table itself.

use super::ProviderType;

pub(super) static TABLE: &[ProviderType] = &[];
