//! The project's own machine: it loads, and a run of it goes the way it should.

use std::path::Path;
use std::sync::Mutex;

use serde_json::{Value, json};
use states::Outcome;

use crate::world::{Reply, Report, failed, run_with_objects};

/// The definition with its placeholders filled: each by its own name, but for the bucket.
fn definition() -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../state-machines");
    let text = std::fs::read_to_string(folder.join("report-run.asl.json")).unwrap();
    let mut filled = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').unwrap();
        filled.push_str(before);
        filled.push_str(name);
        rest = after;
    }
    serde_json::from_str(&(filled + rest)).unwrap()
}

/// Runs it over a plan of three questions: one is answered, one is not settled, one could not be read.
fn run(question_count: u64) -> Report {
    let plan = concat!(
        "{\"id\": \"good\"}\n",
        "{\"id\": \"hard\"}\n",
        "{\"id\": \"torn\", \"failure\": {\"error_type\": \"question_invalid\"}}\n",
    );
    let task = move |parameters: &Value, _| {
        let payload = &parameters["Payload"];
        let answer = match parameters["FunctionName"].as_str() {
            Some("PlanRunFunctionArn") => {
                json!({"key": "plan.jsonl", "question_count": question_count})
            }
            Some("AskAgentFunctionArn") if payload["id"] == "hard" => {
                return Reply::Fails("not_settled");
            }
            Some("AskAgentFunctionArn") => json!({"sql": "SELECT 1"}),
            Some("WriteReportFunctionArn") => json!({"id": payload["id"], "row_count": 1}),
            Some("CloseRunFunctionArn") => json!({"run_id": "daily-1", "answered": 1, "failed": 2}),
            _ => return Reply::Gives(json!({"MessageId": "1"})),
        };
        Reply::Gives(json!({"ExecutedVersion": "$LATEST", "Payload": answer, "StatusCode": 200}))
    };
    let input = json!({"run_id": "daily-1", "cadence": "daily"});
    run_with_objects(&definition(), input, &[("Bucket/plan.jsonl", plan)], task)
}

#[test]
fn a_failed_question_disturbs_no_other() {
    let report = run(3);
    assert!(matches!(report.outcome, Outcome::Succeeded(_)), "{:?}", report.outcome);
    let results = report.objects.iter().find(|(key, _)| key.ends_with("SUCCEEDED_0.json"));
    let records = results.unwrap().1.as_array().unwrap();
    let ids: Vec<Value> = records
        .iter()
        .map(|record| serde_json::from_str::<Value>(record["Output"].as_str().unwrap()).unwrap())
        .map(|output| output["id"].clone())
        .collect();
    assert_eq!(ids, ["good", "hard", "torn"]);
    assert!(report.objects.keys().all(|key| key.starts_with("Bucket/runs/daily-1/map/")));
}

#[test]
fn an_empty_plan_skips_the_map() {
    let report = run(0);
    assert!(matches!(report.outcome, Outcome::Succeeded(_)), "{:?}", report.outcome);
    assert!(report.objects.is_empty());
}

/// Runs it where `fails` fails, of whatever calls a bus, a topic or a function; gives what was told to
/// the bus and the topic, an entry's detail type or a subject each.
fn told(fails: &[&str]) -> (Outcome, Vec<String>) {
    let told = Mutex::new(Vec::new());
    let task = |parameters: &Value, _| {
        let entry = &parameters["Entries"][0];
        let whom = match parameters["FunctionName"].as_str() {
            Some(function) => function,
            None if entry.is_object() => "bus",
            None => "topic",
        };
        if fails.contains(&whom) {
            return Reply::Fails("States.TaskFailed");
        }
        if let Some(word) = entry["DetailType"].as_str().or(parameters["Subject"].as_str()) {
            told.lock().unwrap().push(word.to_owned());
        }
        let payload = match whom {
            "PlanRunFunctionArn" => json!({"key": "plan.jsonl", "question_count": 0}),
            _ => json!({"run_id": "daily-1", "answered": 0, "failed": 0}),
        };
        Reply::Gives(json!({"Payload": payload, "StatusCode": 200}))
    };
    let input = json!({"run_id": "daily-1", "cadence": "daily", "as_of": "2026-11-22T06:00:00Z"});
    let report = run_with_objects(&definition(), input, &[], task);
    (report.outcome, told.into_inner().unwrap())
}

#[test]
fn bus_and_topic_are_told_and_neither_fails_a_run() {
    let event = "Quaestor Run Finished";
    let subject = "Quaestor daily-1: 0 answered, 0 failed";
    for (fails, expected) in [
        (&[] as &[&str], &[event, subject] as &[&str]),
        (&["bus"], &[subject]),
        (&["topic"], &[event]),
        (&["bus", "topic"], &[]),
    ] {
        let (outcome, told) = told(fails);
        assert!(matches!(outcome, Outcome::Succeeded(_)), "{fails:?}: {outcome:?}");
        assert_eq!(told, expected, "{fails:?}");
    }
}

#[test]
fn a_run_that_breaks_off_is_told_and_fails() {
    for (fails, expected) in [
        (&["PlanRunFunctionArn"] as &[&str], 2),
        (&["CloseRunFunctionArn"], 2),
        (&["CloseRunFunctionArn", "bus"], 1),
        (&["PlanRunFunctionArn", "bus", "topic"], 0),
    ] {
        let (outcome, told) = told(fails);
        assert_eq!(failed(&outcome).0, "States.TaskFailed", "{fails:?}");
        assert_eq!(told.len(), expected, "{fails:?}: {told:?}");
        let broken_off = |word: &String| word.to_lowercase().ends_with("broken off");
        assert!(told.iter().all(broken_off), "{told:?}");
    }
}
