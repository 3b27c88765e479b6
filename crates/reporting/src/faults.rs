//! Every write of every step, failed and lost: the step is called again, as the state machine does, and all is
//! as if nothing had happened.

use std::collections::BTreeMap;

use crate::ask::{self, Agent, AgentReply, AgentRequest};
use crate::attempt::{Action, Attempt};
use crate::close::{self, AuditEncoder, CloseInput, Run};
use crate::memory::{Fault, Memory};
use crate::plan::{self, PlannedQuestion};
use crate::run::RunInput;
use crate::schema::{Schema, SchemaReader, Table};
use crate::table::TableColumn;
use crate::table::memory::Catalog;
use crate::{Cadence, Error, ObjectStore as _};

/// A whole run but for its reports, which are the database's: plan, ask every question, close.
struct Steps<'a>(&'a Memory);

impl SchemaReader for Steps<'_> {
    async fn read(&self) -> Result<Schema, Error> {
        let table = Table { schema: "public".into(), name: "t".into(), ..Table::default() };
        Ok(Schema { tables: vec![table] })
    }
}

impl Agent for Steps<'_> {
    async fn ask(&self, request: &AgentRequest) -> Result<AgentReply, Error> {
        let in_run = request.attributes.in_run.as_ref().expect("a run");
        let session = in_run.session(&request.session_id);
        let sql = Some("SELECT x FROM public.t".to_owned());
        for action in [Action::Generate, Action::Execute] {
            session.record(self.0, &Attempt { action, sql: sql.clone(), failure: None }).await?;
        }
        Ok(AgentReply { narrative: "it is so".into(), ..AgentReply::default() })
    }
}

impl AuditEncoder for Steps<'_> {
    fn encode(&self, run: &Run) -> Result<Vec<u8>, Error> {
        Ok(serde_json::to_vec(run).expect("JSON"))
    }

    fn columns(&self) -> Result<Vec<TableColumn>, Error> {
        Ok(Vec::new())
    }
}

impl Steps<'_> {
    /// Each step twice at most: the second call is the state machine's retry, in a session of its own.
    async fn run(&self) {
        let run = RunInput {
            run_id: "daily-1".into(),
            cadence: Cadence::Daily,
            as_of: "2026-11-22T06:00:00Z".parse().expect("an as-of"),
            time_zone: "UTC".into(),
            keys: None,
        };
        let planned = match plan::run(self.0, self, &run).await {
            Ok(planned) => planned,
            Err(_) => plan::run(self.0, self, &run).await.expect("planned"),
        };
        let body = self.0.get(&planned.key).await.expect("read").expect("a plan");
        for question in plan::read(&body).expect("lines") {
            self.ask(&question).await;
        }
        let input = CloseInput { run, map_error: None };
        let tables = Catalog::default();
        if close::run(self.0, self, &tables, &input).await.is_err() {
            close::run(self.0, self, &tables, &input).await.expect("closed");
        }
    }

    async fn ask(&self, question: &PlannedQuestion) {
        if question.failure.is_some() {
            return;
        }
        if ask::run(self.0, self, question, "first").await.is_err() {
            ask::run(self.0, self, question, "again").await.expect("settled");
        }
    }
}

/// What a user sees of a run: everything but the attempts and the session that an outcome names, of which a
/// retry leaves its own.
fn seen(store: &Memory) -> BTreeMap<String, String> {
    let objects = store.contents().into_iter().filter(|(key, _)| !key.contains("/attempts/"));
    let text = |body: Vec<u8>| String::from_utf8(body).expect("text").replace("again", "first");
    objects.map(|(key, body)| (key, text(body))).collect()
}

fn bucket() -> Memory {
    Memory::of(&[
        ("questions/daily/a.md", "How many?"),
        ("questions/daily/b.md", "How few?"),
        ("questions/daily/c.md", "---\nsql: SELECT 1\n---\nOne?"),
        ("questions/daily/d.md", "---\nnope: 1\n---\nWhy?"),
    ])
}

#[tokio::test]
async fn any_one_write_may_fail_or_lose_its_answer() {
    let untroubled = bucket();
    Steps(&untroubled).run().await;
    let expected = seen(&untroubled);
    let mut met = 0;
    for written in [false, true] {
        for after in 0.. {
            let store = bucket();
            let fault = Fault { after, written };
            store.fail(fault);
            Steps(&store).run().await;
            if !store.is_well() {
                break;
            }
            met += 1;
            assert_eq!(seen(&store), expected, "{fault:?}");
        }
    }
    // Twice: schema, plan, then trace, outcome and two attempts a question asked, one outcome without, audit, run.json.
    assert_eq!(met, 2 * (2 + 2 * 4 + 1 + 2));
}
