//! The operations, on a real store and a real gateway, against vendors on the wire.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod agent_keys;
mod agent_states;
mod agents;
mod backups;
mod calling_point;
mod crash;
mod crowd;
mod defaults;
mod drift;
mod evidence;
mod falling_out;
mod given;
mod leader;
mod models;
mod neighbours;
mod provider_tests;
mod providers;
mod published;
mod recovery;
mod routes;
mod secrets;
mod switches;
mod world;
