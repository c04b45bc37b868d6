//! Types of providers.

use agm_ops::ProviderTypeView;
use axum::Json;
use axum::extract::State;

use crate::answer::Items;
use crate::state::App;

/// List types of providers
///
/// With their base URLs, fields and key hints; those that cannot be served here say why.
#[utoipa::path(get, path = "/provider-types", responses((status = 200, body = Items<ProviderTypeView>)))]
pub(crate) async fn list(State(app): State<App>) -> Json<Items<ProviderTypeView>> {
    Json(Items { items: app.agm.provider_types() })
}
