//! The Manager's gateway key as a login, so that its skill works without an admin's password. Workers' keys never are.

use agm_domain::agent::AgentId;
use agm_domain::check::SHORTEST_KEY;
use agm_domain::secret::Secret;

use super::{Access, Login, LoginKind, random};
use crate::actor::{Actor, Role};

/// What the Manager's gateway key opens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ManagerAccess {
    /// Everything an operator may.
    #[default]
    Operator,
    /// Everything a viewer may.
    Viewer,
    /// Nothing.
    Off,
}

impl ManagerAccess {
    fn role(self) -> Option<Role> {
        match self {
            Self::Operator => Some(Role::Operator),
            Self::Viewer => Some(Role::Viewer),
            Self::Off => None,
        }
    }
}

impl Access {
    pub(super) fn manager_login(&self, hash: &str) -> Option<Login> {
        let role = self.0.manager.role()?;
        self.0.agm.readable().ok()?;
        let current = self.0.agm.current();
        let manager = current.document.agents.get(&AgentId::Manager)?;
        let consumer = current.document.consumers.get(&manager.consumer)?;
        // A short one may stand in a foreign system; it is no key to management.
        let long = |key: &&Secret| key.expose().len() >= SHORTEST_KEY;
        let mut keys = consumer.credentials.iter().flat_map(|credential| &credential.values).filter(long);
        keys.any(|key| random::hash(key.expose()) == hash).then(|| Login {
            actor: Actor::new("manager", role),
            kind: LoginKind::Manager,
            credential: None,
            expires: None,
        })
    }
}
