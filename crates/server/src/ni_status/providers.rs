//! `/ni_status/providers`, `/create-provider`, `/test-provider`.

use agm_domain::new_provider::NewProvider;
use agm_domain::secret::Secret;
use agm_ops::{ProviderView, TestRequest, Trial};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use crate::auth::Caller;
use crate::error::ApiResult;
use crate::extract::{Lenient, NoQuery};
use crate::openapi::PeerErrors;
use crate::state::App;

/// Every provider.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct Providers {
    /// Always `true`.
    success: bool,
    /// Keys are masked.
    providers: Vec<ProviderView>,
}

/// List providers (monitor API)
#[utoipa::path(get, path = "/ni_status/providers", responses((status = 200, body = Providers)))]
pub(crate) async fn list(State(app): State<App>) -> Json<Providers> {
    Json(Providers { success: true, providers: app.agm.providers() })
}

/// A provider as old clients ask for it.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateProvider {
    /// Its name, for good.
    name: String,
    /// A type or one of its aliases.
    #[serde(rename = "type")]
    kind: String,
    /// The vendor's key.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    api_key: Option<Secret>,
    /// Where the vendor is; the type's own address, if absent.
    #[serde(default)]
    base_url: Option<String>,
}

/// A provider that was added.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Created {
    /// Always `true`.
    success: bool,
    /// Its name.
    provider: String,
    /// The route that takes its models; `null` until it has one.
    route_name: Option<String>,
    /// Whether routes were changed.
    route_updated: bool,
}

/// Add a provider (monitor API)
#[utoipa::path(post, path = "/ni_status/create-provider", request_body = CreateProvider, responses((status = 200, body = Created)))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    _: NoQuery,
    Lenient(new): Lenient<CreateProvider>,
) -> ApiResult<Json<Created>> {
    // An empty key is how old clients say that there is none.
    let keys = new.api_key.into_iter().filter(|key| !key.is_empty()).collect();
    let new = NewProvider { name: new.name, kind: new.kind, keys, base_url: new.base_url, ..NewProvider::default() };
    let added = app.agm.add_provider(caller.actor(), &new, false).await?;
    let (provider, route_name) = (added.provider.name, added.route_name);
    Ok(Json(Created { success: true, provider, route_name, route_updated: added.route_updated }))
}

/// What to test.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct TestProvider {
    /// Which provider.
    provider: String,
    /// A model, for a real completion.
    #[serde(default)]
    model: Option<String>,
}

/// A test that passed.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tested {
    /// Always `true`.
    success: bool,
    /// How many models the vendor lists; `null` if it has no list.
    models: Option<usize>,
    /// How long it took.
    latency_ms: u64,
    /// The result of the completion, where a model was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    completion: Option<Trial>,
}

/// Test a provider (monitor API)
///
/// A failed test is 502, or 504 if the vendor was silent, with the cause as code.
#[utoipa::path(post, path = "/ni_status/test-provider", request_body = TestProvider, responses((status = 200, body = Tested), PeerErrors))]
pub(crate) async fn test(State(app): State<App>, _: NoQuery, Lenient(request): Lenient<TestProvider>) -> ApiResult<Json<Tested>> {
    let model = request.model.filter(|model| !model.is_empty());
    let request = TestRequest { provider: Some(request.provider), model, ..TestRequest::default() };
    let test = app.agm.test_provider(&request).await?.into_result()?;
    Ok(Json(Tested { success: true, models: test.models, latency_ms: test.latency_ms, completion: test.completion }))
}
