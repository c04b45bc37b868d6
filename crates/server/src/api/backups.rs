//! Backups.

use agm_domain::diff::Change;
use agm_ops::{BackupDetail, BackupMade, BackupRemoved, BackupView, RestoreRequest, Restored};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::answer::{Page, made};
use crate::auth::Caller;
use crate::error::ApiResult;
use crate::extract::{BackupId, Body, DryRun, OptionalBody, Paging, Query};
use crate::state::App;

/// A manual backup to be made.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewBackup {
    /// What it is called: 1 to 200 characters.
    pub label: String,
}

/// What differs between two backups, or a backup and the configuration in force.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BackupDiff {
    /// The backup.
    pub from: u64,
    /// The other one; absent for the configuration in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
    /// What differs.
    pub changes: Vec<Change>,
}

/// List backups
///
/// Newest first. Every revision is one.
#[utoipa::path(get, path = "/backups", params(Paging), responses((status = 200, body = Page<BackupView>)))]
pub(crate) async fn list(State(app): State<App>, Query(paging): Query<Paging>) -> ApiResult<Json<Page<BackupView>>> {
    let backups = app.agm.backups(paging.cursor()?, paging.limit() + 1).await?;
    Ok(Json(Page::of(backups, paging.limit(), |backup| backup.id.to_string())))
}

/// Make a backup
///
/// Labels the revision in force; it is kept whatever its age.
#[utoipa::path(post, path = "/backups", params(DryRun), request_body = NewBackup,
    responses((status = 201, body = BackupMade), (status = 200, description = "The plan", body = BackupMade)))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<DryRun>,
    Body(new): Body<NewBackup>,
) -> ApiResult<Response> {
    let kept = app.agm.create_backup(caller.actor(), &new.label, query.dry_run).await?;
    Ok(made(query.dry_run, &format!("/api/v1/backups/{}", kept.backup.id), &kept))
}

/// Show a backup
///
/// With everything it holds, secrets masked. `last` is the newest that differs from the configuration in force.
#[utoipa::path(get, path = "/backups/{id}", responses((status = 200, body = BackupDetail)))]
pub(crate) async fn get(State(app): State<App>, BackupId(id): BackupId) -> ApiResult<Json<BackupDetail>> {
    Ok(Json(app.agm.backup(id).await?))
}

/// Remove a backup
///
/// The one in force loses only its label.
#[utoipa::path(delete, path = "/backups/{id}", params(DryRun), responses((status = 200, body = BackupRemoved)))]
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    BackupId(id): BackupId,
    Query(query): Query<DryRun>,
) -> ApiResult<Json<BackupRemoved>> {
    Ok(Json(app.agm.remove_backup(caller.actor(), id, query.dry_run).await?))
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct To {
    /// Another backup; the configuration in force, if absent.
    to: Option<u64>,
}

/// Compare a backup
#[utoipa::path(get, path = "/backups/{id}/diff", params(To), responses((status = 200, body = BackupDiff)))]
pub(crate) async fn diff(State(app): State<App>, BackupId(from): BackupId, Query(query): Query<To>) -> ApiResult<Json<BackupDiff>> {
    let changes = app.agm.backup_diff(from, query.to).await?;
    Ok(Json(BackupDiff { from, to: query.to, changes }))
}

/// Restore a backup
///
/// Whole or in part. What agents registered since then need stays; consumers keep their keys unless named.
#[utoipa::path(post, path = "/backups/{id}/restore", params(DryRun), request_body(content = Option<RestoreRequest>),
    responses((status = 200, body = Restored)))]
pub(crate) async fn restore(
    State(app): State<App>,
    caller: Caller,
    BackupId(id): BackupId,
    Query(query): Query<DryRun>,
    OptionalBody(request): OptionalBody<RestoreRequest>,
) -> ApiResult<Json<Restored>> {
    Ok(Json(app.agm.restore_backup(caller.actor(), id, &request, query.dry_run).await?))
}
