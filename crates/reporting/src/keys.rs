//! What lies where in the bucket. Every key is made here.

use sha2::{Digest as _, Sha256};

use crate::{AsOf, Cadence};

/// The folder of every question.
pub const QUESTIONS: &str = "questions/";

/// `questions/<cadence>/`
pub fn questions(cadence: Cadence) -> String {
    format!("{QUESTIONS}{cadence}/")
}

/// `questions/adhoc/ask-<8 hexadecimal digits>.txt`: a question that a person asks at once, without a file. Equal words
/// have an equal key. As plain text, a question that begins like front matter is a question still.
pub fn asked(text: &str) -> String {
    let digest = Sha256::digest(text);
    let hex: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{QUESTIONS}{}/ask-{hex}.txt", Cadence::Adhoc)
}

/// Whether [`asked`] made the key. Who files such a question starts its run, so that the drop starts no second one.
pub fn is_asked(key: &str) -> bool {
    let hex = key
        .strip_prefix("questions/adhoc/ask-")
        .and_then(|rest| rest.strip_suffix(".txt"))
        .unwrap_or_default();
    hex.len() == 8 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
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
    format!("audit/answers/as_of_date={}/{run_id}.parquet", audit_partition(as_of))
}

/// The value of the audit table's partition key: the UTC date.
pub fn audit_partition(as_of: AsOf) -> String {
    as_of.timestamp().strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_words_have_an_equal_key() {
        let key = asked("How many students are there?");
        assert!(is_asked(&key), "{key}");
        let id = crate::question::id_of_file(&key).expect("a question's key");
        assert!(crate::question::is_id(id) && id.len() == 12, "{id}");
        assert_eq!(key, asked("How many students are there?"));
        assert_ne!(key, asked("How many students are there"));
        for of_a_person in [
            "questions/adhoc/ask-me.txt",
            "questions/adhoc/ask-0123456.txt",
            "questions/adhoc/ask-0123456G.txt",
            "questions/adhoc/ask-01234567.md",
            "questions/daily/ask-01234567.txt",
        ] {
            assert!(!is_asked(of_a_person), "{of_a_person}");
        }
    }
}
