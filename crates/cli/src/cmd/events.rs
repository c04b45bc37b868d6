//! `events`.

use serde_json::json;

use super::Session;
use crate::args::EventsArgs;
use crate::client::Event;
use crate::error::{CliError, Exit, Result};
use crate::output::{Tint, print};

pub(super) async fn run(session: &Session, args: &EventsArgs) -> Result<Exit> {
    let types: Vec<&str> = args.types.iter().map(String::as_str).collect();
    let mut events = session.client.events(&types, args.since).await?;
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(event) => show(session, &event)?,
                None => return Err(CliError::failed("the stream of events ended").hint("`agm monitor status` tells whether agm still runs")),
            },
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                return Ok(Exit::Done);
            }
        }
    }
}

fn show(session: &Session, event: &Event) -> Result<()> {
    if !session.out.is_table() {
        return session.out.line(&json!(event));
    }
    let time = event.time.get(11..19).unwrap_or(&event.time);
    let data = if event.data.is_null() { String::new() } else { event.data.to_string() };
    print(&format!("{} {:<18} {}  {}", Tint::Dim.paint(time), event.kind, event.subject, Tint::Dim.paint(&data)))
}
