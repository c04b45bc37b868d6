#![doc = include_str!("../README.md")]
#![allow(clippy::print_stdout, reason = "each instrument answers with one line on stdout")]

mod figures;
mod load;
mod mock;
mod streams;
mod target;
mod wire;

use std::net::SocketAddr;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "agm-bench", about = "The instruments of `cargo xtask bench`")]
struct Args {
    #[command(subcommand)]
    instrument: Instrument,
}

#[derive(Subcommand)]
enum Instrument {
    /// A vendor that answers at once, or streams at a steady pace; prints its address, runs until it is killed
    Mock {
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
    },
    /// Asks again as soon as an answer is there, on some connections, for some time or some number of requests
    Load(load::Load),
    /// Reads many paced event streams at once
    Streams(streams::Streams),
}

fn main() -> Result<()> {
    match Args::parse().instrument {
        Instrument::Mock { listen } => runtime(2)?.block_on(mock::serve(listen)),
        Instrument::Load(load) => {
            let result = runtime(load.connections)?.block_on(load.run())?;
            println!("{}", serde_json::to_string(&result)?);
            Ok(())
        }
        Instrument::Streams(streams) => {
            let result = runtime(2)?.block_on(streams.run())?;
            println!("{}", serde_json::to_string(&result)?);
            Ok(())
        }
    }
}

/// One connection is timed best by one thread: no hand-over between threads is part of its latency.
fn runtime(wanted: usize) -> Result<tokio::runtime::Runtime> {
    let mut builder = match wanted {
        0 | 1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    if wanted > 1 {
        builder.worker_threads(2);
    }
    builder.enable_all().build().context("cannot start the event loop")
}
