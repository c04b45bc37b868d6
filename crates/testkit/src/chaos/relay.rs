//! One connection through the proxy.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Cut, Faults, How, Shared, Side};

const PIECE: usize = 16 * 1024;

/// Pieces under way in one direction while they wait for their latency.
const QUEUE: usize = 64;

/// Why a connection is over.
enum Over {
    /// Both sides have said all they had to say, or one of them broke off.
    Done,
    Cut(How),
}

pub(super) async fn connection(mut client: TcpStream, shared: Arc<Shared>) {
    let _open = OpenConnection::new(&shared);
    let mut cuts = shared.cuts.subscribe();
    let connected = tokio::select! {
        connected = TcpStream::connect(shared.target) => connected,
        () = shared.stopping.cancelled() => return,
    };
    let Ok(mut target) = connected else {
        let _gone = client.set_zero_linger();
        return;
    };
    let _gone = client.set_nodelay(true).and(target.set_nodelay(true));
    let (client_in, client_out) = client.split();
    let (target_in, target_out) = target.split();
    let mut up = Pump::new(client_in, target_out, Side::Client, &shared);
    let mut down = Pump::new(target_in, client_out, Side::Target, &shared);
    let over = tokio::select! {
        over = both(&mut up, &mut down) => over,
        _ = cuts.changed() => Over::Cut(How::Reset),
        () = shared.stopping.cancelled() => Over::Cut(How::Reset),
    };
    if matches!(over, Over::Cut(How::Reset)) {
        let _gone = client.set_zero_linger().and(target.set_zero_linger());
    }
}

/// Runs both directions until both have ended or one wants the connection to end.
async fn both(up: &mut Pump<'_>, down: &mut Pump<'_>) -> Over {
    let one = async |pump: &mut Pump<'_>| match pump.run().await {
        Ok(None) => Ok(()),
        Ok(Some(how)) => Err(Over::Cut(how)),
        // One side broke off: the other must see it break, too.
        Err(_) => Err(Over::Cut(How::Reset)),
    };
    match tokio::try_join!(one(up), one(down)) {
        Ok(_) => Over::Done,
        Err(over) => over,
    }
}

/// One direction.
struct Pump<'a> {
    from: ReadHalf<'a>,
    to: WriteHalf<'a>,
    side: Side,
    changes: watch::Receiver<Faults>,
    faults: Faults,
    /// Bytes passed on since the faults were set.
    passed: u64,
    queue: VecDeque<(Instant, Vec<u8>)>,
    ended: bool,
}

impl<'a> Pump<'a> {
    fn new(from: ReadHalf<'a>, to: WriteHalf<'a>, side: Side, shared: &Shared) -> Self {
        let mut changes = shared.faults.subscribe();
        let faults = *changes.borrow_and_update();
        Self { from, to, side, changes, faults, passed: 0, queue: VecDeque::new(), ended: false }
    }

    /// Passes bytes on until the sender has ended (`None`), or the connection is to be cut.
    async fn run(&mut self) -> io::Result<Option<How>> {
        let mut piece = vec![0; PIECE];
        loop {
            if let Some(cut) = self.cut().filter(|cut| self.passed >= cut.after) {
                return Ok(Some(cut.how));
            }
            if self.ended && self.queue.is_empty() {
                self.to.shutdown().await?;
                return Ok(None);
            }
            let may_read = !self.ended && self.queue.len() < QUEUE && self.faults.stop_reading != Some(self.side);
            let due = self.queue.front().map(|(due, _)| *due);
            tokio::select! {
                biased;
                _ = self.changes.changed() => {
                    self.faults = *self.changes.borrow_and_update();
                    self.passed = 0;
                }
                () = sleep_until(due) => self.pass_on().await?,
                read = self.from.read(&mut piece), if may_read => match read? {
                    0 => self.ended = true,
                    size => self.queue.push_back((Instant::now() + self.faults.latency, piece[..size].to_vec())),
                },
            }
        }
    }

    async fn pass_on(&mut self) -> io::Result<()> {
        let Some((_, bytes)) = self.queue.pop_front() else { return Ok(()) };
        let left = self.cut().map_or(u64::MAX, |cut| cut.after.saturating_sub(self.passed));
        let size = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        self.to.write_all(&bytes[..size]).await?;
        self.passed += size as u64;
        Ok(())
    }

    fn cut(&self) -> Option<Cut> {
        self.faults.cut.filter(|cut| cut.side == self.side)
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// Counts a connection for as long as it lives, however it ends.
struct OpenConnection(Arc<Shared>);

impl OpenConnection {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.open.send_modify(|open| *open += 1);
        Self(Arc::clone(shared))
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| *open -= 1);
    }
}
