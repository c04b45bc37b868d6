//! Testing a provider: does the vendor take its key, and does it answer?

use agm_domain::code::Code;
use agm_domain::endpoint;
use agm_domain::new_provider::NewProvider;
use agm_domain::provider::Provider;
use agm_domain::provider_type::KeyNeed;
use agm_domain::secret::Secret;
use agm_domain::{check, check_provider};
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};

use super::keys::KeyTest;
use super::{keeps_destination, key_required, stored};
use crate::agm::Agm;
use crate::error::{Fault, OpError};
use crate::trial::{Failure, Trial};
use crate::vendor::VendorList;

/// Keys that are tried at the same time.
const AT_ONCE: usize = 4;

/// What to test.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TestRequest {
    /// A stored provider.
    pub provider: Option<String>,
    /// A provider that is not stored, or an edit of the stored one. An edit may leave out the keys while the address stays the same.
    pub unsaved: Option<NewProvider>,
    /// Asks for a completion of this model, too. It costs a few tokens.
    pub model: Option<String>,
}

/// What the test showed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProviderTest {
    /// Whether everything that was tried worked, and whether that proves anything.
    pub success: bool,
    /// How many models the vendor lists; absent where it has no list.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub models: Option<usize>,
    /// Their ids.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub listed: Option<Vec<String>>,
    /// Milliseconds for all of it.
    pub latency_ms: u64,
    /// Whether the key was needed for what worked: some vendors list their models to anybody.
    pub key_checked: bool,
    /// The completion, where a model was given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub completion: Option<Trial>,
    /// Each key, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub keys: Vec<KeyTest>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure: Option<Failure>,
}

/// What one key showed.
#[derive(Debug, Default)]
pub(super) struct KeyTrial {
    listed: Option<VendorList>,
    completion: Option<Trial>,
    /// Whether the key was needed for what worked.
    pub(super) checked: bool,
    pub(super) failure: Option<Failure>,
}

impl ProviderTest {
    /// A failed test as an error, for answers whose status tells how it went. The code is the cause.
    pub fn into_result(self) -> Result<Self, OpError> {
        match self.failure {
            Some(failure) if !self.success => Err(failure.into_peer_error("the test failed")),
            _ => Ok(self),
        }
    }
}

impl Agm {
    /// Asks the vendor, with every key of the provider: for its models, and for a completion where a model is given. An error means that there
    /// was nothing to test; a failed test is a result.
    pub async fn test_provider(&self, request: &TestRequest) -> Result<ProviderTest, OpError> {
        if let Some(bad) = request.model.as_deref().and_then(check::model_id) {
            return Err(bad.into());
        }
        self.readable()?;
        let current = self.current();
        let saved = match &request.provider {
            Some(name) => Some(stored(&current, name)?),
            None => request.unsaved.as_ref().and_then(|unsaved| current.document.providers.get(unsaved.name.as_str())),
        };
        let Some(unsaved) = &request.unsaved else {
            let saved = saved.ok_or_else(nothing_to_test)?;
            let (test, list) = self.test_keys(saved, request.model.as_deref()).await;
            if let Some(list) = list {
                self.keep_list(&saved.name, list);
            }
            return Ok(test);
        };
        let provider = self.as_if_saved(unsaved, saved)?;
        Ok(self.test_keys(&provider, request.model.as_deref()).await.0)
    }

    /// The provider that an unsaved form describes.
    fn as_if_saved(&self, unsaved: &NewProvider, saved: Option<&Provider>) -> Result<Provider, OpError> {
        let mut form = unsaved.clone();
        let borrows = form.keys.is_empty() && saved.is_some();
        if let Some(saved) = saved.filter(|_| borrows) {
            form.keys.clone_from(&saved.tokens);
        }
        // The name may not be chosen yet, or be a foreign one; it does not matter here.
        "unsaved".clone_into(&mut form.name);
        let refused = |found: &[_]| OpError::refused("the provider cannot be tested", found);
        let mut provider = form.build(&self.stamp()).map_err(|found| refused(&found))?;
        let found: Vec<_> = check_provider::check(&provider).into_iter().filter(agm_domain::diagnostic::Diagnostic::refuses).collect();
        if !found.is_empty() {
            return Err(refused(&found));
        }
        if let Some(saved) = saved {
            provider.name = saved.name.clone();
            if borrows && !provider.tokens.is_empty() && !keeps_destination(saved, &provider) {
                return Err(key_required(&saved.name));
            }
        } else if !unsaved.name.is_empty() {
            provider.name = unsaved.name.as_str().into();
        }
        Ok(provider)
    }

    /// Tries every key. The provider passes when all of them do. What the vendor lists comes beside it.
    async fn test_keys(&self, provider: &Provider, model: Option<&str>) -> (ProviderTest, Option<VendorList>) {
        let begun = std::time::Instant::now();
        let keys: Vec<Option<&Secret>> = if provider.tokens.is_empty() { vec![None] } else { provider.tokens.iter().map(Some).collect() };
        // Made before they are streamed: a closure over borrowed keys would make this future unfit for a task.
        let attempts: Vec<_> = keys.iter().map(|key| self.try_key(provider, *key, model)).collect();
        let trials = stream::iter(attempts).buffered(AT_ONCE);
        let mut trials: Vec<KeyTrial> = trials.collect().await;
        let several = keys.len() > 1;
        let tests = keys.iter().zip(&trials).filter_map(|(key, trial)| Some(self.key_test(provider, (*key)?, trial)));
        let tests: Vec<KeyTest> = if several { tests.collect() } else { Vec::new() };
        // The one that failed tells why; which key it was is in the list.
        let shown = trials.iter().position(|trial| trial.failure.is_some()).unwrap_or(0);
        let key_checked = trials.iter().all(|trial| trial.checked);
        let mut shown = trials.swap_remove(shown);
        if let (Some(failure), Some(test)) = (&mut shown.failure, tests.iter().find(|test| !test.success)) {
            failure.message = format!("key {}: {}", test.mask, failure.message);
        }
        let listed = shown.listed.as_ref().map(|list| list.models.clone());
        let test = ProviderTest {
            success: shown.failure.is_none(),
            models: listed.as_ref().map(Vec::len),
            listed,
            latency_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            key_checked,
            completion: shown.completion,
            keys: tests,
            failure: shown.failure,
        };
        (test, shown.listed)
    }

    /// Tries one key: lists the models, looks whether the key was needed for that, and asks for a completion where a model is given.
    pub(super) async fn try_key(&self, provider: &Provider, key: Option<&Secret>, model: Option<&str>) -> KeyTrial {
        let mut trial = KeyTrial::default();
        let need = endpoint::resolve(provider).map_or(KeyNeed::Optional, |endpoint| endpoint.key());
        let mut doubt = None;
        match self.0.vendors.models_with(provider, key).await {
            // A completion would fail in the same way.
            Err(failure) if model.is_none() || failure.network || failure.cause == Code::VendorKeyRefused => {
                trial.failure = Some(failure);
                return trial;
            }
            Err(_) => {}
            Ok(listed) => {
                let is_listed = listed.is_some();
                trial.listed = listed;
                if is_listed && key.is_some() {
                    match self.wants_key(provider).await {
                        Ok(wants) => trial.checked = wants,
                        Err(why) => doubt = Some(why),
                    }
                } else {
                    trial.checked = is_listed;
                }
            }
        }
        if let Some(model) = model {
            let completion = self.0.vendors.chat_with(provider, key, model).await;
            trial.checked |= completion.success;
            trial.failure.clone_from(&completion.failure);
            trial.completion = Some(completion);
        } else if trial.listed.is_none() {
            trial.failure = Some(unproven(provider, "has no list of models, so that nothing could be tested"));
        } else if !trial.checked && need == KeyNeed::Required {
            let what = doubt.map_or_else(
                || "lists its models to anybody, which says nothing about the key".to_owned(),
                |why| format!("lists its models, but whether that takes a key could not be seen: {why}"),
            );
            trial.failure = Some(unproven(provider, &what));
        }
        trial
    }

    /// Whether the vendor keeps its list from those without a key. Only its refusal says so; any other failure says nothing, in its own words.
    async fn wants_key(&self, provider: &Provider) -> Result<bool, String> {
        match self.0.vendors.models_with(provider, None).await {
            Ok(Some(_)) => Ok(false),
            Err(failure) if failure.cause == Code::VendorKeyRefused => Ok(true),
            Err(failure) => Err(failure.message),
            Ok(None) => Err("without one it has no list".to_owned()),
        }
    }
}

fn unproven(provider: &Provider, what: &str) -> Failure {
    Failure {
        cause: Code::UpstreamError,
        message: format!("the vendor of provider `{}` {what}", provider.name),
        hint: "name a model to ask it for".to_owned(),
        network: false,
    }
}

fn nothing_to_test() -> OpError {
    OpError::new(Fault::Invalid, Code::ValidationFailed, "no provider was named to be tested")
        .hint("name a stored provider, or describe one that is not stored yet")
}
