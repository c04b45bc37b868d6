//! `TCP_NODELAY` on both sides. Without it a small piece waits until the one before it is acknowledged, and who has nothing to say in return
//! acknowledges 40 ms late. On loopback receivers acknowledge at once unless they are told to behave as they do on a long line: that is what
//! `TCP_QUICKACK` off does, for a while.
#![cfg(target_os = "linux")]

use std::io;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use agm_simvendor::Pacing;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::world::*;

/// Between two pieces: well below the 40 ms of a late acknowledgement.
const GAP: Duration = Duration::from_millis(6);
/// Pieces that wait for acknowledgements wait for 20 ms on average.
const HELD: Duration = Duration::from_millis(10);
const PIECES: usize = 60;

/// Reads what is there, as somebody who acknowledges late.
async fn read_late(socket: &mut TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    socket.set_quickack(false)?;
    socket.read(buffer).await
}

/// Most pieces came when they were sent.
fn on_time(mut delays: Vec<Duration>) {
    delays.sort();
    assert!(delays[PIECES / 2] < HELD, "pieces were held: {delays:?}");
}

/// Frames to a client.
#[tokio::test]
async fn small_frames_do_not_wait_for_the_client() {
    let (vendor, gateway) = simple().await;
    vendor.update(|script| script.pacing = Pacing { frames: Some(PIECES), gap: GAP, frame_bytes: None, stamp: true });
    let mut socket = TcpStream::connect(gateway.addr()).await.unwrap();
    socket.write_all(&stream("m").to_bytes("x")).await.unwrap();
    let (mut delays, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
    while let count @ 1.. = tokio::time::timeout(SOON, read_late(&mut socket, &mut buffer)).await.unwrap().unwrap() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
        let stamps = text.match_indices("\"t=").filter_map(|(at, _)| text[at + 3..].split(' ').next()?.parse().ok());
        delays.extend(stamps.map(|micros| now.saturating_sub(Duration::from_micros(micros))));
    }
    assert_eq!(delays.len(), PIECES);
    on_time(delays);
}

/// An upload to a vendor.
#[tokio::test]
async fn small_pieces_of_an_upload_do_not_wait_for_the_vendor() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let gateway = start(&document([provider("alpha", &url, &["k"])], [route("default-ai-route", "alpha")]));
    let begun = Instant::now();
    let vendor = aside(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let (mut arrived, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
        while arrived.len() < PIECES {
            let count = read_late(&mut socket, &mut buffer).await.unwrap();
            assert!(count > 0, "the upload broke off");
            let pieces = memchr::memchr_iter(b'#', &buffer[..count]).count();
            arrived.extend(std::iter::repeat_n(begun.elapsed(), pieces));
        }
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        arrived
    });
    let mut socket = TcpStream::connect(gateway.addr()).await.unwrap();
    socket.set_nodelay(true).unwrap();
    let head = format!("POST /v1/files HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\ncontent-length: {PIECES}\r\n\r\n");
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut sent = Vec::new();
    for _ in 0..PIECES {
        tokio::time::sleep(GAP).await;
        sent.push(begun.elapsed());
        socket.write_all(b"#").await.unwrap();
    }
    let arrived = vendor.done().await;
    on_time(arrived.iter().zip(&sent).map(|(arrived, sent)| arrived.saturating_sub(*sent)).collect());
}
