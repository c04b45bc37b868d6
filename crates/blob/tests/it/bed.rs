//! The storages that the contract is held against.

use agm_blob::{Blob, S3Config};
use agm_testkit::s3::MemS3;
use tempfile::TempDir;

/// A storage with an empty place of its own.
pub struct Bed {
    pub blob: Blob,
    _keep: Keep,
}

#[allow(dead_code)]
enum Keep {
    Dir(TempDir),
    Mem(MemS3),
    Nothing,
}

pub async fn dir() -> Bed {
    let dir = tempfile::tempdir().unwrap();
    Bed { blob: Blob::dir(dir.path()).await.unwrap(), _keep: Keep::Dir(dir) }
}

pub async fn mem_s3() -> Bed {
    let server = MemS3::start().await.unwrap();
    Bed { blob: Blob::s3(&config_of(&server)).unwrap(), _keep: Keep::Mem(server) }
}

/// The server that `AGM_TEST_S3_ENDPOINT` names; `None` where it is not set.
pub fn real_s3() -> Option<Bed> {
    let Ok(endpoint) = std::env::var("AGM_TEST_S3_ENDPOINT") else {
        eprintln!("skipped: AGM_TEST_S3_ENDPOINT is not set");
        return None;
    };
    let var = |name: &str| std::env::var(format!("AGM_TEST_S3_{name}")).unwrap();
    let config = S3Config {
        endpoint: Some(endpoint),
        region: "us-east-1".to_owned(),
        bucket: var("BUCKET"),
        prefix: format!("blob-{}", uuid::Uuid::now_v7()),
        access_key: var("ACCESS_KEY"),
        secret_key: var("SECRET_KEY").into(),
        session_token: None,
        path_style: true,
        extra_ca_pem: None,
    };
    Some(Bed { blob: Blob::s3(&config).unwrap(), _keep: Keep::Nothing })
}

pub fn config_of(server: &MemS3) -> S3Config {
    S3Config {
        endpoint: Some(server.endpoint().to_owned()),
        region: "us-east-1".to_owned(),
        bucket: server.bucket().to_owned(),
        prefix: "team/a".to_owned(),
        access_key: server.access_key().to_owned(),
        secret_key: server.secret_key().into(),
        session_token: None,
        path_style: true,
        extra_ca_pem: None,
    }
}
