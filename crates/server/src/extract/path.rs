//! Names in paths.

use agm_domain::agent::AgentId;
use agm_domain::code::Code;
use agm_ops::{Fault, OpError};
use axum::extract::{FromRequestParts, Path};
use http::request::Parts;

use crate::error::{ApiError, ApiResult};
use crate::state::App;

/// A name, percent-decoded.
pub(crate) struct Name(pub(crate) String);

/// An agent: `manager`, `worker:alice` or `alice`.
pub(crate) struct Id(pub(crate) AgentId);

/// A backup: its number, or `last` for the newest that differs from the configuration in force.
pub(crate) struct BackupId(pub(crate) u64);

impl<S: Sync + Send> FromRequestParts<S> for Name {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let Path(name) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::new(Code::MalformedRequest, "the path is not UTF-8").hint("percent-encode the name in UTF-8"))?;
        Ok(Self(name))
    }
}

impl<S: Sync + Send> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let Name(name) = Name::from_request_parts(parts, state).await?;
        Ok(Self(AgentId::parse(&name)?))
    }
}

impl FromRequestParts<App> for BackupId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        let Name(name) = Name::from_request_parts(parts, app).await?;
        if name == "last" {
            return Ok(Self(app.agm.last_backup().await?));
        }
        let number = name.parse().map_err(|_| {
            let error = OpError::new(Fault::NotFound, Code::BackupNotFound, format!("there is no backup `{name}`"));
            ApiError::from(error.hint("`agm backup list` shows those there are; `last` is the newest that differs"))
        })?;
        Ok(Self(number))
    }
}
