//! A request and its answer, as they pass.

use agm_domain::name::ProviderName;
use agm_domain::route::{HeaderControl, HeaderEdits, HeaderValue, ModelPredicate};
use agm_gateway::{Outcome, PLAYGROUND_HEADER, PROBE_HEADER};
use agm_simvendor::Behaviour;
use agm_testkit::http::{Ending, Request};
use serde_json::{Value, json};

use crate::world::*;

#[tokio::test]
async fn a_chat_passes_and_is_counted() {
    let (vendor, gateway) = simple().await;
    let answer = send(&gateway, &chat("gpt-4o")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-vendor"), Some("alpha"));
    assert_eq!(answer.json()["model"], "gpt-4o");
    let request = vendor.next_request().await;
    assert_eq!(request.path, "/v1/chat/completions");
    assert_eq!(request.header("authorization"), Some("Bearer sk-alpha-0123456789abcdef"));
    assert_eq!(request.header("host"), Some(&*vendor.addr().to_string()));
    assert_eq!(request.body, serde_json::to_vec(&chat_body("gpt-4o")).unwrap(), "not a byte is changed");
    let seen = &logged(&gateway, 1).await[0];
    assert_eq!((&*seen.consumer, &*seen.route, seen.provider.as_deref()), ("manager", "default-ai-route", Some("alpha")));
    assert_eq!((seen.api, seen.model.as_deref(), seen.status), (Some("chat/completions"), Some("gpt-4o"), 200));
    assert_eq!((seen.outcome, seen.attempts), (Outcome::Answered, 1));
    let usage = &answer.json()["usage"];
    let counted = seen.usage.unwrap();
    let told = json!([usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]]);
    assert_eq!(json!([counted.input, counted.output, counted.total]), told);
    assert_eq!((gateway.totals().requests, gateway.totals().by_class[2], gateway.rpm()), (1, 1, 1));
    let last = &gateway.last_seen("manager")[0];
    assert_eq!((last.api, &*last.model, &*last.provider, last.status), ("chat/completions", "gpt-4o", "alpha", 200));
    assert!(gateway.last_seen("worker-a").is_empty());
}

#[tokio::test]
async fn the_model_is_mapped_and_nothing_else() {
    let vendor = vendor("alpha", &[]).await;
    let mut mapped = route("default-ai-route", "alpha");
    mapped.upstreams[0].model_mapping = json!({"gpt-*": "qwen-max", "*": "qwen-turbo"}).as_object().unwrap().clone();
    let gateway = start(&document([provider("alpha", &vendor.url(), &["sk-a"])], [mapped]));
    let body =
        "{ \"messages\":[{\"role\":\"user\",\"content\":\"gpt-4o?\"}],\n\t\"model\" : \"gpt-4o\", \"seed\": 12345678901234567890123 }";
    let request = post("/v1/chat/completions").header("content-type", "application/json").body(body);
    assert_eq!(send(&gateway, &request).await.json()["model"], "qwen-max");
    assert_eq!(vendor.next_request().await.body, body.replace("\"gpt-4o\"", "\"qwen-max\""));
    // A request without a model gets the one for all others (contract 7.4).
    let body = json!({"messages": [{"role": "user", "content": "hi"}]});
    assert_eq!(send(&gateway, &post("/v1/chat/completions").json(&body)).await.json()["model"], "qwen-turbo");
}

#[tokio::test]
async fn a_multipart_model_is_routed_and_mapped() {
    let (one, two) = (vendor("one", &[]).await, vendor("two", &[]).await);
    let mut audio = route_for("audio", "two", &[ModelPredicate::equal("whisper-1")]);
    audio.upstreams[0].model_mapping = json!({"whisper-1": "whisper-large-v3"}).as_object().unwrap().clone();
    let gateway = start(&document(
        [provider("one", &one.url(), &["k1"]), provider("two", &two.url(), &["k2"])],
        [route("default-ai-route", "one"), audio],
    ));
    let body = "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nRIFF\r\n--XX\r\n\
        Content-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--XX--\r\n";
    let request = post("/v1/audio/transcriptions").header("content-type", "multipart/form-data; boundary=XX").body(body);
    let answer = send(&gateway, &request).await;
    assert_eq!(answer.header("x-vendor"), Some("two"), "{}", answer.text());
    let got = two.next_request().await;
    assert_eq!(got.body, body.replace("whisper-1", "whisper-large-v3"));
    assert_eq!(got.header("content-length"), Some(&*got.body.len().to_string()));
    let twice = body.replace("name=\"file\"", "name=\"model\"");
    let answer = send(&gateway, &request.clone().body(twice)).await;
    assert_eq!((answer.status, code(&answer)), (400, "invalid_body".to_owned()));
}

#[tokio::test]
async fn headers_between_neighbours_and_keys_stay_here() {
    let (vendor, gateway) = simple().await;
    let request = chat("m")
        .header("x-api-key", "some-key-of-mine-0123456789")
        .header("connection", "x-hop, keep-alive")
        .header("x-hop", "1")
        .header("te", "trailers")
        .header("upgrade", "h2c")
        .header("x-higress-llm-model", "lie")
        .header("x-mse-consumer", "lie")
        .header("x-kept", "yes")
        .header("accept-encoding", "gzip")
        .header(PROBE_HEADER, "guess");
    let answer = send(&gateway, &request).await;
    assert_eq!((answer.status, answer.header("x-agm-route")), (200, None));
    let got = vendor.next_request().await;
    for gone in ["x-hop", "te", "upgrade", "x-higress-llm-model", "x-mse-consumer", "x-api-key", "connection", PROBE_HEADER] {
        assert_eq!(got.header(gone), None, "{gone}");
    }
    assert_eq!((got.header("x-kept"), got.header("accept-encoding")), (Some("yes"), Some("identity")));
    assert!(!format!("{:?}", got.headers).contains(KEY));
}

#[tokio::test]
async fn header_control_is_obeyed() {
    let vendor = vendor("alpha", &[]).await;
    let mut controlled = route("default-ai-route", "alpha");
    let header = |key: &str, value: &str| HeaderValue { key: key.to_owned(), value: value.to_owned(), rest: serde_json::Map::new() };
    controlled.header_control = Some(HeaderControl {
        enabled: true,
        request: Some(HeaderEdits {
            add: vec![header("x-more", "2")],
            set: vec![header("X-Set", "new")],
            remove: vec!["x-drop".to_owned()],
            ..HeaderEdits::default()
        }),
        response: Some(HeaderEdits { set: vec![header("x-out", "1")], remove: vec!["x-vendor".to_owned()], ..HeaderEdits::default() }),
        ..HeaderControl::default()
    });
    let gateway = start(&document([provider("alpha", &vendor.url(), &["k"])], [controlled]));
    let request = chat("m").header("x-more", "1").header("x-set", "old").header("x-drop", "1");
    let answer = send(&gateway, &request).await;
    assert_eq!((answer.header("x-out"), answer.header("x-vendor")), (Some("1"), None));
    let got = vendor.next_request().await;
    let all = |name: &str| got.headers.get_all(name).iter().map(|v| v.to_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!((all("x-more"), all("x-set"), all("x-drop")), (vec!["1".to_owned(), "2".to_owned()], vec!["new".to_owned()], vec![]));
}

/// What cannot be sent is left out, and said.
#[tokio::test]
async fn headers_that_cannot_be_are_reported() {
    let mut controlled = route("default-ai-route", "alpha");
    let broken = HeaderValue { key: "x-set".to_owned(), value: "a\nb".to_owned(), rest: serde_json::Map::new() };
    controlled.header_control = Some(HeaderControl {
        enabled: true,
        request: Some(HeaderEdits { set: vec![broken], ..HeaderEdits::default() }),
        ..HeaderControl::default()
    });
    let mut document = document([provider("alpha", "http://127.0.0.1:1", &["k"])], [controlled]);
    let credential = &mut document.consumers.get_mut("manager").unwrap().credentials[0];
    credential.source = agm_domain::consumer::KeySource::Header;
    credential.key = Some("no header".to_owned());
    let addr = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let gateway = agm_gateway::Gateway::start(settings(), addr, &document, agm_gateway::system_clock()).unwrap();
    let found: Vec<_> = gateway.diagnostics().iter().map(|d| d.pointer.clone()).collect();
    assert!(found.iter().any(|p| p == "/routes/default-ai-route/headerControl/request/set/0/value"), "{found:?}");
    assert!(found.iter().any(|p| p.starts_with("/consumers/manager/credentials")), "{found:?}");
}

#[tokio::test]
async fn a_probe_counts_nowhere_and_learns_who_answered() {
    let (vendor, gateway) = simple().await;
    let mark = gateway.probe_mark();
    let answer = send(&gateway, &chat("m").header(PROBE_HEADER, mark.value().to_str().unwrap())).await;
    assert_eq!((answer.header("x-agm-route"), answer.header("x-agm-provider")), (Some("default-ai-route"), Some("alpha")));
    let got = vendor.next_request().await;
    assert_eq!(got.header(PROBE_HEADER), None);
    // Refused probes learn the route too.
    let refused = Request::new("POST", "/v1/chat/completions").json(&chat_body("m")).header(PROBE_HEADER, mark.value().to_str().unwrap());
    let refused = send(&gateway, &refused).await;
    assert_eq!((refused.status, refused.header("x-agm-route")), (401, Some("default-ai-route")));
    send(&gateway, &chat("counted")).await;
    let seen = logged(&gateway, 1).await;
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].model.as_deref(), Some("counted"));
    assert_eq!((gateway.totals().requests, gateway.rpm(), gateway.last_seen("manager").len()), (1, 1, 1));
    assert!(!format!("{mark:?}").contains(mark.value().to_str().unwrap()));
}

#[tokio::test]
async fn a_request_of_the_playground_is_logged_as_that_and_is_nothing_of_its_consumers() {
    let (vendor, gateway) = simple().await;
    let mark = gateway.probe_mark();
    let human = chat("m").header(PROBE_HEADER, mark.value().to_str().unwrap()).header(PLAYGROUND_HEADER, "an-id");
    let answer = send(&gateway, &human).await;
    assert_eq!((answer.header("x-agm-route"), answer.header("x-agm-provider")), (Some("default-ai-route"), Some("alpha")));
    let got = vendor.next_request().await;
    assert_eq!((got.header(PROBE_HEADER), got.header(PLAYGROUND_HEADER)), (None, None));
    let seen = logged(&gateway, 1).await;
    assert_eq!((&*seen[0].consumer, seen[0].playground.as_deref()), ("manager", Some("an-id")));
    assert_eq!(gateway.playground_request("an-id").map(|seen| seen.seq), Some(seen[0].seq));
    assert!(gateway.newest("manager").is_none() && gateway.last_seen("manager").is_empty());
    let mut text = String::new();
    gateway.encode_metrics(&mut text);
    assert!(text.contains(r#"consumer="playground""#) && !text.contains(r#"consumer="manager""#), "{text}");
    assert_eq!(gateway.totals().requests, 1, "what it costs is counted");
    // Anybody can write the header; only agm has the mark.
    send(&gateway, &chat("m").header(PROBE_HEADER, "guess").header(PLAYGROUND_HEADER, "mine")).await;
    let got = vendor.next_request().await;
    assert_eq!(got.header(PLAYGROUND_HEADER), None);
    assert_eq!(logged(&gateway, 2).await[1].playground, None);
    assert!(gateway.newest("manager").is_some());
}

#[tokio::test]
async fn a_vendors_error_passes_unchanged() {
    let (vendor, gateway) = simple().await;
    let body = "{\"error\":{\"message\":\"vendor's own words\",\"weird\":1}}";
    vendor.push(Behaviour::Error { status: 429, body: Some(body.to_owned()), retry_after: Some(7) });
    let answer = send(&gateway, &chat("m")).await;
    assert_eq!((answer.status, answer.text(), answer.header("retry-after")), (429, body.to_owned(), Some("7")));
    let redirect = Behaviour::Redirect { location: "http://127.0.0.1:1/elsewhere".to_owned() };
    vendor.push(redirect);
    let answer = send(&gateway, &chat("m")).await;
    assert_eq!(answer.status, 307, "nobody is followed to another address");
}

#[tokio::test]
async fn an_api_that_the_provider_lacks_is_named() {
    let vendor = vendor("alpha", &[]).await;
    let mut moonshot = provider("moonshot", &vendor.url(), &["sk-secret-of-moonshot-0123"]);
    moonshot.kind = "moonshot".to_owned();
    moonshot.raw_configs.clear();
    let gateway = start(&document([moonshot], [route("default-ai-route", "moonshot")]));
    let answer = send(&gateway, &post("/v1/embeddings").json(&json!({"model": "m", "input": "x"}))).await;
    assert_eq!((answer.status, code(&answer)), (400, "unsupported_api".to_owned()));
    let text = answer.text();
    for part in ["moonshot", "default-ai-route", "chat/completions"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("sk-secret"));
}

#[tokio::test]
async fn a_path_of_no_known_api_streams_through() {
    let (vendor, gateway) = simple().await;
    let big = vec![b'x'; 3 << 20];
    let answer = send(&gateway, &post("/v1/some/thing?a=1&b=%20").body(big.clone())).await;
    let got = vendor.next_request().await;
    assert_eq!((got.path.as_str(), got.query.as_deref(), got.body.len()), ("/v1/some/thing", Some("a=1&b=%20"), big.len()));
    assert_eq!(answer.ending, Ending::Clean);
}

#[tokio::test]
async fn stated_wishes_for_usage_are_kept() {
    let (vendor, gateway) = simple().await;
    let ask = |options: Option<Value>| {
        let mut body = chat_body("m");
        body["stream"] = json!(true);
        if let Some(options) = options {
            body["stream_options"] = options;
        }
        post("/v1/chat/completions").json(&body)
    };
    let usage_chunks = |text: &str| text.matches("\"prompt_tokens\"").count();
    for (options, expected) in [(None, 0), (Some(json!({"include_usage": false})), 0), (Some(json!({"include_usage": true})), 1)] {
        let answer = send(&gateway, &ask(options.clone())).await;
        assert_eq!(usage_chunks(&answer.text()), expected, "{options:?}: {}", answer.text());
        assert!(answer.text().ends_with("data: [DONE]\n\n"));
        assert_eq!(vendor.next_request().await.json()["stream_options"]["include_usage"], true);
    }
    assert!(logged(&gateway, 3).await.iter().all(|seen| seen.usage.is_some() && seen.streamed));
}

#[tokio::test]
async fn providers_that_take_no_stream_options_get_none() {
    let vendor = vendor("alpha", &[]).await;
    let mut original = provider("alpha", &vendor.url(), &["k"]);
    original.protocol = agm_domain::provider::Protocol::Original;
    let gateway = start(&document([original], [route("default-ai-route", "alpha")]));
    send(&gateway, &stream("m")).await;
    assert_eq!(vendor.next_request().await.json().get("stream_options"), None);
}

#[tokio::test]
async fn streamed_or_not_the_cost_is_the_same() {
    let (vendor, gateway) = simple().await;
    vendor.update(|script| script.cached_tokens = 3);
    for request in [chat("m"), stream("m")] {
        assert_eq!(send(&gateway, &request).await.status, 200);
    }
    let seen = logged(&gateway, 2).await;
    assert!(seen[0].usage.is_some_and(|u| u.output > 0 && u.cache_read == 3));
    assert_eq!(seen[0].usage, seen[1].usage);
}

#[tokio::test]
async fn unknown_cost_is_unknown() {
    let (vendor, gateway) = simple().await;
    vendor.push(Behaviour::NotJson);
    send(&gateway, &chat("m")).await;
    assert_eq!(logged(&gateway, 1).await[0].usage, None);
}

#[tokio::test]
async fn weights_spread_the_requests() {
    let (one, two) = (vendor("one", &[]).await, vendor("two", &[]).await);
    let mut split = route("default-ai-route", "one");
    split.upstreams[0].weight = Some(50);
    split.upstreams.push(agm_domain::route::Upstream { weight: Some(50), ..agm_domain::route::Upstream::only(ProviderName::from("two")) });
    let gateway = start(&document([provider("one", &one.url(), &["k1"]), provider("two", &two.url(), &["k2"])], [split]));
    for _ in 0..60 {
        assert_eq!(send(&gateway, &chat("m")).await.status, 200);
    }
    let (a, b) = (one.request_count(), two.request_count());
    assert!(a + b == 60 && a > 10 && b > 10, "{a} {b}");
}
