//! The log: what the server and the gateway tell operators, on stderr.

use tracing_subscriber::EnvFilter;

use crate::error::{CliError, Result};
use crate::settings::{Log, LogFormat};

/// Starts logging. stdout stays free for what commands print.
pub(crate) fn start(log: &Log) -> Result<()> {
    let colour = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    let builder = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(&log.filter)).with_writer(std::io::stderr).with_ansi(colour);
    let started = match log.format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    started.map_err(|error| CliError::failed(format!("the log cannot be started: {error}")))
}
