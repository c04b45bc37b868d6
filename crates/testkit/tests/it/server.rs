//! Servers of a few lines, for the tools to talk to.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A server whose connections all go to one function; it ends with this value.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Server {
    pub(crate) async fn start<F: Future<Output = ()> + Send + 'static>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream));
            }
        });
        Self { addr, _tasks: tasks }
    }

    /// Answers every request head with these bytes and closes.
    pub(crate) async fn saying(answer: &'static [u8]) -> Self {
        Self::start(move |mut stream| async move {
            head(&mut stream).await;
            stream.write_all(answer).await.unwrap();
        })
        .await
    }

    /// Sends back what it gets, to the end.
    pub(crate) async fn echo() -> Self {
        Self::start(|mut stream| async move {
            let (mut from, mut to) = stream.split();
            // Who cuts the connection is under test; the copy just ends.
            let _copied = tokio::io::copy(&mut from, &mut to).await.is_ok();
        })
        .await
    }
}

/// Reads up to the empty line.
pub(crate) async fn head(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { break };
        bytes.push(byte);
    }
    String::from_utf8(bytes).unwrap()
}
