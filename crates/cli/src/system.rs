//! What a command works with: the system on this machine, as the arguments want it, or one that is deployed.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use aws::Clients;
use local::system::STACK;
use local::{AgentBackend, Database, Model, REGION, System, SystemConfig};

use crate::arguments::{Agent, DatabaseArguments, SystemArguments};
use crate::files::Files;
use crate::installation::Installation;

/// A model on this machine may have to think; generate-query waits for two minutes in all.
const MODEL_TIMEOUT: Duration = Duration::from_secs(50);

const STATE_MACHINE: &str = include_str!("../../../state-machines/report-run.asl.json");
pub(crate) const SAMPLE: [&str; 2] = [
    include_str!("../../../sample/university/schema.sql"),
    include_str!("../../../sample/university/data.sql"),
];

/// The system that runs in this process, and the ways into it.
pub(crate) struct Running {
    pub(crate) system: System,
    pub(crate) installation: Installation,
}

/// Does `work` with the deployed system of that stack; without one, with the system of this machine, which runs
/// meanwhile and is stopped in order whatever comes of it, Ctrl-C included.
pub(crate) async fn during<T>(
    stack: Option<&str>,
    arguments: &SystemArguments,
    database: &DatabaseArguments,
    work: impl AsyncFnOnce(&Installation) -> Result<T>,
) -> Result<T> {
    if let Some(stack) = stack {
        let installation = deployed(stack).await?;
        return tokio::select! {
            done = Box::pin(work(&installation)) => done,
            _ = tokio::signal::ctrl_c() => Err(anyhow!("interrupted; a run that has started goes on")),
        };
    }
    if database.database_url.is_none() {
        eprintln!("on the built-in sample database; --database-url asks your own");
    }
    let running = start(arguments, database.database_url.as_deref(), 0).await?;
    let done = tokio::select! {
        done = Box::pin(work(&running.installation)) => done,
        _ = tokio::signal::ctrl_c() => {
            Err(anyhow!("interrupted; what was filed stays, and the same command runs again"))
        }
    };
    running.system.stop().await;
    done
}

/// The system of that stack, with region, credentials and endpoint as every AWS tool finds them.
pub(crate) async fn deployed(stack: &str) -> Result<Installation> {
    Installation::of_stack(Clients::from_environment().await, stack).await
}

/// Starts it with its endpoint at `port`; with 0, the system picks one.
pub(crate) async fn start(
    arguments: &SystemArguments,
    database_url: Option<&str>,
    port: u16,
) -> Result<Running> {
    let system = System::start(SystemConfig {
        data_dir: arguments.data_dir.clone(),
        functions_dir: functions_dir()?,
        database: match database_url {
            Some(url) => Database::Url(url.to_owned()),
            None => Database::Embedded {
                name: "university".to_owned(),
                scripts: SAMPLE.map(str::to_owned).to_vec(),
            },
        },
        agent: match arguments.agent {
            Agent::BedrockAgent => AgentBackend::BedrockAgent,
            Agent::Converse => AgentBackend::Converse,
        },
        model: match (&arguments.model_url, &arguments.model) {
            (Some(url), Some(model)) => Model::OpenAi {
                url: url.clone(),
                model: model.clone(),
                api_key: env::var("QUAESTOR_MODEL_KEY").ok(),
                timeout: MODEL_TIMEOUT,
            },
            _ => Model::BuiltIn,
        },
        state_machine: STATE_MACHINE.to_owned(),
        port,
    })
    .await
    .context("the system on this machine did not start")?;
    if let Some(warning) = system.database_warning() {
        eprintln!("warning: {warning}");
    }
    let keys = system.credentials();
    let clients = Clients::at_endpoint(
        system.endpoint_url(),
        REGION,
        &keys.access_key_id,
        &keys.secret_access_key,
    );
    let files = Files::of_data_dir(&arguments.data_dir);
    let installation = Installation::of_stack(clients, STACK).await?.here(files, system.progress());
    Ok(Running { system, installation })
}

/// The functions' binaries lie beside this one, as cargo and a release leave them.
fn functions_dir() -> Result<PathBuf> {
    if let Some(folder) = env::var_os("QUAESTOR_FUNCTIONS_DIR") {
        return Ok(folder.into());
    }
    let this = env::current_exe().context("failed to find this program's own folder")?;
    Ok(this.parent().map(PathBuf::from).unwrap_or_default())
}
