//! What a request says, checked, in the shapes that handlers want. Whatever cannot be understood is answered with the one error shape.

mod body;
mod condition;
mod json;
mod path;
mod query;

pub(crate) use self::body::{Body, Lenient, OptionalBody, collect};
pub(crate) use self::condition::{IfMatch, IfMatchHeader, PutCondition, PutHeaders};
pub(crate) use self::path::{BackupId, Id, Name};
pub(crate) use self::query::{DryRun, NoQuery, Paging, Query, Wait, Window, limit, wait, window};
