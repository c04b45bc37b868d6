//! Whom we trust: the system's certificates, the bundled ones where the system has none, and a file of the operator's. Whoever calls providers
//! beside the gateway trusts the same.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// The client side of TLS, built when the first provider needs it: reading the system's certificates takes longer than all else at start.
#[derive(Debug, Default)]
pub struct Roots {
    extra: Vec<CertificateDer<'static>>,
    built: std::sync::OnceLock<Result<Arc<ClientConfig>, rustls::Error>>,
}

/// The operator's file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the certificate file {path} cannot be used: {cause}; give a PEM file with at least one certificate")]
pub struct RootsError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub cause: String,
}

impl Roots {
    /// Reads the operator's file at once, so that a wrong one stops the start.
    pub fn new(extra_ca_file: Option<&Path>) -> Result<Self, RootsError> {
        let Some(path) = extra_ca_file else { return Ok(Self::default()) };
        let fault = |cause: String| RootsError { path: path.to_owned(), cause };
        let certificates = CertificateDer::pem_file_iter(path).map_err(|e| fault(e.to_string()))?;
        let extra: Vec<_> = certificates.collect::<Result<_, _>>().map_err(|e| fault(e.to_string()))?;
        if extra.is_empty() {
            return Err(fault("it holds no certificate".to_owned()));
        }
        Ok(Self { extra, built: std::sync::OnceLock::new() })
    }

    /// The configuration for connections to providers: HTTP/2 where they have it.
    pub fn client(&self) -> Result<Arc<ClientConfig>, rustls::Error> {
        let built = self.built.get_or_init(|| {
            let mut roots = RootCertStore::empty();
            let native = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(native.certs);
            if roots.is_empty() {
                roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            }
            roots.add_parsable_certificates(self.extra.iter().cloned());
            let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
            let mut config = versions?.with_root_certificates(roots).with_no_client_auth();
            config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            Ok(Arc::new(config))
        });
        built.clone()
    }
}
