//! `quaestor`: asks a database the same questions every day and files the answers.

#![expect(clippy::print_stderr, reason = "a command line tells people what it does there")]

mod arguments;
mod ask;
mod demo;
mod files;
mod guard;
mod installation;
mod lint;
mod output;
mod progress;
mod run;
mod sample;
mod schedule;
mod show;
mod summary;
mod system;
mod trace;
mod up;
mod watch;

use std::process::ExitCode;

use reporting::ErrorKind;
use tracing_subscriber::EnvFilter;

use crate::arguments::{Arguments, Command, SampleCommand};

/// A command that could not do its work at all: no run, nothing to lint, bad arguments (clap's own code, too).
const NOTHING_DONE: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let logs = EnvFilter::try_from_env("QUAESTOR_LOG").unwrap_or_else(|_| EnvFilter::new("error"));
    tracing_subscriber::fmt().with_env_filter(logs).with_writer(std::io::stderr).init();
    let Arguments { stack, command } = arguments::parse();
    let stack = stack.as_deref();
    let done = match command {
        Command::Demo(arguments) => Box::pin(demo::demo(arguments)).await,
        Command::Run(arguments) => Box::pin(run::run(arguments, stack)).await,
        Command::Up(arguments) => Box::pin(up::up(arguments)).await,
        Command::Ask(arguments) => Box::pin(ask::ask(arguments, stack)).await,
        Command::Lint(arguments) => Box::pin(lint::lint(&arguments, stack)).await,
        Command::Show(arguments) => Box::pin(show::show(&arguments, stack)).await,
        Command::Sample(SampleCommand::Load(arguments)) => {
            Box::pin(sample::load(&arguments, stack)).await
        }
        Command::Guard(arguments) => guard::guard(&arguments),
    };
    match done {
        Ok(all_well) if all_well => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) if output::is_nobody_listening(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quaestor: {error:#}");
            if stack.is_some() && is_denied(&error) {
                eprintln!(
                    "what the credentials must be allowed: infra/README.md, From the command line"
                );
            }
            ExitCode::from(NOTHING_DONE)
        }
    }
}

fn is_denied(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let ours = cause.downcast_ref::<reporting::Error>();
        ours.is_some_and(|error| error.kind() == ErrorKind::AccessDenied)
    })
}
