//! What holds for every answer, and the listener itself.

use std::time::Duration;

use agm_ops::AdminCredentials;
use agm_server::{Server, ServerSettings};
use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::bed::{Answer, Bed};

#[tokio::test]
async fn every_answer_says_who_gives_it() {
    let bed = Bed::start().await;
    let paths = [
        "/",
        "/assets/nothing.js",
        "/favicon.ico",
        "/healthz",
        "/api/v1/status",
        "/api/v1/nothing",
        "/metrics",
        "/agm",
        "/agm/",
        "/agm/api/v1/status",
    ];
    for path in paths {
        for request in [bed.bare(Method::GET, path), bed.request(Method::GET, path), bed.bare(Method::DELETE, path)] {
            let answer = Answer::of(request).await;
            assert_eq!(answer.header("agm-version"), env!("CARGO_PKG_VERSION"), "{path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
            assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
            assert!(!answer.headers.contains_key("access-control-allow-origin"), "{path}");
            let cache = if answer.header("content-type").contains("json") { "no-store" } else { "no-" };
            assert!(answer.header("cache-control").starts_with(cache), "{path}: {answer:?}");
        }
    }
}

/// With the web UI or, in a build without it, with the page that stands in for it.
#[tokio::test]
async fn the_page_is_open_and_has_everything_it_names() {
    let bed = Bed::start().await;
    for base in ["/", "/agm/"] {
        let page = Answer::of(bed.bare(Method::GET, base)).await;
        assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-cache"), "{base}");
        let named: Vec<&str> = page
            .text
            .split(['"', '\''])
            .map(|word| word.trim_start_matches("./"))
            .filter(|word| word.starts_with("assets/") || *word == "favicon.svg")
            .collect();
        assert!(named.len() >= 2, "{}", page.text);
        for name in named {
            let file = Answer::of(bed.bare(Method::GET, &format!("{base}{name}"))).await;
            assert_eq!(file.status, 200, "{name}");
            let again = bed.bare(Method::GET, &format!("{base}{name}")).header("if-none-match", file.header("etag"));
            assert_eq!(Answer::of(again).await.status, 304, "{name}");
        }
    }
    let answer = Answer::of(bed.bare(Method::GET, "/agm")).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (308, "/agm/"));
}

#[tokio::test]
async fn health_and_readiness_are_open() {
    let bed = Bed::start().await;
    let health = async |path: &str| Answer::of(bed.bare(Method::GET, path)).await;
    assert_eq!(health("/healthz").await.expect(200)["status"], "healthy");
    assert_eq!(health("/agm/ni_status/health").await.expect(200)["status"], "healthy");
    let ready = health("/readyz").await.expect(200);
    assert_eq!((ready["status"].as_str(), ready["acting"].as_bool()), (Some("ready"), Some(true)));
    bed.server.drain();
    assert_eq!(health("/readyz").await.expect(503)["reason"], "agm is stopping");
    assert_eq!(health("/healthz").await.expect(200)["status"], "healthy");
}

#[tokio::test]
async fn metrics_are_for_prometheus() {
    let bed = Bed::start().await;
    bed.get("/api/v1/status").await.expect(200);
    bed.get("/api/v1/agents/nobody").await.refused(404, "WORKER_NOT_FOUND");
    let answer = bed.get("/metrics").await;
    assert_eq!(answer.status, 200);
    let samples = [
        "agm_revision 1",
        "agm_agents 1",
        "agm_acting 1",
        r#"agm_http_requests_total{method="GET",path="/api/v1/status",status="200"} 1"#,
        r#"agm_http_requests_total{method="GET",path="/api/v1/agents/{id}",status="404"} 1"#,
        "process_resident_memory_bytes ",
    ];
    for sample in samples {
        assert!(answer.text.contains(sample), "{sample} is not in {}", answer.text);
    }
    // Every family is announced once, and every line is a comment or a sample.
    let mut announced: Vec<&str> = answer.text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let all = announced.len();
    announced.sort_unstable();
    announced.dedup();
    assert_eq!(announced.len(), all);
    for line in answer.text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        assert!(line.rsplit_once(' ').is_some_and(|(_, value)| value.parse::<f64>().is_ok()), "{line}");
    }
}

#[tokio::test]
async fn a_busy_port_is_named_with_who_answers_there() {
    let bed = Bed::start().await;
    let start = async |addr| {
        let admin = AdminCredentials::Generated { user: "admin".to_owned() };
        let settings = ServerSettings::new(addr, admin, bed.dir.join("run"));
        Server::start(settings, bed.agm.clone()).await.err().expect("the port is taken").to_string()
    };
    let message = start(bed.server.addr()).await;
    assert!(message.contains("another agm") && message.contains("--listen"), "{message}");

    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = other.local_addr().unwrap();
    let envoy = async {
        let (mut stream, _) = other.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 404 Not Found\r\nserver: istio-envoy\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        stream
    };
    let (message, _stream) = tokio::join!(start(addr), envoy);
    assert!(message.contains("Higress"), "{message}");
}

#[tokio::test]
async fn answers_under_way_are_finished_when_it_stops() {
    let bed = Bed::start().await;
    // A request whose body is not whole yet.
    let mut stream = TcpStream::connect(bed.server.addr()).await.unwrap();
    let token = std::fs::read_to_string(bed.dir.join("run/token")).unwrap();
    let head = format!(
        "POST /api/v1/backups HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: 15\r\nexpect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert!(interim.starts_with(b"HTTP/1.1 100"), "the handler reads the body now");
    let stopping = bed.server.shutdown(Duration::from_secs(20));
    let finishing = async {
        stream.write_all(br#"{"label": "ok"}"#).await.unwrap();
        let mut rest = String::new();
        stream.read_to_string(&mut rest).await.unwrap();
        rest
    };
    let ((), rest) = tokio::join!(stopping, finishing);
    assert!(rest.starts_with("HTTP/1.1 201"), "{rest}");
    assert!(TcpStream::connect(bed.server.addr()).await.is_err(), "nothing is accepted any more");
}

/// What no handler ever saw is refused in the same words.
#[tokio::test]
async fn what_is_no_http_is_refused_with_a_body() {
    let bed = Bed::start().await;
    let large = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(40 << 10));
    let cases = [
        ("nonsense\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", 400),
        (large.as_str(), 431),
    ];
    for (request, status) in cases {
        let mut stream = TcpStream::connect(bed.server.addr()).await.unwrap();
        // It may be refused before it was written whole.
        drop(stream.write_all(request.as_bytes()).await);
        let mut bytes = Vec::new();
        drop(stream.read_to_end(&mut bytes).await);
        let answer = String::from_utf8(bytes).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(head.contains(concat!("agm-version: ", env!("CARGO_PKG_VERSION"))), "{answer}");
        let body: serde_json::Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"));
        assert_eq!((&body["success"], &body["code"]), (&false.into(), &"MALFORMED_REQUEST".into()));
    }
}

/// Connections on which nothing is asked give way when places are scarce.
#[tokio::test]
async fn idle_connections_do_not_close_it_for_everybody() {
    let bed = Bed::with(|settings| settings.connections = 4).await;
    let mut idle = Vec::new();
    for _ in 0..8 {
        idle.push(TcpStream::connect(bed.server.addr()).await.unwrap());
    }
    let health = bed.bare(Method::GET, "/healthz").timeout(Duration::from_secs(15));
    assert_eq!(Answer::of(health).await.status, 200);
}
