//! A provider's keys.

use agm_ops::{KeyChange, ProviderChanged};
use axum::extract::State;
use axum::response::Response;

use crate::answer::edited;
use crate::auth::Caller;
use crate::error::ApiResult;
use crate::extract::{Body, DryRun, IfMatch, IfMatchHeader, Name, Query};
use crate::openapi::PeerErrors;
use crate::state::App;

/// Change a provider's keys
///
/// New keys are tried before they are saved; if one fails nothing changes, unless `force` insists.
#[utoipa::path(put, path = "/providers/{name}/keys", params(DryRun, IfMatchHeader), request_body = KeyChange,
    responses((status = 200, body = ProviderChanged, headers(("ETag"))), PeerErrors))]
pub(crate) async fn put(
    State(app): State<App>,
    caller: Caller,
    Name(name): Name,
    Query(query): Query<DryRun>,
    IfMatch(expected): IfMatch,
    Body(change): Body<KeyChange>,
) -> ApiResult<Response> {
    let changed = app.agm.rotate_key(caller.actor(), &name, change, Some(&expected), query.dry_run).await?;
    Ok(edited(query.dry_run, None, &changed.provider.etag, &changed))
}
