//! One question, asked of scripted agents.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::AsOf;
use crate::memory::Memory;

/// An agent whose action groups leave these attempts.
struct Scripted<'a> {
    store: &'a Memory,
    attempts: Vec<Attempt>,
    blocked: bool,
    late: bool,
    asked: AtomicUsize,
}

impl Agent for Scripted<'_> {
    async fn ask(&self, request: &AgentRequest) -> Result<AgentReply, Error> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let later = AsOf::from_timestamp(jiff::Timestamp::MAX);
        let attributes = Attributes::from_map(&request.attributes.to_map(), later)?;
        assert_eq!(attributes, request.attributes);
        let session = attributes.in_run.expect("a run").session(&request.session_id);
        for attempt in &self.attempts {
            session.record(self.store, attempt).await?;
        }
        if self.late {
            return Err(Error::new(ErrorKind::TimedOut, "not done"));
        }
        Ok(AgentReply {
            narrative: "so it is".into(),
            blocked: self.blocked,
            ..AgentReply::default()
        })
    }
}

fn planned(sql: Option<&str>) -> PlannedQuestion {
    let line = serde_json::json!({
        "run_id": "daily-1", "id": "q", "key": "questions/daily/q.md", "as_of": "2026-11-22T06:00:00Z",
        "partition": "2026-11-22", "schema_key": "schema/x.json", "text": "How many?", "time_zone": "UTC",
        "timeout_seconds": 30, "tables": ["a.b", "c"], "sql": sql,
    });
    serde_json::from_value(line).expect("a planned question")
}

fn made(sql: &str) -> Attempt {
    Attempt { action: Action::Generate, sql: Some(sql.into()), failure: None }
}

fn ran(sql: &str) -> Attempt {
    Attempt { action: Action::Execute, sql: Some(sql.into()), failure: None }
}

fn failed(action: Action, kind: ErrorKind) -> Attempt {
    Attempt {
        action,
        sql: Some("SELECT bad".into()),
        failure: Some(Error::new(kind, "because").to_failure()),
    }
}

async fn check(attempts: Vec<Attempt>, blocked: bool, expected: Result<&str, ErrorKind>) {
    check_ending(attempts, blocked, false, expected).await;
}

async fn check_ending(
    attempts: Vec<Attempt>,
    blocked: bool,
    late: bool,
    expected: Result<&str, ErrorKind>,
) {
    let store = Memory::default();
    let agent = Scripted { store: &store, attempts, blocked, late, asked: AtomicUsize::new(0) };
    for _ in 0..2 {
        let settled = run(&store, &agent, &planned(None), "session-1").await;
        let settled = settled.as_ref().map(|settled| settled.sql.as_str()).map_err(Error::kind);
        assert_eq!(settled, expected);
    }
    assert_eq!(agent.asked.load(Ordering::SeqCst), 1, "the first outcome stands");
}

#[tokio::test]
async fn the_last_good_attempt_is_settled_on() {
    check(vec![made("SELECT 1"), ran("SELECT 1")], false, Ok("SELECT 1")).await;
    check(vec![ran("SELECT 1"), ran("SELECT 2")], false, Ok("SELECT 2")).await;
    check(
        vec![ran("SELECT 1"), failed(Action::Execute, ErrorKind::SqlFailed)],
        false,
        Ok("SELECT 1"),
    )
    .await;
    check(vec![made("SELECT 1")], false, Err(ErrorKind::NotSettled)).await;
    check(vec![], false, Err(ErrorKind::NotSettled)).await;
    check(vec![], true, Err(ErrorKind::GuardrailBlocked)).await;
    check(
        vec![failed(Action::Generate, ErrorKind::Unanswerable)],
        false,
        Err(ErrorKind::Unanswerable),
    )
    .await;
    let unknown = failed(Action::Execute, ErrorKind::UnknownRelation);
    check(vec![made("SELECT bad"), unknown.clone()], false, Err(ErrorKind::UnknownRelation)).await;
    let gave_up = failed(Action::Generate, ErrorKind::Unanswerable);
    check(vec![made("SELECT bad"), unknown, gave_up], false, Err(ErrorKind::UnknownRelation)).await;
}

#[tokio::test]
async fn what_a_late_agent_has_tried_counts() {
    check_ending(vec![ran("SELECT 1")], false, true, Ok("SELECT 1")).await;
    check_ending(vec![made("SELECT 1")], false, true, Err(ErrorKind::TimedOut)).await;
}

#[tokio::test]
async fn an_approved_query_spares_the_agent() {
    let schema = r#"{"tables":[{"schema":"a","name":"b","comment":null,"columns":[
        {"name":"x","data_type":"text","not_null":true,"comment":null}],"primary_key":[],"foreign_keys":[]}]}"#;
    let bucket = || Memory::of(&[("schema/x.json", schema)]);
    let store = bucket();
    let agent = Scripted {
        store: &store,
        attempts: vec![],
        blocked: false,
        late: false,
        asked: AtomicUsize::new(0),
    };
    let settled =
        run(&store, &agent, &planned(Some("SELECT x FROM a.b;")), "s1").await.expect("settled");
    assert_eq!(settled.sql, "SELECT x FROM a.b");
    assert_eq!(agent.asked.load(Ordering::SeqCst), 0);
    for (sql, expected) in
        [("DROP TABLE a.b", ErrorKind::SqlRefused), ("SELECT y FROM a.b", ErrorKind::UnknownColumn)]
    {
        let refused = run(&bucket(), &agent, &planned(Some(sql)), "s1").await.expect_err(sql);
        assert_eq!(refused.kind(), expected, "{sql}");
    }
}
