//! Making SQL from a question: the schema in, one guarded SELECT out.

mod prompt;

use crate::ask::{Attributes, Usage};
use crate::attempt::{Action, Attempt, Session};
use crate::schema::{Schema, SchemaReader};
use crate::{Error, ErrorKind, ObjectStore, SettledSql};

pub use prompt::SYSTEM;

/// What the agent hands to `/generate`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GenerateRequest {
    /// The question, in the agent's words.
    pub question: String,
    /// An earlier SQL that failed.
    pub previous_sql: Option<String>,
    /// How it failed.
    pub error: Option<String>,
}

/// What a model wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completion {
    /// Its text.
    pub text: String,
    /// What it took.
    pub usage: Usage,
}

/// The port to a foundation model. Not idempotent in money; the adapter does not retry.
pub trait Model: Send + Sync {
    /// Completes one exchange: a system prompt and one user message.
    fn complete(
        &self,
        system: &str,
        user: &str,
    ) -> impl Future<Output = Result<Completion, Error>> + Send;
}

/// A refusal by the guard goes back to the model this many times before the agent hears of it.
const REPAIRS: usize = 1;

/// Makes SQL for the question. It has passed the guard; it has not run. A question of a run is answered from the
/// run's snapshot of the schema and its attempt filed; any other from the schema as it is now, and leaves nothing.
pub async fn run(
    store: &impl ObjectStore,
    catalog: &impl SchemaReader,
    model: &impl Model,
    session: Option<&Session>,
    attributes: &Attributes,
    request: &GenerateRequest,
) -> Result<String, Error> {
    let schema = attributes.schema(store, catalog).await?;
    let made = make(model, &schema, &attributes.tables, request.clone()).await;
    if let Err(error) = &made
        && error.kind().retryable()
    {
        return made;
    }
    let attempt = Attempt {
        action: Action::Generate,
        sql: made.as_ref().ok().cloned(),
        failure: made.as_ref().err().map(Error::to_failure),
    };
    if let Some(session) = session {
        session.record(store, &attempt).await?;
    }
    made
}

async fn make(
    model: &impl Model,
    schema: &Schema,
    tables: &[String],
    mut request: GenerateRequest,
) -> Result<String, Error> {
    let ddl = schema.to_ddl(tables);
    if ddl.is_empty() {
        return Err(Error::new(
            ErrorKind::Unanswerable,
            "the schema shows no table to this question: check its `tables`, and what the database role may read",
        ));
    }
    let mut repairs = 0;
    loop {
        let completion = model.complete(SYSTEM, &prompt::user(&ddl, &request)).await?;
        let sql = prompt::sql_of(&completion.text)?;
        match SettledSql::check(&sql, tables, Some(schema)) {
            Ok(settled) => return Ok(settled.text().to_owned()),
            Err(refused) if repairs == REPAIRS => return Err(refused),
            Err(refused) => {
                repairs += 1;
                request.error = Some(refused.to_string());
                request.previous_sql = Some(sql);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::ask::InRun;
    use crate::memory::Memory;

    struct Scripted(Mutex<Vec<&'static str>>);

    impl Model for Scripted {
        async fn complete(&self, _: &str, user: &str) -> Result<Completion, Error> {
            assert!(user.contains("CREATE TABLE a.b"), "{user}");
            let text = self.0.lock().expect("not poisoned").remove(0).to_owned();
            Ok(Completion { text, ..Completion::default() })
        }
    }

    /// The schema as it is now.
    struct Catalog(Option<&'static str>);

    impl SchemaReader for Catalog {
        async fn read(&self) -> Result<Schema, Error> {
            Ok(serde_json::from_str(self.0.expect("a run has its snapshot")).expect("a schema"))
        }
    }

    const SCHEMA: &str = r#"{"tables":[{"schema":"a","name":"b","comment":null,"columns":[{"name":"x","data_type":"text","not_null":true,"comment":null}],"primary_key":[],"foreign_keys":[]},
        {"schema":"a","name":"c","comment":null,"columns":[],"primary_key":[],"foreign_keys":[]}]}"#;

    fn without_run() -> Attributes {
        Attributes::without_run("2026-11-22T06:00:00Z".parse().expect("an as-of"))
    }

    fn how_many() -> GenerateRequest {
        GenerateRequest { question: "How many?".into(), ..GenerateRequest::default() }
    }

    async fn check(replies: &[&'static str], expected: Result<&str, ErrorKind>) {
        let store = Memory::of(&[("schema/x.json", SCHEMA)]);
        let in_run = InRun {
            run_id: "r".into(),
            question_id: "q".into(),
            schema_key: "schema/x.json".into(),
        };
        let session = in_run.session("s1");
        let attributes =
            Attributes { in_run: Some(in_run), tables: vec!["a.b".into()], ..without_run() };
        let model = Scripted(Mutex::new(replies.to_vec()));
        let (catalog, request) = (Catalog(None), how_many());
        let made = run(&store, &catalog, &model, Some(&session), &attributes, &request).await;
        assert_eq!(made.as_deref().map_err(|error| error.kind()), expected);
        let attempts = session.attempts(&store).await.expect("attempts");
        assert_eq!(attempts.len(), 1);
        assert_eq!(attempts[0].failure.is_none(), expected.is_ok());
        assert!(model.0.lock().expect("not poisoned").is_empty(), "every reply was asked for");
    }

    #[tokio::test]
    async fn a_model_makes_sql_or_says_why_not() {
        check(&["```sql\nSELECT x FROM a.b\n```"], Ok("SELECT x FROM a.b")).await;
        check(&["CANNOT ANSWER: no link"], Err(ErrorKind::Unanswerable)).await;
        check(&["DELETE FROM a.b", "SELECT x FROM a.b"], Ok("SELECT x FROM a.b")).await;
        check(&["DELETE FROM a.b", "DROP TABLE a.b"], Err(ErrorKind::SqlRefused)).await;
        check(&["SELECT 1 FROM a.c", "SELECT 1 FROM a.c"], Err(ErrorKind::TableNotAllowed)).await;
        check(&[" \n", ""], Err(ErrorKind::SqlRefused)).await;
        let half_a_thought = "<think>```sql\nSELECT x FROM a.b\n```";
        check(&[half_a_thought, "SELECT x FROM a.b;"], Ok("SELECT x FROM a.b")).await;
        let sorry = "I'm sorry, I can't help with that.";
        check(&[sorry, sorry], Err(ErrorKind::SqlRefused)).await;
    }

    #[tokio::test]
    async fn without_a_run_the_schema_is_read_and_nothing_is_filed() {
        let (store, catalog) = (Memory::default(), Catalog(Some(SCHEMA)));
        let model = Scripted(Mutex::new(vec!["SELECT x FROM a.b"]));
        let made = run(&store, &catalog, &model, None, &without_run(), &how_many()).await;
        assert_eq!(made.ok().as_deref(), Some("SELECT x FROM a.b"));
        assert!(store.contents().is_empty());
    }
}
