use super::*;

#[test]
fn any_prefix_is_served() {
    let cases = [
        (Method::POST, "/v1/chat/completions", Some(Api::Chat)),
        (Method::POST, "/compatible-mode/v1/chat/completions", Some(Api::Chat)),
        (Method::POST, "/openai/deployments/gpt/chat/completions", Some(Api::Chat)),
        (Method::POST, "/v1/text/chatcompletion_v2", Some(Api::Chat)),
        (Method::POST, "/v1/completions", Some(Api::Completions)),
        (Method::POST, "/anthropic/v1/messages", Some(Api::Messages)),
        (Method::POST, "/compatible-api/v1/reranks", Some(Api::Rerank)),
        (Method::GET, "/v1/models", Some(Api::Models)),
        (Method::GET, "/v1/models/org/model", Some(Api::Models)),
        (Method::POST, "/v1/models", None),
        (Method::GET, "/v1/chat/completions", None),
        (Method::GET, "/v1/models/", None),
        (Method::POST, "/v1/else", None),
    ];
    for (method, path, expected) in cases {
        assert_eq!(Api::of(&method, path), expected, "{method} {path}");
    }
}
