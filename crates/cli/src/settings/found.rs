//! A setting's text and where it comes from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use agm_domain::secret::Secret;

use super::Lookup;
use super::table::{Setting, Shown, TABLE};
use super::variables as v;

/// Where a value comes from, the strongest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An argument.
    Flag(&'static str),
    /// A variable of agm's own.
    Variable(&'static str),
    /// The file of settings.
    File(PathBuf),
    /// A variable of the platform.
    Platform(&'static str),
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Variable(name) => f.write_str(name),
            Self::Platform(name) => write!(f, "{name} (platform)"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// What was found for a setting.
#[derive(Clone)]
pub(crate) struct Found {
    pub(crate) key: &'static str,
    /// As it was written; empty for none.
    pub(crate) text: String,
    pub(crate) origin: Origin,
    shown: Shown,
}

impl Found {
    /// What the setting is for.
    pub(crate) fn about(&self) -> &'static str {
        TABLE.iter().find(|setting| setting.key == self.key).map_or("", |setting| v::about(setting.variable))
    }

    /// As it may be shown.
    pub(crate) fn shown(&self) -> String {
        match self.shown {
            _ if self.text.is_empty() => String::new(),
            Shown::Whole => self.text.clone(),
            Shown::Masked => Secret::from(self.text.as_str()).mask(),
            Shown::Hidden => "(set)".to_owned(),
        }
    }
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} ({})", self.key, self.shown(), self.origin)
    }
}

/// What was found for every setting.
pub(crate) struct Findings {
    pub(crate) found: Vec<Found>,
    /// What a person should know about what was found.
    pub(crate) remarks: Vec<String>,
}

/// Looks everywhere, in order.
pub(crate) fn find(
    flags: &BTreeMap<&'static str, String>,
    env: Lookup<'_>,
    file: &BTreeMap<String, String>,
    path: &std::path::Path,
) -> Findings {
    let mut findings = Findings { found: Vec::new(), remarks: Vec::new() };
    let admin = admin(env, file, &mut findings.remarks);
    for setting in TABLE {
        let given = flag(setting, flags).or_else(|| variable(setting, env, admin.as_ref())).or_else(|| {
            // A password of the environment brings its own name along.
            let text = file.get(setting.key).filter(|_| !is_admin(setting) || admin.is_none())?;
            Some((text.clone(), Origin::File(path.to_owned())))
        });
        let (text, origin) =
            given.or_else(|| platform(setting, env, admin.as_ref())).unwrap_or_else(|| (setting.default.to_owned(), Origin::Default));
        findings.found.push(Found { key: setting.key, text, origin, shown: setting.shown });
    }
    findings
}

fn flag(setting: &Setting, flags: &BTreeMap<&'static str, String>) -> Option<(String, Origin)> {
    let name = setting.flag?;
    flags.get(name).map(|text| (text.clone(), Origin::Flag(name)))
}

fn variable(setting: &Setting, env: Lookup<'_>, admin: Option<&Dialect>) -> Option<(String, Origin)> {
    if is_admin(setting) && admin.is_none_or(|dialect| dialect.user != v::AGM_ADMIN_USER) {
        return None;
    }
    env(setting.variable).map(|text| (text, Origin::Variable(setting.variable)))
}

fn platform(setting: &Setting, env: Lookup<'_>, admin: Option<&Dialect>) -> Option<(String, Origin)> {
    let of_pair = |name: &str| !is_admin(setting) || admin.is_some_and(|dialect| dialect.user == name || dialect.password == name);
    let name = setting.platform.iter().copied().filter(|name| of_pair(name)).find(|name| env(name).is_some())?;
    let text = env(name)?;
    // The port alone is what the documentation has; it meant loopback.
    let text = if name == v::MONITOR_PORT { format!("127.0.0.1:{text}") } else { text };
    Some((text, Origin::Platform(name)))
}

fn is_admin(setting: &Setting) -> bool {
    setting.key.starts_with("admin.")
}

/// A pair of variables that belong together.
struct Dialect {
    user: &'static str,
    password: &'static str,
}

const DIALECTS: [Dialect; 3] = [
    Dialect { user: v::AGM_ADMIN_USER, password: v::AGM_ADMIN_PASSWORD },
    Dialect { user: v::AGENTTEAMS_ADMIN_USER, password: v::AGENTTEAMS_ADMIN_PASSWORD },
    Dialect { user: v::HICLAW_ADMIN_USER, password: v::HICLAW_ADMIN_PASSWORD },
];

/// The dialect the admin's name and password are taken from: one that has a password. Half a pair never meets half of another one.
fn admin(env: Lookup<'_>, file: &BTreeMap<String, String>, remarks: &mut Vec<String>) -> Option<Dialect> {
    for dialect in DIALECTS {
        if env(dialect.password).is_some() {
            return Some(dialect);
        }
        if env(dialect.user).is_some() && !file.contains_key("admin.password") {
            remarks.push(format!("{} is set without {}, so it does not count", dialect.user, dialect.password));
        }
        if dialect.user == v::AGM_ADMIN_USER && file.contains_key("admin.password") {
            return None;
        }
    }
    None
}

/// Name and password of the environment, for client commands.
pub(crate) fn admin_of(env: Lookup<'_>) -> Option<(String, Secret)> {
    let dialect = admin(env, &BTreeMap::new(), &mut Vec::new())?;
    let user = env(dialect.user).unwrap_or_else(|| "admin".to_owned());
    Some((user, Secret::from(env(dialect.password)?)))
}
