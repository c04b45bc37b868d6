//! `/ni_status/route`.

use agm_ops::RouteView;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use crate::state::App;

/// Every route.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct Routes {
    /// Always `true`.
    success: bool,
    /// In the order in which the gateway tries them.
    routes: Vec<RouteView>,
}

/// List routes (monitor API)
#[utoipa::path(get, path = "/ni_status/route", responses((status = 200, body = Routes)))]
pub(crate) async fn list(State(app): State<App>) -> Json<Routes> {
    Json(Routes { success: true, routes: app.agm.routes() })
}
