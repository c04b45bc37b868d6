//! Tasks of one worker: they never leave its thread, and its shutdown waits for them.

use tokio_util::task::TaskTracker;

/// Where a worker's tasks run. Hyper's executor for HTTP/2.
#[derive(Clone, Debug, Default)]
pub(crate) struct LocalTasks(TaskTracker);

impl LocalTasks {
    /// Starts a task on this thread.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        drop(self.0.spawn_local(task));
    }

    /// Waits until all have ended.
    pub(crate) async fn finished(&self) {
        self.0.close();
        self.0.wait().await;
    }
}

impl<F> hyper::rt::Executor<F> for LocalTasks
where
    F: Future + 'static,
    F::Output: 'static,
{
    fn execute(&self, task: F) {
        drop(self.0.spawn_local(task));
    }
}
