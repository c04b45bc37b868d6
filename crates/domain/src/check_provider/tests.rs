#![allow(clippy::unwrap_used)]
use serde_json::json;

use super::*;
use crate::diagnostic::Kind;

fn found(stored: Value) -> Vec<(Kind, String)> {
    let provider: Provider = serde_json::from_value(stored).unwrap();
    check(&provider).into_iter().inspect(|d| assert!(d.hint.is_some(), "{d:?}")).map(|d| (d.kind, d.pointer)).collect()
}

#[test]
fn what_the_console_refuses() {
    let check = |mut stored: Value, want: &[&str]| {
        stored["name"] = stored.get("name").cloned().unwrap_or(json!("p"));
        stored["tokens"] = json!(["k"]);
        let got = found(stored.clone());
        assert_eq!(got.iter().map(|(_, pointer)| pointer.as_str()).collect::<Vec<_>>(), want, "{stored}");
        assert!(got.iter().all(|(kind, _)| *kind == Kind::Hard));
    };
    check(json!({"type": "qwen", "rawConfigs": {"anything": {"else": 1}}}), &[]);
    check(json!({"name": "a/b", "type": ""}), &["/name", "/type"]);
    check(json!({"name": " ", "type": "hunyuan"}), &["/name", "/type"]);
    check(json!({"type": "kimi"}), &["/type"]);
    check(json!({"type": "openai", "rawConfigs": {"openaiCustomUrl": "ws://h"}}), &["/rawConfigs/openaiCustomUrl"]);
    let service = json!({"openaiCustomServiceName": "s.dns", "openaiCustomServicePort": "80"});
    check(json!({"type": "openai", "rawConfigs": service}), &["/rawConfigs/openaiCustomServicePort"]);
    check(json!({"type": "azure"}), &["/rawConfigs/azureServiceUrl"]);
    check(json!({"type": "ollama", "rawConfigs": {"ollamaServerHost": "h"}}), &["/rawConfigs/ollamaServerPort"]);
    check(
        json!({"type": "qwen", "rawConfigs": {"qwenFileIds": "x", "qwenDomain": "h/x"}}),
        &["/rawConfigs/qwenDomain", "/rawConfigs/qwenFileIds"],
    );
    check(json!({"type": "bedrock", "rawConfigs": {"awsRegion": "r"}}), &["/rawConfigs/awsAccessKey", "/rawConfigs/awsSecretKey"]);
    let vertex = json!({"vertexRegion": "r", "vertexProjectId": "p", "vertexAuthKey": "{}", "vertexTokenRefreshAhead": -1, "geminiSafetySetting": {"a": 1}});
    let want = ["/rawConfigs/vertexAuthKey", "/rawConfigs/vertexTokenRefreshAhead", "/rawConfigs/geminiSafetySetting"];
    check(json!({"type": "vertex", "rawConfigs": vertex}), &want);
    let key = r#"{"client_email": "e", "private_key_id": "i", "private_key": "k", "token_uri": "t"}"#;
    check(json!({"type": "vertex", "rawConfigs": {"vertexRegion": "r", "vertexProjectId": "p", "vertexAuthKey": key}}), &[]);
}

#[test]
fn what_only_we_refuse() {
    let failover = json!({"enabled": true, "failureThreshold": 0, "healthCheckModel": " "});
    let got = found(json!({"name": "p", "type": "qwen", "tokenFailoverConfig": failover}));
    let want = [
        (Kind::Policy, "/tokens".to_owned()),
        (Kind::Policy, "/tokenFailoverConfig/healthCheckModel".to_owned()),
        (Kind::Policy, "/tokenFailoverConfig/failureThreshold".to_owned()),
    ];
    assert_eq!(got, want);
    assert_eq!(found(json!({"name": "p", "type": "openai", "tokenFailoverConfig": {"enabled": false}})), []);
    let got = found(json!({"name": "p", "type": "qwen", "tokens": ["a b", "${secret.key}", "fine"]}));
    assert_eq!(got, [(Kind::Policy, "/tokens/0".to_owned()), (Kind::Note, "/tokens/1".to_owned())]);
}
