//! Whether the ports are to be had, asked before anything is opened or stopped.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use agm_server::who_answers;

use super::place::{Endpoints, local_url};
use crate::error::{CliError, Result};
use crate::settings::Settings;

/// Refuses where somebody has one of the ports, and says who. The ports of `leaving`, an agm that is about to go, are as good as free.
pub(crate) async fn free(settings: &Settings, leaving: Option<&Endpoints>) -> Result<()> {
    let mut held = Vec::new();
    for (flag, address) in [("--listen", settings.listen), ("--gateway-listen", settings.gateway_listen)] {
        let url = local_url(address);
        if leaving.is_some_and(|leaving| leaving.management == url || leaving.gateway == url) {
            continue;
        }
        match TcpListener::bind(address) {
            Ok(listener) => held.push((listener, address)),
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                // Nobody but this check is there where one port is to serve twice.
                let twice = held.iter().any(|(_, other)| *other == address);
                return Err(if twice { same(address) } else { taken(flag, address).await });
            }
            Err(error) => {
                let message = format!("cannot listen on {address}: {error}");
                return Err(CliError::failed(message).hint(format!("choose another address with `{flag}`")));
            }
        }
    }
    Ok(())
}

async fn taken(flag: &str, address: SocketAddr) -> CliError {
    let message = format!("port {} on {} is taken: {} answers there", address.port(), address.ip(), who_answers(address).await);
    CliError::failed(message).hint(format!("choose another one with `{flag}`, for example `{flag} 127.0.0.1:0`"))
}

fn same(address: SocketAddr) -> CliError {
    CliError::usage(format!("`listen` and `gateway.listen` are both {address}")).hint("give each a port of its own")
}
