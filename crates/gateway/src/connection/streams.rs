//! The streams of one connection of HTTP/2. Answering pings keeps a connection alive, but neither a stream of which nothing is taken nor a
//! connection on which nothing is asked.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use crate::local::LocalTasks;

/// Runs the streams of a connection. Hyper's executor for it.
#[derive(Clone)]
pub(super) struct Streams {
    tasks: LocalTasks,
    /// How long a client may take nothing of what is there for it.
    patience: Duration,
    state: Rc<State>,
}

struct State {
    running: Cell<usize>,
    /// Since when none has been running.
    unused_since: Cell<Instant>,
    /// What became of the body that was asked for more last. All of it happens on one thread, one stream after the other.
    turn: Cell<Option<Turn>>,
}

/// Who is waited for.
#[derive(Debug, Clone, Copy)]
enum Turn {
    /// It gave a piece: the client has to take it.
    Client,
    /// It has nothing yet, and minds itself how long.
    Body,
}

/// A body that tells when it is asked for more.
pub(super) struct Told<B> {
    body: B,
    state: Rc<State>,
}

/// One stream, which ends with a reset when its client takes nothing for too long.
struct Stream<F> {
    inner: Pin<Box<F>>,
    patience: Duration,
    state: Rc<State>,
    /// Runs while it is the client's turn.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl Streams {
    pub(super) fn new(tasks: LocalTasks, patience: Duration) -> Self {
        let state = State { running: Cell::new(0), unused_since: Cell::new(Instant::now()), turn: Cell::new(None) };
        Self { tasks, patience, state: Rc::new(state) }
    }

    /// The body as the connection is to send it.
    pub(super) fn tell<B>(&self, body: B) -> Told<B> {
        Told { body, state: Rc::clone(&self.state) }
    }

    /// Waits until nothing has been asked for so long, counted from now on.
    pub(super) async fn unused(&self, patience: Duration) {
        let begun = Instant::now();
        loop {
            let since = if self.state.running.get() > 0 { Instant::now() } else { self.state.unused_since.get().max(begun) };
            if since.elapsed() >= patience {
                return;
            }
            tokio::time::sleep_until(since + patience).await;
        }
    }
}

impl<F: Future<Output = ()> + 'static> hyper::rt::Executor<F> for Streams {
    fn execute(&self, stream: F) {
        self.state.running.set(self.state.running.get() + 1);
        let state = Rc::clone(&self.state);
        self.tasks.spawn(Stream { inner: Box::pin(stream), patience: self.patience, state, deadline: None });
    }
}

impl<F: Future<Output = ()>> Future for Stream<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        this.state.turn.set(None);
        if this.inner.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        match this.state.turn.get() {
            Some(Turn::Client) => this.deadline = Some(Box::pin(tokio::time::sleep(this.patience))),
            Some(Turn::Body) => this.deadline = None,
            None => {}
        }
        // Dropping the stream resets it, and cancels what it waits for.
        this.deadline.as_mut().map_or(Poll::Pending, |deadline| deadline.as_mut().poll(cx))
    }
}

impl<F> Drop for Stream<F> {
    fn drop(&mut self) {
        self.state.running.set(self.state.running.get() - 1);
        self.state.unused_since.set(Instant::now());
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Told<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        self.state.turn.set(Some(if frame.is_ready() { Turn::Client } else { Turn::Body }));
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
