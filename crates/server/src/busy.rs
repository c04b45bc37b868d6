//! Who answers on a port that we wanted.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How long we look.
const PATIENCE: Duration = Duration::from_secs(2);
/// How much of an answer we read.
const LIMIT: u64 = 16 << 10;

/// Who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Occupant {
    /// Another agm, of this version.
    Agm(String),
    /// The gateway of another agm, of this version.
    Gateway(String),
    /// A Higress gateway or Console: HiClaw publishes its gateway on 18080.
    Higress,
    /// Another web server, as it names itself.
    Web(Option<String>),
    /// Something that speaks no HTTP, or nothing at all.
    Other,
}

impl fmt::Display for Occupant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agm(version) => write!(f, "another agm ({version})"),
            Self::Gateway(version) => write!(f, "the gateway of another agm ({version})"),
            Self::Higress => f.write_str("a Higress gateway or Console (HiClaw publishes its gateway on 18080)"),
            Self::Web(Some(server)) => write!(f, "another web server ({server})"),
            Self::Web(None) => f.write_str("another web server"),
            Self::Other => f.write_str("something that speaks no HTTP"),
        }
    }
}

/// Asks for `/` and looks; what is known by nothing is asked for the page that agm's gateway has.
pub async fn who_answers(addr: SocketAddr) -> Occupant {
    match look(addr, "/").await {
        Occupant::Web(server) => match look(addr, "/agm/healthz").await {
            Occupant::Agm(version) => Occupant::Gateway(version),
            _ => Occupant::Web(server),
        },
        occupant => occupant,
    }
}

async fn look(addr: SocketAddr, path: &str) -> Occupant {
    let answer = tokio::time::timeout(PATIENCE, ask(reachable(addr), path)).await;
    answer.ok().and_then(Result::ok).map_or(Occupant::Other, |bytes| recognise(&String::from_utf8_lossy(&bytes)))
}

async fn ask(addr: SocketAddr, path: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(addr).await?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n").as_bytes()).await?;
    let mut answer = Vec::new();
    // One that keeps the connection open is cut off by the caller's patience, so what came until then counts.
    let mut limited = stream.take(LIMIT);
    while limited.read_buf(&mut answer).await? > 0 {
        if answer.windows(4).any(|four| four == b"\r\n\r\n") {
            break;
        }
    }
    // The beginning of the body, if it is there already.
    drop(tokio::time::timeout(PATIENCE / 4, limited.read_buf(&mut answer)).await);
    Ok(answer)
}

fn recognise(answer: &str) -> Occupant {
    if !answer.starts_with("HTTP/") {
        return Occupant::Other;
    }
    let head = answer.split("\r\n\r\n").next().unwrap_or_default();
    let header = |wanted: &str| {
        let lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.filter(|(name, _)| name.trim().eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim().to_owned()).next()
    };
    if let Some(version) = header("agm-version") {
        return Occupant::Agm(version);
    }
    let server = header("server").map(|server| server.chars().filter(|c| !c.is_control()).take(60).collect::<String>());
    let envoy = server.as_deref().is_some_and(|server| server.contains("envoy"));
    if envoy || answer.to_lowercase().contains("higress") {
        return Occupant::Higress;
    }
    Occupant::Web(server)
}

/// Where to look for one who listens on every address.
fn reachable(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn occupants_are_recognised() {
        let cases = [
            ("HTTP/1.1 200 OK\r\nAgm-Version: 0.1.0\r\nserver: x\r\n\r\n", Occupant::Agm("0.1.0".to_owned())),
            ("HTTP/1.1 404 Not Found\r\nserver: istio-envoy\r\n\r\n", Occupant::Higress),
            ("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<title>Higress Console</title>", Occupant::Higress),
            ("HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n", Occupant::Web(Some("nginx".to_owned()))),
            ("HTTP/1.0 200 OK\r\n\r\n", Occupant::Web(None)),
            ("SSH-2.0-OpenSSH_9.2\r\n", Occupant::Other),
            ("", Occupant::Other),
        ];
        for (answer, occupant) in cases {
            assert_eq!(recognise(answer), occupant, "{answer}");
        }
    }
}
