//! Asking a vendor directly, with the provider's key: what a test and a preflight do.
//!
//! The request goes the way the gateway's requests go, without any proxy of the environment: a test that takes another way proves nothing.
//! It follows no redirect and contacts no link-local or metadata address, because the address was typed by a user of a form.

use std::path::PathBuf;
use std::time::Instant;

use agm_domain::api::Api;
use agm_domain::endpoint::{self, Endpoint, Scheme};
use agm_domain::provider::Provider;
use agm_domain::secret::Secret;

mod address;
mod exchange;
mod listing;
mod trust;

pub(crate) use self::address::refused_host;
use self::exchange::Asked;
pub(crate) use self::listing::VendorList;
use crate::settings::Patience;
use crate::trial::classify::{self, Subject};
use crate::trial::question::Question;
use crate::trial::{Failure, Trial};

/// The client for vendors. Cheap to make: the system's certificates are read at the first request.
#[derive(Debug)]
pub(crate) struct VendorClient {
    patience: Patience,
    trust: trust::Trust,
}

impl VendorClient {
    /// A client. `extra_ca_file` holds certificates, in PEM, that are trusted beside the system's.
    pub(crate) fn new(patience: Patience, extra_ca_file: Option<PathBuf>) -> Self {
        Self { patience, trust: trust::Trust::new(extra_ca_file) }
    }

    /// Asks for the shortest possible answer of `model`, with the provider's first key.
    pub(crate) async fn chat(&self, provider: &Provider, model: &str) -> Trial {
        self.chat_with(provider, provider.tokens.first(), model).await
    }

    /// The same with a key of the caller's choice.
    pub(crate) async fn chat_with(&self, provider: &Provider, key: Option<&Secret>, model: &str) -> Trial {
        let begun = Instant::now();
        let mut trial = Trial { provider: Some(provider.name.to_string()), ..Trial::default() };
        match self.ask_chat(provider, key, model, &mut trial).await {
            Ok(answered) => {
                trial.success = true;
                trial.model = answered;
            }
            Err(failure) => trial.failure = Some(failure),
        }
        trial.latency_ms = millis(begun);
        trial
    }

    async fn ask_chat(&self, provider: &Provider, key: Option<&Secret>, model: &str, trial: &mut Trial) -> Result<Option<String>, Failure> {
        let endpoint = resolve(provider)?;
        let subject = Subject::of(provider).and(key).asked(model);
        let api = Api::ChatCompletions;
        let target = endpoint.target(Some(api), api.standard_path(), Some(model)).map_err(|e| Failure::lacks(&e))?;
        let mut question = Question::default();
        loop {
            let asked = Asked { endpoint: &endpoint, target: &target, api, key, body: Some(question.body(model, false)) };
            let heard = exchange::send(self.client()?, asked, &subject, self.patience).await?;
            trial.status = Some(heard.status);
            match question.other(heard.status, &heard.body) {
                Some(other) => question = other,
                None => return classify::answer(heard.status, heard.content_type(), &heard.body, &subject).map(|a| a.model),
            }
        }
    }

    /// The models that the vendor lists, with the provider's first key; `None` where it has no list.
    pub(crate) async fn models(&self, provider: &Provider) -> Result<Option<VendorList>, Failure> {
        self.models_with(provider, provider.tokens.first()).await
    }

    /// The same with a key of the caller's choice, or none.
    pub(crate) async fn models_with(&self, provider: &Provider, key: Option<&Secret>) -> Result<Option<VendorList>, Failure> {
        let endpoint = resolve(provider)?;
        let Some(path) = endpoint.models_path().map(str::to_owned) else { return Ok(None) };
        let subject = Subject::of(provider).and(key);
        let mut whole = VendorList::default();
        let mut target = path.clone();
        for _ in 0..listing::MAX_PAGES {
            let asked = Asked { endpoint: &endpoint, target: &target, api: Api::Models, key, body: None };
            let heard = exchange::send(self.client()?, asked, &subject, self.patience).await?;
            // 404 and 405: this vendor has no list, whatever the table of types believes.
            if matches!(heard.status, 404 | 405 | 501) {
                return Ok(None);
            }
            let page = listing::page(&heard, &subject)?;
            whole.models.extend(page.list.models);
            whole.cards.extend(page.list.cards);
            match page.next {
                Some(last) => target = listing::after(&path, &last),
                None => break,
            }
        }
        Ok(Some(listing::tidy(whole)))
    }

    fn client(&self) -> Result<&reqwest::Client, Failure> {
        self.trust.client(self.patience)
    }
}

/// Where and how the provider is called.
fn resolve(provider: &Provider) -> Result<Endpoint, Failure> {
    endpoint::resolve(provider).map_err(|found| Failure::unusable(provider.name.as_str(), &found))
}

/// The whole URL of a target at an endpoint.
fn url(endpoint: &Endpoint, target: &str) -> String {
    let scheme = match endpoint.destination().scheme {
        Scheme::Http => "http",
        Scheme::Https => "https",
    };
    format!("{scheme}://{}{target}", endpoint.authority())
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
