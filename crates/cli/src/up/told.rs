//! What `up` tells, as a line for people or an object for programs.

use std::fmt;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use local::{Credentials, Event, Execution, Notification, REGION};
use reporting::Cadence;
use reporting::close::{Answer, Run, Status};
use serde::Serialize;

use crate::schedule::Schedule;
use crate::show::rows::printable;
use crate::{output, summary};

/// One thing that happened; an object with the key `event` under `--json`.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Told {
    /// The endpoint answers, and the watch has begun.
    Up {
        endpoint_url: String,
        region: &'static str,
        access_key_id: String,
        secret_access_key: String,
    },
    /// Files in this folder are taken as they come.
    Watching { folder: String },
    /// A cadence's next tick.
    Scheduled { cadence: Cadence, schedule: String, next: Option<Zoned> },
    /// A run has started.
    Started { run_id: String, about: String },
    /// A run has ended as its state machine should: every question has its answer.
    Ended {
        #[serde(flatten)]
        run: serde_json::Value,
        #[serde(skip)]
        lines: String,
    },
    /// A run was stopped or broke off.
    BrokeOff { run_id: String, status: local::Status, error: Option<String>, cause: Option<String> },
    /// SNS has a message for whoever subscribes.
    Notified { subject: Option<String>, message: String },
    /// The bus has an event for whoever has a rule; `detail` is as its schema says.
    Published { detail_type: String, detail: serde_json::Value },
    /// Something did not work, and the rest goes on.
    Fault { message: String },
    /// The last word.
    Stopped,
}

impl Told {
    pub(super) fn up(endpoint_url: &str, credentials: &Credentials) -> Told {
        Told::Up {
            endpoint_url: endpoint_url.to_owned(),
            region: REGION,
            access_key_id: credentials.access_key_id.clone(),
            secret_access_key: credentials.secret_access_key.clone(),
        }
    }

    pub(super) fn ended(run: &Run) -> Told {
        let answered =
            run.answers.iter().filter(|answer| answer.status == Status::Answered).count();
        let failed = run.answers.len() - answered;
        let mut lines = format!("{}: {answered} answered, {failed} failed", run.run_id);
        for answer in &run.answers {
            lines.push_str(&format!("\n           {}", line(answer)));
        }
        Told::Ended { run: summary::object(run), lines }
    }

    pub(super) fn scheduled(schedule: Schedule, next: Option<Timestamp>, zone: &TimeZone) -> Told {
        let next = next.map(|next| next.to_zoned(zone.clone()));
        Told::Scheduled { cadence: schedule.cadence, schedule: schedule.to_string(), next }
    }

    pub(super) fn broke_off(
        run_id: &str,
        status: local::Status,
        record: Option<Execution>,
    ) -> Told {
        let (error, cause) = record.map(|record| (record.error, record.cause)).unwrap_or_default();
        Told::BrokeOff { run_id: run_id.to_owned(), status, error, cause }
    }

    pub(super) fn notified(notification: Notification) -> Told {
        Told::Notified { subject: notification.subject, message: notification.message }
    }

    pub(super) fn published(event: Event) -> Told {
        Told::Published { detail_type: event.detail_type, detail: event.detail }
    }

    pub(super) fn fault(error: &anyhow::Error) -> Told {
        Told::Fault { message: format!("{error:#}") }
    }
}

fn line(answer: &Answer) -> String {
    let Answer { id, row_count, report_key, .. } = answer;
    match (row_count, report_key) {
        (Some(rows), Some(key)) => format!("{id}: {rows} rows in {key}"),
        _ => format!("{id}: {}", summary::told(answer)),
    }
}

impl fmt::Display for Told {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Told::Up { endpoint_url, region, access_key_id, secret_access_key } => write!(
                formatter,
                "up; Ctrl-C stops it. For any AWS client:\n\n\
                 export AWS_ENDPOINT_URL={endpoint_url}\n\
                 export AWS_REGION={region} AWS_DEFAULT_REGION={region}\n\
                 export AWS_ACCESS_KEY_ID={access_key_id}\n\
                 export AWS_SECRET_ACCESS_KEY={secret_access_key}\n"
            ),
            Told::Scheduled { cadence, schedule, next: Some(next) } => {
                let next = next.strftime("%A %Y-%m-%d %H:%M %Z");
                write!(formatter, "schedule {cadence}: {schedule}, next on {next}")
            }
            Told::Scheduled { cadence, schedule, next: None } => {
                write!(formatter, "schedule {cadence}: {schedule}")
            }
            Told::Started { run_id, about } => write!(formatter, "started  {run_id}: {about}"),
            Told::Ended { lines, .. } => write!(formatter, "ended    {lines}"),
            Told::BrokeOff { run_id, status, error, cause } => {
                let how = match status {
                    local::Status::Aborted => "was stopped",
                    local::Status::TimedOut => "took too long",
                    _ => "broke off",
                };
                write!(formatter, "ended    {run_id}: {how}")?;
                for more in [error, cause].into_iter().flatten() {
                    write!(formatter, ": {more}")?;
                }
                Ok(())
            }
            Told::Notified { subject, message } => {
                write!(formatter, "notified {}", subject.as_ref().unwrap_or(message))
            }
            Told::Published { detail_type, detail } => {
                let run_id = detail["run_id"].as_str().unwrap_or_default();
                write!(formatter, "event    {detail_type}: {run_id}")
            }
            Told::Watching { folder } => write!(formatter, "watching {folder}"),
            Told::Fault { message } => write!(formatter, "fault    {message}"),
            Told::Stopped => formatter.write_str("stopped"),
        }
    }
}

/// Where it is told: standard output, a line each.
#[derive(Debug)]
pub(super) struct Teller {
    pub(super) zone: TimeZone,
    pub(super) json: bool,
}

impl Teller {
    pub(super) fn tell(&self, told: &Told) -> anyhow::Result<()> {
        if self.json {
            output::line(serde_json::to_string(told)?)
        } else {
            let time = Timestamp::now().to_zoned(self.zone.clone());
            let told = printable(Some(told.to_string()));
            output::line(format_args!("{} {told}", time.strftime("%H:%M:%S")))
        }
    }
}
