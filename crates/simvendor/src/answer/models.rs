//! `GET …/models` and `GET …/models/{id}`

use serde_json::{Value, json};

use super::{CREATED, Question, Reply};
use crate::api::listed_model;
use crate::flavour::Flavour;
use crate::refusal::Refusal;

pub(super) fn answer(question: &Question<'_>, empty: bool) -> Result<Reply, Refusal> {
    let script = question.script;
    if let Some(id) = listed_model(&question.request.path) {
        if !script.serves(id) {
            return Err(Refusal::Model(id.to_owned()));
        }
        return Ok(Reply::json(200, &card(script.flavour, id)));
    }
    let ids = if empty { &[] } else { script.models.as_slice() };
    let cards: Vec<Value> = ids.iter().map(|id| card(script.flavour, id)).collect();
    let list = match script.flavour {
        Flavour::Anthropic => json!({
            "data": cards, "has_more": false, "first_id": ids.first(), "last_id": ids.last(),
        }),
        _ => json!({ "object": "list", "data": cards }),
    };
    Ok(Reply::json(200, &list))
}

fn card(flavour: Flavour, id: &str) -> Value {
    match flavour {
        Flavour::Anthropic => json!({
            "type": "model", "id": id, "display_name": id, "created_at": "2023-11-14T22:13:20Z",
        }),
        _ => json!({ "id": id, "object": "model", "created": CREATED, "owned_by": flavour.owner() }),
    }
}
