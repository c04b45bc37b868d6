//! `POST …/embeddings`

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Question, Reply};
use crate::refusal::Refusal;
use crate::usage::Usage;

const DIMENSIONS: u64 = 8;
const MOST_DIMENSIONS: u64 = 4096;

pub(super) fn answer(question: &Question<'_>, empty: bool) -> Result<Reply, Refusal> {
    let json = &question.json;
    let inputs = inputs(&json["input"]);
    if inputs.is_empty() {
        return Err(Refusal::malformed("input", "'input' must be a text or a list of texts"));
    }
    let dimensions = json["dimensions"].as_u64().unwrap_or(DIMENSIONS).min(MOST_DIMENSIONS);
    let encoded = json["encoding_format"] == "base64";
    let rows = inputs.iter().enumerate().map(|(index, text)| {
        let vector = vector(text, dimensions);
        let embedding = if encoded { json!(base64_of(&vector)) } else { json!(vector) };
        json!({ "object": "embedding", "index": index, "embedding": embedding })
    });
    let rows: Vec<Value> = if empty { Vec::new() } else { rows.collect() };
    let usage = Usage::new(inputs.iter().map(|text| text.chars().count()).sum(), 0, 0);
    Ok(Reply::json(
        200,
        &json!({
            "object": "list",
            "data": rows,
            "model": question.model(),
            "usage": { "prompt_tokens": usage.prompt, "total_tokens": usage.prompt },
        }),
    ))
}

/// A text, a list of texts, or token numbers (one list, or a list of lists), as texts.
fn inputs(input: &Value) -> Vec<String> {
    match input {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) if items.first().is_some_and(Value::is_number) => vec![input.to_string()],
        Value::Array(items) => items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

/// The same for the same text, another for another; of length one.
fn vector(text: &str, dimensions: u64) -> Vec<f32> {
    let raw: Vec<f32> = (0..dimensions)
        .map(|dimension| {
            let hash = fnv(text.bytes().chain(dimension.to_le_bytes()));
            let low = u16::try_from(hash & 0xffff).unwrap_or(0);
            f32::from(low) / 32768.0 - 1.0
        })
        .collect();
    let length = raw.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    raw.into_iter().map(|x| x / length).collect()
}

/// FNV-1a, folded so that the low bits depend on all of it.
fn fnv(bytes: impl Iterator<Item = u8>) -> u64 {
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    hash ^ (hash >> 32)
}

/// Little-endian floats, as the official clients ask for by default.
fn base64_of(vector: &[f32]) -> String {
    STANDARD.encode(vector.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>())
}

#[cfg(test)]
mod tests;
