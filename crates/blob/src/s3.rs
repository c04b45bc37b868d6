//! Objects of an S3-compatible bucket: `If-None-Match: *` creates, `If-Match` updates.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{
    BackoffConfig, Certificate, ClientOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions, RetryConfig, UpdateVersion,
};
use secrecy::{ExposeSecret, SecretString};

use crate::{Error, Object, Tag};

mod attempts;
use attempts::{Attempts, Failure, failure_of};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Shorter than the lease that stands on it lives.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(8);

/// Where a bucket is and how to get in.
#[derive(Clone, Debug)]
pub struct S3Config {
    /// `http://…` or `https://…`; `None` is Amazon's own for the region.
    pub endpoint: Option<String>,
    /// The region that requests are signed for; most compatible servers take any.
    pub region: String,
    /// The bucket's name.
    pub bucket: String,
    /// What every object's key starts with; may be empty.
    pub prefix: String,
    /// The access key's id.
    pub access_key: String,
    /// The access key's secret.
    pub secret_key: SecretString,
    /// The token of temporary credentials.
    pub session_token: Option<SecretString>,
    /// `endpoint/bucket/key` instead of `bucket.endpoint/key`.
    pub path_style: bool,
    /// A further certificate authority to trust, PEM.
    pub extra_ca_pem: Option<Vec<u8>>,
}

/// The objects below one prefix of one bucket.
#[derive(Clone)]
pub struct S3Blob {
    client: Arc<AmazonS3>,
    prefix: Path,
    described: Arc<str>,
}

impl fmt::Debug for S3Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("S3Blob").field(&self.described).finish()
    }
}

impl S3Blob {
    pub(crate) fn new(config: &S3Config) -> Result<Self, Error> {
        let settings = |reason: String| Error::Settings { reason };
        if config.bucket.is_empty() {
            return Err(settings("the bucket's name is empty".to_owned()));
        }
        // It would be shown in messages.
        if config.endpoint.as_ref().is_some_and(|url| url.contains('@')) {
            let reason = "the endpoint holds a user name; credentials have settings of their own";
            return Err(settings(reason.to_owned()));
        }
        let prefix =
            Path::parse(config.prefix.trim_matches('/')).map_err(|error| settings(format!("the prefix `{}`: {error}", config.prefix)))?;
        let client = builder(config)?.build().map_err(|error| settings(error.to_string()))?;
        let endpoint = config.endpoint.as_deref().unwrap_or("s3.amazonaws.com");
        let slash = if prefix.as_ref().is_empty() { "" } else { "/" };
        let described = format!("S3 bucket {}{slash}{prefix} at {endpoint}", config.bucket);
        Ok(Self { client: Arc::new(client), prefix, described: described.into() })
    }

    pub(crate) fn describe(&self) -> &str {
        &self.described
    }

    pub(crate) async fn get(&self, name: &str) -> Result<Option<Object>, Error> {
        let key = self.key(name)?;
        let mut attempts = Attempts::new();
        loop {
            let failed = match self.try_get(&key).await {
                Ok(object) => return Ok(Some(object)),
                Err(failed) => failed,
            };
            match failure_of(&failed) {
                Failure::Absent => return Ok(None),
                failure => self.again(&mut attempts, "read", name, &failed, failure).await?,
            }
        }
    }

    async fn try_get(&self, key: &Path) -> Result<Object, object_store::Error> {
        let found = self.client.get(key).await?;
        let tag = tag_of(found.meta.e_tag.clone());
        let bytes = found.bytes().await?;
        Ok(Object { bytes, tag })
    }

    pub(crate) async fn put_new(&self, name: &str, bytes: Bytes) -> Result<Tag, Error> {
        let key = self.key(name)?;
        let mut attempts = Attempts::new();
        loop {
            let failed = match self.try_put(&key, &bytes, PutMode::Create).await {
                Ok(tag) => return Ok(tag),
                Err(failed) => failed,
            };
            match failure_of(&failed) {
                Failure::Conflict => match self.get(name).await? {
                    // An earlier attempt went unanswered and this is what it wrote.
                    Some(found) if attempts.unanswered() && found.bytes == bytes => {
                        return Ok(found.tag);
                    }
                    Some(_) => return Err(Error::Exists { path: name.to_owned() }),
                    // Two creates at once: S3 answers 409 to one before the other is there.
                    None => {
                        self.again(&mut attempts, "create", name, &failed, Failure::Busy).await?;
                    }
                },
                failure => self.again(&mut attempts, "create", name, &failed, failure).await?,
            }
        }
    }

    pub(crate) async fn put_if(&self, name: &str, bytes: Bytes, tag: &Tag) -> Result<Tag, Error> {
        let key = self.key(name)?;
        let mut attempts = Attempts::new();
        loop {
            let expected = UpdateVersion { e_tag: Some(tag.0.clone()), version: None };
            let failed = match self.try_put(&key, &bytes, PutMode::Update(expected)).await {
                Ok(tag) => return Ok(tag),
                Err(failed) => failed,
            };
            match failure_of(&failed) {
                Failure::Conflict | Failure::Absent => match self.get(name).await? {
                    Some(found) if attempts.unanswered() && found.bytes == bytes => {
                        return Ok(found.tag);
                    }
                    // S3 answers 409 while another conditional write is in flight.
                    Some(found) if found.tag == *tag => {
                        self.again(&mut attempts, "update", name, &failed, Failure::Busy).await?;
                    }
                    _ => return Err(Error::Changed { path: name.to_owned() }),
                },
                failure => self.again(&mut attempts, "update", name, &failed, failure).await?,
            }
        }
    }

    pub(crate) async fn put(&self, name: &str, bytes: Bytes) -> Result<Tag, Error> {
        let key = self.key(name)?;
        let mut attempts = Attempts::new();
        loop {
            match self.try_put(&key, &bytes, PutMode::Overwrite).await {
                Ok(tag) => return Ok(tag),
                Err(failed) => {
                    let failure = failure_of(&failed);
                    self.again(&mut attempts, "write", name, &failed, failure).await?;
                }
            }
        }
    }

    async fn try_put(&self, key: &Path, bytes: &Bytes, mode: PutMode) -> Result<Tag, object_store::Error> {
        let options = PutOptions::from(mode);
        let put = self.client.put_opts(key, bytes.clone().into(), options).await?;
        Ok(tag_of(put.e_tag))
    }

    pub(crate) async fn list(&self, folder: &str, after: Option<&str>) -> Result<Vec<String>, Error> {
        let key = self.key(folder)?;
        let offset = after.map(|name| self.key(name)).transpose()?;
        let mut attempts = Attempts::new();
        loop {
            let listing = match &offset {
                Some(offset) => self.client.list_with_offset(Some(&key), offset),
                None => self.client.list(Some(&key)),
            };
            match listing.map_ok(|meta| meta.location).try_collect::<Vec<_>>().await {
                Ok(found) => return Ok(found.iter().filter_map(|key| self.name(key)).collect()),
                Err(failed) => {
                    let failure = failure_of(&failed);
                    self.again(&mut attempts, "list", folder, &failed, failure).await?;
                }
            }
        }
    }

    pub(crate) async fn folders(&self, folder: &str) -> Result<Vec<String>, Error> {
        let key = self.key(folder)?;
        let mut attempts = Attempts::new();
        loop {
            match self.client.list_with_delimiter(Some(&key)).await {
                Ok(found) => {
                    let last = |path: &Path| path.filename().map(str::to_owned);
                    return Ok(found.common_prefixes.iter().filter_map(last).collect());
                }
                Err(failed) => {
                    let failure = failure_of(&failed);
                    self.again(&mut attempts, "list", folder, &failed, failure).await?;
                }
            }
        }
    }

    pub(crate) async fn delete(&self, name: &str) -> Result<(), Error> {
        let key = self.key(name)?;
        let mut attempts = Attempts::new();
        loop {
            let failed = match self.client.delete(&key).await {
                Ok(()) => return Ok(()),
                Err(failed) => failed,
            };
            match failure_of(&failed) {
                Failure::Absent => return Ok(()),
                failure => self.again(&mut attempts, "delete", name, &failed, failure).await?,
            }
        }
    }

    /// Waits before the next attempt, or says why there is none.
    async fn again(
        &self,
        attempts: &mut Attempts,
        doing: &'static str,
        name: &str,
        failed: &object_store::Error,
        failure: Failure,
    ) -> Result<(), Error> {
        if let Failure::Refused(reason) = failure {
            return Err(Error::Refused { storage: self.described.to_string(), doing, path: name.to_owned(), reason });
        }
        if attempts.wait(failure).await {
            return Ok(());
        }
        Err(Error::Unavailable { storage: self.described.to_string(), doing, path: name.to_owned(), reason: attempts::sentence(failed) })
    }

    fn key(&self, name: &str) -> Result<Path, Error> {
        let key = match (self.prefix.as_ref(), name) {
            ("", name) => name.to_owned(),
            (prefix, "") => prefix.to_owned(),
            (prefix, name) => format!("{prefix}/{name}"),
        };
        Path::parse(key).map_err(|_| Error::Name { name: name.to_owned(), why: "object storage cannot hold it" })
    }

    fn name(&self, key: &Path) -> Option<String> {
        let key = key.as_ref();
        if self.prefix.as_ref().is_empty() {
            return Some(key.to_owned());
        }
        let below = key.strip_prefix(self.prefix.as_ref())?;
        below.strip_prefix('/').map(str::to_owned)
    }
}

fn builder(config: &S3Config) -> Result<AmazonS3Builder, Error> {
    let plain = config.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://"));
    let mut options = ClientOptions::new()
        .with_allow_http(plain)
        .with_connect_timeout(CONNECT_TIMEOUT)
        .with_timeout(REQUEST_TIMEOUT)
        // Plain HTTP must work where no certificate bundle exists (a scratch container).
        .with_no_system_certificates(plain);
    if let Some(pem) = &config.extra_ca_pem {
        let bundle = Certificate::from_pem_bundle(pem)
            .map_err(|error| Error::Settings { reason: format!("the extra certificate authority is no PEM certificate: {error}") })?;
        for certificate in bundle {
            options = options.with_root_certificate(certificate);
        }
    }
    // Retries are ours: only so do we know whether an attempt went unanswered.
    let no_retries = RetryConfig { backoff: BackoffConfig::default(), max_retries: 0, retry_timeout: REQUEST_TIMEOUT };
    let mut builder = AmazonS3Builder::new()
        .with_client_options(options)
        .with_retry(no_retries)
        .with_region(&config.region)
        .with_bucket_name(&config.bucket)
        .with_access_key_id(&config.access_key)
        .with_secret_access_key(config.secret_key.expose_secret())
        .with_virtual_hosted_style_request(!config.path_style);
    if let Some(endpoint) = &config.endpoint {
        builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
    }
    if let Some(token) = &config.session_token {
        builder = builder.with_token(token.expose_secret());
    }
    Ok(builder)
}

/// A storage that answers no tag gets no conditional update; its self-test says so.
fn tag_of(etag: Option<String>) -> Tag {
    Tag(etag.unwrap_or_default())
}
