//! EventBridge, as far as runs need it: the rule that passes S3's object-created events to a
//! function, and the scheduler's calls of it.
//!
//! Both invoke asynchronously and at least once: whoever is invoked must know an event that it has
//! seen. To keep everybody honest, every event is delivered twice here. A function that fails is tried three times and one that is throttled until it takes the
//! event, as Lambda's queue for asynchronous invocations does, but after seconds instead of
//! minutes. No dead-letter queue: an event that was given up is told as one.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::{
    sync::{Semaphore, broadcast::error::RecvError, mpsc},
    task::{JoinHandle, JoinSet},
};
use uuid::Uuid;

use crate::{
    credentials::{ACCOUNT, REGION},
    lambda::{Answer, InvokeError},
    s3::{ObjectCreated, S3},
    system::FunctionError,
};

/// Each event is delivered this often; the service promises no more than once or more.
const DELIVERIES: usize = 2;

/// A failing function is tried this often.
const TRIES: u32 = 3;

/// Before the second try; doubled for each one more.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// Between two tries at most.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Invocations at once: what is reserved for the function, so that a hundred drops leave the others
/// their share.
const CONCURRENCY: usize = 4;

/// Which object-created events are passed on.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Of this bucket.
    pub bucket: String,
    /// With a key that begins so.
    pub prefix: String,
}

/// What became of one delivery of an event.
#[derive(Debug)]
pub struct Delivered {
    /// The object's key, or what [`EventBridge::send`] was given.
    pub about: String,
    /// The function's answer, or why the event was given up.
    pub answer: Result<Value, FunctionError>,
}

/// The rule at work. Dropping it breaks off what is not delivered yet.
#[derive(Debug)]
pub struct EventBridge {
    given: mpsc::UnboundedSender<(String, Value)>,
    delivered: mpsc::UnboundedReceiver<Delivered>,
    task: JoinHandle<()>,
}

impl EventBridge {
    /// From now on passes what `rule` chooses of the bucket's events to `invoke`, which invokes
    /// `function`. Needs a Tokio runtime around it.
    pub fn start<I, F>(s3: &S3, rule: Rule, function: &'static str, invoke: I) -> Self
    where
        I: Fn(Bytes) -> F + Clone + Send + 'static,
        F: Future<Output = Result<Answer, InvokeError>> + Send,
    {
        let mut created = s3.object_created();
        let (given, mut taken) = mpsc::unbounded_channel::<(String, Value)>();
        let (tell, delivered) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            let places = Arc::new(Semaphore::new(CONCURRENCY));
            let mut under_way = JoinSet::new();
            loop {
                let (about, event) = tokio::select! {
                    object = created.recv() => match object {
                        Ok(object) if rule.chooses(&object) => {
                            let event = event(&object);
                            (object.key, event)
                        }
                        Ok(_) => continue,
                        Err(RecvError::Lagged(count)) => {
                            tracing::error!(count, "object-created events were lost");
                            continue;
                        }
                        Err(RecvError::Closed) => break,
                    },
                    Some(given) = taken.recv() => given,
                    Some(_) = under_way.join_next() => continue,
                };
                let event = Bytes::from(event.to_string());
                for _ in 0..DELIVERIES {
                    let (invoke, places, tell) = (invoke.clone(), places.clone(), tell.clone());
                    let (about, event) = (about.clone(), event.clone());
                    under_way.spawn(async move {
                        let answer = deliver(&places, function, event, invoke).await;
                        // An error means that nobody listens.
                        let _ = tell.send(Delivered { about, answer });
                    });
                }
            }
        });
        Self { given, delivered, task }
    }

    /// Passes an event of one's own, as EventBridge Scheduler does; `about` says what it is.
    pub fn send(&self, about: &str, event: Value) {
        // An error means that the system is being stopped.
        let _ = self.given.send((about.to_owned(), event));
    }

    /// The next delivery that was made or given up. Nothing when the system is gone.
    pub async fn delivered(&mut self) -> Option<Delivered> {
        self.delivered.recv().await
    }
}

impl Drop for EventBridge {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Rule {
    fn chooses(&self, object: &ObjectCreated) -> bool {
        object.bucket == self.bucket && object.key.starts_with(&self.prefix)
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>
fn event(object: &ObjectCreated) -> Value {
    json!({
        "version": "0",
        "id": Uuid::new_v4().to_string(),
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": ACCOUNT,
        "time": object.time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "region": REGION,
        "resources": [format!("arn:aws:s3:::{}", object.bucket)],
        "detail": {
            "version": "0",
            "bucket": { "name": object.bucket },
            "object": {
                "key": object.key,
                "size": object.size,
                "etag": object.etag,
                "sequencer": object.sequencer,
            },
            "request-id": Uuid::new_v4().simple().to_string(),
            "requester": ACCOUNT,
            "source-ip-address": "127.0.0.1",
            "reason": "PutObject",
        },
    })
}

async fn deliver<I, F>(
    places: &Semaphore,
    function: &str,
    event: Bytes,
    invoke: I,
) -> Result<Value, FunctionError>
where
    I: Fn(Bytes) -> F,
    F: Future<Output = Result<Answer, InvokeError>>,
{
    let mut wait = FIRST_WAIT;
    let mut failures = 0;
    loop {
        let invoked = {
            // An error would mean that the semaphore is closed, which nobody does.
            let _place = places.acquire().await;
            invoke(event.clone()).await
        };
        match invoked {
            Err(InvokeError::TooManyRequests) => {}
            Err(source) => {
                return Err(FunctionError::NotInvoked { function: function.to_owned(), source });
            }
            Ok(answer) => {
                let checked = FunctionError::check(function, &answer);
                failures += 1;
                if checked.is_ok() || failures == TRIES {
                    return checked;
                }
            }
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::sync::Mutex;

    use super::*;
    use crate::Credentials;

    fn answered(failed: bool, payload: &'static str) -> Result<Answer, InvokeError> {
        Ok(Answer { payload: Bytes::from_static(payload.as_bytes()), failed })
    }

    /// Puts `keys` into a bucket whose events reach a function; gives what it was invoked with.
    async fn check(keys: &[&str], expected: &[&str]) -> Vec<Value> {
        let folder = tempfile::tempdir().unwrap();
        let s3 = S3::open(folder.path(), &Credentials::random()).unwrap();
        s3.create_bucket("quaestor").unwrap();
        let events = Arc::new(Mutex::new(Vec::new()));
        let invoked = Arc::clone(&events);
        let rule = Rule { bucket: "quaestor".to_owned(), prefix: "questions/".to_owned() };
        let mut bridge = EventBridge::start(&s3, rule, "start-run", move |event| {
            invoked.lock().unwrap().push(serde_json::from_slice(&event).unwrap());
            std::future::ready(answered(false, "{}"))
        });
        for key in keys {
            s3.put("quaestor", key, "text/markdown", Bytes::from_static(b"How?")).await.unwrap();
        }
        let mut delivered = Vec::new();
        for _ in 0..expected.len() {
            let delivery = bridge.delivered().await.unwrap();
            assert!(delivery.answer.is_ok(), "{delivery:?}");
            delivered.push(delivery.about);
        }
        delivered.sort();
        assert_eq!(delivered, expected);
        let events: &Vec<Value> = &events.lock().unwrap();
        events.clone()
    }

    #[tokio::test]
    async fn an_event_has_the_shape_of_the_service_and_comes_twice() {
        let key = "questions/adhoc/ä b.md";
        let events = check(&["reports/a.md", key], &[key, key]).await;
        let [event, twin] = &events[..] else { panic!("{events:#?}") };
        assert_eq!(event, twin);
        assert_eq!(event["detail-type"], "Object Created");
        assert_eq!(event["source"], "aws.s3");
        let time = event["time"].as_str().unwrap();
        assert!(time.len() == 20 && time.ends_with('Z'), "whole seconds: {time}");
        let object = &event["detail"]["object"];
        assert_eq!(object["key"], key, "keys are not URL-encoded there");
        assert_eq!((&object["size"], object["etag"].as_str().unwrap().len()), (&json!(4), 32));
        check(
            &["questions/a.md", "questions/b.md"],
            &["questions/a.md", "questions/a.md", "questions/b.md", "questions/b.md"],
        )
        .await;
    }

    #[tokio::test]
    async fn a_delivery_is_tried_again() {
        let fails = || answered(true, r#"{"errorType":"unavailable","errorMessage":"no"}"#);
        let throttles = || Err(InvokeError::TooManyRequests);
        let works = || answered(false, "{}");
        for (answers, well) in [
            (vec![works()], true),
            (vec![throttles(), fails(), works()], true),
            (vec![fails(), fails(), fails()], false),
            (vec![Err(InvokeError::Stopped)], false),
        ] {
            let answers = Mutex::new(answers);
            let invoke = |_| std::future::ready(answers.lock().unwrap().remove(0));
            let delivered = deliver(&Semaphore::new(1), "start-run", Bytes::new(), invoke).await;
            assert_eq!(delivered.is_ok(), well, "{delivered:?}");
            assert!(answers.lock().unwrap().is_empty());
        }
    }
}
