//! A tick or a drop, told as the cause of a run.

use reporting::run::{Cause, RunStarter, StartOutcome};
use reporting::{AsOf, Cadence, Error, ErrorKind};
use serde::Deserialize;

/// What starts a run: EventBridge Scheduler with the input that we gave it, or S3's object-created event as
/// EventBridge carries it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Event {
    Dropped(Dropped),
    Tick(Tick),
}

/// `{cadence, as_of}`: the schedule's input, where `as_of` is the scheduled time. A person's command may add `keys`,
/// and says `"explicit": true`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tick {
    cadence: Cadence,
    as_of: AsOf,
    keys: Option<Vec<String>>,
    time_zone: Option<String>,
    #[serde(default)]
    explicit: bool,
}

/// The parts that we read of an "Object Created" event (S3 User Guide, "EventBridge event message structure").
/// Keys are not URL-encoded there. Without versioning the sequencer tells one put of a key from the next, and is
/// equal in a duplicate event; an ETag would take the same text, dropped again, for the same drop.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Dropped {
    detail_type: String,
    time: AsOf,
    detail: Detail,
}

#[derive(Debug, Deserialize)]
struct Detail {
    object: Object,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Object {
    key: String,
    version_id: Option<String>,
    sequencer: Option<String>,
}

pub(crate) async fn handle(starter: &impl RunStarter, event: Event) -> Result<StartOutcome, Error> {
    reporting::run::start(starter, cause(event)?).await
}

fn cause(event: Event) -> Result<Cause, Error> {
    match event {
        Event::Tick(tick) => Ok(Cause::Tick {
            cadence: tick.cadence,
            as_of: tick.as_of,
            keys: tick.keys,
            time_zone: tick.time_zone.unwrap_or_else(|| "UTC".to_owned()),
            explicit: tick.explicit,
        }),
        Event::Dropped(event) if event.detail_type == "Object Created" => {
            let object = event.detail.object;
            let version = object
                .version_id
                .filter(|version| !version.is_empty())
                .or(object.sequencer)
                .unwrap_or_default();
            Ok(Cause::Drop { key: object.key, version, as_of: event.time })
        }
        Event::Dropped(event) => Err(Error::new(
            ErrorKind::InvalidRequest,
            format!(
                "`{}` is not an event that starts runs; the rule should pass `Object Created` alone",
                event.detail_type
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(event: &str, expected: Option<&str>) {
        let cause = serde_json::from_str(event).ok().and_then(|event| cause(event).ok());
        let told = cause.map(|cause| match cause {
            Cause::Tick { cadence, as_of, time_zone, explicit, .. } => {
                format!("{cadence} {as_of} {time_zone} {explicit}")
            }
            Cause::Drop { key, version, as_of } => format!("{key} {version} {as_of}"),
        });
        assert_eq!(told.as_deref(), expected, "{event}");
    }

    #[test]
    fn events_become_causes() {
        check(
            r#"{"cadence":"daily","as_of":"2026-11-22T06:00:00Z"}"#,
            Some("daily 2026-11-22T06:00:00Z UTC false"),
        );
        check(
            r#"{"cadence":"weekly","as_of":"2026-11-22T06:00:00Z","time_zone":"Europe/Berlin","explicit":true}"#,
            Some("weekly 2026-11-22T06:00:00Z Europe/Berlin true"),
        );
        check(
            r#"{"version":"0","detail-type":"Object Created","source":"aws.s3","time":"2026-11-22T06:00:07Z",
                "detail":{"bucket":{"name":"b"},"object":{"key":"questions/adhoc/a.md","size":5,"sequencer":"s1","version-id":"v1"}}}"#,
            Some("questions/adhoc/a.md v1 2026-11-22T06:00:07Z"),
        );
        check(
            r#"{"detail-type":"Object Created","time":"2026-11-22T06:00:07Z","detail":{"object":{"key":"k","sequencer":"s1"}}}"#,
            Some("k s1 2026-11-22T06:00:07Z"),
        );
        check(
            r#"{"detail-type":"Object Deleted","time":"2026-11-22T06:00:07Z","detail":{"object":{"key":"k"}}}"#,
            None,
        );
        check(r#"{"cadence":"yearly","as_of":"2026-11-22T06:00:00Z"}"#, None);
        check(r#"{"cadence":"daily"}"#, None);
    }
}
