//! Clients that are not ours, unchanged: boto3 and the AWS command line against every stand-in, on the
//! sample database. What they do and expect is in `clients/*.py`.

use std::{path::Path, process::Stdio, time::Duration};

use local::{
    AgentBackend, Database, Model, REGION, System, SystemConfig,
    system::{ADMIN_SECRET_ARN, BUCKET, CLUSTER_ARN, READ_ONLY_SECRET_ARN},
};
use tokio::process::Command;

use crate::{
    quaestor::{DataDir, repository},
    up::{Up, folder_of},
};

const DATABASE: &str = "university";
const TIME_LIMIT: Duration = Duration::from_secs(60);

#[tokio::test]
async fn boto3_and_the_aws_command_line_work_unchanged() {
    let data = DataDir::new();
    let system = Box::pin(System::start(config(&data))).await.expect("a system");
    let mut faults = Vec::new();
    // In this order: the second looks at the executions before the last starts one.
    for script in ["data_api", "object_store", "catalog", "stacks", "runs", "agent", "command_line"]
    {
        faults.extend(run(&endpoint(&system), script, &[]).await.err());
    }
    system.stop().await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn a_script_of_somebody_elses_asks_about_its_own_tables() {
    let data = DataDir::new();
    let up = Up::start(&data, &folder_of(&data), &[]).await;
    let text = |name: &str| up.up[name].as_str().expect("a text").to_owned();
    let endpoint = ["endpoint_url", "access_key_id", "secret_access_key"].map(text);
    let plain = run(&endpoint, "library", &[]).await.expect("it ends well");
    let traced = run(&endpoint, "library", &["--trace"]).await.expect("it ends well");
    up.stop("INT").await;

    let answers = |said: &str| -> Vec<String> {
        said.lines().filter_map(|line| line.strip_prefix("Answer: ")).map(str::to_owned).collect()
    };
    assert!(!plain.contains("Step "), "{plain}");
    assert!(plain.contains("Frankenstein") && plain.contains("Jules Verne"), "{plain}");
    let [count, _] = &answers(&plain)[..] else { panic!("{plain}") };
    assert!(count.contains('3'), "{plain}");
    let steps = ["guardrailTrace", "preProcessingTrace", "'invocationInput'", "library.books"];
    for step in [&steps[..], &["'observation'", "finalResponse"]].concat() {
        assert!(traced.contains(step), "no {step} in {traced}");
    }
    assert!(answers(&traced)[0].contains('6'), "it has filled its tables again: {traced}");
    assert!(!data.object("runs").exists(), "no run, no attempts");
}

/// Its address and keys.
fn endpoint(system: &System) -> [String; 3] {
    let keys = system.credentials();
    [system.endpoint_url(), &keys.access_key_id, &keys.secret_access_key].map(str::to_owned)
}

/// A system with the sample database.
pub(crate) fn config(data: &DataDir) -> SystemConfig {
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

/// Runs a script with no settings but the system's; what it said, on one output or the other.
async fn run(
    [url, access_key_id, secret_access_key]: &[String; 3],
    script: &str,
    arguments: &[&str],
) -> Result<String, String> {
    let python = repository().join(".venv/bin/python");
    assert!(python.is_file(), "no `.venv` yet: `scripts/setup test` makes it");
    let nowhere = Path::new("/nonexistent");
    let ended = Command::new(python)
        .arg(repository().join(format!("tests/clients/{script}.py")))
        .args(arguments)
        .env_clear()
        .env("AWS_CONFIG_FILE", nowhere)
        .env("AWS_SHARED_CREDENTIALS_FILE", nowhere)
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_ACCESS_KEY_ID", access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", secret_access_key)
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
    let said = |output: Vec<u8>| String::from_utf8_lossy(&output).into_owned();
    if ended.status.success() {
        Ok(said(ended.stdout))
    } else {
        Err(format!("`{script}.py`:\n{}", said(ended.stderr)))
    }
}
