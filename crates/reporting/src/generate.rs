//! Making SQL from a question: the schema in, one guarded SELECT out.

mod prompt;

use crate::ask::{Attributes, Usage};
use crate::attempt::{Action, Attempt, Session};
use crate::schema::Schema;
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

/// Makes SQL for the question and files the attempt. The SQL has passed the guard; it has not run.
pub async fn run(
    store: &impl ObjectStore,
    model: &impl Model,
    session: &Session,
    attributes: &Attributes,
    request: &GenerateRequest,
) -> Result<String, Error> {
    let schema = Schema::load(store, &attributes.schema_key).await?;
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
    session.record(store, &attempt).await?;
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
        match SettledSql::check(&sql, tables) {
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
    use crate::memory::Memory;

    struct Scripted(Mutex<Vec<&'static str>>);

    impl Model for Scripted {
        async fn complete(&self, _: &str, user: &str) -> Result<Completion, Error> {
            assert!(user.contains("CREATE TABLE a.b"), "{user}");
            let text = self.0.lock().expect("not poisoned").remove(0).to_owned();
            Ok(Completion { text, ..Completion::default() })
        }
    }

    async fn check(replies: &[&'static str], expected: Result<&str, ErrorKind>) {
        let store = Memory::of(&[(
            "schema/x.json",
            r#"{"tables":[{"schema":"a","name":"b","comment":null,"columns":[],"primary_key":[],"foreign_keys":[]}]}"#,
        )]);
        let session =
            Session { run_id: "r".into(), question_id: "q".into(), session_id: "s1".into() };
        let attributes = Attributes {
            run_id: "r".into(),
            question_id: "q".into(),
            as_of: "2026-11-22T06:00:00Z".parse().expect("an as-of"),
            schema_key: "schema/x.json".into(),
            tables: vec!["a.b".into()],
            time_zone: "UTC".into(),
            timeout: std::time::Duration::from_secs(1),
        };
        let model = Scripted(Mutex::new(replies.to_vec()));
        let request =
            GenerateRequest { question: "How many?".into(), ..GenerateRequest::default() };
        let made = run(&store, &model, &session, &attributes, &request).await;
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
        check(&["SELECT x FROM c", "SELECT x FROM c"], Err(ErrorKind::TableNotAllowed)).await;
        check(&[" \n", ""], Err(ErrorKind::SqlRefused)).await;
    }
}
