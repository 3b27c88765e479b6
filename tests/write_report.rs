//! The real `write-report`, with everything that can go wrong on its two ways forced on it: one complete report is
//! left, or the one that was there before, and never a part of an upload.

mod gate;

use std::{path::PathBuf, time::Duration};

use local::{
    Credentials, REGION,
    front::{Front, Listener, Services},
    glue::Glue,
    lambda::{Answer, Function, Lambda},
    s3::S3,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{duckdb, quaestor::program};
use gate::{Fault, Gate};

const REPORT: &str = "reports/rows/as_of=2026-11-22/report.parquet";
const MINUTE: Duration = Duration::from_secs(60);

/// The function, the bucket that it writes to, and the gate between it and everything else.
struct Stand {
    folder: TempDir,
    lambda: Lambda,
    _front: Front,
    _gate: Gate,
}

impl Stand {
    /// The database returns so many rows, and `fault` comes between.
    async fn open(rows: u64, fault: Fault, timeout: Duration) -> Stand {
        let folder = tempfile::tempdir().expect("a folder");
        let credentials = Credentials::random();
        let s3 = S3::open(&folder.path().join("s3"), &credentials).expect("a store");
        s3.create_bucket("quaestor").expect("a bucket");
        let mut services = Services::default();
        services.s3 = Some(s3);
        let glue = Glue::open(&folder.path().join("glue")).expect("a catalog");
        glue.create_database("quaestor").expect("a database");
        services.glue = Some(glue);
        let listener = Listener::bind(0).await.expect("a port");
        let front = listener.serve(services, &credentials).expect("a front");
        let gate = Gate::open(front.address(), rows, fault).await;
        let temporary = match fault {
            Fault::NoTemporaryFiles => folder.path().join("nowhere"),
            _ => folder.path().to_owned(),
        };
        let environment = [
            ("AWS_ENDPOINT_URL", gate.url()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", credentials.access_key_id.clone()),
            ("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key.clone()),
            ("QUAESTOR_BUCKET", "quaestor".to_owned()),
            ("QUAESTOR_GLUE_DATABASE", "quaestor".to_owned()),
            ("QUAESTOR_CLUSTER_ARN", "arn:aws:rds:us-east-1:000000000000:cluster:c".to_owned()),
            (
                "QUAESTOR_SECRET_ARN",
                "arn:aws:secretsmanager:us-east-1:000000000000:secret:s".to_owned(),
            ),
            ("QUAESTOR_DATABASE", "d".to_owned()),
            ("TMPDIR", temporary.to_string_lossy().into_owned()),
        ];
        let function = Function {
            name: "write-report".to_owned(),
            binary: program().with_file_name("write-report"),
            environment: environment.map(|(name, value)| (name.to_owned(), value)).into(),
            timeout,
            memory_mb: 1024,
        };
        let lambda =
            Lambda::new(vec![function], &folder.path().join("logs"), 2).expect("a function");
        let stand = Stand { folder, lambda, _front: front, _gate: gate };
        stand.file("schema/x.json", r#"{"tables": []}"#);
        stand
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.path().join("s3/quaestor").join(key)
    }

    fn file(&self, key: &str, content: &str) {
        let path = self.path(key);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, content).expect("a file");
    }

    /// The answer, or the failure's `errorType` and `errorMessage`.
    async fn write(&self) -> Result<Value, (String, String)> {
        let event = json!({
            "run_id": "daily-1", "id": "rows", "key": "questions/daily/rows.md", "as_of": "2026-11-22T06:00:00Z",
            "partition": "2026-11-22", "schema_key": "schema/x.json", "text": "Which?", "time_zone": "UTC",
            "timeout_seconds": 30, "settled": { "sql": "SELECT n, name FROM generate_series(1, 9) AS s (n)" },
        });
        let invoked = self.lambda.invoke("write-report", event.to_string().into()).await;
        let Answer { payload, failed } = invoked.expect("an invocation");
        let payload: Value = serde_json::from_slice(&payload).expect("JSON");
        let text = |key: &str| payload[key].as_str().unwrap_or_default().to_owned();
        if failed { Err((text("errorType"), text("errorMessage"))) } else { Ok(payload) }
    }

    /// The rows of the report that lies there, if it is one.
    fn rows_on_file(&self) -> Option<u64> {
        let path = self.path(REPORT);
        path.is_file().then(|| duckdb::read_parquet(&path).rows.len() as u64)
    }

    /// The table's partitions in the catalog.
    fn partitions(&self) -> Value {
        let catalog = std::fs::read(self.folder.path().join("glue/catalog.json")).expect("a file");
        let catalog: Value = serde_json::from_slice(&catalog).expect("JSON");
        let partitions = catalog["quaestor"]["tables"]["rows"]["partitions"].as_array();
        partitions.into_iter().flatten().map(|partition| partition["values"].clone()).collect()
    }

    /// Parts of uploads that were neither completed nor aborted, and temporary files.
    fn leftovers(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.folder.path().to_owned()];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in folder.read_dir().expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if name.starts_with("part-") || name.starts_with(".tmp") {
                    found.push(path);
                }
            }
        }
        found
    }
}

#[tokio::test]
async fn a_fault_leaves_one_whole_report_or_none() {
    for (fault, rows, expected) in [
        (Fault::None, 20_000, Ok(())),
        (Fault::Overflow { rows_over: 300 }, 2_000, Ok(())),
        (Fault::LostTransaction { at_fetch: 3 }, 20_000, Err("transaction_lost")),
        (Fault::TruncatedBody { at_fetch: 2 }, 20_000, Err("unavailable")),
        (Fault::EmptyBody { at_fetch: 2 }, 20_000, Err("unavailable")),
        (Fault::PartRefused { part: 2 }, 95_000, Err("access_denied")),
        (Fault::PartSentTwice { part: 2 }, 95_000, Ok(())),
        // Of rows without end, so that parts go up while rows still come.
        (Fault::PartRefused { part: 1 }, u64::MAX, Err("access_denied")),
        (Fault::NoTemporaryFiles, 20, Err("internal")),
        (Fault::ObjectRefused, 20, Err("access_denied")),
    ] {
        let stand = Stand::open(rows, fault, MINUTE).await;
        let written = stand.write().await;
        let told = written.as_ref().map(|answer| answer["row_count"].as_u64());
        match expected {
            Ok(()) => {
                assert_eq!(told, Ok(Some(rows)), "{fault:?}");
                assert_eq!(stand.rows_on_file(), Some(rows), "{fault:?}");
            }
            Err(error_type) => {
                assert_eq!(
                    told.map_err(|(found, _)| found.as_str()),
                    Err(error_type),
                    "{fault:?} {written:?}"
                );
                assert_eq!(stand.rows_on_file(), None, "{fault:?}");
            }
        }
        assert_eq!(stand.leftovers(), Vec::<PathBuf>::new(), "{fault:?}");
        stand.lambda.stop().await;
    }
}

/// Each has sent all its parts, and neither has seen the other's object, when both make it whole.
#[tokio::test]
async fn two_writers_at_once_leave_one_whole_report_and_one_partition() {
    let stand = Stand::open(95_000, Fault::CompletedAtOnce, MINUTE).await;
    let (one, other) = tokio::join!(stand.write(), stand.write());
    let one = one.expect("a report");
    assert_eq!(other.as_ref(), Ok(&one), "what they tell is the same");
    assert_eq!((one["row_count"].as_u64(), stand.rows_on_file()), (Some(95_000), Some(95_000)));
    assert_eq!(stand.leftovers(), Vec::<PathBuf>::new());
    assert_eq!(stand.partitions(), json!([["2026-11-22"]]));
    stand.lambda.stop().await;
}

#[tokio::test]
async fn a_fault_leaves_the_report_that_was_there() {
    let stand = Stand::open(20_000, Fault::TruncatedBody { at_fetch: 2 }, MINUTE).await;
    stand.file(REPORT, "the report of yesterday's try");
    assert!(stand.write().await.is_err());
    let left = std::fs::read_to_string(stand.path(REPORT)).expect("the object");
    assert_eq!(left, "the report of yesterday's try");
    stand.lambda.stop().await;
}

/// Ten seconds of the function's time are kept for its last words, so that it has two here, for rows without end.
#[tokio::test]
async fn a_report_without_end_says_how_far_it_came() {
    let stand = Stand::open(u64::MAX, Fault::None, Duration::from_secs(12)).await;
    let (error_type, message) = stand.write().await.expect_err("no end");
    assert_eq!(error_type, "timed_out", "{message}");
    let rows = message.split(' ').find_map(|word| word.parse::<u64>().ok());
    assert!(rows.is_some_and(|rows| rows > 0), "{message}");
    assert_eq!((stand.rows_on_file(), stand.leftovers()), (None, Vec::new()));
    stand.lambda.stop().await;
}
