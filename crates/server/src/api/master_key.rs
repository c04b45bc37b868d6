//! The key that seals the store.

use agm_domain::secret::Secret;
use agm_ops::KeyRotated;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use crate::auth::Caller;
use crate::error::ApiResult;
use crate::extract::{DryRun, OptionalBody, Query};
use crate::state::App;

/// The key that shall seal from now on.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub(crate) struct NextKey {
    /// 32 bytes in base64; made and put into the key file, if absent.
    #[schema(value_type = Option<String>, format = Password)]
    key: Option<Secret>,
}

/// Seal the store with another master key
///
/// The newest revision is sealed anew; older ones stay readable. The answer says what is left to do. A plan makes no key.
#[utoipa::path(post, path = "/master-key/rotate", params(DryRun), request_body(content = Option<NextKey>),
    responses((status = 200, body = KeyRotated)))]
pub(crate) async fn rotate(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<DryRun>,
    OptionalBody(next): OptionalBody<NextKey>,
) -> ApiResult<Json<KeyRotated>> {
    Ok(Json(app.agm.rotate_master_key(caller.actor(), next.key, query.dry_run).await?))
}
