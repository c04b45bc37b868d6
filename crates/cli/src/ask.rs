//! Asking a person: for a secret, and before something is destroyed.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use agm_domain::secret::Secret;

use crate::args::KeySource;
use crate::error::{CliError, Result};
use crate::output::{Tint, say};
use crate::settings::environment;
use crate::settings::variables::AGM_PROVIDER_KEY;

/// The most that is read as keys: many keys, and no file given by mistake.
const MOST: u64 = 64 << 10;

/// Keys from the argument, stdin or the variable; none if nobody gave any.
pub(crate) fn given_keys(source: &KeySource) -> Result<Vec<Secret>> {
    match source.key.as_deref() {
        Some("-") => stdin_keys(),
        Some(key) => {
            let warning = Tint::Warn.paint("warning:");
            say(&format!(
                "{warning} a key given as an argument stays in the shell's history and shows in `ps`; `--key -` reads it from stdin"
            ))?;
            Ok(vec![Secret::from(key)])
        }
        None if source.key_stdin => stdin_keys(),
        None => Ok(environment(AGM_PROVIDER_KEY).map(Secret::from).into_iter().collect()),
    }
}

/// A key from the terminal; none where nobody sits there, or an empty line.
pub(crate) fn prompted_key(what: &str) -> Result<Option<Secret>> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    let key = rpassword::prompt_password(format!("{what}: ")).map_err(|error| CliError::failed(format!("cannot read the key: {error}")))?;
    Ok(Some(Secret::from(key.trim())).filter(|key| !key.is_empty()))
}

/// One key from stdin.
pub(crate) fn stdin_key() -> Result<Secret> {
    let mut keys = stdin_keys()?;
    match (keys.pop(), keys.is_empty()) {
        (Some(key), true) => Ok(key),
        _ => Err(CliError::usage("stdin holds several lines; give one key")),
    }
}

/// A key a line.
fn stdin_keys() -> Result<Vec<Secret>> {
    let mut text = String::new();
    let unreadable = |error: io::Error| CliError::failed(format!("cannot read the key from stdin: {error}"));
    io::stdin().lock().take(MOST).read_to_string(&mut text).map_err(unreadable)?;
    let keys: Vec<Secret> = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Secret::from).collect();
    if keys.is_empty() { Err(CliError::usage("no key came from stdin")) } else { Ok(keys) }
}

/// Asks before something is destroyed. Without a terminal, `--yes` is the only yes.
pub(crate) fn confirm(what: &str, yes: bool) -> Result<()> {
    if yes {
        return Ok(());
    }
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        let message = format!("this was not done, because there is no terminal to ask on: {what}");
        return Err(CliError::usage(message).hint("repeat with `--yes`"));
    }
    let mut stderr = anstream::stderr();
    write!(stderr, "{what}? [y/N] ")?;
    stderr.flush()?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(CliError::failed("nothing was changed")),
    }
}
