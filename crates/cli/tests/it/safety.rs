//! Nothing secret goes to a stranger.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::bed::Place;

/// Answers everything alike, and keeps what it was told until it is no longer wanted.
async fn stranger(listener: TcpListener, head: &'static str, gone: CancellationToken) -> String {
    let mut told = String::new();
    while let Some(Ok((mut stream, _))) = gone.run_until_cancelled(listener.accept()).await {
        let mut bytes = vec![0; 64 << 10];
        let read = stream.read(&mut bytes).await.unwrap();
        told.push_str(&String::from_utf8_lossy(&bytes[..read]));
        let answer = format!("HTTP/1.1 {head}content-length: 2\r\nconnection: close\r\n\r\n{{}}");
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
    told
}

async fn check(head: &'static str) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (mut listening, gone) = (JoinSet::new(), CancellationToken::new());
    listening.spawn(stranger(listener, head, gone.clone()));
    let place = Place::new().env("AGM_TOKEN", "agm_t_planted-token").env("AGM_ADMIN_PASSWORD", "planted-password");
    // The stranger even has the place where an agm was, whose token is still there.
    let run = place.data().join("run");
    std::fs::create_dir_all(&run).unwrap();
    std::fs::write(run.join("endpoints.json"), format!("{{\"management\": \"{url}\", \"gateway\": \"{url}\"}}")).unwrap();
    std::fs::write(run.join("token"), "planted-local-token").unwrap();
    let done = place.run(&["provider", "list"]).await.exits(3).says("is answered by something else");
    assert!(done.stderr.lines().count() <= 3, "{done:#?}");
    gone.cancel();
    let told = listening.join_next().await.unwrap().unwrap().to_lowercase();
    assert!(told.starts_with("get /ni_status/health"), "{told}");
    assert!(!told.contains("planted") && !told.contains("authorization"), "{told}");
}

#[tokio::test]
async fn something_else_on_the_port_is_told_nothing() {
    check("200 OK\r\nserver: istio-envoy\r\n").await;
    check("302 Found\r\nlocation: http://127.0.0.1:9/\r\n").await;
    check("401 Unauthorized\r\n").await;
}

/// Its local token would be in the proxy's hands.
#[tokio::test]
async fn no_proxy_is_asked_for_the_own_server() {
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let (mut listening, gone) = (JoinSet::new(), CancellationToken::new());
    listening.spawn(stranger(proxy, "502 Bad Gateway\r\n", gone.clone()));
    let place = Place::new().env("HTTP_PROXY", &url).env("http_proxy", &url);
    let run = place.data().join("run");
    std::fs::create_dir_all(&run).unwrap();
    // An address that is not loopback's and leads nowhere (RFC 6761), once found and once named.
    std::fs::write(run.join("endpoints.json"), r#"{"management": "http://own.invalid:1", "gateway": "http://own.invalid:2"}"#).unwrap();
    std::fs::write(run.join("token"), "planted-local-token").unwrap();
    place.run(&["provider", "list"]).await.exits(3).says("no agm answers");
    place.run(&["provider", "list", "--url", "http://own.invalid:1"]).await.exits(3).says("no agm answers");
    // Others are asked through it, so it was there to be asked.
    place.run(&["provider", "list", "--url", "http://other.invalid:1"]).await.exits(3);
    gone.cancel();
    let told = listening.join_next().await.unwrap().unwrap();
    assert!(told.contains("other.invalid") && !told.contains("own.invalid") && !told.contains("planted"), "{told}");
}
