use agm_simvendor::{Behaviour, Flavour, Script};
use serde_json::{Value, json};

use crate::client::{chat, http, question, start};

async fn refused(flavour: Flavour, key: &str, model: &str) -> (u16, Value) {
    let vendor = start(Script::new("acme", flavour).key("sk-right-key-0001").model("known")).await;
    let answer = http().post(format!("{}/v1/chat/completions", vendor.url())).bearer_auth(key).json(&question(model)).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn unknown_models_are_refused_in_the_vendors_way() {
    let cases = [
        (Flavour::OpenAi, 404, "/error/code", "model_not_found"),
        (Flavour::Qwen, 404, "/error/code", "model_not_found"),
        (Flavour::DeepSeek, 400, "/error/message", "Model Not Exist"),
        (Flavour::Moonshot, 404, "/error/type", "resource_not_found_error"),
        (Flavour::Zhipu, 400, "/error/code", "1211"),
        (Flavour::Anthropic, 404, "/error/type", "not_found_error"),
    ];
    for (flavour, status, pointer, expected) in cases {
        let (got, body) = refused(flavour, "sk-right-key-0001", "nonesuch").await;
        assert_eq!(got, status, "{flavour:?}");
        assert_eq!(body.pointer(pointer).unwrap(), expected, "{flavour:?} {body}");
    }
}

#[tokio::test]
async fn wrong_keys_are_refused_in_the_vendors_way_without_quoting_them() {
    let cases = [
        (Flavour::OpenAi, "/error/code", "invalid_api_key"),
        (Flavour::Qwen, "/error/code", "invalid_api_key"),
        (Flavour::DeepSeek, "/error/type", "authentication_error"),
        (Flavour::Moonshot, "/error/type", "invalid_authentication_error"),
        (Flavour::Zhipu, "/error/code", "1000"),
        (Flavour::Anthropic, "/error/type", "authentication_error"),
    ];
    for (flavour, pointer, expected) in cases {
        let (status, body) = refused(flavour, "sk-wrong-key-0002", "known").await;
        assert_eq!(status, 401, "{flavour:?}");
        assert_eq!(body.pointer(pointer).unwrap(), expected, "{flavour:?} {body}");
        assert!(!body.to_string().contains("sk-wrong"), "{flavour:?} {body}");
    }
}

#[tokio::test]
async fn a_hostile_vendor_quotes_the_key() {
    let vendor = start(Script::new("acme", Flavour::OpenAi).key("sk-a").echo_key()).await;
    let answer = http().post(format!("{}/v1/chat/completions", vendor.url())).bearer_auth("sk-wrong-key-0002");
    let text = answer.json(&question("m")).send().await.unwrap().text().await.unwrap();
    assert!(text.contains("sk-wrong-key-0002"), "{text}");
}

#[tokio::test]
async fn a_key_may_come_in_any_of_the_vendors_headers() {
    let vendor = start(Script::new("acme", Flavour::OpenAi).key("sk-a")).await;
    let send = async |name: &str, value: &str| {
        let url = format!("{}/v1/chat/completions", vendor.url());
        http().post(url).header(name, value).json(&question("m")).send().await.unwrap().status().as_u16()
    };
    let cases = [
        ("authorization", "Bearer sk-a", 200),
        ("authorization", "bearer sk-a", 200),
        ("authorization", "sk-a", 200),
        ("x-api-key", "sk-a", 200),
        ("api-key", "sk-a", 200),
        ("authorization", "Basic sk-a", 401),
        ("x-other", "sk-a", 401),
    ];
    for (name, value, status) in cases {
        assert_eq!(send(name, value).await, status, "{name}: {value}");
    }
}

#[tokio::test]
async fn parameters_are_refused_when_the_script_says_so() {
    let vendor = start(Script::new("acme", Flavour::OpenAi).refuse_max_tokens().refuse_stream_options()).await;
    for param in ["max_tokens", "stream_options"] {
        let mut body = question("m");
        body[param] = if param == "max_tokens" { json!(1) } else { json!({ "include_usage": true }) };
        let answer = chat(&vendor, &body).await;
        assert_eq!(answer.status(), 400);
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["error"]["param"], param);
        assert_eq!(answer["error"]["code"], "unsupported_parameter");
    }
    let mut body = question("m");
    body["max_completion_tokens"] = json!(1);
    assert_eq!(chat(&vendor, &body).await.status(), 200);
}

#[tokio::test]
async fn nonsense_is_refused() {
    let vendor = start(Script::new("acme", Flavour::OpenAi)).await;
    let cases = [
        ("/v1/chat/completions", "{", 400),
        ("/v1/chat/completions", "[]", 400),
        ("/v1/chat/completions", r#"{"messages":[{}]}"#, 400),
        ("/v1/chat/completions", r#"{"model":"m"}"#, 400),
        ("/v1/chat/completions", r#"{"model":7,"messages":[{}]}"#, 400),
        ("/v1/embeddings", r#"{"model":"m"}"#, 400),
        ("/v1/rerank", r#"{"model":"m"}"#, 400),
        ("/v1/nonesuch", "{}", 404),
    ];
    for (path, body, status) in cases {
        let answer = http().post(format!("{}{path}", vendor.url())).body(body).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path} {body}");
        assert!(answer.json::<Value>().await.unwrap()["error"]["message"].is_string());
    }
}

#[tokio::test]
async fn scripted_statuses_come_in_the_vendors_shape() {
    for flavour in Flavour::ALL {
        for status in [400, 401, 403, 404, 429, 500, 502, 503] {
            let vendor = start(Script::new("acme", flavour).then(Behaviour::error(status))).await;
            let answer = chat(&vendor, &question("m")).await;
            assert_eq!(answer.status(), status);
            assert_eq!(answer.headers().contains_key("retry-after"), status == 429);
            assert!(answer.json::<Value>().await.unwrap()["error"]["message"].is_string());
            assert_eq!(chat(&vendor, &question("m")).await.status(), 200);
        }
    }
}

#[tokio::test]
async fn a_scripted_body_is_sent_as_it_is() {
    let error = |body: &str| Behaviour::Error { status: 502, body: Some(body.to_owned()), retry_after: Some(7) };
    let script = Script::new("acme", Flavour::OpenAi).then(error("<h1>down</h1>")).then(error(r#"{"e":1}"#));
    let vendor = start(script).await;
    for (kind, text) in [("text/html; charset=utf-8", "<h1>down</h1>"), ("application/json", r#"{"e":1}"#)] {
        let answer = chat(&vendor, &question("m")).await;
        assert_eq!(answer.headers()["content-type"], kind);
        assert_eq!(answer.headers()["retry-after"], "7");
        assert_eq!(answer.text().await.unwrap(), text);
    }
}
