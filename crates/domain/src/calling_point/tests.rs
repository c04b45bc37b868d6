use super::*;

#[test]
fn host_and_path_are_those_of_the_gateways_url() {
    for (gateway, host, path) in [
        ("http://127.0.0.1:8080", "127.0.0.1", "/v1/chat/completions"),
        ("https://AI.example", "ai.example", "/v1/chat/completions"),
        ("http://ai.example:80/", "ai.example", "/v1/chat/completions"),
        ("http://[::1]:8080/llm/", "[::1]", "/llm/v1/chat/completions"),
        ("http://[::1]", "[::1]", "/v1/chat/completions"),
    ] {
        assert_eq!(CallingPoint::below(gateway), CallingPoint { host: host.to_owned(), path: path.to_owned() }, "{gateway}");
    }
    assert_eq!(CallingPoint::below("http://127.0.0.1:8080").to_string(), "127.0.0.1/v1/chat/completions");
}
