//! What may be typed.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{
    ArgMatches, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum,
};
use reporting::AsOf;

use crate::schedule::Schedule;

/// Asks a database the same questions every day and files the answers.
#[derive(Debug, Parser)]
#[command(
    name = "quaestor",
    version,
    after_help = "\
Examples:
  quaestor demo                          the sample questions on the sample database
  quaestor run daily                     every question in questions/daily/, as of this morning
  quaestor run questions/adhoc/why.md    one question, now
  quaestor ask \"How many students are there?\"
  quaestor up                            stay up: dropped files are asked, cadences run on time
  quaestor lint                          are the question files in order?
  quaestor show new-students             the newest report of that question
  echo 'DROP TABLE t' | quaestor guard   would this SQL be let through?
  quaestor --stack Quaestor-Reporting run daily     the same, as it is deployed in your AWS account

With --stack, region and credentials are found as every AWS tool finds them: AWS_PROFILE, AWS_REGION and so on.

Exit codes: 0 all is well, 1 some questions failed, 2 nothing was done."
)]
pub(crate) struct Arguments {
    /// Work with what this CloudFormation stack deployed, instead of on this machine: run, ask, lint, show, sample load
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) stack: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Answer the sample questions on the sample database, every cadence, start to end
    Demo(DemoArguments),
    /// Answer a cadence's questions, or named question files
    Run(RunArguments),
    /// Ask one question, now: its SQL, its rows, the agent's words
    Ask(AskArguments),
    /// Stay up: ask files as they land, run each cadence on time, answer any AWS client
    Up(UpArguments),
    /// Check question files without asking anything
    Lint(LintArguments),
    /// Show a report as a table, CSV or JSON
    Show(ShowArguments),
    /// Put SQL from standard input before the guard
    Guard(GuardArguments),
    /// The sample database, for a deployed system
    #[command(subcommand)]
    Sample(SampleCommand),
}

/// What says how a system on this machine is made, and so nothing of one that is deployed.
const OF_THIS_MACHINE: [&str; 6] =
    ["questions", "data_dir", "agent", "model_url", "model", "database_url"];

/// Reads the command line; ends the program where it is not in order, or asks for help.
pub(crate) fn parse() -> Arguments {
    let matches = Arguments::command().get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    if let Some(fault) = arguments.stack.is_some().then(|| fault_with_stack(&matches)).flatten() {
        Arguments::command().error(ErrorKind::ArgumentConflict, fault).exit();
    }
    arguments
}

/// What cannot stand beside `--stack`.
fn fault_with_stack(matches: &ArgMatches) -> Option<String> {
    let (command, matches) = matches.subcommand()?;
    if ["demo", "up", "guard"].contains(&command) {
        return Some(format!("`{command}` works on this machine alone; leave out --stack"));
    }
    let given = |name: &&str| {
        matches.try_contains_id(name).unwrap_or_default()
            && matches.value_source(name) == Some(ValueSource::CommandLine)
    };
    let name = OF_THIS_MACHINE.iter().find(|name| given(name))?.replace('_', "-");
    Some(format!("--{name} is for a system on this machine; leave it out, or --stack"))
}

/// Where a run works and what it works with.
#[derive(Debug, Clone, Args)]
pub(crate) struct SystemArguments {
    /// The folder of questions, with one folder a cadence inside
    #[arg(long, value_name = "DIR", default_value = "questions")]
    pub(crate) questions: PathBuf,
    /// Where the bucket, logs and executions are kept
    #[arg(long, value_name = "DIR", default_value = ".quaestor")]
    pub(crate) data_dir: PathBuf,
    /// How the agent is asked: with InvokeAgent, or with our own loop over Converse
    #[arg(long, value_enum, value_name = "WAY", default_value_t = Agent::BedrockAgent)]
    pub(crate) agent: Agent,
    /// An OpenAI-compatible server (Ollama, llama.cpp, vLLM) instead of the built-in translator
    #[arg(
        long,
        value_name = "URL",
        env = "QUAESTOR_MODEL_URL",
        hide_env_values = true,
        requires = "model"
    )]
    pub(crate) model_url: Option<String>,
    /// The model's name on that server; its key, if it wants one, is read from QUAESTOR_MODEL_KEY
    #[arg(
        long,
        value_name = "NAME",
        env = "QUAESTOR_MODEL",
        hide_env_values = true,
        requires = "model_url"
    )]
    pub(crate) model: Option<String>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which database is asked.
#[derive(Debug, Clone, Args)]
pub(crate) struct DatabaseArguments {
    /// Your PostgreSQL, e.g. postgres://reader:secret@db.example/sales. Nothing is created there.
    /// Without it: the built-in sample database
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
}

/// The ways to ask an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Agent {
    /// InvokeAgent
    BedrockAgent,
    /// Our own loop over Converse
    Converse,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    #[command(flatten)]
    pub(crate) system: SystemArguments,
    /// The logical time of the runs; the sample's data ends in November 2026
    #[arg(long, value_name = "TIME", default_value = "2026-11-22T06:00:00Z")]
    pub(crate) as_of: AsOf,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quaestor run daily --as-of 2026-11-22T06:00:00Z
  quaestor run weekly --database-url postgres://reader@localhost/sales --json
  quaestor run questions/adhoc/why.md more.md
  quaestor run daily --model-url http://localhost:11434/v1 --model qwen2.5-coder
  quaestor --stack Quaestor-Reporting run daily
  quaestor --stack Quaestor-Reporting run questions/daily/students.md     a question that lies in its bucket

Running the same cadence again at the same as-of is a rerun of its own (-r2, -r3 …): the reports it writes are the same.")]
pub(crate) struct RunArguments {
    /// A cadence (hourly, daily, weekly, monthly, adhoc), or question files
    #[arg(required = true, value_name = "CADENCE | FILE")]
    pub(crate) what: Vec<String>,
    /// The logical time of the run, e.g. 2026-11-22T06:00:00Z. Without it: the start of the cadence's current
    /// period; for files, now
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<AsOf>,
    /// The schedule's time zone: a daily report's date is the date there
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub(crate) time_zone: String,
    #[command(flatten)]
    pub(crate) database: DatabaseArguments,
    #[command(flatten)]
    pub(crate) system: SystemArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quaestor ask \"How many students are there?\"
  quaestor ask \"Who works on AI in Education?\" --trace
  quaestor ask \"How many orders came in today?\" --database-url postgres://reader@localhost/sales --json
  quaestor --stack Quaestor-Reporting ask \"How many students are there?\" --trace")]
pub(crate) struct AskArguments {
    /// The question, in plain language
    #[arg(value_name = "QUESTION")]
    pub(crate) question: String,
    /// Show every step of the agent; with --json, its raw trace parts
    #[arg(long)]
    pub(crate) trace: bool,
    /// The time that is \"now\" in the question; without it, now
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<AsOf>,
    #[command(flatten)]
    pub(crate) database: DatabaseArguments,
    #[command(flatten)]
    pub(crate) system: SystemArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quaestor up
  quaestor up --time-zone Europe/Berlin --schedule daily=07:30 --schedule hourly=never
  quaestor up --schedule 'weekly=friday 17:00' --schedule 'monthly=28 06:00'

Without --schedule: hourly at minute 0, daily at 06:00, weekly on Monday at 06:00, monthly on day 1 at 06:00.
A file that lands in questions/adhoc/ of the bucket, by any S3 client, or in the watched folder is asked at once.")]
pub(crate) struct UpArguments {
    /// The port of the endpoint, on this machine alone; with 0, the system picks one
    #[arg(long, value_name = "PORT", default_value_t = 4566)]
    pub(crate) port: u16,
    /// The folder to watch; without it, that of --questions
    #[arg(long, value_name = "DIR")]
    pub(crate) watch: Option<PathBuf>,
    /// When a cadence is due, e.g. daily=06:00; may be given once for each
    #[arg(long, value_name = "CADENCE=WHEN")]
    pub(crate) schedule: Vec<Schedule>,
    /// The schedules' time zone: a daily report's date is the date there
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub(crate) time_zone: String,
    #[command(flatten)]
    pub(crate) database: DatabaseArguments,
    #[command(flatten)]
    pub(crate) system: SystemArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quaestor lint
  quaestor lint questions/daily why.md many.jsonl --json
  quaestor --stack Quaestor-Reporting lint           and do `sql` and `tables` fit the deployed database?
  quaestor lint --schema > question.schema.json      for editors: # yaml-language-server: $schema=question.schema.json")]
pub(crate) struct LintArguments {
    /// Question files, or folders of them
    #[arg(value_name = "PATH", default_value = "questions")]
    pub(crate) paths: Vec<PathBuf>,
    /// Print the JSON Schema of what a question may set, and check nothing
    #[arg(long, conflicts_with_all = ["paths", "json"])]
    pub(crate) schema: bool,
    /// Print one JSON array instead of lines
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quaestor show                                  what reports are there?
  quaestor show new-students                     the newest
  quaestor show new-students --as-of 2026-11-22 --format csv > students.csv
  quaestor show --tables                         what would Athena read?
  quaestor --stack Quaestor-Reporting show new-students")]
pub(crate) struct ShowArguments {
    /// A question's id; without it, the reports on file are listed
    #[arg(value_name = "ID")]
    pub(crate) id: Option<String>,
    /// List the tables of Athena instead, with their columns and partitions
    #[arg(long, conflicts_with_all = ["id", "as_of", "format", "limit"])]
    pub(crate) tables: bool,
    /// The report's partition, e.g. 2026-11-22; the newest without it
    #[arg(long, value_name = "AS_OF")]
    pub(crate) as_of: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    /// At most this many rows of a table (CSV and JSON are whole)
    #[arg(long, value_name = "ROWS", default_value_t = 50)]
    pub(crate) limit: usize,
    /// Where the bucket is kept
    #[arg(long, value_name = "DIR", default_value = ".quaestor")]
    pub(crate) data_dir: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// For spreadsheets
    Csv,
    /// For programs
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  echo 'SELECT 1' | quaestor guard
  quaestor guard --jsonl < statements.jsonl      {\"sql\": …} a line in, {\"verdict\": …, \"reason\": …} a line out")]
pub(crate) struct GuardArguments {
    /// One JSON object a line, in and out; the exit code is then 0 whatever the verdicts
    #[arg(long)]
    pub(crate) jsonl: bool,
    /// A run's snapshot of the schema, `schema/<fingerprint>.json` in the bucket: only its tables and columns pass
    #[arg(long, value_name = "FILE")]
    pub(crate) schema: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SampleCommand {
    /// Put the sample's schemas and rows on the stack's cluster, as its administrator
    Load(LoadArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quaestor --stack Quaestor-Reporting sample load
  quaestor sample load --stack Quaestor-Reporting --yes     on a cluster that was there before the stack

It is one transaction: all of it is there afterwards, or nothing. Where the sample is there already, nothing is changed.")]
pub(crate) struct LoadArguments {
    /// Load it on a cluster that the stack did not make, too
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
