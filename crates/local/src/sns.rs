//! SNS `Publish`: each notification is a line of `<data-dir>/notifications.jsonl`.

use std::{io, path::Path};

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::{
    http::{Request, Response},
    journal::Journal,
    query_protocol::{Form, answer, error},
};

/// SNS takes subjects of at most this many characters.
const MAX_SUBJECT_CHARS: usize = 100;

/// SNS takes messages of at most this many bytes.
const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// The SNS stand-in; clones share one file.
#[derive(Clone, Debug)]
pub struct Sns {
    notifications: Journal<Notification>,
}

/// Why a notification was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// SNS would refuse it: `InvalidParameter`.
    #[error("invalid parameter: {0}")]
    Invalid(&'static str),
    /// It could not be written down.
    #[error("failed to write the notification")]
    Write(#[source] io::Error),
}

/// What was published: a line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notification {
    /// Where to.
    pub topic_arn: String,
    /// A heading, if it has one.
    pub subject: Option<String>,
    /// Its text.
    pub message: String,
    /// What the publisher was told.
    pub message_id: String,
    /// When.
    pub time: Timestamp,
}

impl Sns {
    /// Opens the file, which is made when it is missing.
    ///
    /// # Errors
    /// The file system's own.
    pub fn open(file: &Path) -> io::Result<Self> {
        Ok(Self { notifications: Journal::open(file)? })
    }

    /// What is published from now on. A receiver that falls 1,024 behind loses the oldest.
    pub fn published(&self) -> broadcast::Receiver<Notification> {
        self.notifications.listen()
    }

    /// Publishes; gives the message id.
    ///
    /// # Errors A subject that is empty, over 100 characters, not ASCII or of several lines; a
    /// message that is empty or over 256 KiB; the file system's own.
    pub fn publish(
        &self,
        topic_arn: &str,
        subject: Option<&str>,
        message: &str,
    ) -> Result<String, PublishError> {
        if !topic_arn.starts_with("arn:aws:sns:") {
            return Err(PublishError::Invalid("TopicArn"));
        }
        // https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: ASCII text, no line breaks
        // or control characters.
        if subject.is_some_and(|subject| {
            subject.is_empty()
                || subject.len() > MAX_SUBJECT_CHARS
                || !subject.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        }) {
            return Err(PublishError::Invalid("Subject"));
        }
        if message.is_empty() {
            return Err(PublishError::Invalid("Empty message"));
        }
        if message.len() > MAX_MESSAGE_BYTES {
            return Err(PublishError::Invalid("Message too long"));
        }
        let message_id = Uuid::new_v4().to_string();
        let notification = Notification {
            topic_arn: topic_arn.to_owned(),
            subject: subject.map(str::to_owned),
            message: message.to_owned(),
            message_id: message_id.clone(),
            time: Timestamp::now(),
        };
        self.notifications.write(notification).map_err(PublishError::Write)?;
        Ok(message_id)
    }

    pub(crate) fn handle(&self, request: &Request) -> Response {
        let form = Form::read(request.body());
        let action = form.field("Action").unwrap_or_default();
        if action != "Publish" {
            return error(
                400,
                "InvalidAction",
                &format!("this stand-in has `Publish`, not `{action}`"),
            );
        }
        match self.publish(
            form.field("TopicArn").unwrap_or_default(),
            form.field("Subject"),
            form.field("Message").unwrap_or_default(),
        ) {
            Ok(message_id) => answer("Publish", &format!("<MessageId>{message_id}</MessageId>")),
            Err(invalid @ PublishError::Invalid(_)) => {
                error(400, "InvalidParameter", &invalid.to_string())
            }
            Err(failed @ PublishError::Write(_)) => {
                error(500, "InternalError", &failed.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn what_is_published_is_on_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("notifications.jsonl");
        let sns = Sns::open(&file).unwrap();
        for (body, status, says) in [
            (
                "Action=Publish&TopicArn=arn%3Aaws%3Asns%3Aruns&Subject=A+run&Message=2+%26+3",
                200,
                "<MessageId>",
            ),
            ("Action=Publish&TopicArn=arn%3Aaws%3Asns%3A&Message=", 400, "InvalidParameter"),
            ("Action=Publish&TopicArn=runs&Message=x", 400, "TopicArn"),
            ("Action=Subscribe", 400, "`Subscribe`"),
        ] {
            let request = ::http::Request::new(body.into());
            let answer = sns.handle(&request);
            assert_eq!(answer.status(), status, "{body}");
            let text = answer.into_body().collect().await.unwrap().to_bytes();
            let text = String::from_utf8(text.to_vec()).unwrap();
            assert!(text.contains(says), "{body}: {text}");
        }
        let lines = std::fs::read_to_string(&file).unwrap();
        let [line] = lines.lines().collect::<Vec<_>>()[..] else { panic!("{lines}") };
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["subject"], "A run");
        assert_eq!(line["message"], "2 & 3");
    }

    #[test]
    fn limits_of_sns() {
        let folder = tempfile::tempdir().unwrap();
        let sns = Sns::open(&folder.path().join("n.jsonl")).unwrap();
        let check = |subject: &str, message: &str, taken: bool| {
            let published = sns.publish("arn:aws:sns:us-east-1:0:runs", Some(subject), message);
            assert_eq!(published.is_ok(), taken, "{subject:?}");
        };
        check("s", "m", true);
        check(&"s".repeat(100), &"m".repeat(256 * 1024), true);
        check(&"s".repeat(101), "m", false);
        check("two\nlines", "m", false);
        check("s", &"m".repeat(256 * 1024 + 1), false);
        check("s", "", false);
    }
}
