//! Where agents live and which gateway they use.

use super::Lookup;

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Platform {
    /// agm's own gateway, agents registered in agm.
    Standalone,
    /// HiClaw 1.0.
    Classic,
    /// HiClaw 1.1, AgentTeams 1.2.
    Controller,
    /// A Higress without a team.
    Higress,
}

impl Platform {
    fn as_str(self) -> &'static str {
        match self {
            Self::Standalone => "standalone",
            Self::Classic => "classic",
            Self::Controller => "controller",
            Self::Higress => "higress",
        }
    }
}

/// The variables that a platform sets in its containers, the most telling first.
const SIGNS: &[(&str, Platform)] = &[
    ("AGENTTEAMS_CONTROLLER_URL", Platform::Controller),
    ("AGENTTEAMS_AUTH_TOKEN", Platform::Controller),
    ("AGENTTEAMS_AUTH_TOKEN_FILE", Platform::Controller),
    ("AGENTTEAMS_AI_GATEWAY_ADMIN_URL", Platform::Controller),
    ("HICLAW_CONTROLLER_URL", Platform::Controller),
    ("HICLAW_AUTH_TOKEN", Platform::Controller),
    ("HICLAW_STORAGE_PREFIX", Platform::Classic),
    ("HICLAW_CONTAINER_API", Platform::Classic),
    ("HICLAW_DEFAULT_MODEL", Platform::Classic),
    ("HIGRESS_CONSOLE_URL", Platform::Higress),
];

/// What the environment looks like, and the variable that shows it.
fn detect(env: Lookup<'_>) -> (Platform, Option<&'static str>) {
    let sign = SIGNS.iter().find(|(name, _)| env(name).is_some());
    sign.map_or((Platform::Standalone, None), |(name, platform)| (*platform, Some(*name)))
}

/// Whether `text` asks for what this version has, with a remark on what was found; or why it cannot be had.
pub(crate) fn choose(text: &str, env: Lookup<'_>) -> Result<Option<String>, String> {
    let (platform, sign) = match text {
        "standalone" => return Ok(None),
        "auto" => detect(env),
        "classic" => (Platform::Classic, None),
        "controller" => (Platform::Controller, None),
        "higress" => (Platform::Higress, None),
        _ => return Err("write `standalone`, or `auto` to look".to_owned()),
    };
    match (platform, sign) {
        (Platform::Standalone, _) => Ok(Some("platform: standalone, since no variable of HiClaw, AgentTeams or Higress is set".to_owned())),
        (_, Some(sign)) => Err(format!(
            "{sign} is set, so this is `{}`; this version of agm manages `standalone` only, which `--platform standalone` starts here",
            platform.as_str()
        )),
        (_, None) => Err(format!("this version of agm does not manage `{}` yet; `standalone` brings its own gateway", platform.as_str())),
    }
}

#[cfg(test)]
mod tests;
