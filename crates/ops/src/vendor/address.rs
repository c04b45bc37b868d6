//! Addresses that are nobody's API: link-local ones, where clouds keep the credentials of a machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The host is, or has, an address that agm does not contact.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} {why}", place(host, address))]
pub(crate) struct RefusedAddress {
    host: String,
    address: IpAddr,
    why: &'static str,
}

fn place(host: &str, address: &IpAddr) -> String {
    let same = parsed(host).is_some_and(|given| given == *address);
    if same { format!("{host}, which") } else { format!("{host} is at {address}, which") }
}

fn parsed(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Whether a host given as an address is refused. Names are judged when they are resolved.
pub(crate) fn refused_host(host: &str) -> Option<RefusedAddress> {
    let address = parsed(host)?;
    refused(host, address)
}

fn refused(host: &str, address: IpAddr) -> Option<RefusedAddress> {
    let why = match address {
        IpAddr::V4(v4) => why_not_v4(v4),
        IpAddr::V6(v6) => why_not_v6(v6),
    };
    why.map(|why| RefusedAddress { host: host.to_owned(), address, why })
}

const METADATA: &str = "hands out a cloud machine's credentials";

fn why_not_v4(address: Ipv4Addr) -> Option<&'static str> {
    // Alibaba, Azure and Oracle keep theirs outside of the link-local range.
    const ELSEWHERE: [Ipv4Addr; 3] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(192, 0, 0, 192)];
    if ELSEWHERE.contains(&address) {
        return Some(METADATA);
    }
    address.is_link_local().then_some("is link-local: clouds hand out a machine's credentials there")
}

fn why_not_v6(address: Ipv6Addr) -> Option<&'static str> {
    // AWS and Google.
    const METADATA_V6: [Ipv6Addr; 2] =
        [Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)];
    if METADATA_V6.contains(&address) {
        return Some(METADATA);
    }
    if address.is_unicast_link_local() {
        return Some("is link-local");
    }
    // The same address in another coat: mapped, or translated by NAT64 (RFC 6052).
    let [a, b, c, d] = address.octets()[12..] else { return None };
    let nat64 = address.segments()[..6] == [0x64, 0xff9b, 0, 0, 0, 0];
    let inner = address.to_ipv4_mapped().or_else(|| nat64.then(|| Ipv4Addr::new(a, b, c, d)));
    inner.and_then(why_not_v4)
}

/// The system's resolver, which refuses names that have such an address: not only skips it, because such a name is up to no good.
#[derive(Debug)]
pub(super) struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let addresses: Vec<_> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            if let Some(refused) = addresses.iter().find_map(|address| refused(&host, address.ip())) {
                return Err(refused.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_local_and_metadata_addresses_are_refused() {
        for host in [
            "169.254.169.254",
            "169.254.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "fe80::1",
            "[fe80::1]",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
        ] {
            assert!(refused_host(host).is_some(), "{host}");
        }
    }

    #[test]
    fn this_machine_and_its_network_are_not() {
        for host in ["127.0.0.1", "::1", "10.0.0.7", "192.168.1.2", "172.17.0.1", "100.64.0.1", "8.8.8.8", "fd00::1", "api.openai.com"] {
            assert_eq!(refused_host(host), None, "{host}");
        }
    }
}
