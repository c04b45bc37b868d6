//! Connections to providers.
//!
//! Each worker has its own, so nothing here is shared between threads. A connection of HTTP/1.1 is not a task of its own: whoever uses it
//! polls it, which saves two wake-ups for every request, and dropping it in mid-exchange is what cancels a call.

mod connect;
mod exchange;
mod failure;
mod patience;
mod pool;
mod tls;

pub(crate) use exchange::{Answered, Source};
pub(crate) use failure::{Failure, Kind};
pub(crate) use patience::Patience;
pub(crate) use pool::{BUFFER, Pool, Pools, SWEEP};
pub use tls::{Roots, RootsError};
