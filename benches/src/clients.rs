//! The clients in Rust, each in a process of its own as ours is: this program again.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use crate::cores::Cores;
use crate::stand::Stand;
use crate::{bare, typed};

/// Who reads the rows, and throws them away.
#[derive(Clone, Copy)]
pub(crate) enum Client {
    Bare,
    Typed,
}

impl Client {
    fn name(self) -> &'static str {
        match self {
            Client::Bare => "bare client",
            Client::Typed => "the SDK's own cells",
        }
    }

    /// How long it takes, without its own start.
    pub(crate) async fn drain(
        self,
        stand: &Stand,
        cores: Cores,
        sql: &str,
        rows: u64,
    ) -> Result<Duration> {
        let child = tokio::process::Command::from(cores.client(std::env::current_exe()?))
            .args([self.name(), &stand.data_api.to_string(), sql, &rows.to_string()])
            .stderr(Stdio::inherit())
            .output()
            .await?;
        ensure!(child.status.success(), "the {} failed", self.name());
        let seconds: f64 = String::from_utf8(child.stdout)?.trim().parse()?;
        crate::told(format_args!("{}: {rows} rows in {seconds:.2} s", self.name()));
        Ok(Duration::from_secs_f64(seconds))
    }
}

/// What the process of a client does, with the arguments that [`Client::drain`] gives it.
#[expect(clippy::print_stdout, reason = "the other process reads it")]
pub(crate) async fn run(arguments: &[String]) -> Result<()> {
    let [name, address, sql, rows] = arguments else {
        bail!(
            "the bench takes no arguments; EXTRACTION_ROWS, PEER_ROWS, PYTHON and WRITE_REPORT set it"
        );
    };
    let address: SocketAddr = address.parse().context("an address")?;
    let rows = rows.parse().context("a number of rows")?;
    let client = [Client::Bare, Client::Typed].into_iter().find(|client| client.name() == name);
    let time = match client {
        Some(Client::Bare) => bare::drain(address, sql, rows).await?,
        Some(Client::Typed) => typed::drain(address, sql, rows).await?,
        None => bail!("no client is called `{name}`"),
    };
    println!("{}", time.as_secs_f64());
    Ok(())
}
