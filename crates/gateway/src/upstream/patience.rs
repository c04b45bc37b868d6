//! How long to wait for an answer to begin.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use super::failure::{Failure, Kind};
use crate::body::outgoing::Upload;

/// How long, and from when on: the time in which a client sends its body is not the provider's.
pub(crate) struct Patience {
    /// How long.
    pub time: Duration,
    /// The body, where it is not in memory.
    pub upload: Option<Rc<Upload>>,
}

impl Patience {
    /// For a request that is sent at once.
    pub(crate) fn of(time: Duration) -> Self {
        Self { time, upload: None }
    }

    pub(super) async fn limit<T>(&self, exchange: impl Future<Output = T>) -> Result<T, Failure> {
        let late = || Failure::new(Kind::FirstByteTimeout, format_args!("waited {:?}", self.time));
        let Some(upload) = &self.upload else { return tokio::time::timeout(self.time, exchange).await.map_err(|_| late()) };
        let too_long = async {
            let mut until = Instant::now() + self.time;
            while until > Instant::now() {
                tokio::time::sleep_until(until).await;
                until = upload.last_word() + self.time;
            }
        };
        tokio::select! {
            biased;
            done = exchange => Ok(done),
            () = too_long => Err(late()),
        }
    }
}
