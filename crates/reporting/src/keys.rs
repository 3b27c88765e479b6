//! What lies where in the bucket. Every key is made here.

use crate::{AsOf, Cadence};

/// The folder of every question.
pub const QUESTIONS: &str = "questions/";

/// `questions/<cadence>/`
pub fn questions(cadence: Cadence) -> String {
    format!("{QUESTIONS}{cadence}/")
}

/// `runs/<run>/plan.jsonl`: one line a planned question.
pub fn plan(run_id: &str) -> String {
    format!("runs/{run_id}/plan.jsonl")
}

/// `runs/<run>/run.json`: every answer of the run.
pub fn run(run_id: &str) -> String {
    format!("runs/{run_id}/run.json")
}

/// `runs/<run>/map/`: what the Distributed Map's ResultWriter leaves.
pub fn map_results(run_id: &str) -> String {
    format!("runs/{run_id}/map/")
}

/// `runs/<run>/attempts/<id>/<session>/`: one object for each call of an action group.
pub fn attempts(run_id: &str, question_id: &str, session_id: &str) -> String {
    format!("runs/{run_id}/attempts/{question_id}/{session_id}/")
}

/// `runs/<run>/asks/<id>.json`: what the agent settled on, written once.
pub fn ask(run_id: &str, question_id: &str) -> String {
    format!("runs/{run_id}/asks/{question_id}.json")
}

/// `runs/<run>/traces/<id>.json`: every step of the agent.
pub fn trace(run_id: &str, question_id: &str) -> String {
    format!("runs/{run_id}/traces/{question_id}.json")
}

/// `reports/<id>/as_of=<partition>/report.parquet`
pub fn report(question_id: &str, partition: &str) -> String {
    format!("reports/{question_id}/as_of={partition}/report.parquet")
}

/// `schema/<fingerprint>.json`
pub fn schema(fingerprint: &str) -> String {
    format!("schema/{fingerprint}.json")
}

/// `audit/answers/as_of_date=<UTC date>/<run>.parquet`
pub fn audit(run_id: &str, as_of: AsOf) -> String {
    format!("audit/answers/as_of_date={}/{run_id}.parquet", as_of.timestamp().strftime("%Y-%m-%d"))
}
