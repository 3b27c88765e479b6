//! The port through which a run acts on the world: tasks, objects, time and chance.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

/// What a run needs from the world. Nothing else in this crate has an effect.
///
/// One run calls its environment from many iterations of a Map at the same time. A call is dropped
/// when its answer no longer matters (a time-out, a Map that failed, a run that was stopped).
pub trait Environment: Send + Sync {
    /// Runs one task: `resource` is a resource that [`crate::SupportedResources`] lists, `parameters` what the state made.
    ///
    /// The answer has the shape of the service's integration: for `arn:aws:states:::lambda:invoke` an object
    /// with `ExecutedVersion`, `Payload` and `StatusCode`. A retry calls again, so a task runs at least once.
    fn invoke(
        &self,
        resource: &str,
        parameters: Value,
    ) -> impl Future<Output = Result<Value, TaskError>> + Send;

    /// Reads the whole of an S3 object, for the `ItemReader` of a Distributed Map.
    fn read_object(
        &self,
        bucket: &str,
        key: &str,
    ) -> impl Future<Output = Result<Vec<u8>, ObjectError>> + Send;

    /// Writes an S3 object, for the `ResultWriter` of a Distributed Map. The manifest is written last.
    fn write_object(
        &self,
        bucket: &str,
        key: &str,
        body: Vec<u8>,
    ) -> impl Future<Output = Result<(), ObjectError>> + Send;

    /// The time, for the history and the context object.
    fn now(&self) -> Timestamp;

    /// Ends after `duration`: for Wait states, time-outs and the delay before a retry.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;

    /// A number from 0 to 1 (exclusive), for `JitterStrategy` `FULL`.
    fn random(&self) -> f64 {
        // The last 53 bits, all of them random: as many as a double holds exactly.
        const BITS: u64 = 1 << 53;
        (Uuid::new_v4().as_u64_pair().1 % BITS) as f64 / BITS as f64
    }

    /// Names a Map Run or a child execution.
    fn unique_id(&self) -> Uuid {
        Uuid::new_v4()
    }
}

/// A task that failed: what Retry and Catch match, and what the next state reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("task failed with `{error}`")]
pub struct TaskError {
    /// The error's name: a Lambda's error type, or a service's exception (`Lambda.TooManyRequestsException`).
    pub error: String,
    /// The cause: for a Lambda, the JSON text of its error object.
    pub cause: String,
}

/// An object that could not be read or written; the text becomes the cause of the Map's failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ObjectError(pub String);
