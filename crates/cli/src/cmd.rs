//! What the commands do: plain functions, a file for each noun.

mod about;
mod agents;
mod backup;
mod config;
mod demo;
mod events;
mod key;
mod model;
mod monitor;
mod providers;
mod routes;
mod status;
mod switch;
mod token;
mod up;

use crate::args::{Cli, Command, KeyCommand};
use crate::client::Client;
use crate::error::{Exit, Result};
use crate::output::Output;
use crate::settings::{ClientSettings, environment};

/// A client command's surroundings: the server that answered, and where to print.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) out: Output,
}

/// Does what was asked for.
pub(crate) fn run(cli: Cli) -> Result<Exit> {
    let Cli { mut global, command } = cli;
    let out = Output::new(global.format());
    let Some(command) = command else { return about::help() };
    match command {
        Command::Up(args) => return up::run(&global, &args),
        Command::Demo(args) => return demo::run(&args, out),
        Command::Monitor(command) => return monitor::run(&global, command, out),
        Command::Config(command) => return config::run(&global, &command, out),
        Command::Completions { shell } => return about::completions(shell),
        Command::Openapi => return about::openapi(out),
        Command::Version => return about::version(out),
        // Its `--url` is the vendor's, as documented; clap hands it to the global option too.
        Command::CreateProvider(_) => global.url = None,
        _ => {}
    }
    runtime()?.block_on(async {
        let client = Client::connect(ClientSettings::resolve(&global, &environment)?).await?;
        ask(&Session { client, out }, command).await
    })
}

async fn ask(session: &Session, command: Command) -> Result<Exit> {
    match command {
        Command::Provider(command) => providers::run(session, command).await,
        Command::ListProviders => providers::list(session).await,
        Command::CreateProvider(args) => providers::create(session, args).await,
        Command::Route(command) => routes::run(session, command).await,
        Command::Agent(command) => agents::run(session, command).await,
        Command::Model(command) => model::run(session, command).await,
        Command::SetModel(args) => model::set(session, args.target, args.provider, args.model, args.options).await,
        Command::GetAssignment { target } => model::assignment(session, &target).await,
        Command::Backup(command) => backup::run(session, command).await,
        Command::Status => status::run(session).await,
        Command::Events(args) => events::run(session, &args).await,
        Command::Audit { limit } => status::audit(session, limit).await,
        Command::Token(command) => token::run(session, command).await,
        Command::Key(KeyCommand::Rotate { key_stdin, dry_run, yes }) => key::rotate(session, key_stdin, dry_run, yes).await,
        // Answered above, before anybody was asked.
        Command::Up(_)
        | Command::Demo(_)
        | Command::Monitor(_)
        | Command::Config(_)
        | Command::Completions { .. }
        | Command::Openapi
        | Command::Version => Ok(Exit::Done),
    }
}

/// One thread is enough to ask a question.
fn runtime() -> Result<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| crate::error::CliError::failed(format!("cannot start the event loop: {error}")))
}
