//! Request bodies: what is looked for in them, how they are changed, and how they are sent on.

pub(crate) mod collect;
pub(crate) mod multipart;
pub(crate) mod outgoing;
pub(crate) mod peek;
mod scan;
pub(crate) mod splice;
