//! `quaestor`: asks a database the same questions every day and files the answers.

#![expect(clippy::print_stderr, reason = "a command line tells people what it does there")]

mod arguments;
mod ask;
mod demo;
mod guard;
mod lint;
mod output;
mod progress;
mod run;
mod schedule;
mod show;
mod summary;
mod system;
mod trace;
mod up;
mod watch;

use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

use crate::arguments::{Arguments, Command};

/// A command that could not do its work at all: no run, nothing to lint, bad arguments (clap's own code, too).
const NOTHING_DONE: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let logs = EnvFilter::try_from_env("QUAESTOR_LOG").unwrap_or_else(|_| EnvFilter::new("error"));
    tracing_subscriber::fmt().with_env_filter(logs).with_writer(std::io::stderr).init();
    let done = match Arguments::parse().command {
        Command::Demo(arguments) => Box::pin(demo::demo(arguments)).await,
        Command::Run(arguments) => Box::pin(run::run(arguments)).await,
        Command::Up(arguments) => Box::pin(up::up(arguments)).await,
        Command::Ask(arguments) => Box::pin(ask::ask(arguments)).await,
        Command::Lint(arguments) => lint::lint(&arguments),
        Command::Show(arguments) => show::show(&arguments),
        Command::Guard(arguments) => guard::guard(&arguments),
    };
    match done {
        Ok(all_well) if all_well => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) if output::is_nobody_listening(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quaestor: {error:#}");
            ExitCode::from(NOTHING_DONE)
        }
    }
}
