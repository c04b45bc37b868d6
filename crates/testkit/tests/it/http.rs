use agm_testkit::http::{Ending, Request, send, send_raw};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::server::{Server, head};

#[test]
fn a_request_is_written_as_it_was_told() {
    let request = Request::new("POST", "/a?b=c").header("X-One", "1").header("Host", "other").json(&json!({"k": 1}));
    let text = String::from_utf8(request.to_bytes("host:1")).unwrap();
    assert_eq!(
        text,
        "POST /a?b=c HTTP/1.1\r\nconnection: close\r\ncontent-length: 7\r\nX-One: 1\r\nHost: other\r\n\
         content-type: application/json\r\n\r\n{\"k\":1}"
    );
    let chunked = Request::new("POST", "/").header("transfer-encoding", "chunked").body("0\r\n\r\n");
    assert!(!String::from_utf8(chunked.to_bytes("h")).unwrap().contains("content-length"));
}

#[tokio::test]
async fn bodies_end_in_every_way_there_is() {
    let broken = |ending: &Ending| matches!(ending, Ending::Broken(_));
    let cases: [(&'static [u8], &str, bool); 9] = [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc", false),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "abc", true),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\nT: 1\r\n\r\n", "abc", false),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n", "abc", true),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc", "abc", true),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "", true),
        (b"HTTP/1.1 200 OK\r\n\r\nabc", "abc", false),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "", false),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", "a", false),
    ];
    for (sent, body, breaks) in cases {
        let server = Server::saying(sent).await;
        let answer = send(server.addr, &Request::new("GET", "/")).await.unwrap();
        assert_eq!(answer.text(), body, "{}", String::from_utf8_lossy(sent));
        assert_eq!(broken(&answer.ending), breaks, "{} {:?}", String::from_utf8_lossy(sent), answer.ending);
    }
}

#[tokio::test]
async fn headers_and_json_are_read() {
    let server = Server::saying(b"HTTP/1.1 418 Teapot\r\nX-Kind: Oolong \r\n\r\n{\"cups\":2}").await;
    let answer = send(server.addr, &Request::new("GET", "/")).await.unwrap();
    assert_eq!((answer.status, answer.header("x-kind")), (418, Some("Oolong")));
    assert_eq!(answer.json()["cups"], 2);
}

#[tokio::test]
async fn anything_can_be_sent_and_no_answer_is_an_error() {
    let server = Server::start(|mut stream| async move {
        let mut bytes = [0; 4];
        stream.read_exact(&mut bytes).await.unwrap();
        if &bytes == b"\0\xff\r\n" {
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        }
    })
    .await;
    assert_eq!(send_raw(server.addr, b"\0\xff\r\n").await.unwrap().status, 400);
    let silent = send_raw(server.addr, b"else").await.unwrap_err();
    assert_eq!(silent.kind(), std::io::ErrorKind::UnexpectedEof);
    let nonsense = Server::saying(b"220 smtp\r\n\r\n").await;
    let error = send(nonsense.addr, &Request::new("GET", "/")).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
}

#[tokio::test]
async fn an_answer_that_comes_before_the_body_was_read_counts() {
    let server = Server::start(|mut stream| async move {
        head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        stream.shutdown().await.unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
    })
    .await;
    let answer = send(server.addr, &Request::new("POST", "/").body(vec![b'x'; 100_000])).await.unwrap();
    assert_eq!(answer.status, 413);
}
