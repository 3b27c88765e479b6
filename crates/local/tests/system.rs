//! All stand-ins as one system. (The functions here are empty programs; the end-to-end tests use
//! the real ones.)

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path};

use local::{Database, Model, StartError, System, SystemConfig, system::LockError};

const FUNCTIONS: [&str; 8] = [
    "start-run",
    "plan-run",
    "ask-agent",
    "generate-query",
    "execute-query",
    "write-report",
    "close-run",
    "provision-database",
];

fn config(folder: &Path) -> SystemConfig {
    let functions_dir = folder.join("functions");
    fs::create_dir_all(&functions_dir).unwrap();
    for function in FUNCTIONS {
        fs::write(functions_dir.join(function), "").unwrap();
    }
    SystemConfig {
        data_dir: folder.join("data"),
        functions_dir,
        state_machine: include_str!("../../../state-machines/report-run.asl.json").to_owned(),
        database: Database::Embedded {
            name: "sample".to_owned(),
            scripts: vec!["CREATE TABLE t (n integer); INSERT INTO t VALUES (1)".to_owned()],
        },
        agent: local::AgentBackend::BedrockAgent,
        model: Model::BuiltIn,
        port: 0,
    }
}

#[tokio::test]
async fn a_system_starts_and_stops_and_starts_again() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let system = System::start(config(folder.path())).await.unwrap();
        assert!(system.bucket_dir().is_dir());
        assert_eq!(system.database_warning(), None);
        let address = system.endpoint_url().strip_prefix("http://").unwrap().to_owned();
        tokio::net::TcpStream::connect(&address).await.unwrap();

        let second = System::start(config(folder.path())).await.err().unwrap();
        let StartError::Lock(LockError::InUse { pid, .. }) = second else { panic!("{second}") };
        assert_eq!(pid, std::process::id().to_string());

        system.stop().await;
        assert!(tokio::net::TcpStream::connect(&address).await.is_err());
    }
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let good = || config(folder.path());
    let nowhere = folder.path().join("nowhere");
    let nobody = "postgresql://nobody@127.0.0.1:1/none".to_owned();
    for (config, says) in [
        (SystemConfig { functions_dir: nowhere, ..good() }, "`start-run`"),
        (SystemConfig { state_machine: "${Buckets}".to_owned(), ..good() }, "`${Buckets}`"),
        (SystemConfig { state_machine: "{}".to_owned(), ..good() }, "StartAt"),
        (SystemConfig { database: Database::Url(nobody), ..good() }, "connect"),
    ] {
        let error = System::start(config).await.err().unwrap();
        assert!(error.to_string().contains(says), "{says}: {error}");
    }
}
