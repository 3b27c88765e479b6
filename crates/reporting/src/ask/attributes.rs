//! What travels through the agent to its action groups, as the session's attributes.

use std::collections::HashMap;
use std::num::ParseIntError;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::attempt::Session;
use crate::plan::PlannedQuestion;
use crate::schema::{Schema, SchemaReader};
use crate::{AsOf, Error, ErrorKind, ObjectStore, question};

/// The session attributes: what an action group knows of the question that it works for. The model
/// does not see them and cannot change them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributes {
    /// The run; none when somebody asks the agent without one.
    pub in_run: Option<InRun>,
    /// The logical time.
    pub as_of: AsOf,
    /// The only tables that may be read; empty for all.
    pub tables: Vec<String>,
    /// The zone of the time anchors.
    pub time_zone: String,
    /// How long a statement may run.
    pub timeout: Duration,
}

/// A question's place in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InRun {
    /// The run.
    pub run_id: String,
    /// The question.
    pub question_id: String,
    /// Where the schema's snapshot lies.
    pub schema_key: String,
}

const NAMES: [&str; 7] =
    ["run_id", "question_id", "as_of", "schema_key", "tables", "time_zone", "timeout_seconds"];

impl InRun {
    /// Where the attempts of one agent session are filed.
    pub fn session(&self, session_id: &str) -> Session {
        Session {
            run_id: self.run_id.clone(),
            question_id: self.question_id.clone(),
            session_id: session_id.to_owned(),
        }
    }
}

impl Attributes {
    /// Those of a planned question.
    pub fn of(planned: &PlannedQuestion) -> Attributes {
        Attributes {
            in_run: Some(InRun {
                run_id: planned.run_id.clone(),
                question_id: planned.id.clone(),
                schema_key: planned.schema_key.clone(),
            }),
            as_of: planned.as_of,
            tables: planned.tables.clone(),
            time_zone: planned.time_zone.clone(),
            timeout: planned.timeout(),
        }
    }

    /// Those of a question that is asked of the agent at `as_of`, without a run: every table, UTC, and the
    /// limits of a question that says nothing.
    pub fn without_run(as_of: AsOf) -> Attributes {
        Attributes {
            in_run: None,
            as_of,
            tables: Vec::new(),
            time_zone: "UTC".to_owned(),
            timeout: question::DEFAULT_TIMEOUT,
        }
    }

    /// As the service carries them: strings. None outside a run.
    pub fn to_map(&self) -> HashMap<String, String> {
        let Some(in_run) = &self.in_run else { return HashMap::new() };
        let values = [
            in_run.run_id.clone(),
            in_run.question_id.clone(),
            self.as_of.to_string(),
            in_run.schema_key.clone(),
            self.tables.join(","),
            self.time_zone.clone(),
            self.timeout.as_secs().to_string(),
        ];
        NAMES.map(str::to_owned).into_iter().zip(values).collect()
    }

    /// Back from strings. Without any of ours, somebody asks the agent by himself, at `now`; with some, all
    /// must be there, and the error names the one that is missing or malformed.
    pub fn from_map(map: &HashMap<String, String>, now: AsOf) -> Result<Attributes, Error> {
        if !NAMES.iter().any(|name| map.contains_key(*name)) {
            return Ok(Attributes::without_run(now));
        }
        let get = |name: &str| {
            let value = map.get(name).map(String::as_str);
            value.ok_or_else(|| invalid(name, "is missing; set all that ask-agent sets, or none"))
        };
        let filled = |name: &str| match get(name)? {
            "" => Err(invalid(name, "is empty")),
            value => Ok(value.to_owned()),
        };
        let as_of = get("as_of")?
            .parse()
            .map_err(|error: Error| invalid("as_of", "is no as-of").with_source(error))?;
        let timeout: u64 = get("timeout_seconds")?.parse().map_err(|error: ParseIntError| {
            invalid("timeout_seconds", "is no number").with_source(error)
        })?;
        let time_zone = filled("time_zone")?;
        question::time_zone(&time_zone)
            .map_err(|error| invalid("time_zone", "is no time zone").with_source(error))?;
        let tables = get("tables")?.split(',').filter(|table| !table.is_empty());
        Ok(Attributes {
            in_run: Some(InRun {
                run_id: filled("run_id")?,
                question_id: filled("question_id")?,
                schema_key: filled("schema_key")?,
            }),
            as_of,
            tables: tables.map(str::to_owned).collect(),
            time_zone,
            timeout: Duration::from_secs(timeout).min(question::MAX_TIMEOUT),
        })
    }

    /// The run's snapshot of the schema; without a run, the schema as it is now.
    pub async fn schema(
        &self,
        store: &impl ObjectStore,
        catalog: &impl SchemaReader,
    ) -> Result<Schema, Error> {
        match &self.in_run {
            Some(in_run) => Schema::load(store, &in_run.schema_key).await,
            None => catalog.read().await,
        }
    }

    /// The zone of the time anchors.
    pub fn zone(&self) -> Result<TimeZone, Error> {
        question::time_zone(&self.time_zone)
    }
}

fn invalid(name: &str, what: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("the session attribute `{name}` {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_none_or_an_error_that_names_one() {
        let now: AsOf = "2026-11-22T06:00:00Z".parse().expect("an as-of");
        let values =
            ["r", "q", "2026-11-21T06:00:00Z", "schema/x.json", "a.b,c", "Asia/Tokyo", "30"];
        let all: HashMap<String, String> =
            NAMES.map(str::to_owned).into_iter().zip(values.map(str::to_owned)).collect();
        let read = Attributes::from_map(&all, now).expect("attributes");
        assert_eq!((read.to_map(), read.tables.len()), (all.clone(), 2));
        let foreign = HashMap::from([("user".to_owned(), "me".to_owned())]);
        for map in [HashMap::new(), foreign] {
            let read = Attributes::from_map(&map, now).ok();
            assert_eq!(read, Some(Attributes::without_run(now)));
        }
        let check = |map: &HashMap<String, String>, name: &str| {
            let error = Attributes::from_map(map, now).expect_err(name);
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            assert!(error.to_string().contains(&format!("attribute `{name}` ")), "{error}");
        };
        for name in NAMES {
            let mut partial = all.clone();
            partial.remove(name);
            check(&partial, name);
        }
        for name in ["run_id", "question_id", "schema_key", "as_of", "timeout_seconds", "time_zone"]
        {
            for value in ["", "no/such"] {
                if value.is_empty() || !["run_id", "question_id", "schema_key"].contains(&name) {
                    let mut malformed = all.clone();
                    malformed.insert(name.to_owned(), value.to_owned());
                    check(&malformed, name);
                }
            }
        }
    }
}
