//! The client for vendors. It trusts whom the gateway trusts.

use std::path::PathBuf;
use std::sync::OnceLock;

use agm_domain::code::Code;
use agm_gateway::Roots;

use super::address::Resolver;
use crate::settings::Patience;
use crate::trial::Failure;

/// The HTTP client, made when it is first needed: reading the system's certificates takes longer than the rest of a start.
#[derive(Debug)]
pub(super) struct Trust {
    extra_ca_file: Option<PathBuf>,
    client: OnceLock<Result<reqwest::Client, Failure>>,
}

impl Trust {
    pub(super) fn new(extra_ca_file: Option<PathBuf>) -> Self {
        Self { extra_ca_file, client: OnceLock::new() }
    }

    /// The client.
    pub(super) fn client(&self, patience: Patience) -> Result<&reqwest::Client, Failure> {
        let client = self.client.get_or_init(|| {
            let roots = Roots::new(self.extra_ca_file.as_deref()).map_err(|error| unusable(&error.to_string()))?;
            let tls = roots.client().map_err(|error| unusable(&error.to_string()))?;
            reqwest::Client::builder()
                .tls_backend_preconfigured(rustls::ClientConfig::clone(&tls))
                .dns_resolver(Resolver)
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .retry(reqwest::retry::never())
                .referer(false)
                .connect_timeout(patience.connect)
                .user_agent(concat!("agm/", env!("CARGO_PKG_VERSION")))
                // A test that succeeds on a connection from yesterday does not show that one can connect.
                .pool_max_idle_per_host(0)
                .build()
                .map_err(|error| unusable(&error.to_string()))
        });
        client.as_ref().map_err(Clone::clone)
    }
}

fn unusable(cause: &str) -> Failure {
    Failure {
        cause: Code::Internal,
        message: format!("no encrypted connection can be made: {cause}"),
        hint: "check the file of trusted certificates".to_owned(),
        network: false,
    }
}

#[cfg(test)]
mod tests;
