//! `GET /v1/models`: the union of the models that the caller can reach, and `GET /v1/models/{id}`.
//!
//! Higress only forwards it to one provider (Console contract 7.2).

use std::collections::BTreeMap;

use agm_domain::api::Api;
use agm_domain::name::ProviderName;
use agm_domain::table::{Ask, CompiledRoute, Considered, Reason, Verdict};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Response, StatusCode};
use serde_json::json;

use super::answer::AnswerBody;
use super::{Account, Call, Reply, origin};
use crate::keys::{Who, decode};
use crate::refusal::Refusal;
use crate::seen::Outcome;
use crate::snapshot::Snapshot;

/// Whether the request is for us.
pub(crate) fn is_asked_for(call: &Call) -> bool {
    // Ids may hold a slash (`Qwen/Qwen3-8B`), which the detection by the path's end does not expect.
    let models = call.api == Some(Api::Models) || call.uri.path().contains("/v1/models/");
    models && (call.method == Method::GET || call.method == Method::HEAD)
}

/// Answers it.
pub(crate) fn answer(call: &Call, account: &mut Account) -> Result<Reply, Refusal> {
    let path = call.uri.path();
    let (base, id) = split(path);
    let id = &String::from_utf8_lossy(&decode(id)).into_owned()[..];
    let door = Door { call, path: format!("{base}/v1/chat/completions") };
    door.admit()?;
    let models = door.reachable();
    let created = call.view.snapshot.applied_at;
    let entry = |id: &str, owner: &str| json!({"id": id, "object": "model", "created": created, "owned_by": owner});
    let body = if id.is_empty() {
        let list: Vec<_> = models.iter().map(|(id, owner)| entry(id, owner)).collect();
        json!({"object": "list", "data": list})
    } else {
        let owner = models.get(id).ok_or_else(|| Refusal::model_not_found(id))?;
        entry(id, owner)
    };
    account.answered(StatusCode::OK, false);
    account.close(Outcome::Answered, None);
    let mut reply = Response::new(AnswerBody::fixed(Bytes::from(body.to_string())));
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    origin::grant(call, None, reply.headers_mut());
    Ok(reply)
}

/// What stands before `/v1/models`, and the id behind it.
fn split(path: &str) -> (&str, &str) {
    const NAME: &str = "/v1/models";
    let mut places = path.match_indices(NAME).map(|(at, _)| (&path[..at], &path[at + NAME.len()..]));
    let found = places.find(|(_, rest)| rest.is_empty() || rest.starts_with('/'));
    found.map_or((path, ""), |(base, rest)| (base, rest.trim_start_matches('/')))
}

/// The chat API as this caller would use it from where it asks.
struct Door<'a> {
    call: &'a Call,
    path: String,
}

impl<'a> Door<'a> {
    fn route(&self, model: Option<&str>) -> Option<&'a CompiledRoute> {
        self.ask(model, |ask| self.call.view.snapshot.table.select(ask))
    }

    /// Whether some route takes some model here.
    fn leads_somewhere(&self) -> bool {
        let takes = |considered: &Considered| !matches!(&considered.verdict, Verdict::No(why) if *why != Reason::NoModel);
        self.route(None).is_some() || self.ask(None, |ask| self.call.view.snapshot.table.explain(ask)).iter().any(takes)
    }

    fn ask<T>(&self, model: Option<&str>, then: impl FnOnce(&Ask<'_>) -> T) -> T {
        let headers = |name: &str| self.call.headers.get(name).and_then(|value| value.to_str().ok());
        let query = self.call.uri.query().unwrap_or_default();
        then(&Ask { host: &self.call.host, path: &self.path, method: "POST", query, headers: &headers, model })
    }

    /// The same admission as for a chat: no route, 404; a key that is nobody's, 401; a key is needed and there is none, 401.
    fn admit(&self) -> Result<(), Refusal> {
        let snapshot = &self.call.view.snapshot;
        if !self.leads_somewhere() {
            return Err(Refusal::no_route(self.call.uri.path(), None));
        }
        match self.call.who {
            Who::Known(_) => Ok(()),
            _ if snapshot.any_open => Ok(()),
            Who::Unknown => Err(Refusal::unknown_key()),
            Who::Absent => Err(Refusal::no_key(self.route(None).map_or("/v1/models", |r| &r.name))),
        }
    }

    /// Every model, with a provider that has it.
    fn reachable(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let lists = self.call.worker.shared.model_lists.load();
        let chosen = self.call.view.snapshot.chosen_models.iter().map(|(id, on)| (id, on.as_ref()));
        let listed = lists.iter().flat_map(|(provider, ids)| ids.iter().map(move |id| (id, Some(provider))));
        for (id, on) in chosen.chain(listed) {
            if !found.contains_key(id)
                && let Some(provider) = self.provider_of(id, on)
            {
                found.insert(id.clone(), provider.as_str().to_owned());
            }
        }
        found
    }

    /// The provider that a chat with this model would reach; `on` is the one it has to be.
    fn provider_of(&self, model: &str, on: Option<&ProviderName>) -> Option<&'a ProviderName> {
        let route = self.route(Some(model)).filter(|route| Snapshot::allows(route, self.call.caller()))?;
        let mut upstreams = route.upstreams.iter().filter(|u| u.weight > 0 && self.call.view.snapshot.provider(&u.provider).is_some());
        upstreams.find(|u| on.is_none_or(|name| u.provider == *name)).map(|u| &u.provider)
    }
}
