//! Where a request really comes from.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{Extensions, HeaderMap};

use crate::error::ApiError;
use crate::state::App;

/// The other end of the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// The client's address: the other end of the connection, or whom a trusted proxy names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client(pub(crate) IpAddr);

impl Client {
    pub(crate) fn of(app: &App, headers: &HeaderMap, extensions: &Extensions) -> Self {
        let peer = peer(extensions);
        if !trusted(app, peer) {
            return Self(peer);
        }
        // Each proxy appends whom it saw: the last one that is no proxy of ours is the client. What stands before it anybody can invent.
        let named = headers.get_all("x-forwarded-for").into_iter().filter_map(|value| value.to_str().ok());
        let chain: Vec<&str> = named.flat_map(|value| value.split(',')).map(str::trim).collect();
        let mut client = peer;
        for hop in chain.iter().rev() {
            let Some(address) = address(hop) else { break };
            client = address;
            if !trusted(app, address) {
                break;
            }
        }
        Self(client)
    }

    /// Whether the other end of the connection may speak for others.
    pub(crate) fn through_trusted_proxy(app: &App, extensions: &Extensions) -> bool {
        trusted(app, peer(extensions))
    }
}

fn trusted(app: &App, address: IpAddr) -> bool {
    app.settings.trusted_proxies.iter().any(|network| network.contains(address))
}

fn peer(extensions: &Extensions) -> IpAddr {
    // A listener that does not say who is at the other end: all who come that way count as one.
    let peer = extensions.get::<Peer>().map(|peer| peer.0).or_else(|| extensions.get::<SocketAddr>().copied());
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip().to_canonical())
}

/// An address with or without a port, as proxies write it.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse::<IpAddr>().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip())).map(|ip| ip.to_canonical())
}

impl FromRequestParts<App> for Client {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Ok(Self::of(app, &parts.headers, &parts.extensions))
    }
}
