//! Whom client commands talk to, and as whom.

use std::path::{Path, PathBuf};

use agm_domain::secret::Secret;
use serde::Deserialize;
use url::Url;

use super::found::admin_of;
use super::variables as v;
use super::{Lookup, data_dir::is_root, parse};
use crate::args::Global;
use crate::client::Way;
use crate::error::{CliError, Result};

/// Where agm listens when nobody says otherwise.
const DEFAULT_URL: &str = "http://127.0.0.1:18080";

/// Whom to talk to, and as whom.
pub(crate) struct ClientSettings {
    pub(crate) url: Url,
    /// Where the URL comes from, in words.
    pub(crate) origin: String,
    pub(crate) login: Login,
    /// A server found on the data directory, or one that is to be sent its local token, is this machine's own.
    pub(crate) way: Way,
}

/// What proves who we are.
pub(crate) enum Login {
    /// An API token, or the local token of the server in the data directory.
    Token(Secret),
    /// The admin's name and password.
    Password(String, Secret),
    /// Nothing.
    None,
}

#[derive(Deserialize)]
struct Endpoints {
    management: String,
}

impl ClientSettings {
    /// `--url` or `AGM_URL`, else the server that runs on the data directory, else the default. The local token goes only to the URL that stands
    /// beside it, and comes before `AGM_TOKEN` unless that URL was named.
    pub(crate) fn resolve(global: &Global, env: Lookup<'_>) -> Result<Self> {
        let data_dir = super::data_dir(global.data_dir.as_deref(), env, is_root())?;
        let local = local(&data_dir);
        let named = global.url.clone().map(|url| (url, "--url")).or_else(|| env(v::AGM_URL).map(|url| (url, v::AGM_URL)));
        let found = named.is_none();
        let (url, origin) = match (named, &local) {
            (Some((text, origin)), _) => {
                let url = parse::url(&text).map_err(|why| CliError::usage(format!("{origin}: `{text}` cannot be used: {why}")))?;
                (url, origin.to_owned())
            }
            (None, Some(local)) => (local.url.clone(), local.path.display().to_string()),
            (None, None) => {
                (Url::parse(DEFAULT_URL).map_err(|_| CliError::failed("the default URL cannot be used"))?, "default".to_owned())
            }
        };
        // At the address that stands beside the local token, named or not.
        let here = local.filter(|local| same_server(&local.url, &url));
        let way = if here.is_some() { Way::Direct } else { Way::Usual };
        let own = here.and_then(|local| local.token);
        let given = env(v::AGM_TOKEN).map(Secret::from);
        // A token for elsewhere, left in the environment, is nothing for a server that was only found; and its own always fits.
        let token = if found { own.or(given) } else { given.or(own) };
        let login = match token {
            Some(token) => Login::Token(token),
            None => admin_of(env).map_or(Login::None, |(user, password)| Login::Password(user, password)),
        };
        Ok(Self { url, origin, login, way })
    }
}

/// The server of a data directory, as far as files tell.
struct Local {
    url: Url,
    token: Option<Secret>,
    path: PathBuf,
}

fn local(data_dir: &Path) -> Option<Local> {
    let run = data_dir.join("run");
    let path = run.join("endpoints.json");
    let endpoints: Endpoints = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
    let url = parse::url(&endpoints.management).ok()?;
    let token = std::fs::read_to_string(run.join("token")).ok().map(|text| Secret::from(text.trim()));
    Some(Local { url, token: token.filter(|token| !token.is_empty()), path })
}

/// Whether two URLs lead to one server: scheme, host and port.
fn same_server(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin()
}

#[cfg(test)]
mod tests;
