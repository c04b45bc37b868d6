//! Phase 3: the route that takes the request, and whether this caller may use it.

use std::sync::Arc;

use agm_domain::table::{Ask, CompiledRoute};

use super::Call;
use crate::keys::Who;
use crate::refusal::Refusal;
use crate::snapshot::Snapshot;

/// The route, by the rules of Console contract 4.6. Nobody is asked for a key where no route is.
pub(crate) fn choose<'a>(call: &'a Call, model: Option<&Arc<str>>) -> Result<&'a CompiledRoute, Refusal> {
    let headers = |name: &str| call.headers.get(name).and_then(|value| value.to_str().ok());
    let ask = Ask {
        host: &call.host,
        path: call.uri.path(),
        method: call.method.as_str(),
        query: call.uri.query().unwrap_or_default(),
        headers: &headers,
        model: model.map(|m| &**m),
    };
    call.view.snapshot.table.select(&ask).ok_or_else(|| Refusal::no_route(call.uri.path(), ask.model))
}

/// Whether the caller may use the route.
pub(crate) fn admit(call: &Call, route: &CompiledRoute) -> Result<(), Refusal> {
    let name = call.caller();
    if Snapshot::allows(route, name) {
        return Ok(());
    }
    Err(match (call.who, name) {
        (_, Some(name)) => Refusal::not_allowed(&route.name, name),
        (Who::Absent, None) => Refusal::no_key(&route.name),
        (_, None) => Refusal::unknown_key(),
    })
}
