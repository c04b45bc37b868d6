//! The door: who asks, and whether they may. The credentials themselves are judged by [`agm_ops::Access`].

mod client;
mod credentials;
mod origin;
mod roles;

use std::net::IpAddr;

use agm_domain::code::Code;
use agm_ops::{Actor, Fault, Login, LoginKind, OpError, Role};
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::WWW_AUTHENTICATE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method};

pub(crate) use self::client::{Client, Peer};
pub(crate) use self::credentials::{cookie, cookie_value};
pub(crate) use self::origin::{check as check_origin, is_https};
pub(crate) use self::roles::needed;
use crate::error::{ApiError, ApiResult};
use crate::state::App;

/// Whoever passed the door.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) Login);

impl Caller {
    pub(crate) fn actor(&self) -> &Actor {
        &self.0.actor
    }
}

/// Lets pass who proved who they are, may do what they ask for, and really asked for it.
pub(crate) async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let client = Client::of(&app, request.headers(), request.extensions()).0;
    let caller = match authenticate(&app, request.headers(), client).await {
        Ok(caller) => caller,
        Err(error) => return unauthorized(error, request.headers()),
    };
    if let Err(error) = allowed(&app, &caller, &request) {
        return error.into_response();
    }
    request.extensions_mut().insert(caller);
    next.run(request).await
}

/// Who asks.
pub(crate) async fn authenticate(app: &App, headers: &HeaderMap, client: IpAddr) -> ApiResult<Caller> {
    use self::credentials::Credentials;
    let login = match Credentials::of(headers)? {
        Credentials::Password { user, password } => app.access.password(&user, &password, client).await?,
        Credentials::Bearer(token) => app.access.bearer(token.expose(), client).await?,
        Credentials::Cookie(cookie) => app.access.session(cookie.expose(), client).await?,
    };
    Ok(Caller(login))
}

fn allowed(app: &App, caller: &Caller, request: &Request) -> ApiResult<()> {
    // The template, where there is one: it is what the router decided on.
    let matched = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let needed = needed(request.method(), matched.unwrap_or_else(|| request.uri().path()));
    let actor = caller.actor();
    if actor.role < needed {
        let message = format!("{} is {} and may not do this", actor.name, article(actor.role));
        let error = OpError::new(Fault::Forbidden, Code::Forbidden, message);
        return Err(error.hint(format!("log in as {}", article(needed))).into());
    }
    // Browsers send cookies and remembered passwords by themselves, for any page that makes them ask; bearer tokens they do not.
    if !reads(request.method()) {
        match caller.0.kind {
            LoginKind::Session => check_origin(app, request, true)?,
            LoginKind::Basic => check_origin(app, request, false)?,
            LoginKind::Token | LoginKind::Manager | LoginKind::Local => {}
        }
    }
    Ok(())
}

pub(crate) fn reads(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn article(role: Role) -> &'static str {
    match role {
        Role::Viewer => "a viewer",
        Role::Operator => "an operator",
        Role::Admin => "an admin",
    }
}

/// A refusal that asks for a login. The page has its own form; for its calls the browser must not open another.
pub(crate) fn unauthorized(error: ApiError, headers: &HeaderMap) -> Response {
    let from_page = headers.contains_key("agm-client")
        || headers.get("sec-fetch-dest").is_some_and(|dest| dest == "empty")
        || cookie_value(headers).is_some();
    let asks = error.0.code == Code::AuthFailed && !from_page;
    let mut response = error.into_response();
    if asks {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(r#"Basic realm="agm", charset="UTF-8""#));
    }
    response
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> ApiResult<Self> {
        // Absent only where somebody forgot the door.
        parts.extensions.get::<Self>().cloned().ok_or_else(credentials::none)
    }
}
