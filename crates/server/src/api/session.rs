//! Sessions: the login of the page.

use agm_domain::code::Code;
use agm_domain::secret::Secret;
use agm_ops::{Login, LoginKind, Role, stamp};
use axum::extract::{FromRequest as _, Request, State};
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use axum::{Extension, Json};
use http::header::{AUTHORIZATION, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

use crate::auth::{self, Client};
use crate::edge::Prefix;
use crate::error::ApiResult;
use crate::extract::{Body, NoQuery};
use crate::state::App;

/// User and password.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
pub struct Credentials {
    /// The user.
    pub user: String,
    /// The password.
    #[schema(value_type = String, format = Password)]
    pub password: Secret,
}

/// Who is logged in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// Who: `admin`, `token:ci`, `manager`, `local`.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// How they proved it.
    pub kind: LoginKind,
    /// When it ends by itself; RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

impl From<&Login> for SessionView {
    fn from(login: &Login) -> Self {
        Self { name: login.actor.name.clone(), role: login.actor.role, kind: login.kind, expires_at: login.expires.map(stamp) }
    }
}

/// Log in
///
/// Sets the cookie `agm_session`. A wrong password is answered late, later each time. A right one is let in; while others from its address
/// try the same user it waits its turn, 20 seconds at most.
#[utoipa::path(post, path = "/api/v1/session", request_body = Credentials, responses((status = 200, body = SessionView)))]
pub(crate) async fn log_in(State(app): State<App>, prefix: Extension<Prefix>, _: NoQuery, request: Request) -> ApiResult<Response> {
    // Another page must not log its visitors in here.
    auth::check_origin(&app, &request, false)?;
    let client = Client::of(&app, request.headers(), request.extensions()).0;
    let secure = auth::is_https(&app, request.headers(), request.extensions());
    let Body(credentials) = Body::<Credentials>::from_request(request, &app).await?;
    let opened = app.access.open_session(&credentials.user, &credentials.password, client).await?;
    let cookie = auth::cookie(opened.cookie.expose(), prefix.0.0, secure);
    Ok((AppendHeaders([(SET_COOKIE, cookie.to_string())]), Json(SessionView::from(&opened.login))).into_response())
}

/// Who am I
///
/// Nobody is no error where nobody claims to be somebody: without an `Authorization` header, and without a cookie or with one that has ended,
/// the answer is 204. A wrong header is answered 401.
#[utoipa::path(get, path = "/api/v1/session",
    responses((status = 200, body = SessionView), (status = 204, description = "Nobody is logged in")))]
pub(crate) async fn who(State(app): State<App>, Client(client): Client, _: NoQuery, headers: HeaderMap) -> Response {
    if !headers.contains_key(AUTHORIZATION) && auth::cookie_value(&headers).is_none() {
        return StatusCode::NO_CONTENT.into_response();
    }
    match auth::authenticate(&app, &headers, client).await {
        Ok(caller) => Json(SessionView::from(&caller.0)).into_response(),
        Err(error) if error.0.code == Code::AuthFailed && !headers.contains_key(AUTHORIZATION) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => auth::unauthorized(error, &headers),
    }
}

/// Log out
///
/// Ends the session of the cookie; other logins have none.
#[utoipa::path(delete, path = "/session", responses((status = 204)))]
pub(crate) async fn log_out(State(app): State<App>, prefix: Extension<Prefix>, _: NoQuery, headers: HeaderMap) -> ApiResult<Response> {
    if let Some(cookie) = auth::cookie_value(&headers) {
        app.access.close_session(cookie.expose()).await?;
    }
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(SET_COOKIE, auth::cookie("", prefix.0.0, false).to_string())])).into_response())
}
