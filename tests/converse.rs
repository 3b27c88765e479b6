//! The second way to ask, our own loop over Converse: the same SQL, the same reports, the same wall.

use crate::quaestor::{Answer, DataDir, read};

const CONVERSE: [&str; 2] = ["--agent", "converse"];

#[tokio::test]
async fn both_ways_to_ask_settle_on_the_same_sql_and_write_the_same_bytes() {
    let (agent, converse) = (DataDir::new(), DataDir::new());
    let (_, first) = agent.run(&["daily"]).await;
    let (exit_code, second) = converse.run(&[&["daily"], &CONVERSE[..]].concat()).await;

    assert_eq!(exit_code, 0, "{second:#?}");
    assert_eq!(first, second);
    assert!(!first.answers.is_empty());
    for answer in &first.answers {
        assert!(answer.sql.is_some(), "{answer:#?}");
        assert!(read(&agent.report(answer)) == read(&converse.report(answer)), "{answer:#?}");
        let asked = |data: &DataDir| words_and_steps(data, &first.run_id, &answer.id);
        assert_eq!(asked(&agent), asked(&converse), "`{}`", answer.id);
    }
}

#[tokio::test]
async fn a_request_to_change_data_makes_no_attempt() {
    let data = DataDir::new();
    let question = "questions/adhoc/new-student.md";
    let (exit_code, run) = data.run(&[&[question], &CONVERSE[..]].concat()).await;

    assert_eq!(exit_code, 1, "{run:#?}");
    let [Answer { error_type, sql, .. }] = run.answers.as_slice() else {
        panic!("one answer: {run:#?}")
    };
    assert_eq!((error_type.as_deref(), sql), (Some("guardrail_blocked"), &None));
    assert!(!data.object(&format!("runs/{}/attempts", run.run_id)).exists());
    let trace = data.json(&format!("runs/{}/traces/new-student.json", run.run_id));
    assert_eq!(trace[0]["guardrailTrace"]["action"], "INTERVENED");
    assert_eq!(trace.as_array().map(Vec::len), Some(1));
}

/// What the agent said, and its steps by their kinds, with what was called and what came of it. InvokeAgent
/// alone sorts its input first (`preProcessingTrace`).
fn words_and_steps(data: &DataDir, run_id: &str, id: &str) -> (String, Vec<String>) {
    let outcome = data.json(&format!("runs/{run_id}/asks/{id}.json"));
    let trace = data.json(&format!("runs/{run_id}/traces/{id}.json"));
    let steps = trace.as_array().expect("steps").iter();
    let steps = steps.filter(|step| step.get("preProcessingTrace").is_none()).map(|step| {
        let Some(step) = step.get("orchestrationTrace") else {
            return step["guardrailTrace"]["action"].to_string();
        };
        let (kind, what) = step.as_object().and_then(|step| step.iter().next()).expect("a kind");
        let told = ["actionGroupInvocationInput", "actionGroupInvocationOutput", "finalResponse"];
        format!("{kind} {:?}", told.map(|name| what[name].to_string()))
    });
    (outcome["narrative"].as_str().expect("words").to_owned(), steps.collect())
}
