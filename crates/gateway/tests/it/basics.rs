//! A request and its answer, as they pass.

use serde_json::json;

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
    assert_eq!(request.json(), chat_body("gpt-4o"));
    let seen = &logged(&gateway, 1).await[0];
    assert_eq!((&*seen.consumer, &*seen.route, seen.provider.as_deref()), ("manager", "default-ai-route", Some("alpha")));
    assert_eq!((seen.api, seen.model.as_deref(), seen.status), (Some("chat/completions"), Some("gpt-4o"), 200));
    let usage = &answer.json()["usage"];
    let counted = seen.usage.unwrap();
    assert_eq!(
        json!([counted.input, counted.output, counted.total]),
        json!([usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]])
    );
    assert_eq!(gateway.totals().requests, 1);
    assert_eq!(gateway.rpm(), 1);
    gateway.shutdown(SOON).await;
}
