//! The server: started once, stopped once.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use agm_domain::secret::Secret;
use agm_ops::gateway::{BoxError, Page, PageBody};
use agm_ops::{Access, AccessSettings, Agm, OpError};
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::busy::{self, Occupant};
use crate::edge;
use crate::idempotency;
use crate::listen::Listening;
use crate::router::router;
use crate::settings::ServerSettings;
use crate::state::App;
use crate::ticker;

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Somebody else listens there.
    #[error("port {} on {} is taken: {occupant} answers there; choose another one with `--listen`, for example `--listen 127.0.0.1:0`", .addr.port(), .addr.ip())]
    Busy {
        /// Where.
        addr: SocketAddr,
        /// Who.
        occupant: Occupant,
    },
    /// The address cannot be had.
    #[error("cannot listen on {addr}: {source}; choose another address with `--listen`")]
    Listen {
        /// Which.
        addr: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The logins cannot be set up.
    #[error(transparent)]
    Access(#[from] OpError),
}

/// A running management listener.
pub struct Server {
    app: App,
    router: Router,
    runtime: Handle,
    addr: SocketAddr,
    closing: CancellationToken,
    cutting: CancellationToken,
}

/// The router with what it needs to answer on somebody else's listener.
#[derive(Clone)]
pub(crate) struct Front {
    router: Router,
    runtime: Handle,
    app: App,
}

impl Server {
    /// Listens, and answers for `agm`.
    pub async fn start(settings: ServerSettings, agm: Agm) -> Result<Self, StartError> {
        let addr = settings.listen;
        let listener = match TcpListener::bind(addr).await {
            Ok(listener) => listener,
            Err(source) if source.kind() == std::io::ErrorKind::AddrInUse => {
                return Err(StartError::Busy { addr, occupant: busy::who_answers(addr).await });
            }
            Err(source) => return Err(StartError::Listen { addr, source }),
        };
        let addr = listener.local_addr().map_err(|source| StartError::Listen { addr, source })?;
        let access = AccessSettings {
            admin: settings.admin.clone(),
            manager: settings.manager_access,
            run_dir: settings.run_dir.clone(),
            loopback_only: settings.loopback_only,
        };
        let access = Access::open(agm.clone(), access).await?;
        let connections = settings.connections;
        let app = App::new(agm, access, settings);
        let router = router(&app);
        let (closing, cutting) = (CancellationToken::new(), CancellationToken::new());
        let listening = Listening {
            listener,
            router: router.clone(),
            connections,
            closing: closing.clone(),
            cutting: cutting.clone(),
            tasks: app.tasks.clone(),
        };
        app.tasks.spawn(listening.run());
        app.tasks.spawn(ticker::run(app.clone()));
        app.tasks.spawn(idempotency::sweep(app.clone()));
        Ok(Self { app, router, runtime: Handle::current(), addr, closing, cutting })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The URL of its listener.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The password that this start made, to be shown once.
    pub fn generated_password(&self) -> Option<&Secret> {
        self.app.access.generated_password()
    }

    /// Somebody has been shown the password that this start made: it stays the one.
    pub async fn password_was_seen(&self) {
        self.app.access.password_was_seen().await;
    }

    /// The admin's user name.
    pub fn admin_user(&self) -> &str {
        self.app.access.admin_user()
    }

    /// Whether the admin's password is one that only loopback excuses.
    pub fn password_is_weak(&self) -> bool {
        self.app.access.password_is_weak()
    }

    /// The same for another listener: the same router behind the same login.
    pub fn page(&self) -> Page {
        let front = self.front();
        Page::new(move |request: http::Request<Incoming>| {
            let front = front.clone();
            async move { front.answer(request).await }
        })
    }

    pub(crate) fn front(&self) -> Front {
        Front { router: self.router.clone(), runtime: self.runtime.clone(), app: self.app.clone() }
    }

    /// Tells probes that no new work should be sent here. [`Server::shutdown`] does it too.
    pub fn drain(&self) {
        self.app.draining.store(true, Ordering::Relaxed);
    }

    /// Stops accepting at once, ends streams of events, lets answers under way finish for at most `drain`, cuts the rest.
    pub async fn shutdown(&self, drain: Duration) {
        self.drain();
        self.closing.cancel();
        self.app.stopping.cancel();
        self.app.tasks.close();
        if tokio::time::timeout(drain, self.app.tasks.wait()).await.is_err() {
            tracing::warn!("management requests were cut off");
            self.cutting.cancel();
        }
        self.app.access.close().await;
    }
}

impl Front {
    pub(crate) async fn answer(&self, request: http::Request<Incoming>) -> Response<PageBody> {
        // Not on the gateway's threads: what is done here can take long.
        let work = self.app.tasks.spawn_on(edge::answer(self.router.clone(), request.map(Body::new)), &self.runtime);
        work.await.unwrap_or_else(|_| edge::refuse(&OpError::internal("the request was cut off").into())).map(page_body)
    }
}

pub(crate) fn page_body(body: Body) -> PageBody {
    body.map_err(|error| -> BoxError { Box::new(error) }).boxed_unsync()
}
