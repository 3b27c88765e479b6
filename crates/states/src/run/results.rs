//! The files of a ResultWriter: `SUCCEEDED_0.json`, `FAILED_0.json` and `PENDING_0.json`, and the manifest over them.
//!
//! Their shape is that of the Developer Guide's page "ResultWriter" with no WriterConfig.

use serde_json::{Value, json};

use crate::Outcome;
use crate::definition::ResultWriter;
use crate::environment::{Environment, ObjectError};
use crate::error::{Fault, RESULT_WRITER_FAILED};
use crate::path::Scope;

use super::context::time;
use super::distributed::{Child, Status};

/// Writes the files, the manifest last; gives the Map's output.
pub(super) async fn write<E: Environment>(
    environment: &E,
    writer: &ResultWriter,
    map_run_arn: &str,
    children: &[Child],
    scope: Scope<'_>,
) -> Result<Value, Fault> {
    let bucket = writer.bucket.text("Bucket", scope)?;
    let prefix = writer.prefix.text("Prefix", scope)?;
    let id = map_run_arn.rsplit(':').next().unwrap_or_default();
    let folder = match prefix.trim_end_matches('/') {
        "" => id.to_owned(),
        prefix => format!("{prefix}/{id}"),
    };
    let failed = |error: ObjectError| Fault::failed(RESULT_WRITER_FAILED, error.0);

    let mut files = json!({"FAILED": [], "PENDING": [], "SUCCEEDED": []});
    for group in ["FAILED", "PENDING", "SUCCEEDED"] {
        let records: Vec<_> =
            children.iter().filter(|child| child.group() == group).map(Child::record).collect();
        if !records.is_empty() {
            let key = format!("{folder}/{group}_0.json");
            let body = Value::Array(records).to_string().into_bytes();
            files[group] = json!([{"Key": key, "Size": body.len()}]);
            environment.write_object(&bucket, &key, body).await.map_err(failed)?;
        }
    }
    let key = format!("{folder}/manifest.json");
    let manifest =
        json!({"DestinationBucket": bucket, "MapRunArn": map_run_arn, "ResultFiles": files});
    let body = manifest.to_string().into_bytes();
    environment.write_object(&bucket, &key, body).await.map_err(failed)?;
    Ok(json!({
        "MapRunArn": map_run_arn,
        "ResultWriterDetails": {"Bucket": bucket, "Key": key},
    }))
}

impl Child {
    /// The file it goes into. `FAILED` holds what timed out or was aborted, too.
    fn group(&self) -> &'static str {
        match &self.status {
            Status::Pending => "PENDING",
            Status::Ended { outcome: Outcome::Succeeded(_), .. } => "SUCCEEDED",
            Status::Ended { .. } | Status::Aborted { .. } => "FAILED",
        }
    }

    /// The status of its execution.
    fn status(&self) -> &'static str {
        match &self.status {
            Status::Pending => "PENDING",
            Status::Aborted { .. } => "ABORTED",
            Status::Ended { outcome: Outcome::Succeeded(_), .. } => "SUCCEEDED",
            Status::Ended { outcome: Outcome::Failed(_), .. } => "FAILED",
            Status::Ended { outcome: Outcome::TimedOut, .. } => "TIMED_OUT",
        }
    }

    fn record(&self) -> Value {
        let mut record = json!({
            "ExecutionArn": self.execution.arn,
            "Input": self.input.to_string(),
            "InputDetails": {"Included": true},
            "Name": self.execution.name,
            "OutputDetails": {"Included": true},
            "RedriveCount": 0,
            "RedriveStatus": "REDRIVABLE_BY_MAP_RUN",
            "StateMachineArn": self.execution.state_machine_arn,
            "Status": self.status(),
        });
        if let Status::Aborted { started, stopped } | Status::Ended { started, stopped, .. } =
            &self.status
        {
            record["StartDate"] = time(*started).into();
            record["StopDate"] = time(*stopped).into();
        }
        match &self.status {
            Status::Ended { outcome: Outcome::Succeeded(output), .. } => {
                record["Output"] = output.to_string().into();
                record["RedriveStatus"] = "NOT_REDRIVABLE".into();
                record["RedriveStatusReason"] =
                    "Execution is SUCCEEDED and cannot be redriven".into();
            }
            Status::Ended { outcome: Outcome::Failed(failure), .. } => {
                if let Some(error) = &failure.error {
                    record["Error"] = error.as_str().into();
                }
                if let Some(cause) = &failure.cause {
                    record["Cause"] = cause.as_str().into();
                }
            }
            _ => {}
        }
        record
    }
}
