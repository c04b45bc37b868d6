//! `/ni_status/reload`.

use agm_domain::agent::AgentId;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use crate::auth::Caller;
use crate::error::ApiResult;
use crate::extract::{Lenient, NoQuery};
use crate::openapi::PeerErrors;
use crate::state::App;

/// Who shall load its configuration.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct Reload {
    /// `manager` or a Worker's name.
    target: String,
}

/// A reload that took place.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct ReloadDone {
    /// Always `reloaded`.
    status: String,
    /// Who did.
    target: String,
}

/// Make an agent load its configuration (monitor API)
///
/// 409 `RESTART_REQUIRED`, with what is needed, where nothing was reloaded.
#[utoipa::path(post, path = "/ni_status/reload", request_body = Reload, responses((status = 200, body = ReloadDone), PeerErrors))]
pub(crate) async fn reload(
    State(app): State<App>,
    caller: Caller,
    _: NoQuery,
    Lenient(request): Lenient<Reload>,
) -> ApiResult<Json<ReloadDone>> {
    let target = AgentId::parse(&request.target)?;
    app.agm.reload_agent(caller.actor(), &target).await?;
    Ok(Json(ReloadDone { status: "reloaded".to_owned(), target: target.name().to_owned() }))
}
