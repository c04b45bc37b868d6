//! `/ni_status`: the documented monitor API, its paths and shapes kept exactly. Unknown members in requests are passed over, as ever.

mod assignment;
pub(crate) mod health;
mod metrics;
mod providers;
mod reload;
mod route;
mod set_model;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(metrics::metrics))
        .routes(routes!(providers::list))
        .routes(routes!(providers::create))
        .routes(routes!(providers::test))
        .routes(routes!(route::list))
        .routes(routes!(assignment::all))
        .routes(routes!(assignment::manager, set_model::put_manager))
        .routes(routes!(assignment::workers))
        .routes(routes!(assignment::worker, set_model::put_worker))
        .routes(routes!(set_model::set_model))
        .routes(routes!(reload::reload))
}
