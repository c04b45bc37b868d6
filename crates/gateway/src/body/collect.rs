//! Reads a request body into memory, up to a limit and not for ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt as _;
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

/// Memory taken at once for a body that says how long it is; the rest as it comes.
const TRUSTED_LENGTH: usize = 1 << 20;

/// So many bodies of the greatest length may be in memory at the same time, all clients together.
const LARGEST: usize = 10;

/// The place that one body takes in memory. A body in one piece takes none: it is no larger than its connection's buffer.
#[derive(Debug)]
pub(crate) struct Room {
    taken: Arc<AtomicUsize>,
    most: usize,
    mine: usize,
}

/// A body and its place, given up together: when the last who sends it has let go.
struct Kept {
    whole: BytesMut,
    _room: Room,
}

/// Why a body was not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is longer than allowed.
    TooLong,
    /// There are too many others.
    NoRoom,
    /// Nothing came for too long.
    TooSlow,
    /// The client broke off.
    Broken,
}

/// Reads all of it.
pub(crate) async fn collect(mut body: Incoming, limit: usize, patience: Duration, mut room: Room) -> Result<Bytes, Unread> {
    let announced = body.size_hint().lower();
    if announced > limit as u64 {
        return Err(Unread::TooLong);
    }
    let Some(first) = next(&mut body, patience).await? else { return Ok(Bytes::new()) };
    if first.len() > limit {
        return Err(Unread::TooLong);
    }
    if body.is_end_stream() {
        return Ok(first);
    }
    let expected = usize::try_from(announced).unwrap_or(usize::MAX).min(TRUSTED_LENGTH).max(first.len() * 2);
    room.take(first.len())?;
    let mut whole = BytesMut::with_capacity(expected);
    whole.extend_from_slice(&first);
    while let Some(piece) = next(&mut body, patience).await? {
        if whole.len() + piece.len() > limit {
            return Err(Unread::TooLong);
        }
        room.take(piece.len())?;
        whole.extend_from_slice(&piece);
    }
    Ok(Bytes::from_owner(Kept { whole, _room: room }))
}

async fn next(body: &mut Incoming, patience: Duration) -> Result<Option<Bytes>, Unread> {
    loop {
        // What is there already needs no timer.
        let frame = match body.frame().now_or_never() {
            Some(frame) => frame,
            None => tokio::time::timeout(patience, body.frame()).await.map_err(|_| Unread::TooSlow)?,
        };
        match frame {
            None => return Ok(None),
            Some(Err(_)) => return Err(Unread::Broken),
            // Trailers of a request mean nothing to an API.
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

impl Room {
    /// None taken yet; `limit` is the greatest length of a body.
    pub(crate) fn new(taken: &Arc<AtomicUsize>, limit: usize) -> Self {
        Self { taken: Arc::clone(taken), most: limit.saturating_mul(LARGEST), mine: 0 }
    }

    fn take(&mut self, bytes: usize) -> Result<(), Unread> {
        self.mine += bytes;
        let before = self.taken.fetch_add(bytes, Ordering::Relaxed);
        if before + bytes > self.most { Err(Unread::NoRoom) } else { Ok(()) }
    }
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.whole
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.taken.fetch_sub(self.mine, Ordering::Relaxed);
    }
}
