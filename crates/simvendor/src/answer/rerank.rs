//! `POST …/rerank`

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Question, Reply};
use crate::refusal::Refusal;
use crate::usage::Usage;

pub(super) fn answer(question: &Question<'_>, empty: bool) -> Result<Reply, Refusal> {
    let json = &question.json;
    let query = json["query"].as_str().unwrap_or_default();
    let Some(documents) = json["documents"].as_array().filter(|documents| !documents.is_empty()) else {
        return Err(Refusal::malformed("documents", "'documents' must be a list with at least one text"));
    };
    let texts: Vec<&str> = documents.iter().map(|document| document.as_str().or(document["text"].as_str()).unwrap_or_default()).collect();
    let mut scored: Vec<(usize, f64)> = texts.iter().map(|text| overlap(query, text)).enumerate().collect();
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let top = json["top_n"].as_u64().and_then(|top| usize::try_from(top).ok()).unwrap_or(usize::MAX);
    let results: Vec<Value> = scored
        .into_iter()
        .take(if empty { 0 } else { top })
        .map(|(index, score)| json!({ "index": index, "relevance_score": score, "document": { "text": texts[index] } }))
        .collect();
    let chars = texts.iter().map(|text| text.chars().count()).sum::<usize>() + query.chars().count();
    Ok(Reply::json(
        200,
        &json!({
            "id": question.id("rerank"),
            "model": question.model(),
            "results": results,
            "usage": { "total_tokens": Usage::new(chars, 0, 0).prompt },
        }),
    ))
}

/// The part of the query's words that a text has.
fn overlap(query: &str, text: &str) -> f64 {
    let words = |text: &str| text.split_whitespace().map(str::to_lowercase).collect::<BTreeSet<_>>();
    let wanted = words(query);
    let found = u32::try_from(words(text).intersection(&wanted).count()).unwrap_or(u32::MAX);
    let all = u32::try_from(wanted.len().max(1)).unwrap_or(u32::MAX);
    f64::from(found) / f64::from(all)
}
