//! The files by which a running agm is found: `run/pid`, `run/endpoints.json`, and the lock that tells whose directory it is.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

pub(crate) use agm_blob::lock::Holder;

use agm_blob::lock::DirLock;
use serde::{Deserialize, Serialize};

use crate::error::{CliError, Result};

/// What a running agm says of itself; the address goes first when it ends.
const ANNOUNCED: [&str; 2] = ["endpoints.json", "pid"];

/// Where agm answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Endpoints {
    pub(crate) management: String,
    pub(crate) gateway: String,
}

impl Endpoints {
    /// URLs that lead to two listeners from this machine. Every address of it is none to connect to: loopback is one of them.
    pub(crate) fn of(management: SocketAddr, gateway: SocketAddr) -> Self {
        Self { management: local_url(management), gateway: local_url(gateway) }
    }
}

/// The URL of a listener, from this machine.
pub(super) fn local_url(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("http://{address}")
}

/// How an agm in the background was started.
#[derive(Serialize, Deserialize)]
struct Started {
    pid: u32,
    arguments: Vec<String>,
}

/// `<data-dir>/run`.
#[derive(Clone, Debug)]
pub(crate) struct RunDir(PathBuf);

impl RunDir {
    pub(crate) fn new(data_dir: &Path) -> Self {
        Self(data_dir.join("run"))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes who we are and, last, where we answer: whoever sees the endpoints can use them.
    pub(crate) fn announce(&self, endpoints: &Endpoints) -> Result<()> {
        let json = serde_json::to_vec_pretty(endpoints).unwrap_or_default();
        self.write("pid", format!("{}\n", std::process::id()).as_bytes())?;
        self.write("endpoints.json", &json)
    }

    /// Takes away what an agm that was killed has left. Only for the holder of the lock.
    pub(crate) fn clear(&self) -> Result<()> {
        ANNOUNCED.iter().try_for_each(|name| self.remove(name))
    }

    /// Takes both away.
    pub(crate) fn forget(&self) {
        for name in ANNOUNCED {
            if let Err(error) = self.remove(name) {
                tracing::warn!(error = error.message, "left behind");
            }
        }
    }

    fn remove(&self, name: &str) -> Result<()> {
        let path = self.0.join(name);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(CliError::io("remove", &path, &error)),
            _ => Ok(()),
        }
    }

    /// Keeps with what arguments this process was started in the background.
    pub(crate) fn keep_arguments(&self, pid: u32, arguments: &[String]) -> Result<()> {
        let json = serde_json::to_vec(&Started { pid, arguments: arguments.to_vec() }).unwrap_or_default();
        self.write("started.json", &json)
    }

    /// With what arguments this process was started, where that was in the background.
    pub(crate) fn arguments(&self, pid: u32) -> Vec<String> {
        let read = std::fs::read(self.0.join("started.json")).ok();
        let started = read.and_then(|bytes| serde_json::from_slice::<Started>(&bytes).ok());
        started.filter(|started| started.pid == pid).map(|started| started.arguments).unwrap_or_default()
    }

    /// Where the agm of this directory says it answers.
    pub(crate) fn endpoints(&self) -> Option<Endpoints> {
        serde_json::from_slice(&std::fs::read(self.0.join("endpoints.json")).ok()?).ok()
    }

    /// Who the agm of this directory says it is.
    pub(crate) fn pid(&self) -> Option<u32> {
        std::fs::read_to_string(self.0.join("pid")).ok()?.trim().parse().ok()
    }

    /// Whole or not at all. What a crash takes from the disk is of no use afterwards, so nothing is flushed.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let (path, new) = (self.0.join(name), self.0.join(format!("{name}.new")));
        let written = std::fs::write(&new, bytes).and_then(|()| std::fs::rename(&new, &path));
        written.map_err(|error| CliError::io("write", &path, &error))
    }
}

/// Asks the lock: a process id in a file may be anybody's by now, the lock is held only by a living agm.
pub(crate) fn holder(data_dir: &Path) -> Result<Holder> {
    DirLock::holder(data_dir).map_err(|error| CliError::failed(error.to_string()))
}

/// The log of an agm in the background.
pub(crate) fn log_path(data_dir: &Path) -> PathBuf {
    data_dir.join("agm.log")
}

#[cfg(test)]
mod tests;
