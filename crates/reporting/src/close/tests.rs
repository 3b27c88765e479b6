//! Plans and map results joined.

use serde_json::json;

use super::*;
use crate::memory::Memory;
use crate::table::memory::Catalog;

struct CountRows;

impl AuditEncoder for CountRows {
    fn encode(&self, run: &Run) -> Result<Vec<u8>, Error> {
        Ok(run.answers.len().to_string().into_bytes())
    }

    fn columns(&self) -> Result<Vec<TableColumn>, Error> {
        let column = |name: &str, athena_type: &str| TableColumn {
            name: name.to_owned(),
            athena_type: athena_type.to_owned(),
            comment: None,
        };
        Ok(vec![column("run_id", "string"), column("row_count", "bigint")])
    }
}

fn line(id: &str, failure: Option<&str>) -> String {
    let mut line = json!({
        "run_id": "daily-1", "id": id, "key": format!("questions/daily/{id}.md"), "title": format!("T {id}"),
        "as_of": "2026-11-22T06:00:00Z", "partition": "2026-11-22", "schema_key": "schema/x.json",
    });
    if let Some(error_type) = failure {
        line["failure"] = json!({ "error_type": error_type, "message": "planned so" });
    }
    line.to_string()
}

fn child(
    id: &str,
    output: Option<serde_json::Value>,
    error: Option<(&str, &str)>,
) -> serde_json::Value {
    let mut child = json!({ "ExecutionArn": "arn", "Input": line(id, None), "Name": "n", "Status": "SUCCEEDED" });
    if let Some(output) = output {
        child["Output"] = output.to_string().into();
    }
    if let Some((error, cause)) = error {
        child["Error"] = error.into();
        child["Cause"] = cause.into();
    }
    child
}

fn caught(error: &str, cause: &str) -> Option<serde_json::Value> {
    Some(json!({ "id": "x", "sql": "SELECT 1", "error": { "Error": error, "Cause": cause } }))
}

#[tokio::test]
async fn every_planned_question_has_exactly_one_answer() {
    let answered = json!({
        "id": "good", "title": null, "status": "answered", "error_type": null, "message": null, "sql": "SELECT 1",
        "row_count": 3, "report_key": "reports/good/as_of=2026-11-22/report.parquet",
    });
    let payload =
        json!({ "errorType": "query_too_slow", "errorMessage": "took too long" }).to_string();
    let succeeded = json!([
        child("good", Some(answered), None),
        child("slow", caught("query_too_slow", &payload), None),
        child("stuck", caught("States.Timeout", ""), None),
        child("crash", caught("Runtime.ExitError", "exit status 1"), None),
        child(
            "unread",
            Some(
                json!({ "id": "unread", "failure": { "error_type": "invalid_question", "message": "m" } })
            ),
            None
        ),
    ]);
    let failed = json!([child("broken", None, Some(("States.DataLimitExceeded", "too much")))]);
    let manifest = json!({ "ResultFiles": {
        "FAILED": [{ "Key": "runs/daily-1/map/u/FAILED_0.json", "Size": 1 }],
        "PENDING": [{ "Key": "runs/daily-1/map/u/PENDING_0.json", "Size": 1 }],
        "SUCCEEDED": [{ "Key": "runs/daily-1/map/u/SUCCEEDED_0.json", "Size": 1 }],
    }});
    let ids = ["broken", "crash", "gone", "good", "slow", "stuck", "unread"];
    let plan: Vec<String> = ids
        .iter()
        .map(|id| line(id, None))
        .chain([line("zbad", Some("invalid_question"))])
        .collect();
    let store = Memory::of(&[
        ("runs/daily-1/plan.jsonl", &plan.join("\n")),
        ("runs/daily-1/map/u/manifest.json", &manifest.to_string()),
        ("runs/daily-1/map/u/SUCCEEDED_0.json", &succeeded.to_string()),
        ("runs/daily-1/map/u/FAILED_0.json", &failed.to_string()),
    ]);
    let input: CloseInput = serde_json::from_value(json!({
        "run_id": "daily-1", "cadence": "daily", "as_of": "2026-11-22T06:00:00Z", "time_zone": "UTC", "keys": null,
        "map_error": { "Error": "States.ItemReaderFailed", "Cause": "no such key" },
    }))
    .expect("an input");

    let tables = Catalog::default();
    let closed = run(&store, &CountRows, &tables, &input).await.expect("closed");

    assert_eq!((closed.answered, closed.failed), (1, 7));
    let body = store.get(&closed.run_key).await.expect("read").expect("run.json");
    let filed: Run = serde_json::from_slice(&body).expect("a run");
    let told: Vec<_> = filed
        .answers
        .iter()
        .map(|answer| {
            (
                answer.id.as_str(),
                answer.error_type.as_deref().unwrap_or("-"),
                answer.message.as_deref().unwrap_or("-"),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("broken", "internal", "States.DataLimitExceeded: too much"),
            ("crash", "internal", "Runtime.ExitError: exit status 1"),
            (
                "gone",
                "lost",
                "the run ended before this question was answered; run it again (the map failed: internal: States.ItemReaderFailed: no such key)"
            ),
            ("good", "-", "-"),
            ("slow", "query_too_slow", "took too long"),
            (
                "stuck",
                "timed_out",
                "a step took longer than it may; narrow the question, or give it approved `sql`"
            ),
            ("unread", "invalid_question", "m"),
            ("zbad", "invalid_question", "planned so"),
        ]
    );
    assert_eq!(filed.answers[3].title.as_deref(), Some("T good"));
    let audit =
        store.get("audit/answers/as_of_date=2026-11-22/daily-1.parquet").await.expect("read");
    assert_eq!(audit.as_deref(), Some(b"8".as_slice()));

    let answers = tables.table("answers").expect("a table");
    assert_eq!(answers.columns, CountRows.columns().expect("columns"));
    assert_eq!(tables.published(), [("answers".to_owned(), "2026-11-22".to_owned())]);
    let folder = answers.partition_folder("2026-11-22").expect("a folder");
    assert!(closed.audit_key.starts_with(&folder), "{folder}");
}

#[test]
fn a_notification_is_short_and_as_its_schema_says() {
    let question = |index: usize, status: &str| json!({ "id": format!("q-{index}"), "status": status, "error_type": "lost", "message": "m".repeat(900) });
    let check = |failed: usize, named: usize, truncated: bool| {
        let answers: Vec<_> = (0..failed)
            .map(|index| question(index, "failed"))
            .chain([question(failed, "answered")])
            .collect();
        let run = json!({
            "run_id": "daily-1", "cadence": "daily", "as_of": "2026-11-22T06:00:00Z", "answers": answers,
        });
        let closed = Closed::of(&serde_json::from_value(run).expect("a run"));
        assert_eq!((closed.answered, closed.failed), (1, failed));
        assert_eq!((closed.failures.len(), closed.failures_truncated), (named, truncated));

        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../../../schemas/run-event.schema.json"))
                .expect("a schema");
        let finished = &schema["$defs"]["finished"];
        let detail = serde_json::to_value(&closed).expect("JSON");
        assert!(detail.to_string().len() < 32 * 1024);
        same_keys(&detail, finished);
        if let Some(failure) = detail["failures"].get(0) {
            same_keys(failure, &finished["properties"]["failures"]["items"]);
        }
    };
    check(0, 0, false);
    check(50, 50, false);
    check(51, 50, true);
}

/// The object has every property of the schema, and no other; all are required.
fn same_keys(object: &serde_json::Value, schema: &serde_json::Value) {
    let keys: Vec<&String> = object.as_object().expect("an object").keys().collect();
    let mut properties: Vec<&String> =
        schema["properties"].as_object().expect("properties").keys().collect();
    properties.sort();
    let mut sorted = keys.clone();
    sorted.sort();
    assert_eq!(sorted, properties);
    assert_eq!(schema["required"].as_array().map(Vec::len), Some(properties.len()));
}
