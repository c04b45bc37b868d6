#![allow(clippy::unwrap_used)]
use agm_domain::name::ProviderName;
use serde_json::json;

use super::*;

const KEY: &str = "sk-planted-0123456789abcdef";

fn subject(model: &str) -> Subject {
    Subject::of(&Provider::new(ProviderName::from("mine"), "openai", vec![Secret::from(KEY)])).asked(model)
}

/// What vendors really answer: status, body, the cause it has.
#[test]
fn refusals_of_real_vendors() {
    use Code::{UpstreamError as Other, VendorKeyRefused as Key, VendorModelUnknown as Model};
    let cases: [(u16, &str, Code); 26] = [
        // OpenAI.
        (
            401,
            r#"{"error":{"message":"Incorrect API key provided: sk-planted-0123456789abcdef.","type":"invalid_request_error","code":"invalid_api_key"}}"#,
            Key,
        ),
        (404, r#"{"error":{"message":"The model `m-1` does not exist or you do not have access to it.","code":"model_not_found"}}"#, Model),
        (403, r#"{"error":{"message":"Project `p` does not have access to model `m-1`","code":"model_not_found"}}"#, Model),
        (403, r#"{"error":{"message":"Country, region, or territory not supported","code":"unsupported_country_region_territory"}}"#, Key),
        (429, r#"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#, Other),
        (
            400,
            r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model.","code":"unsupported_parameter"}}"#,
            Other,
        ),
        // Azure.
        (404, r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}"#, Model),
        (404, r#"{"error":{"code":"404","message":"Resource not found"}}"#, Other),
        // Anthropic.
        (404, r#"{"type":"error","error":{"type":"not_found_error","message":"model: m-1"}}"#, Model),
        (401, r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#, Key),
        // Google.
        (400, r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]"#, Key),
        // DeepSeek.
        (400, r#"{"error":{"message":"Model Not Exist","type":"invalid_request_error"}}"#, Model),
        (402, r#"{"error":{"message":"Insufficient Balance"}}"#, Other),
        // Qwen.
        (404, r#"{"error":{"message":"The model `m-1` does not exist.","type":"invalid_request_error","code":"model_not_found"}}"#, Model),
        (403, r#"{"error":{"message":"Model access denied.","code":"Model.AccessDenied"}}"#, Model),
        (400, r#"{"error":{"message":"Access denied, please make sure your account is in good standing.","code":"Arrearage"}}"#, Other),
        // Moonshot.
        (404, r#"{"error":{"message":"Not found the model m-1 or Permission denied","type":"resource_not_found_error"}}"#, Model),
        // Zhipu.
        (400, r#"{"error":{"code":"1211","message":"模型不存在，请检查模型代码。"}}"#, Model),
        (429, r#"{"error":{"code":"1113","message":"您的账户已欠费，请充值后重试。"}}"#, Other),
        (401, r#"{"error":{"code":"1000","message":"身份验证失败。"}}"#, Key),
        // Doubao, SiliconFlow, Ollama, vLLM.
        (404, r#"{"error":{"code":"InvalidEndpointOrModel.NotFound","message":"The model or endpoint m-1 does not exist"}}"#, Model),
        (400, r#"{"code":20012,"message":"Model does not exist. Please check it carefully.","data":null}"#, Model),
        (404, r#"{"error":{"message":"model \"m-1\" not found, try pulling it first","type":"api_error"}}"#, Model),
        (404, r#"{"object":"error","message":"The model `m-1` does not exist.","type":"NotFoundError","code":404}"#, Model),
        // MiniMax refuses with 200.
        (200, r#"{"base_resp":{"status_code":1004,"status_msg":"login fail: Please carry the API secret key"}}"#, Key),
        (200, r#"{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}"#, Other),
    ];
    for (status, body, cause) in cases {
        let failure = answer(status, Some("application/json"), body.as_bytes(), &subject("m-1")).unwrap_err();
        assert_eq!(failure.cause, cause, "{body}: {failure:?}");
        assert!(failure.message.contains("`mine`") && failure.message.contains(&status.to_string()), "{failure:?}");
        assert!(!failure.message.contains(KEY) && !failure.network && !failure.hint.is_empty(), "{failure:?}");
    }
}

#[test]
fn answers_that_are_none() {
    let of = |content_type: &str, body: &str| answer(200, Some(content_type), body.as_bytes(), &subject("m-1")).unwrap_err();
    for (content_type, body, words) in [
        ("text/html; charset=utf-8", "{}", "web page"),
        ("application/json", " <!DOCTYPE html>", "web page"),
        ("application/json", "{\"choices\":[{}", "not JSON"),
        ("application/json", "{\"choices\":[]}", "single choice"),
        ("application/json", "{\"data\":[]}", "not a chat completion"),
    ] {
        let failure = of(content_type, body);
        assert_eq!(failure.cause, Code::VendorFaulty);
        assert!(failure.message.contains(words), "{failure:?}");
    }
}

#[test]
fn a_good_answer_names_its_model() {
    let body = json!({ "model": "m-1-2026", "choices": [{}], "error": null }).to_string();
    assert_eq!(answer(200, None, body.as_bytes(), &subject("m-1")).unwrap(), Answer { model: Some("m-1-2026".into()) });
    assert_eq!(answer(200, None, br#"{"choices":[{}]}"#, &subject("m-1")).unwrap(), Answer { model: None });
}

#[test]
fn none_of_a_providers_secrets_is_quoted() {
    let mut provider = Provider::new(ProviderName::from("mine"), "bedrock", vec![Secret::from(KEY)]);
    provider.raw_configs.insert("awsSecretKey".into(), json!("aws-planted-0123456789"));
    let subject = Subject::of(&provider).and(Some(&Secret::from("agm-consumer-0123456789")));
    let said = format!("no {KEY} aws-planted-0123456789 agm-consumer-0123456789");
    let failure = refusal(500, json!({ "message": said }).to_string().as_bytes(), &subject);
    assert!(!failure.message.contains("planted") && !failure.message.contains("consumer-"), "{}", failure.message);
}
