#![allow(clippy::unwrap_used)]
use serde_json::json;

use super::*;
use crate::new_provider::NewProvider;
use crate::provider_type::{self, FieldKind};
use crate::secret::is_secret_name;

const HUSH: &str = "hush-0123456789abcdefghij";

#[test]
fn formatted_it_shows_no_secret() {
    let stored = json!({
        "name": "p", "type": "bedrock", "tokens": [HUSH], "rawConfigs": { "awsSecretKey": HUSH, "apiTokens": [HUSH], "openaiCustomUrl": "https://a.b" },
        "token": HUSH
    });
    let provider: Provider = serde_json::from_value(stored).unwrap();
    let asked = json!({ "name": "p", "type": "bedrock", "apiKey": HUSH, "fields": { "awsSecretKey": HUSH, "awsRegion": "eu" } });
    let asked: NewProvider = serde_json::from_value(asked).unwrap();
    for text in [format!("{provider:?}"), format!("{asked:?}")] {
        assert!(!text.contains("0123456789"), "{text}");
    }
    assert!(format!("{provider:?}").contains("https://a.b"));
}

#[test]
fn the_name_of_every_secret_field_tells_that_it_is_one() {
    for field in provider_type::all().flat_map(|kind| kind.fields).filter(|field| field.kind == FieldKind::Secret) {
        assert!(is_secret_name(field.name), "{}", field.name);
    }
}
