//! OpenClaw: its configuration file and what it says in its log.
//!
//! Everything here is pure: text in, text out. The file itself is read and written by [`crate::standalone`].

mod check;
mod document;
mod edit;
mod error;
mod gateway_url;
mod key;
mod layout;
mod locate;
pub mod log;
mod path;
mod plan;
mod reading;
mod splice;
mod undo;

pub use edit::{Change, Edited, edit};
pub use error::EditError;
pub use key::{KeyWish, replace_key};
use path::Path;
pub use plan::{Notice, Wish};
pub use reading::{Override, Reading, read};
pub use undo::{Because, Left, Undo, Undone, undo};

#[cfg(test)]
mod tests;
