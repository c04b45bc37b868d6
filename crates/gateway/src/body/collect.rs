//! Reads a request body into memory, up to a limit and not for ever.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

/// Memory taken at once for a body that says how long it is; the rest as it comes.
const TRUSTED_LENGTH: usize = 1 << 20;

/// Why a body was not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is longer than allowed.
    TooLong,
    /// Nothing came for too long.
    TooSlow,
    /// The client broke off.
    Broken,
}

/// Reads all of it.
pub(crate) async fn collect(mut body: Incoming, limit: usize, patience: Duration) -> Result<Bytes, Unread> {
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
    let mut whole = BytesMut::with_capacity(expected);
    whole.extend_from_slice(&first);
    while let Some(piece) = next(&mut body, patience).await? {
        if whole.len() + piece.len() > limit {
            return Err(Unread::TooLong);
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}

async fn next(body: &mut Incoming, patience: Duration) -> Result<Option<Bytes>, Unread> {
    loop {
        let frame = tokio::time::timeout(patience, body.frame()).await.map_err(|_| Unread::TooSlow)?;
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
