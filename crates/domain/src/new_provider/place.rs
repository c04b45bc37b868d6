//! Where an address and the fields are stored: in the type's own members where they can hold the address, else in an `openai` with a custom
//! URL.

use serde_json::{Map, Value};

use crate::base_url::BaseUrl;
use crate::provider::Provider;
use crate::provider_type::{COMMON_FIELDS, ProviderType, StoredAs};

/// The path of Zhipu's coding plan, which is a mode of the type and not an address.
const CODING_PLAN: &str = "/api/coding/paas/v4";

/// Stores address and fields. Without an address the type's own is meant.
pub(super) fn put(provider: &mut Provider, kind: &ProviderType, given: Option<&BaseUrl>, fields: Map<String, Value>) {
    provider.raw_configs = fields;
    let Some(members) = own_members(kind, given) else {
        "openai".clone_into(&mut provider.kind);
        // The type's own fields mean nothing to `openai`.
        provider.raw_configs.retain(|name, _| COMMON_FIELDS.iter().any(|field| field.name == name));
        let url = given.map_or_else(|| kind.base_url.to_owned(), ToString::to_string);
        provider.raw_configs.insert("openaiCustomUrl".to_owned(), url.into());
        return;
    };
    // The Console would fill in `true`; the object says so itself (contract 3.3).
    if kind.id == "qwen" {
        provider.raw_configs.insert("qwenEnableCompatible".to_owned(), true.into());
    }
    provider.raw_configs.extend(members);
}

/// The address in the members of the type; `None` where they cannot hold it.
fn own_members(kind: &ProviderType, given: Option<&BaseUrl>) -> Option<Map<String, Value>> {
    if !kind.console {
        return None;
    }
    let given = given.filter(|url| url.to_string() != kind.base_url);
    let mut members = Map::new();
    let mut set = |member: &str, value: Value| drop(members.insert(member.to_owned(), value));
    match (kind.stored_as, given) {
        (StoredAs::HostPort(host, port), None) => {
            set(host, "127.0.0.1".into());
            set(port, 11434.into());
        }
        (_, None) => {}
        (StoredAs::OpenAi, Some(_)) => return None,
        (StoredAs::Url(member), Some(url)) => set(member, url.to_string().into()),
        (StoredAs::HostPort(host, port), Some(url)) => {
            let parts = url.url();
            if parts.scheme() != "http" || url.path() != "/v1" {
                return None;
            }
            let name = parts.host_str()?;
            set(host, name.trim_matches(['[', ']']).into());
            set(port, parts.port_or_known_default()?.into());
        }
        (StoredAs::Domain(member), Some(url)) => {
            let parts = url.url();
            let plan = kind.id == "zhipuai" && url.path() == CODING_PLAN;
            if parts.scheme() != "https" || parts.port().is_some() || !(plan || url.path() == kind.wire.base) {
                return None;
            }
            if plan {
                set("zhipuCodePlanMode", true.into());
            }
            let host = parts.host_str()?;
            if !kind.base_url.starts_with(&format!("https://{host}/")) {
                set(member, host.into());
            }
        }
    }
    Some(members)
}
