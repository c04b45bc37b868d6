//! One real request that tests a provider, a route or a model, and what its answer means.

use agm_domain::code::Code;
use serde::{Deserialize, Serialize};

use crate::error::{Fault, OpError};

pub(crate) mod classify;
pub(crate) mod question;
mod words;

/// The result of a probe.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Trial {
    /// Whether it passed.
    pub success: bool,
    /// HTTP status, if there was an answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<u16>,
    /// Milliseconds until the answer was complete or the failure was clear.
    pub latency_ms: u64,
    /// Milliseconds until the first piece of content; streaming only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub first_token_ms: Option<u64>,
    /// The model that the answer names.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model: Option<String>,
    /// The provider that answered, where the gateway says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub provider: Option<String>,
    /// The route that took it, where the gateway says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub route: Option<String>,
    /// Why it did not pass.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure: Option<Failure>,
}

/// Why a probe did not pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// Stable, for programs.
    pub cause: Code,
    /// What happened, with the vendor's own words where it gave some; no secrets.
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// Whether the request never reached a vendor: from elsewhere it may.
    pub network: bool,
}

impl Failure {
    /// As the error of an operation that needed the probe to pass. Its code is the one that callers of the documented scripts look for;
    /// the cause is in the details.
    pub fn into_error(self, what: &str) -> OpError {
        let fault = if self.cause == Code::VendorTimeout { Fault::PeerSilent } else { Fault::Peer };
        OpError::new(fault, Code::ModelNotReachable, format!("{what}: {}", self.message))
            .hint(self.hint)
            .detail("cause", serde_json::json!(self.cause))
    }

    /// As the error of an operation on the provider itself, whose code is the cause.
    pub fn into_peer_error(self, what: &str) -> OpError {
        let fault = match self.cause {
            Code::VendorTimeout => Fault::PeerSilent,
            Code::AddressRefused | Code::ValidationFailed | Code::ProviderTypeUnsupported => Fault::Invalid,
            Code::Internal => Fault::Internal,
            _ => Fault::Peer,
        };
        OpError::new(fault, self.cause, format!("{what}: {}", self.message)).hint(self.hint)
    }
}
