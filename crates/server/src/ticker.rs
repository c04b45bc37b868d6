//! The state of the host, read once a second while somebody looks, and not at all else.

use std::sync::Arc;
use std::time::Duration;

use agm_ops::MetricsView;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::state::App;

const PERIOD: Duration = Duration::from_secs(1);

/// The newest reading.
pub(crate) struct Ticker(watch::Sender<Option<Arc<MetricsView>>>);

impl Default for Ticker {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Ticker {
    /// Readings from now on.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Option<Arc<MetricsView>>> {
        let mut readings = self.0.subscribe();
        readings.mark_unchanged();
        readings
    }

    /// How many look.
    pub(crate) fn listeners(&self) -> usize {
        self.0.receiver_count()
    }
}

pub(crate) async fn run(app: App) {
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = app.stopping.cancelled() => return,
        }
        if app.ticker.listeners() > 0 {
            app.ticker.0.send_replace(Some(Arc::new(app.agm.metrics())));
        }
    }
}
