//! Routes: which there are, why a model goes where it goes, and changing that.

mod default;
mod delete;
mod edit;
mod explain;
mod repair;
mod view;

use agm_domain::document::Document;
use agm_domain::hybrid;
use agm_domain::name::RouteName;
use agm_domain::route::AiRoute;

pub(crate) use self::default::DefaultChange;
pub use self::default::DefaultSet;
pub use self::delete::RouteRemoved;
pub use self::edit::{AuthEdit, RouteChanged, RouteEdit};
pub use self::explain::{ConsideredView, ExplainRequest, Explanation, ReachedView};
pub use self::repair::{RouteFinding, RoutesRepaired};
pub use self::view::{FallbackView, PathView, RouteAuthView, RouteUpstream, RouteView};
use crate::agm::Agm;
use crate::error::OpError;

impl Agm {
    /// Every route, in the order in which the gateway tries them; those that it cannot serve come last.
    pub fn routes(&self) -> Vec<RouteView> {
        let current = self.current();
        let table = current.table();
        let mut routes: Vec<&AiRoute> = current.document.routes.values().collect();
        routes.sort_by_key(|route| table.route(route.name.as_str()).map_or(usize::MAX, |compiled| compiled.index));
        let findings = self.findings(&current.document);
        routes.into_iter().map(|route| self.route_view(route, &findings)).collect()
    }

    /// One route.
    pub fn route(&self, name: &str) -> Result<RouteView, OpError> {
        let current = self.current();
        let route = stored(&current.document, name)?;
        Ok(self.route_view(route, &self.findings(&current.document)))
    }

    /// Everything that is wrong with the routes of a document.
    fn findings(&self, document: &Document) -> Vec<hybrid::Finding> {
        hybrid::findings(document, &self.0.switches.pending(), &self.under_way())
    }

    /// The ids of all changes that run now, and of the temporary routes of those that are no switches.
    pub(crate) fn under_way(&self) -> Vec<String> {
        [self.0.switches.running(), self.0.prober.staged()].concat()
    }
}

/// The stored route.
fn stored<'a>(document: &'a Document, name: &str) -> Result<&'a AiRoute, OpError> {
    document.routes.get(&RouteName::from(name)).ok_or_else(|| OpError::no_route(name))
}
