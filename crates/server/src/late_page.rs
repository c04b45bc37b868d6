//! The page for a gateway that starts before the server.

use std::sync::{Arc, OnceLock};

use agm_domain::code::Code;
use agm_ops::gateway::Page;
use agm_ops::{Fault, OpError};
use hyper::body::Incoming;

use crate::edge;
use crate::server::{Front, Server, page_body};

/// Answers 503 until it is set, then as the server does.
#[derive(Clone, Default)]
pub struct LatePage(Arc<OnceLock<Front>>);

impl LatePage {
    /// One that is not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The page to be given to the gateway.
    pub fn page(&self) -> Page {
        let front = self.0.clone();
        Page::new(move |request: http::Request<Incoming>| {
            let front = front.clone();
            async move {
                match front.get() {
                    Some(front) => front.answer(request).await,
                    None => not_yet(),
                }
            }
        })
    }

    /// From now on this server answers. Setting it again changes nothing.
    pub fn set(&self, server: &Server) {
        drop(self.0.set(server.front()));
    }
}

fn not_yet() -> http::Response<agm_ops::gateway::PageBody> {
    let error = OpError::new(Fault::Unavailable, Code::Starting, "agm is starting").hint("try again in a moment");
    edge::refuse(&error.into()).map(page_body)
}
