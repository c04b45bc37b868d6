//! What the server is started with.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use agm_ops::{AdminCredentials, ManagerAccess};
use serde::{Deserialize, Serialize};

/// Everything [`crate::Server::start`] needs.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Where it listens; port 0 picks a free one.
    pub listen: SocketAddr,
    /// The admin.
    pub admin: AdminCredentials,
    /// What the Manager's gateway key opens.
    pub manager_access: ManagerAccess,
    /// The URL under which users reach the page, where that is not the listening address.
    pub public_url: Option<String>,
    /// Who may say on whose behalf a request comes (`X-Forwarded-*`).
    pub trusted_proxies: Vec<Network>,
    /// Where the local token is put: `<data-dir>/run`.
    pub run_dir: PathBuf,
    /// Whether every listener of agm is on loopback; only then a weak password passes.
    pub loopback_only: bool,
    /// What is in force and where it comes from, secrets masked; shown by `GET /api/v1/system`.
    pub settings: Vec<SettingView>,
    /// Open connections; beyond, they wait to be accepted.
    pub connections: usize,
    /// Answers kept for idempotency keys, each for 24 hours; beyond, new keys are refused.
    pub kept_answers: usize,
}

impl ServerSettings {
    /// Settings for this address, admin and run directory, everything else as a newcomer has it.
    pub fn new(listen: SocketAddr, admin: AdminCredentials, run_dir: PathBuf) -> Self {
        Self {
            listen,
            admin,
            manager_access: ManagerAccess::default(),
            public_url: None,
            trusted_proxies: Vec::new(),
            run_dir,
            loopback_only: listen.ip().is_loopback(),
            settings: Vec::new(),
            connections: 1024,
            kept_answers: 20_000,
        }
    }
}

/// A setting in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SettingView {
    /// Its name.
    pub name: String,
    /// Its value; a secret's mask.
    pub value: String,
    /// Where the value comes from: `flag`, `environment AGM_LISTEN`, `agm.toml`, `platform`, `default`.
    pub source: String,
}

/// An address, or a network: `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether the address belongs to it.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => same(own.to_bits().into(), other.to_bits().into(), 32 - u32::from(self.bits)),
            (IpAddr::V6(own), IpAddr::V6(other)) => same(own.to_bits(), other.to_bits(), 128 - u32::from(self.bits)),
            _ => false,
        }
    }
}

fn same(own: u128, other: u128, host_bits: u32) -> bool {
    own.checked_shr(host_bits).unwrap_or(0) == other.checked_shr(host_bits).unwrap_or(0)
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let wrong = || format!("`{text}` is not an address or a network: write for example `10.0.0.5` or `10.0.0.0/8`");
        let address = address.trim().parse::<IpAddr>().map_err(|_| wrong())?.to_canonical();
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.trim().parse().map_err(|_| wrong()))?;
        if bits > most { Err(wrong()) } else { Ok(Self { address, bits }) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Network;

    #[test]
    fn a_network_contains_its_addresses() {
        let cases = [
            ("10.0.0.0/8", "10.200.3.4", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.4", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
            ("fd00::/8", "fd12::1", true),
            ("fd00::/8", "10.0.0.1", false),
            ("::/0", "2001:db8::1", true),
        ];
        for (network, address, expected) in cases {
            assert_eq!(network.parse::<Network>().unwrap().contains(address.parse().unwrap()), expected, "{network} {address}");
        }
        for wrong in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "host", "10.0.0.1/x"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
