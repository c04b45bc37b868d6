//! The deployment: version, platform, settings in force.

use agm_ops::PlatformView;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use crate::settings::SettingView;
use crate::state::App;

/// The deployment.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SystemView {
    /// agm's version.
    pub version: String,
    /// Where agents live, which gateway, which store.
    pub platform: PlatformView,
    /// Where the management API is.
    pub management_url: String,
    /// Where agents reach the gateway.
    pub gateway_url: String,
    /// The settings in force, and where each comes from; secrets masked.
    pub settings: Vec<SettingView>,
}

/// Show the deployment
#[utoipa::path(get, path = "/system", responses((status = 200, body = SystemView)))]
pub(crate) async fn system(State(app): State<App>) -> Json<SystemView> {
    let status = app.agm.status();
    let public = app.settings.public_url.clone();
    Json(SystemView {
        version: status.version,
        platform: status.platform,
        management_url: public.unwrap_or_else(|| app.agm.settings().management_url.clone()),
        gateway_url: status.gateway_url,
        settings: app.settings.settings.clone(),
    })
}
