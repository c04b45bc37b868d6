//! Pages of other origins: a route's `cors`, as Higress applies it (Console contract 4.2, 4.4).

use agm_domain::route::{AiRoute, ModelPredicate};
use agm_gateway::Gateway;
use agm_simvendor::Vendor;
use agm_testkit::http::{Answer, Request};
use serde_json::{Value, json};

use crate::world::*;

fn with_cors(mut route: AiRoute, cors: &Value) -> AiRoute {
    route.rest.insert("cors".to_owned(), cors.clone());
    route
}

fn page_of(origin: &str) -> Value {
    json!({"enabled": true, "allowOrigins": [origin], "allowMethods": ["POST", "GET"], "allowHeaders": ["authorization", "content-type"],
        "exposeHeaders": ["x-vendor"], "maxAge": 600, "allowCredentials": false})
}

async fn with(cors: &Value) -> (Vendor, Gateway) {
    let vendor = vendor("alpha", &[]).await;
    let route = with_cors(route("default-ai-route", "alpha"), cors);
    let gateway = start(&document([provider("alpha", &vendor.url(), &["k"])], [route]));
    (vendor, gateway)
}

fn preflight(path: &str, origin: &str) -> Request {
    Request::new("OPTIONS", path)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type")
}

fn granted(answer: &Answer) -> Option<&str> {
    answer.header("access-control-allow-origin")
}

const PAGE: &str = "https://page.example";

/// A browser asks before it sends a key.
#[tokio::test]
async fn a_preflight_is_answered_without_a_key() {
    let (vendor, gateway) = with(&page_of(PAGE)).await;
    let answer = send(&gateway, &preflight("/v1/chat/completions", PAGE)).await;
    assert_eq!((answer.status, answer.text()), (200, String::new()), "{answer:?}");
    for (name, value) in [
        ("access-control-allow-origin", Some(PAGE)),
        ("access-control-allow-methods", Some("POST,GET")),
        ("access-control-allow-headers", Some("authorization,content-type")),
        ("access-control-max-age", Some("600")),
        ("access-control-allow-credentials", None),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    assert_eq!(vendor.request_count(), 0);
    assert_eq!(send(&gateway, &preflight("/v1/models", PAGE)).await.status, 200);
    assert!(gateway.last_seen("none").is_empty());
}

/// Who is not let in gets the answer that everybody without a key gets.
#[tokio::test]
async fn other_origins_and_other_questions_need_a_key() {
    let (vendor, gateway) = with(&page_of(PAGE)).await;
    let other = send(&gateway, &preflight("/v1/chat/completions", "https://elsewhere.example")).await;
    assert_eq!((other.status, granted(&other)), (401, None));
    let no_preflight = send(&gateway, &Request::new("OPTIONS", "/v1/chat/completions").header("origin", PAGE)).await;
    assert_eq!(no_preflight.status, 401);
    let nowhere = send(&gateway, &preflight("/v2/none", PAGE)).await;
    assert_eq!(nowhere.status, 404);
    assert_eq!(vendor.request_count(), 0);
}

/// A page may read answers, and errors too.
#[tokio::test]
async fn answers_are_granted_to_the_page() {
    let (_vendor, gateway) = with(&page_of(PAGE)).await;
    let no_key = Request::new("POST", "/v1/chat/completions").json(&chat_body("m"));
    for (request, status) in [(chat("m"), 200), (get("/v1/models"), 200), (no_key, 401), (post("/v1/chat/completions").body("{"), 400)] {
        let answer = send(&gateway, &request.clone().header("origin", PAGE)).await;
        assert_eq!((answer.status, granted(&answer), answer.header("vary")), (status, Some(PAGE), Some("origin")), "{answer:?}");
        assert_eq!(answer.header("access-control-expose-headers"), Some("x-vendor"));
        for origin in ["https://elsewhere.example", "null"] {
            assert_eq!(granted(&send(&gateway, &request.clone().header("origin", origin)).await), None);
        }
        assert_eq!(granted(&send(&gateway, &request).await), None, "nobody asked");
    }
}

#[tokio::test]
async fn origins_are_compared_as_higress_does() {
    for (allowed, origin, expected) in [
        ("*", "https://any.example", true),
        ("https://*.example.com", "https://a.example.com", true),
        ("https://*.example.com", "https://a.b.example.com", true),
        ("https://*.example.com", "https://example.com", false),
        ("https://*.example.com", "https://a.example.com.evil.org", false),
        ("https://*.example.com", "https://aXexample.com", false),
        (PAGE, "https://page.example.evil.org", false),
        (PAGE, "https://page.example:8443", false),
    ] {
        let (_vendor, gateway) = with(&page_of(allowed)).await;
        let answer = send(&gateway, &preflight("/v1/chat/completions", origin)).await;
        assert_eq!(granted(&answer), expected.then_some(origin), "{allowed} {origin}");
    }
}

/// What is left out is what Higress puts in its place.
#[tokio::test]
async fn what_is_left_out_is_filled_in() {
    let (_vendor, gateway) = with(&json!({"enabled": true, "allowOrigins": null})).await;
    let answer = send(&gateway, &preflight("/v1/chat/completions", PAGE)).await;
    assert_eq!(granted(&answer), Some(PAGE));
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    assert_eq!(answer.header("access-control-max-age"), Some("1728000"));
    assert_eq!(answer.header("access-control-allow-methods"), Some("GET,PUT,POST,DELETE,PATCH,OPTIONS"));
    assert!(answer.header("access-control-allow-headers").is_some_and(|names| names.ends_with("Content-Type,Authorization")));
    for off in [json!({"enabled": false, "allowOrigins": ["*"]}), Value::Null] {
        let (_vendor, gateway) = with(&off).await;
        assert_eq!(send(&gateway, &preflight("/v1/chat/completions", PAGE)).await.status, 401, "{off}");
        assert_eq!(granted(&send(&gateway, &chat("m").header("origin", PAGE)).await), None);
    }
}

/// A preflight names no model: it meets the route that takes those (contract 4.6); the answer is its own route's.
#[tokio::test]
async fn each_route_speaks_for_itself() {
    let vendor = vendor("alpha", &[]).await;
    let special = with_cors(route_for("special", "alpha", &[ModelPredicate::equal("s")]), &page_of("https://special.example"));
    let main = with_cors(route("default-ai-route", "alpha"), &page_of(PAGE));
    let gateway = start(&document([provider("alpha", &vendor.url(), &["k"])], [main, special]));
    assert_eq!(granted(&send(&gateway, &preflight("/v1/chat/completions", "https://special.example")).await), None);
    assert_eq!(granted(&send(&gateway, &chat("s").header("origin", PAGE)).await), None);
    assert_eq!(granted(&send(&gateway, &chat("s").header("origin", "https://special.example")).await), Some("https://special.example"));
}

#[tokio::test]
async fn what_cannot_be_applied_is_reported() {
    for (cors, place) in [
        (json!({"enabled": "yes"}), "/routes/default-ai-route/cors"),
        (json!({"enabled": true, "allowHeaders": ["a\nb"]}), "/routes/default-ai-route/cors/allowHeaders"),
        (json!({"enabled": true, "allowOrigins": ["https://a*.example"]}), "/routes/default-ai-route/cors/allowOrigins/0"),
    ] {
        let document = document([provider("alpha", "http://127.0.0.1:1", &["k"])], [with_cors(route("default-ai-route", "alpha"), &cors)]);
        let addr = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let gateway = Gateway::start(settings(), addr, &document, agm_gateway::system_clock()).unwrap();
        let found: Vec<_> = gateway.diagnostics().iter().map(|d| d.pointer.clone()).collect();
        assert_eq!(found, [place], "{cors}");
    }
}
