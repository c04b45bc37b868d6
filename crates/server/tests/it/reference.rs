//! The reference pages are those of this code. `AGM_UPDATE_REFERENCE=1` writes them.

use std::path::Path;

use serde_json::Value;

use crate::bed::operations;

fn fresh(page: &str, content: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference").join(page);
    if std::env::var_os("AGM_UPDATE_REFERENCE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == content, "{page} is stale: run the tests of agm-server once with AGM_UPDATE_REFERENCE=1");
}

#[test]
fn the_openapi_document_is_fresh() {
    fresh("openapi.json", &format!("{}\n", agm_server::openapi().to_pretty_json().unwrap()));
}

#[test]
fn the_page_of_error_codes_is_fresh() {
    fresh("error-codes.md", &agm_server::error_codes());
}

#[test]
fn every_operation_is_described() {
    let document = serde_json::to_value(agm_server::openapi()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = Vec::new();
    for (method, path, operation) in operations() {
        let place = format!("{method} {path}");
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{place} has no summary");
        ids.push(operation["operationId"].as_str().unwrap().to_owned());
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{place} says nothing of success");
        for (status, response) in responses {
            let told = response.get("$ref").is_some() || response["description"].as_str().is_some_and(|text| !text.is_empty());
            assert!(told, "{place} {status} is not described, which OpenAPI requires");
        }
        if !operation["security"].as_array().unwrap().is_empty() {
            assert!(responses.contains_key("401") && responses.contains_key("403"), "{place}");
        }
        for (status, response) in responses.iter().filter(|(status, _)| status.as_str() >= "400") {
            let response = match response["$ref"].as_str() {
                Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
                None => response,
            };
            let schema = &response["content"]["application/json"]["schema"]["$ref"];
            assert!(path == "/readyz" || schema == "#/components/schemas/ErrorBody", "{place} {status}: {response}");
        }
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        for name in path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')) {
            assert!(parameters.iter().any(|parameter| parameter["name"] == name), "{place} does not describe {name}");
        }
    }
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "operation ids are unique");
}

#[test]
fn every_reference_leads_somewhere() {
    let document = serde_json::to_value(agm_server::openapi()).unwrap();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 50);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                found.push(reference.clone());
            }
            members.values().for_each(|member| collect(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}
