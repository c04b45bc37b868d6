//! What agm says about itself: help, version, completions, the API's description.

use std::io::Write as _;

use clap::CommandFactory as _;
use serde_json::json;

use crate::args::Cli;
use crate::error::{CliError, Exit, Result};
use crate::output::{Output, print};

/// What `agm` alone prints.
pub(super) fn help() -> Result<Exit> {
    let help = Cli::command().render_long_help();
    write!(anstream::stdout(), "{}", help.ansi())?;
    Ok(Exit::Done)
}

pub(super) fn version(out: Output) -> Result<Exit> {
    let version = env!("CARGO_PKG_VERSION");
    if out.is_table() {
        print(&format!("agm {version}"))?;
    } else {
        out.value(&json!({ "version": version }))?;
    }
    Ok(Exit::Done)
}

pub(super) fn completions(shell: clap_complete::Shell) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "agm", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(Exit::Done)
}

pub(super) fn openapi(out: Output) -> Result<Exit> {
    let document = serde_json::to_value(agm_server::openapi());
    out.value(&document.map_err(|error| CliError::failed(format!("the description cannot be written: {error}")))?)?;
    Ok(Exit::Done)
}
