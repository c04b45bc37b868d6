//! The background that keeps the vendors' lists of models complete: the gateway's own list is made of them.

use std::collections::BTreeSet;
use std::time::Duration;

use agm_domain::name::ProviderName;
use agm_domain::provider::Provider;
use futures_util::future::join_all;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::agm::Agm;
use crate::events::{Event, EventKind};

/// How long a vendor has for its list.
const PATIENCE: Duration = Duration::from_secs(10);
/// When a vendor that did not answer is asked again.
const AGAIN: Duration = Duration::from_mins(1);
/// How long changes are collected; a list that a change made worthless is forgotten within it.
const SETTLE: Duration = Duration::from_millis(50);

impl Agm {
    /// From now on every vendor is asked for its models: at once, when its provider is new or was changed, and again while it does not
    /// answer. Nothing depends on the answers but what is shown, so failures are not told. Ends with [`Agm::shutdown`].
    pub fn keep_lists(&self) {
        if self.secrets_are_unreadable() {
            return;
        }
        let agm = self.clone();
        drop(self.0.tasks.spawn(async move {
            tokio::select! {
                () = agm.0.stopping.cancelled() => {}
                () = agm.fetch_missing_forever() => {}
            }
        }));
    }

    async fn fetch_missing_forever(&self) {
        let (_, mut events) = self.events().subscribe(None);
        // Vendors that have no list are not asked again until something changes.
        let mut without = BTreeSet::new();
        loop {
            self.fetch_missing(&mut without).await;
            tokio::select! {
                () = tokio::time::sleep(AGAIN) => {}
                () = providers_changed(&mut events) => {
                    without.clear();
                    tokio::time::sleep(SETTLE).await;
                }
            }
        }
    }

    async fn fetch_missing(&self, without: &mut BTreeSet<ProviderName>) {
        let current = self.current();
        let missing = |provider: &&Provider| !without.contains(&provider.name) && self.0.lists.known(&provider.name).is_none();
        let providers = current.document.providers.values().filter(missing);
        let ask = |provider| async move { (provider, tokio::time::timeout(PATIENCE, self.0.vendors.models(provider)).await) };
        for (provider, answer) in join_all(providers.map(ask)).await {
            // It may have become another one meanwhile.
            let same = self.current().document.providers.get(&provider.name) == Some(provider);
            match answer {
                Ok(Ok(Some(models))) if same => drop(self.keep_list(&provider.name, models)),
                Ok(Ok(None)) => drop(without.insert(provider.name.clone())),
                _ => {}
            }
        }
    }
}

async fn providers_changed(events: &mut Receiver<std::sync::Arc<Event>>) {
    loop {
        match events.recv().await {
            Ok(event) if event.kind == EventKind::ProviderChanged => return,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return,
            // Never while agm lives.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
