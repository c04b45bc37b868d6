use std::io::ErrorKind;
use std::time::{Duration, Instant};

use agm_testkit::chaos::{ChaosProxy, Cut, Faults, How, Side};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::server::Server;

async fn echo_through() -> (Server, ChaosProxy) {
    let server = Server::echo().await;
    let proxy = ChaosProxy::start(server.addr).await.unwrap();
    (server, proxy)
}

async fn exchange(stream: &mut TcpStream, text: &str) -> std::io::Result<String> {
    stream.write_all(text.as_bytes()).await?;
    let mut back = vec![0; text.len()];
    stream.read_exact(&mut back).await?;
    Ok(String::from_utf8(back).unwrap())
}

#[tokio::test]
async fn without_faults_it_is_not_there() {
    let (_server, proxy) = echo_through().await;
    let mut stream = TcpStream::connect(proxy.addr()).await.unwrap();
    assert_eq!(exchange(&mut stream, "hello").await.unwrap(), "hello");
    proxy.wait_for_open(1).await;
    assert_eq!((proxy.open_connections(), proxy.accepted()), (1, 1));
    stream.shutdown().await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    drop(stream);
    proxy.wait_for_open(0).await;
    proxy.stop().await;
}

#[tokio::test]
async fn a_cut_comes_after_its_bytes() {
    let (_server, proxy) = echo_through().await;
    for how in [How::Reset, How::Close] {
        for side in [Side::Target, Side::Client] {
            proxy.set(Faults { cut: Some(Cut { after: 7, side, how }), ..Faults::default() }).await.unwrap();
            let mut stream = TcpStream::connect(proxy.addr()).await.unwrap();
            stream.write_all(b"0123456789").await.unwrap();
            let mut got = Vec::new();
            let ended = stream.read_to_end(&mut got).await;
            if side == Side::Target {
                assert_eq!(got, b"0123456", "{how:?}");
            }
            match how {
                How::Reset => assert_eq!(ended.unwrap_err().kind(), ErrorKind::ConnectionReset, "{side:?}"),
                How::Close if side == Side::Target => assert_eq!(ended.unwrap(), 7),
                // What the client had sent beyond the cut was never read, so the close may show as a reset.
                How::Close => assert!(got.len() <= 7),
            }
        }
    }
}

#[tokio::test]
async fn latency_delays_each_way() {
    let (_server, proxy) = echo_through().await;
    let latency = Duration::from_millis(40);
    proxy.set(Faults { latency, ..Faults::default() }).await.unwrap();
    let mut stream = TcpStream::connect(proxy.addr()).await.unwrap();
    let begun = Instant::now();
    exchange(&mut stream, "hello").await.unwrap();
    assert!(begun.elapsed() >= latency * 2, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_side_that_is_not_read_is_held_up_and_goes_on_later() {
    let (_server, proxy) = echo_through().await;
    let mut stream = TcpStream::connect(proxy.addr()).await.unwrap();
    exchange(&mut stream, "first").await.unwrap();
    proxy.set(Faults { stop_reading: Some(Side::Target), ..Faults::default() }).await.unwrap();
    stream.write_all(b"second").await.unwrap();
    let mut back = [0; 6];
    let held = tokio::time::timeout(Duration::from_millis(50), stream.read_exact(&mut back)).await;
    assert!(held.is_err());
    proxy.set(Faults::default()).await.unwrap();
    stream.read_exact(&mut back).await.unwrap();
    assert_eq!(&back, b"second");
}

#[tokio::test]
async fn refusing_is_a_closed_port_that_opens_again() {
    let (_server, proxy) = echo_through().await;
    let mut before = TcpStream::connect(proxy.addr()).await.unwrap();
    exchange(&mut before, "a").await.unwrap();
    for _ in 0..20 {
        proxy.set(Faults { refuse: true, ..Faults::default() }).await.unwrap();
        let refused = TcpStream::connect(proxy.addr()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        proxy.set(Faults::default()).await.unwrap();
        let mut after = TcpStream::connect(proxy.addr()).await.unwrap();
        assert_eq!(exchange(&mut after, "b").await.unwrap(), "b");
    }
    assert_eq!(exchange(&mut before, "c").await.unwrap(), "c");
}

#[tokio::test]
async fn cutting_all_resets_what_is_open() {
    let (_server, proxy) = echo_through().await;
    let mut stream = TcpStream::connect(proxy.addr()).await.unwrap();
    exchange(&mut stream, "a").await.unwrap();
    proxy.cut_all();
    assert_eq!(stream.read_u8().await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    proxy.wait_for_open(0).await;
}

#[tokio::test]
async fn a_target_that_is_away_breaks_the_connection() {
    let (server, proxy) = echo_through().await;
    drop(server);
    let mut stream = TcpStream::connect(proxy.addr()).await.unwrap();
    assert!(stream.read_u8().await.is_err());
}
