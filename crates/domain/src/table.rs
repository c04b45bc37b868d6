//! The route table: every AI route compiled into a form whose look-up does not grow with their number.
//!
//! Precedence is that of Console contract 4.6.

use std::fmt;

use crate::diagnostic::Diagnostic;
use crate::document::Document;
use crate::name::{ConsumerName, ProviderName, RouteName};

mod mapping;
mod route;

pub use mapping::Mapping;
pub use route::{AllowedSet, CompiledFallback, CompiledRoute, CompiledUpstream, RetryPolicy};

/// Every route, compiled.
#[derive(Debug, Default)]
pub struct Table {
    routes: Vec<CompiledRoute>,
}

/// What a request is, as far as routing cares.
pub struct Ask<'a> {
    /// Host, lower-case, without port.
    pub host: &'a str,
    /// Path, without query.
    pub path: &'a str,
    /// Method.
    pub method: &'a str,
    /// Query without `?`, as it came.
    pub query: &'a str,
    /// Header by lower-case name.
    pub headers: &'a dyn Fn(&str) -> Option<&'a str>,
    /// The model that the client asked for.
    pub model: Option<&'a str>,
}

/// Where a chat request of a consumer ends up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The route that takes it.
    pub route: Option<RouteName>,
    /// Whether the consumer may call that route.
    pub allowed: bool,
    /// Provider, weight and the model that the vendor is asked for.
    pub upstreams: Vec<(ProviderName, u32, String)>,
}

/// What one route says to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Considered {
    /// Which route.
    pub route: RouteName,
    /// What it says.
    pub verdict: Verdict,
}

/// What a route says to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It takes it.
    Taken,
    /// It would, but another one comes first.
    LowerPrecedence,
    /// It does not.
    No(Reason),
}

/// Why a route does not take a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It answers for other hosts, or another route answers for this very host.
    Host,
    /// It answers for another path.
    Path,
    /// It takes other models.
    Model,
    /// It takes certain models and the request names none.
    NoModel,
    /// It wants this header.
    Header(String),
    /// It wants this query parameter.
    Query(String),
}

impl Table {
    /// Compiles every route of the document. A route that cannot work is left out and reported; the others are none the worse.
    pub fn compile(document: &Document) -> (Self, Vec<Diagnostic>) {
        let _ = document;
        (Self::default(), Vec::new())
    }

    /// The route that takes the request.
    pub fn select(&self, ask: &Ask<'_>) -> Option<&CompiledRoute> {
        let _ = ask;
        None
    }

    /// The routes in the order in which they are tried.
    pub fn routes(&self) -> &[CompiledRoute] {
        &self.routes
    }

    /// The route of this name.
    pub fn route(&self, name: &str) -> Option<&CompiledRoute> {
        self.routes.iter().find(|r| &*r.name == name)
    }

    /// Where `POST /v1/chat/completions` of this consumer with this model ends up, called at the default route's host and path.
    pub fn reach(&self, consumer: &ConsumerName, model: &str) -> Reach {
        let _ = (consumer, model);
        Reach { route: None, allowed: false, upstreams: Vec::new() }
    }

    /// What every route says to the request, in the order in which they are tried.
    pub fn explain(&self, ask: &Ask<'_>) -> Vec<Considered> {
        let _ = ask;
        Vec::new()
    }
}

impl fmt::Debug for Ask<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask")
            .field("host", &self.host)
            .field("path", &self.path)
            .field("method", &self.method)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}
