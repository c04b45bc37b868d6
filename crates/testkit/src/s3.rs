//! An S3 server in memory: real HTTP, real signatures, atomic conditional writes, and faults on demand.

mod page;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use hyper_util::rt::{TokioExecutor, TokioIo};
use s3s::auth::SimpleAuth;
use s3s::dto::{
    CommonPrefix, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETag, ETagCondition,
    GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, ListObjectsV2Input, ListObjectsV2Output, PutObjectInput,
    PutObjectOutput, StreamingBlob, Timestamp,
};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, S3, S3Request, S3Response, S3Result, s3_error};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use self::page::Page;

const ACCESS_KEY: &str = "AGMTESTACCESSKEY0001";
const SECRET_KEY: &str = "agm-test-secret-key-0123456789abcdef";
const BUCKET: &str = "agm-test";

/// What goes wrong, and how often. Every fault is off at first.
#[derive(Debug, Default)]
pub struct S3Faults {
    fail_next: AtomicUsize,
    fail_next_writes: AtomicUsize,
    drop_next_writes: AtomicUsize,
    ignore_conditions: AtomicBool,
    latency_micros: AtomicU64,
}

impl S3Faults {
    /// The next `count` requests are answered 503 without acting.
    pub fn fail_next(&self, count: usize) {
        self.fail_next.store(count, Ordering::SeqCst);
    }

    /// The next `count` writes are answered 503 without acting; reads go on.
    pub fn fail_next_writes(&self, count: usize) {
        self.fail_next_writes.store(count, Ordering::SeqCst);
    }

    /// The next `count` writes act, and then the connection breaks before the answer.
    pub fn drop_next_writes(&self, count: usize) {
        self.drop_next_writes.store(count, Ordering::SeqCst);
    }

    /// `If-None-Match` and `If-Match` are ignored, as some servers do.
    pub fn ignore_conditions(&self, on: bool) {
        self.ignore_conditions.store(on, Ordering::SeqCst);
    }

    /// Every request waits this long before it is looked at.
    pub fn latency(&self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.latency_micros.store(micros, Ordering::SeqCst);
    }
}

fn take(counter: &AtomicUsize) -> bool {
    counter.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

/// A running server; it stops when dropped.
#[derive(Debug)]
pub struct MemS3 {
    endpoint: String,
    shared: Arc<Shared>,
    /// Dropping it ends the server and its connections.
    _serving: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Shared {
    objects: Mutex<BTreeMap<String, Stored>>,
    faults: S3Faults,
    requests: AtomicUsize,
    writes: AtomicU64,
}

#[derive(Clone, Debug)]
struct Stored {
    bytes: Bytes,
    etag: String,
}

impl MemS3 {
    /// Starts a server on a free loopback port, with one empty bucket.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let shared = Arc::<Shared>::default();
        let mut builder = S3ServiceBuilder::new(Bucket(Arc::clone(&shared)));
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let accepting = accept(listener, builder.build(), Arc::clone(&shared));
        let mut serving = JoinSet::new();
        serving.spawn(accepting);
        Ok(Self { endpoint, shared, _serving: serving })
    }

    /// `http://127.0.0.1:<port>`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The one bucket.
    pub fn bucket(&self) -> &'static str {
        BUCKET
    }

    /// The id of the key that may do everything.
    pub fn access_key(&self) -> &'static str {
        ACCESS_KEY
    }

    /// Its secret.
    pub fn secret_key(&self) -> &'static str {
        SECRET_KEY
    }

    /// What shall go wrong.
    pub fn faults(&self) -> &S3Faults {
        &self.shared.faults
    }

    /// Everything stored, by key.
    pub fn objects(&self) -> BTreeMap<String, Bytes> {
        let objects = self.shared.lock();
        objects.iter().map(|(key, stored)| (key.clone(), stored.bytes.clone())).collect()
    }

    /// How many requests have come in.
    pub fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Stored>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn accept(listener: TcpListener, s3: S3Service, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            return;
        };
        let (s3, shared) = (s3.clone(), Arc::clone(&shared));
        let service = hyper::service::service_fn(move |request| serve(s3.clone(), Arc::clone(&shared), request));
        connections.spawn(async move {
            // A broken connection is the client's business, or a fault that was asked for.
            let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
            drop(server.serve_connection(TokioIo::new(stream), service).await);
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(
    s3: S3Service,
    shared: Arc<Shared>,
    request: hyper::Request<hyper::body::Incoming>,
) -> Result<hyper::Response<Body>, std::io::Error> {
    shared.requests.fetch_add(1, Ordering::SeqCst);
    let latency = shared.faults.latency_micros.load(Ordering::SeqCst);
    if latency > 0 {
        tokio::time::sleep(Duration::from_micros(latency)).await;
    }
    let writes = matches!(*request.method(), hyper::Method::PUT | hyper::Method::POST | hyper::Method::DELETE);
    if take(&shared.faults.fail_next) || (writes && take(&shared.faults.fail_next_writes)) {
        let mut unavailable = hyper::Response::new(Body::empty());
        *unavailable.status_mut() = hyper::StatusCode::SERVICE_UNAVAILABLE;
        return Ok(unavailable);
    }
    let response = hyper::service::Service::call(&s3, request).await.map_err(|error| std::io::Error::other(format!("{error:?}")))?;
    if writes && take(&shared.faults.drop_next_writes) {
        return Err(std::io::Error::other("the answer is lost, as asked"));
    }
    Ok(response)
}

/// The operations that a store needs; s3s answers 501 to the others.
struct Bucket(Arc<Shared>);

impl Bucket {
    fn check(bucket: &str) -> S3Result<()> {
        if bucket == BUCKET { Ok(()) } else { Err(s3_error!(NoSuchBucket)) }
    }

    fn find(&self, key: &str) -> S3Result<Stored> {
        let found = self.0.lock().get(key).cloned();
        found.ok_or_else(|| s3_error!(NoSuchKey))
    }
}

#[async_trait::async_trait]
impl S3 for Bucket {
    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let input = request.input;
        Self::check(&input.bucket)?;
        let bytes = read(input.body).await?;
        let honours = !self.0.faults.ignore_conditions.load(Ordering::SeqCst);
        let etag = format!("{:016x}", self.0.writes.fetch_add(1, Ordering::SeqCst) + 1);
        {
            // Check and write under one lock: that is the promise under test.
            let mut objects = self.0.lock();
            let current = objects.get(&input.key);
            if honours && input.if_none_match.is_some() && current.is_some() {
                return Err(s3_error!(PreconditionFailed));
            }
            if honours && let Some(ETagCondition::ETag(wanted)) = &input.if_match {
                match current {
                    None => return Err(s3_error!(NoSuchKey)),
                    Some(stored) if stored.etag != wanted.value() => {
                        return Err(s3_error!(PreconditionFailed));
                    }
                    Some(_) => {}
                }
            }
            let etag = etag.clone();
            objects.insert(input.key, Stored { bytes, etag });
        }
        let output = PutObjectOutput { e_tag: Some(ETag::Strong(etag)), ..PutObjectOutput::default() };
        Ok(S3Response::new(output))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        Self::check(&request.input.bucket)?;
        let stored = self.find(&request.input.key)?;
        let output = GetObjectOutput {
            content_length: i64::try_from(stored.bytes.len()).ok(),
            e_tag: Some(ETag::Strong(stored.etag)),
            last_modified: Some(now()),
            body: Some(StreamingBlob::from(Body::from(stored.bytes))),
            ..GetObjectOutput::default()
        };
        Ok(S3Response::new(output))
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        Self::check(&request.input.bucket)?;
        let stored = self.find(&request.input.key)?;
        let output = HeadObjectOutput {
            content_length: i64::try_from(stored.bytes.len()).ok(),
            e_tag: Some(ETag::Strong(stored.etag)),
            last_modified: Some(now()),
            ..HeadObjectOutput::default()
        };
        Ok(S3Response::new(output))
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        Self::check(&request.input.bucket)?;
        self.0.lock().remove(&request.input.key);
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(&self, request: S3Request<DeleteObjectsInput>) -> S3Result<S3Response<DeleteObjectsOutput>> {
        Self::check(&request.input.bucket)?;
        let mut objects = self.0.lock();
        let mut deleted = Vec::new();
        for object in request.input.delete.objects {
            objects.remove(&object.key);
            let entry = DeletedObject { key: Some(object.key), ..DeletedObject::default() };
            deleted.push(entry);
        }
        let output = DeleteObjectsOutput { deleted: Some(deleted), ..DeleteObjectsOutput::default() };
        Ok(S3Response::new(output))
    }

    async fn list_objects_v2(&self, request: S3Request<ListObjectsV2Input>) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        Self::check(&input.bucket)?;
        let prefix = input.prefix.unwrap_or_default();
        let after = input.continuation_token.or(input.start_after).unwrap_or_default();
        let objects = self.0.lock();
        let mut page = Page::default();
        for (key, stored) in objects.iter() {
            let listed = key.starts_with(&prefix) && *key > after;
            if listed && !page.add(key, stored, &prefix, input.delimiter.as_deref()) {
                break;
            }
        }
        let output = ListObjectsV2Output {
            is_truncated: Some(page.full),
            next_continuation_token: page.full.then_some(page.last),
            key_count: i32::try_from(page.contents.len()).ok(),
            contents: Some(page.contents),
            common_prefixes: Some(page.folders.into_iter().map(folder).collect()),
            name: Some(input.bucket),
            prefix: Some(prefix),
            ..ListObjectsV2Output::default()
        };
        Ok(S3Response::new(output))
    }
}

fn folder(prefix: String) -> CommonPrefix {
    CommonPrefix { prefix: Some(prefix) }
}

fn now() -> Timestamp {
    Timestamp::from(std::time::SystemTime::now())
}

async fn read(body: Option<StreamingBlob>) -> S3Result<Bytes> {
    let mut bytes = Vec::new();
    let Some(mut body) = body else {
        return Ok(Bytes::new());
    };
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| s3_error!(IncompleteBody))?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.into())
}
