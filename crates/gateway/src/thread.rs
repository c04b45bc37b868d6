//! A thread with an event loop of its own.

use std::io;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
use tokio::sync::oneshot;

/// How long tasks that are cut may take to notice.
const LAST_TURN: Duration = Duration::from_millis(100);

/// Starts a thread and waits until it has its event loop. What it gives comes true when `main` has returned and every task is gone.
pub(crate) fn start(name: String, main: impl FnOnce(&LocalRuntime) + Send + 'static) -> io::Result<oneshot::Receiver<()>> {
    let (ready, is_ready) = sync_channel(1);
    let (done, end) = oneshot::channel();
    let body = move || {
        let runtime = match Builder::new_current_thread().enable_all().build_local(LocalOptions::default()) {
            Ok(runtime) => runtime,
            Err(error) => return drop(ready.send(Err(error))),
        };
        drop(ready.send(Ok(())));
        main(&runtime);
        runtime.shutdown_timeout(LAST_TURN);
        // Fails when nobody waits any more.
        let _ = done.send(());
    };
    // It ends when it is told to; `end` tells when it has.
    drop(std::thread::Builder::new().name(name).spawn(body)?);
    is_ready.recv().map_err(|_| io::Error::other("the thread ended before it began"))??;
    Ok(end)
}
