//! From a stored provider to an endpoint.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::address::Address;
use super::azure::Azure;
use super::models::ModelMapping;
use super::paths::{BasePath, Layout, Paths, capabilities, is_verbatim};
use super::{Endpoint, Parts};
use crate::api::Api;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::provider::{Protocol, Provider};
use crate::provider_type::{self, ProviderType, Standalone, StoredAs};

/// Where and how `provider` is called, or everything that stands in the way.
pub fn resolve(provider: &Provider) -> Result<Endpoint, Vec<Diagnostic>> {
    let Some(kind) = provider_type::find(&provider.kind) else {
        return Err(vec![unknown(&provider.kind)]);
    };
    if let Standalone::No(reason) = kind.standalone {
        return Err(vec![unsupported(kind.id, reason)]);
    }
    let raw = &provider.raw_configs;
    let mut found = refused_modes(raw);
    found.extend(provider.protocol.check());
    let models = ModelMapping::new(raw, &mut found);
    let place = place(kind, raw, &mut found);
    let (Some(place), true) = (place, found.is_empty()) else { return Err(found) };
    let (apis, layout) = with_capabilities(place.apis, place.layout, raw);
    let parts = Parts {
        provider: provider.name.clone(),
        authority: place.address.destination.authority(),
        destinations: std::iter::once(place.address.destination).chain(place.further).collect(),
        auth: kind.wire.auth,
        auth_of: kind.wire.auth_of,
        claude_version: text(raw, "claudeVersion").unwrap_or("2023-06-01").to_owned(),
        key: kind.key,
        apis,
        models,
        models_path: place.models,
        stream_options: kind.stream_options && provider.protocol == Protocol::OpenAi,
        first_byte_timeout: raw.get("firstByteTimeout").and_then(Value::as_u64).filter(|ms| *ms > 0).map(Duration::from_millis),
        paths: Paths { layout, in_front: place.in_front, base_path: base_path(raw), original: provider.protocol == Protocol::Original },
    };
    Ok(Endpoint(Arc::new(parts)))
}

/// What is wrong with the address of a provider of this type.
pub(crate) fn check_address(kind: &ProviderType, raw: &Map<String, Value>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if !kind.base_url.is_empty() || kind.is_standalone() {
        drop(place(kind, raw, &mut found));
    }
    found
}

/// What a provider's address decides.
struct Place {
    address: Address,
    further: Vec<super::Destination>,
    layout: Layout,
    in_front: String,
    apis: Vec<Api>,
    models: Option<String>,
}

fn place(kind: &ProviderType, raw: &Map<String, Value>, found: &mut Vec<Diagnostic>) -> Option<Place> {
    let place = match kind.stored_as {
        StoredAs::Url("azureServiceUrl") => azure(kind, raw),
        StoredAs::Url("claudeCustomUrl") => claude(kind, raw),
        StoredAs::Url(member) if kind.base_url.is_empty() || raw.contains_key(member) => openai_like(kind, member, raw, found),
        StoredAs::HostPort(host, port) => Address::of_host_port(raw, host, port).map(|address| at(kind, address)),
        _ => by_domain(kind, raw),
    };
    let place = place.map_err(|bad| found.push(bad)).ok()?;
    overridden(place, raw).map_err(|bad| found.push(bad)).ok()
}

/// The usual case: the type's own paths at some address.
fn at(kind: &ProviderType, address: Address) -> Place {
    let elsewhere = kind.wire.paths.iter().map(|(api, path)| (*api, (*path).to_owned())).collect();
    Place {
        address,
        further: Vec::new(),
        layout: Layout::Under { base: kind.wire.base.to_owned(), elsewhere },
        in_front: String::new(),
        apis: kind.apis.to_vec(),
        models: kind.wire.models.map(str::to_owned),
    }
}

/// A vendor's own host, or the bare host stored in its place.
fn by_domain(kind: &ProviderType, raw: &Map<String, Value>) -> Result<Place, Diagnostic> {
    // The Console fills in neither of the last two; ai-proxy reads them (contract 7.8).
    let member = match kind.id {
        "qwen" => Some("qwenDomain"),
        "zhipuai" => Some("zhipuDomain"),
        "doubao" => Some("doubaoDomain"),
        _ => None,
    };
    let stored = member.and_then(|member| Some((member, text(raw, member)?)));
    let address = match stored {
        Some((member, domain)) => Address::of_domain(domain, &format!("/rawConfigs/{member}"))?,
        None => Address::parse(kind.base_url, "/type")?,
    };
    let mut place = at(kind, Address { path: String::new(), ..address });
    // On when absent: the Console's default (contract 3.3). Only chat moves.
    let code_plan = kind.id == "zhipuai" && raw.get("zhipuCodePlanMode").and_then(Value::as_bool) != Some(false);
    if code_plan && let Layout::Under { elsewhere, .. } = &mut place.layout {
        elsewhere.push((Api::ChatCompletions, "/api/coding/paas/v4/chat/completions".to_owned()));
    }
    Ok(place)
}

/// `openai` and `vllm` at an address of their own: the URL's path stands in place of `/v1` (contract 7.8).
fn openai_like(kind: &ProviderType, member: &str, raw: &Map<String, Value>, found: &mut Vec<Diagnostic>) -> Result<Place, Diagnostic> {
    let pointer = format!("/rawConfigs/{member}");
    let address = Address::parse(text(raw, member).unwrap_or_default(), &pointer)?;
    let extra = member.replace("Custom", "ExtraCustom").replace("Url", "Urls");
    let further = address.further(raw.get(&extra), &format!("/rawConfigs/{extra}"), found);
    // Nobody but the vendor knows what it has: at an address of its own everything is passed on.
    let apis = if kind.id == "openai" { Api::ALL.to_vec() } else { kind.apis.to_vec() };
    let mut place = at(kind, address);
    (place.further, place.apis) = (further, apis);
    if is_verbatim(&place.address.path) {
        place.layout = Layout::Verbatim(super::paths::with_query(place.address.path.clone(), place.address.query.as_deref()));
        place.models = None;
        return Ok(place);
    }
    if place.address.query.is_some() {
        let what = "a base URL has no query";
        return Err(Diagnostic::hard(Code::ValidationFailed, pointer, what).hint("leave out everything from the `?` on"));
    }
    place.models = Some(format!("{}/models", place.address.path));
    place.layout = Layout::Under { base: place.address.path.clone(), elsewhere: Vec::new() };
    Ok(place)
}

/// The URL's path stands in front of `/v1/messages`: the Console makes `providerDomain` and `providerBasePath` of it.
fn claude(kind: &ProviderType, raw: &Map<String, Value>) -> Result<Place, Diagnostic> {
    let pointer = "/rawConfigs/claudeCustomUrl";
    let address = Address::parse(text(raw, "claudeCustomUrl").unwrap_or(kind.base_url), pointer)?;
    let mut place = at(kind, address);
    place.in_front.clone_from(&place.address.path);
    Ok(place)
}

fn azure(kind: &ProviderType, raw: &Map<String, Value>) -> Result<Place, Diagnostic> {
    let pointer = "/rawConfigs/azureServiceUrl";
    let address = Address::parse(text(raw, "azureServiceUrl").unwrap_or_default(), pointer)?;
    let query = address.query.clone().unwrap_or_default();
    if !query.split('&').any(|pair| pair.strip_prefix("api-version=").is_some_and(|version| !version.is_empty())) {
        let what = "an Azure address names its API version";
        return Err(Diagnostic::hard(Code::ValidationFailed, pointer, what).hint("add for example ?api-version=2024-10-21"));
    }
    let layout = Layout::Azure(Azure::new(&address.path, &query));
    let models = Some(format!("/openai/models?{query}"));
    Ok(Place { layout, models, ..at(kind, address) })
}

/// `providerDomain` and `providerBasePath` override any type's host and go in front of its paths. Higress keeps connecting to the type's own
/// address under the other name, which only works for one behind the same front; agm connects to what is named.
fn overridden(mut place: Place, raw: &Map<String, Value>) -> Result<Place, Diagnostic> {
    // The Console derives these from `claudeCustomUrl`, which then says the same with its scheme.
    if text(raw, "claudeCustomUrl").is_none() {
        if let Some(domain) = text(raw, "providerDomain") {
            place.address = Address::of_domain(domain, "/rawConfigs/providerDomain")?;
            place.further.clear();
        }
        if let Some(path) = text(raw, "providerBasePath") {
            let inner = path.trim_matches('/');
            place.in_front = if inner.is_empty() { String::new() } else { format!("/{inner}") };
        }
    }
    place.models = place.models.map(|models| format!("{}{models}", place.in_front));
    Ok(place)
}

/// Ways of calling a vendor that Higress has and agm has not.
fn refused_modes(raw: &Map<String, Value>) -> Vec<Diagnostic> {
    let is = |member: &str, value: bool| raw.get(member).and_then(Value::as_bool) == Some(value);
    let modes = [
        (is("qwenEnableCompatible", false), "qwenEnableCompatible", "Qwen's native protocol is not OpenAI's", "set it to true"),
        (is("claudeCodeMode", true), "claudeCodeMode", "Claude Code's sign-in is not an API key's", "set it to false and give an API key"),
        (
            text(raw, "minimaxApiType") == Some("pro"),
            "minimaxApiType",
            "MiniMax's `pro` API is not OpenAI's",
            "remove it, so that `v2` is called",
        ),
        (
            raw.contains_key("openaiCustomServiceName"),
            "openaiCustomServiceName",
            "a service of a Higress gateway cannot be reached from here",
            "remove it, so that the address in openaiCustomUrl is called",
        ),
    ];
    let refuse = |(_, member, what, cure): (bool, &str, &str, &str)| {
        Diagnostic::hard(Code::ProviderTypeUnsupported, format!("/rawConfigs/{member}"), what).hint(cure)
    };
    modes.into_iter().filter(|(refused, ..)| *refused).map(refuse).collect()
}

fn with_capabilities(mut apis: Vec<Api>, mut layout: Layout, raw: &Map<String, Value>) -> (Vec<Api>, Layout) {
    if let Layout::Under { elsewhere, .. } = &mut layout {
        for (api, path) in capabilities(raw) {
            if !apis.contains(&api) {
                apis.push(api);
                elsewhere.push((api, path));
            }
        }
    }
    (apis, layout)
}

fn base_path(raw: &Map<String, Value>) -> Option<BasePath> {
    let path = text(raw, "basePath")?.to_owned();
    Some(BasePath { path, prepend: text(raw, "basePathHandling") == Some("prepend") })
}

/// A member's text, if it has any.
fn text<'a>(raw: &'a Map<String, Value>, member: &str) -> Option<&'a str> {
    raw.get(member).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

/// The refusal of a type that the gateway cannot serve.
pub(crate) fn unsupported(kind: &str, reason: &str) -> Diagnostic {
    Diagnostic::hard(Code::ProviderTypeUnsupported, "/type", format!("the gateway of agm cannot serve the type `{kind}`: {reason}"))
        .hint("`agm provider types` lists those it serves")
}

/// The refusal of a type that there is not, with the one that may have been meant.
pub(crate) fn unknown(kind: &str) -> Diagnostic {
    let meant = provider_type::nearest(kind).map(|id| format!("did you mean `{id}`? ")).unwrap_or_default();
    Diagnostic::hard(Code::ProviderTypeUnsupported, "/type", format!("there is no type `{kind}`"))
        .hint(format!("{meant}`agm provider types` lists those there are"))
}
