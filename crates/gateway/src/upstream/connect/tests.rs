#![allow(clippy::unwrap_used)]

use tokio::net::{TcpListener, TcpSocket};

use super::*;

/// An address that says nothing, as behind a firewall, leaves time for the next.
#[tokio::test]
async fn a_silent_address_does_not_take_all_the_time() {
    let full = TcpSocket::new_v4().unwrap();
    full.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let full = full.listen(1).unwrap();
    let silent = full.local_addr().unwrap();
    // A queue that is full answers no more.
    let mut waiting = Vec::new();
    while let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(silent)).await {
        waiting.push(stream);
    }
    let good = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let good = good.local_addr().map(|address| (good, address)).unwrap();
    let stream = any_of(&[silent, good.1], Instant::now() + Duration::from_secs(1)).await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), good.1);
}
