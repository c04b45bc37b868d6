#![allow(clippy::unwrap_used)]

use super::*;

/// One worker that ended ends nothing else.
#[tokio::test]
async fn a_worker_that_ended_is_passed_over() {
    let (ended, gone) = mpsc::channel(1);
    let (sender, mut alive) = mpsc::channel(8);
    drop(gone);
    let mut turns = Turns { workers: vec![ended, sender], next: 0 };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let permits = Arc::new(Semaphore::new(8));
    for _ in 0..3 {
        let stream = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let permit = Arc::clone(&permits).try_acquire_owned().unwrap();
        assert!(turns.hand_on((stream, permit)).await);
        assert!(alive.try_recv().is_ok());
    }
    drop(alive);
    let stream = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    assert!(!turns.hand_on((stream, Arc::clone(&permits).try_acquire_owned().unwrap())).await);
}
