//! Whom a vendor's certificate must come from: the system's authorities, the bundled ones where the system has none, and the operator's.
//! The gateway trusts the same.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use agm_domain::code::Code;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

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
            let tls = self.tls().map_err(|cause| unusable(&cause))?;
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls)
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

    fn tls(&self) -> Result<ClientConfig, String> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        if let Some(path) = &self.extra_ca_file {
            let fault = |error: rustls::pki_types::pem::Error| format!("{}: {error}", path.display());
            let extra: Vec<CertificateDer<'static>> =
                CertificateDer::pem_file_iter(path).map_err(fault)?.collect::<Result<_, _>>().map_err(fault)?;
            roots.add_parsable_certificates(extra);
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(|e| e.to_string())?;
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
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
