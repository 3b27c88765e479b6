//! What travels through the agent to its action groups, as the session's attributes.

use std::collections::HashMap;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::plan::PlannedQuestion;
use crate::{AsOf, Error, ErrorKind, question};

/// The session attributes: what an action group knows of the question that it works for. The model
/// does not see them and cannot change them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributes {
    /// The run.
    pub run_id: String,
    /// The question.
    pub question_id: String,
    /// The run's logical time.
    pub as_of: AsOf,
    /// Where the schema's snapshot lies.
    pub schema_key: String,
    /// The only tables that may be read; empty for all.
    pub tables: Vec<String>,
    /// The zone of the time anchors.
    pub time_zone: String,
    /// How long a statement may run.
    pub timeout: Duration,
}

impl Attributes {
    /// Those of a planned question.
    pub fn of(planned: &PlannedQuestion) -> Attributes {
        Attributes {
            run_id: planned.run_id.clone(),
            question_id: planned.id.clone(),
            as_of: planned.as_of,
            schema_key: planned.schema_key.clone(),
            tables: planned.tables.clone(),
            time_zone: planned.time_zone.clone(),
            timeout: planned.timeout(),
        }
    }

    /// As the service carries them: strings.
    pub fn to_map(&self) -> HashMap<String, String> {
        let pairs = [
            ("run_id", self.run_id.clone()),
            ("question_id", self.question_id.clone()),
            ("as_of", self.as_of.to_string()),
            ("schema_key", self.schema_key.clone()),
            ("tables", self.tables.join(",")),
            ("time_zone", self.time_zone.clone()),
            ("timeout_seconds", self.timeout.as_secs().to_string()),
        ];
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Back from strings. An agent that somebody else set up may lack them: the error names which.
    pub fn from_map(map: &HashMap<String, String>) -> Result<Attributes, Error> {
        let get = |name: &str| {
            map.get(name).map(String::as_str).ok_or_else(|| {
                Error::new(
                    ErrorKind::InvalidRequest,
                    format!("the session attribute `{name}` is missing; questions are asked through ask-agent, which sets it"),
                )
            })
        };
        let tables = get("tables")?;
        let timeout: u64 =
            get("timeout_seconds")?.parse().map_err(|error: std::num::ParseIntError| {
                Error::new(
                    ErrorKind::InvalidRequest,
                    "the session attribute `timeout_seconds` is no number",
                )
                .with_source(error)
            })?;
        Ok(Attributes {
            run_id: get("run_id")?.to_owned(),
            question_id: get("question_id")?.to_owned(),
            as_of: get("as_of")?.parse()?,
            schema_key: get("schema_key")?.to_owned(),
            tables: tables
                .split(',')
                .filter(|table| !table.is_empty())
                .map(str::to_owned)
                .collect(),
            time_zone: get("time_zone")?.to_owned(),
            timeout: Duration::from_secs(timeout).min(question::MAX_TIMEOUT),
        })
    }

    /// The zone of the time anchors.
    pub fn zone(&self) -> Result<TimeZone, Error> {
        question::time_zone(&self.time_zone)
    }
}
