//! Runs over Step Functions.

use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::ProvideErrorMetadata as _;
use reporting::run::{RunInput, RunStarter};
use reporting::{Error, ErrorKind};

use crate::failure::sort;

/// The `report-run` state machine.
#[derive(Debug, Clone)]
pub struct StateMachine {
    client: Client,
    arn: String,
}

impl StateMachine {
    /// The one of that ARN.
    pub fn new(client: Client, arn: impl Into<String>) -> StateMachine {
        StateMachine { client, arn: arn.into() }
    }
}

/// How far an execution is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// As Step Functions has it: `RUNNING`, `SUCCEEDED`, `FAILED` …
    pub status: String,
    /// The error that ended it.
    pub error: Option<String>,
    /// Its cause; of a failed function, the JSON of its error.
    pub cause: Option<String>,
}

impl StateMachine {
    /// The execution of that name. One that was started a moment ago may not be there yet: the service is eventually
    /// consistent (DescribeExecution in the Step Functions API reference).
    ///
    /// # Errors
    /// The service's own.
    pub async fn execution(&self, name: &str) -> Result<Option<Execution>, Error> {
        // `arn:…:stateMachine:<machine>` runs `arn:…:execution:<machine>:<name>`.
        let arn = format!("{}:{name}", self.arn.replacen(":stateMachine:", ":execution:", 1));
        let described = self.client.describe_execution().execution_arn(arn).send().await;
        match described {
            Ok(described) => Ok(Some(Execution {
                status: described.status.as_str().to_owned(),
                error: described.error,
                cause: described.cause,
            })),
            Err(error) if error.code() == Some("ExecutionDoesNotExist") => Ok(None),
            Err(error) => Err(sort(format!("failed to follow the run `{name}`"), error)),
        }
    }
}

impl Execution {
    /// Whether nothing more comes of it.
    pub fn is_closed(&self) -> bool {
        !matches!(self.status.as_str(), "RUNNING" | "PENDING_REDRIVE")
    }

    /// Whether it came to its end.
    pub fn has_succeeded(&self) -> bool {
        self.status == "SUCCEEDED"
    }
}

impl RunStarter for StateMachine {
    async fn start(&self, input: &RunInput) -> Result<bool, Error> {
        let json = serde_json::to_string(input).map_err(|error| {
            Error::new(ErrorKind::Internal, "failed to write the execution's input")
                .with_source(error)
        })?;
        let start = self
            .client
            .start_execution()
            .state_machine_arn(&self.arn)
            .name(&input.run_id)
            .input(json);
        match start.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("ExecutionAlreadyExists") => Ok(false),
            Err(error) => Err(sort(format!("failed to start the run `{}`", input.run_id), error)),
        }
    }
}
