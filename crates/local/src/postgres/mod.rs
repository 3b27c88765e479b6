//! A real PostgreSQL of our own: found on the machine, started in a private folder, gone with us.
//!
//! It listens on a Unix socket inside that folder and nowhere else: no port to pick, none to
//! guard. Every role still needs its password, so that a role is what the Data API says it is.

mod account;
mod database;
mod error;
mod programs;
mod server;
mod write_access;

pub use database::{Database, READ_ONLY_ROLE};
pub use error::PostgresError;
pub use programs::Programs;
pub use write_access::{can_write, parse_url};

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tokio_postgres::{Client, Config};

use account::Account;
use server::Server;

/// How long a fresh cluster may take until it answers. Seen: 0.05 s after 0.6 s of `initdb`.
const START_DEADLINE: Duration = Duration::from_secs(30);

/// The name of the superuser that `initdb` makes.
const SUPERUSER: &str = "quaestor_admin";

/// What has no worth in a database that dies with us, and what makes it the same everywhere.
/// Without autovacuum the planner's statistics are those of the load, so plans do not drift.
const SETTINGS: [&str; 12] = [
    "listen_addresses=",
    "max_connections=128",
    "shared_buffers=32MB",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "autovacuum=off",
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
];

/// A running server with its private cluster. Dropping it stops the server and removes the folder;
/// should this process be killed, the kernel stops the server (the folder then stays behind).
#[derive(Debug)]
pub struct Postgres {
    // The order is that of the drop: the server ends before its folder goes.
    server: Server,
    folder: TempDir,
    superuser_password: String,
    read_only_password: String,
}

impl Postgres {
    /// Makes a cluster and starts its server; returns when the server answers.
    ///
    /// The encoding is UTF-8, the locale `C`, the time zone UTC, and nothing is made durable.
    /// PostgreSQL refuses to run as root: then it runs as `postgres` or `nobody`.
    pub async fn start(programs: &Programs) -> Result<Postgres, PostgresError> {
        let account = Account::of_the_server()?;
        let folder = account.private_folder()?;
        let superuser_password = password();
        init_cluster(programs, &account, folder.path(), &superuser_password).await?;
        let server = spawn_server(programs, &account, folder.path()).await?;
        let mut postgres =
            Postgres { server, folder, superuser_password, read_only_password: password() };
        let client = postgres.wait_until_ready().await?;
        database::create_read_only_role(&client, &postgres.read_only_password).await?;
        Ok(postgres)
    }

    /// How the superuser connects to `database` (`postgres` exists from the start).
    pub fn superuser(&self, database: &str) -> Config {
        self.config(SUPERUSER, &self.superuser_password, database)
    }

    /// How [`READ_ONLY_ROLE`] connects to `database`.
    pub fn read_only(&self, database: &str) -> Config {
        self.config(READ_ONLY_ROLE, &self.read_only_password, database)
    }

    /// The superuser's connection string for `database`, as `psql` and any driver take it.
    pub fn superuser_url(&self, database: &str) -> String {
        self.url(SUPERUSER, &self.superuser_password, database)
    }

    /// The connection string of [`READ_ONLY_ROLE`] for `database`.
    pub fn read_only_url(&self, database: &str) -> String {
        self.url(READ_ONLY_ROLE, &self.read_only_password, database)
    }

    /// Where the cluster's files lie.
    pub fn data_directory(&self) -> PathBuf {
        data_directory(self.folder.path())
    }

    fn config(&self, role: &str, password: &str, database: &str) -> Config {
        let mut config = Config::new();
        config
            .host_path(self.folder.path())
            .user(role)
            .password(password)
            .dbname(database)
            .connect_timeout(START_DEADLINE);
        config
    }

    fn url(&self, role: &str, password: &str, database: &str) -> String {
        let encode =
            |text| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC);
        let folder = self.folder.path().to_string_lossy();
        format!("postgresql://{role}:{password}@/{}?host={}", encode(database), encode(&folder))
    }

    async fn wait_until_ready(&mut self) -> Result<Client, PostgresError> {
        let started = Instant::now();
        let config = self.superuser("postgres");
        loop {
            let refusal = match database::connect(&config).await {
                Ok(client) => return Ok(client),
                Err(refusal) => refusal,
            };
            if self.server.has_ended() {
                return Err(PostgresError::Ended { log: self.log_tail() });
            }
            if started.elapsed() > START_DEADLINE {
                return Err(refusal);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn log_tail(&self) -> String {
        let log = std::fs::read_to_string(log_file(self.folder.path())).unwrap_or_default();
        let lines: Vec<_> = log.lines().rev().take(5).collect();
        lines.into_iter().rev().fold(String::new(), |mut tail, line| {
            _ = write!(tail, "\n  {line}");
            tail
        })
    }
}

async fn init_cluster(
    programs: &Programs,
    account: &Account,
    folder: &Path,
    password: &str,
) -> Result<(), PostgresError> {
    let password_file = folder.join("password");
    std::fs::write(&password_file, password)
        .and_then(|()| account.own(&password_file))
        .map_err(PostgresError::machine("write the superuser's password for `initdb`"))?;
    let mut command = account.command(&programs.initdb(), folder);
    command
        .arg("--pgdata")
        .arg(data_directory(folder))
        .args(["--username", SUPERUSER, "--pwfile"])
        .arg(&password_file)
        // The password crosses a socket that nobody else can open; hashing it on our side, in an
        // unoptimized build, would make each connection take 60 ms.
        .args(["--auth-local=password", "--auth-host=reject"])
        .args(["--encoding=UTF8", "--no-locale"])
        .args(["--no-sync", "--no-instructions"])
        .stdin(Stdio::null());
    let output = tokio::process::Command::from(command)
        .kill_on_drop(true)
        .output()
        .await
        .map_err(PostgresError::machine("run `initdb`"))?;
    if !output.status.success() {
        let output = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(PostgresError::Initdb { output });
    }
    std::fs::remove_file(&password_file)
        .map_err(PostgresError::machine("remove the password file of `initdb`"))
}

async fn spawn_server(
    programs: &Programs,
    account: &Account,
    folder: &Path,
) -> Result<Server, PostgresError> {
    let log = std::fs::File::create(log_file(folder))
        .map_err(PostgresError::machine("create the server's log"))?;
    // `setpriv` asks the kernel for the death signal and becomes the server. SIGQUIT is
    // PostgreSQL's immediate shutdown: it also clears its socket and its shared memory.
    let mut command = account.command(Path::new("setpriv"), folder);
    command
        .args(["--pdeathsig", "QUIT", "--"])
        .arg(programs.postgres())
        .arg("-D")
        .arg(data_directory(folder))
        .args(SETTINGS.iter().flat_map(|setting| ["-c", setting]))
        .arg("-c")
        .arg(format!("unix_socket_directories={}", folder.display()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    Server::spawn(command).await.map_err(PostgresError::machine(
        "start the server through `setpriv` (Debian package `util-linux`)",
    ))
}

fn data_directory(folder: &Path) -> PathBuf {
    folder.join("data")
}

fn log_file(folder: &Path) -> PathBuf {
    folder.join("server.log")
}

/// 122 random bits, in letters and digits that need no quoting anywhere.
fn password() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
