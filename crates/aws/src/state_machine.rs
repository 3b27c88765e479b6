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
