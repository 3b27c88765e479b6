//! Clients that are not ours, unchanged: boto3 and the AWS command line against every stand-in, on the
//! sample database. What they do and expect is in `clients/*.py`.

use std::{path::Path, process::Stdio, time::Duration};

use local::{
    AgentBackend, Database, Model, REGION, System, SystemConfig,
    system::{ADMIN_SECRET_ARN, BUCKET, CLUSTER_ARN, READ_ONLY_SECRET_ARN},
};
use tokio::process::Command;

use crate::quaestor::{DataDir, repository};

const DATABASE: &str = "university";
const TIME_LIMIT: Duration = Duration::from_secs(60);

#[tokio::test]
async fn boto3_and_the_aws_command_line_work_unchanged() {
    let data = DataDir::new();
    let system = Box::pin(System::start(config(&data))).await.expect("a system");
    let mut faults = Vec::new();
    // In this order: the second looks at the executions before the last starts one.
    for script in ["data_api", "object_store", "runs", "agent", "command_line"] {
        faults.extend(run(&system, script).await.err());
    }
    system.stop().await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn config(data: &DataDir) -> SystemConfig {
    let scripts = ["schema", "data"].map(|script| {
        let path = repository().join(format!("sample/university/{script}.sql"));
        std::fs::read_to_string(path).expect("the sample")
    });
    let this = std::env::current_exe().expect("a path");
    SystemConfig {
        data_dir: data.path().into(),
        functions_dir: this.ancestors().nth(2).expect("a profile's folder").into(),
        state_machine: include_str!("../state-machines/report-run.asl.json").to_owned(),
        database: Database::Embedded { name: DATABASE.to_owned(), scripts: scripts.into() },
        agent: AgentBackend::BedrockAgent,
        model: Model::BuiltIn,
        port: 0,
    }
}

/// Runs a script with no settings but the system's; what it said, when it fails.
async fn run(system: &System, script: &str) -> Result<(), String> {
    let python = repository().join(".venv/bin/python");
    assert!(python.is_file(), "no `.venv` yet: `scripts/setup test` makes it");
    let keys = system.credentials();
    let nowhere = Path::new("/nonexistent");
    let ended = Command::new(python)
        .arg(repository().join(format!("tests/clients/{script}.py")))
        .env_clear()
        .env("AWS_CONFIG_FILE", nowhere)
        .env("AWS_SHARED_CREDENTIALS_FILE", nowhere)
        .env("AWS_ENDPOINT_URL", system.endpoint_url())
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_ACCESS_KEY_ID", &keys.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", &keys.secret_access_key)
        .env("CLUSTER_ARN", CLUSTER_ARN)
        .env("ADMIN_SECRET_ARN", ADMIN_SECRET_ARN)
        .env("READONLY_SECRET_ARN", READ_ONLY_SECRET_ARN)
        .env("DB_NAME", DATABASE)
        .env("BUCKET", BUCKET)
        .env("AGENT_ID", "QUAESTOR01")
        .env("AGENT_ALIAS_ID", "LOCALALIAS")
        .env("MODEL_ID", "quaestor.local-v1")
        .env("GUARDRAIL_ID", "quaestorguard")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let ended = tokio::time::timeout(TIME_LIMIT, ended).await;
    let ended = ended.map_err(|_| format!("`{script}.py` hangs"))?.expect("Python starts");
    let said = String::from_utf8_lossy(&ended.stderr);
    if ended.status.success() { Ok(()) } else { Err(format!("`{script}.py`:\n{said}")) }
}
