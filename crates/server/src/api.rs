//! `/api/v1`: one module for each noun. A handler extracts, calls `ops`, answers.

pub(crate) mod agents;
pub(crate) mod assignments;
mod audit;
pub(crate) mod backups;
mod keys;
mod master_key;
mod models;
mod playground;
mod provider_types;
mod providers;
mod requests;
pub(crate) mod routes;
pub(crate) mod session;
mod status;
pub(crate) mod switches;
pub(crate) mod system;
mod tokens;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::App;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(providers::list, providers::add))
        .routes(routes!(providers::get, providers::patch, providers::delete))
        .routes(routes!(providers::test))
        .routes(routes!(providers::test_any))
        .routes(routes!(providers::models))
        .routes(routes!(keys::put))
        .routes(routes!(provider_types::list))
        .routes(routes!(routes::list))
        .routes(routes!(routes::get, routes::put, routes::delete))
        .routes(routes!(routes::explain))
        .routes(routes!(routes::get_default, routes::put_default))
        .routes(routes!(routes::repair))
        .routes(routes!(agents::list, agents::add))
        .routes(routes!(agents::get, agents::patch, agents::delete))
        .routes(routes!(agents::evidence, agents::check))
        .routes(routes!(agents::repair))
        .routes(routes!(agents::key))
        .routes(routes!(agents::rotate_key))
        .routes(routes!(agents::reload))
        .routes(routes!(assignments::get, assignments::put, assignments::delete))
        .routes(routes!(switches::list, switches::start))
        .routes(routes!(switches::plan))
        .routes(routes!(switches::get))
        .routes(routes!(backups::list, backups::create))
        .routes(routes!(backups::get, backups::delete))
        .routes(routes!(backups::diff))
        .routes(routes!(backups::restore))
        .routes(routes!(models::list))
        .routes(routes!(models::get, models::put, models::delete))
        .routes(routes!(status::status))
        .routes(routes!(status::metrics))
        .routes(routes!(requests::usage))
        .routes(routes!(requests::list))
        .routes(routes!(playground::ask))
        .routes(routes!(audit::list))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .routes(routes!(session::log_out))
        .routes(routes!(master_key::rotate))
        .routes(routes!(system::system))
}
