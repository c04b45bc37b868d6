#![doc = include_str!("../README.md")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a task talks to the terminal; that is all it is for")]

mod bench;
mod budget;
mod check;
mod demo;
mod documents;
mod layering;
mod process;
mod report;
mod sweep;
mod test;
mod tools;
mod ui;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::bench::Bench;
use crate::report::Report;
use crate::test::Part;
use crate::workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "The project's own tasks", version)]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Format, lints, layering, documents, dependencies: everything that needs no running program
    Check,
    /// Install what the tests need, then run them: all parts, or the ones named
    Test {
        #[arg(value_enum)]
        parts: Vec<Part>,
    },
    /// Build the web page, which the next build of agm embeds; needs Node
    Ui,
    /// Build the page and agm, and run `agm demo`
    Demo {
        /// Passed on to `agm demo`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Measure agm beside others, in one run
    Bench {
        #[command(subcommand)]
        bench: Bench,
    },
    /// What continuous integration runs: check, then test
    Ci,
    /// The inside of `test api`, already cut off from the network
    #[command(hide = true)]
    ApiInside { agm: PathBuf, vendors: PathBuf, python_bin: PathBuf, scratch: PathBuf },
}

fn main() -> ExitCode {
    match run(Args::parse().task) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<bool> {
    let workspace = Workspace::here();
    let mut report = Report::default();
    match task {
        Task::Check => check::run(&workspace, &mut report),
        Task::Test { parts } => test::run(&workspace, &parts, &mut report),
        Task::Ci => {
            check::run(&workspace, &mut report);
            test::run(&workspace, &[], &mut report);
        }
        Task::Bench { bench } => return bench.run(&workspace).map(|()| true),
        Task::Ui => return ui::build(&workspace).map(|()| true),
        Task::Demo { args } => return demo::run(&workspace, &args),
        Task::ApiInside { agm, vendors, python_bin, scratch } => return test::api::inside(&agm, &vendors, &python_bin, &scratch),
    }
    report.print();
    Ok(report.passed())
}
