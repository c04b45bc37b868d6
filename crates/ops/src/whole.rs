//! Changes of several writes: they come to their end whether or not anybody waits for it.

use crate::agm::Agm;
use crate::error::OpError;

impl Agm {
    /// Runs a change in a task of its own, which [`Agm::shutdown`] waits for: a caller that goes away leaves no half of it.
    pub(crate) async fn whole<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, OpError>> + Send + 'static,
    ) -> Result<T, OpError> {
        let done = self.0.tasks.spawn(work).await;
        done.map_err(|_| OpError::internal("a change was cut off"))?
    }
}
