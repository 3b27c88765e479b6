//! The operations over HTTP: JSON 1.0, the operation in `X-Amz-Target`.

use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    StartError, StepFunctions,
    name::{execution_arn, of_arn},
    record::{Execution, Status},
};
use crate::http::{Request, Response, json as json_response};

const TARGET: &str = "AWSStepFunctions.";

/// A page has at most this many items.
const MAX_RESULTS: usize = 1000;

/// A page has this many items unless the request says otherwise.
const DEFAULT_RESULTS: usize = 100;

/// An error of the service: its code and message. All have the status 400.
#[derive(Debug)]
struct ServiceError {
    code: &'static str,
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartExecution {
    state_machine_arn: String,
    name: Option<String>,
    input: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StopExecution {
    execution_arn: String,
    error: Option<String>,
    cause: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfExecution {
    execution_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfStateMachine {
    state_machine_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GetExecutionHistory {
    execution_arn: String,
    #[serde(default)]
    reverse_order: bool,
    #[serde(flatten)]
    page: Page,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListExecutions {
    state_machine_arn: String,
    status_filter: Option<Status>,
    #[serde(flatten)]
    page: Page,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    max_results: Option<usize>,
    next_token: Option<String>,
}

impl StepFunctions {
    pub(crate) async fn handle(&self, request: Request) -> Response {
        let operation = request
            .headers()
            .get("x-amz-target")
            .and_then(|target| target.to_str().ok())
            .and_then(|target| target.strip_prefix(TARGET))
            .unwrap_or_default();
        let body = request.body();
        let answered = match operation {
            "StartExecution" => parse(body).and_then(|request| self.start_execution(request)),
            "StopExecution" => match parse(body) {
                Ok(request) => self.stop_execution(request).await,
                Err(error) => Err(error),
            },
            "DescribeExecution" => parse(body).and_then(|request| self.describe(&request)),
            "GetExecutionHistory" => parse(body).and_then(|request| self.history(request)),
            "ListExecutions" => parse(body).and_then(|request| self.list(request)),
            "ListStateMachines" => parse(body).and_then(|page| self.list_state_machines(&page)),
            "DescribeStateMachine" => {
                parse(body).and_then(|request| self.describe_state_machine(&request))
            }
            unknown => Err(ServiceError {
                code: "UnknownOperationException",
                message: format!("this stand-in has no operation `{unknown}`"),
            }),
        };
        let (status, body) = match answered {
            Ok(answer) => (200, answer),
            Err(error) => (400, json!({ "__type": error.code, "message": error.message })),
        };
        let mut response = json_response(status, &body);
        response.headers_mut().insert(
            ::http::header::CONTENT_TYPE,
            ::http::HeaderValue::from_static("application/x-amz-json-1.0"),
        );
        response
    }

    fn start_execution(&self, request: StartExecution) -> Result<Value, ServiceError> {
        self.check_state_machine(&request.state_machine_arn)?;
        let input = request.input.as_deref().unwrap_or("{}");
        let execution = self.start(request.name.as_deref(), input)?;
        Ok(json!({
            "executionArn": self.execution_arn(&execution.name),
            "startDate": seconds(execution.start),
        }))
    }

    async fn stop_execution(&self, request: StopExecution) -> Result<Value, ServiceError> {
        let execution = self.find(&request.execution_arn)?;
        let closed =
            self.stop_one(&execution.name, request.error, request.cause).await.unwrap_or(execution);
        Ok(json!({ "stopDate": seconds(closed.stop.unwrap_or_else(Timestamp::now)) }))
    }

    fn describe(&self, request: &OfExecution) -> Result<Value, ServiceError> {
        let execution = self.find(&request.execution_arn)?;
        let mut described = self.summary(&execution);
        described["input"] = execution.input.into();
        described["inputDetails"] = json!({ "included": true });
        if let Some(output) = execution.output {
            described["output"] = output.into();
            described["outputDetails"] = json!({ "included": true });
        }
        for (name, value) in [("error", execution.error), ("cause", execution.cause)] {
            if let Some(value) = value {
                described[name] = value.into();
            }
        }
        Ok(described)
    }

    fn history(&self, request: GetExecutionHistory) -> Result<Value, ServiceError> {
        let mut events = self.find(&request.execution_arn)?.history;
        if request.reverse_order {
            events.reverse();
        }
        let (events, next) = request.page.cut(events)?;
        Ok(with_next(json!({ "events": events }), next))
    }

    fn list(&self, request: ListExecutions) -> Result<Value, ServiceError> {
        self.check_state_machine(&request.state_machine_arn)?;
        let mut executions = self.executions();
        executions.retain(|execution| {
            request.status_filter.is_none_or(|status| execution.status == status)
        });
        // The newest first, as the service has it.
        executions.sort_by(|one, other| (other.start, &other.name).cmp(&(one.start, &one.name)));
        let (executions, next) = request.page.cut(executions)?;
        let summaries: Vec<Value> =
            executions.iter().map(|execution| self.summary(execution)).collect();
        Ok(with_next(json!({ "executions": summaries }), next))
    }

    fn list_state_machines(&self, page: &Page) -> Result<Value, ServiceError> {
        let (machines, next) = page.cut(vec![json!({
            "stateMachineArn": self.state_machine_arn(),
            "name": self.state_machine_name(),
            "type": "STANDARD",
            "creationDate": seconds(self.created()),
        })])?;
        Ok(with_next(json!({ "stateMachines": machines }), next))
    }

    fn describe_state_machine(&self, request: &OfStateMachine) -> Result<Value, ServiceError> {
        self.check_state_machine(&request.state_machine_arn)?;
        Ok(json!({
            "stateMachineArn": self.state_machine_arn(),
            "name": self.state_machine_name(),
            "status": "ACTIVE",
            "type": "STANDARD",
            "definition": self.definition(),
            "roleArn": format!("arn:aws:iam::{}:role/local", crate::ACCOUNT),
            "creationDate": seconds(self.created()),
        }))
    }

    /// What ListExecutions and DescribeExecution both tell.
    fn summary(&self, execution: &Execution) -> Value {
        let mut summary = json!({
            "executionArn": self.execution_arn(&execution.name),
            "stateMachineArn": self.state_machine_arn(),
            "name": execution.name,
            "status": execution.status,
            "startDate": seconds(execution.start),
        });
        if let Some(stop) = execution.stop {
            summary["stopDate"] = seconds(stop);
        }
        summary
    }

    fn execution_arn(&self, name: &str) -> String {
        execution_arn(self.state_machine_name(), name)
    }

    fn find(&self, arn: &str) -> Result<Execution, ServiceError> {
        of_arn(self.state_machine_name(), arn).and_then(|name| self.execution(name)).ok_or_else(
            || ServiceError {
                code: "ExecutionDoesNotExist",
                message: format!("there is no execution `{arn}`"),
            },
        )
    }

    fn check_state_machine(&self, arn: &str) -> Result<(), ServiceError> {
        if arn == self.state_machine_arn() {
            Ok(())
        } else {
            Err(ServiceError {
                code: "StateMachineDoesNotExist",
                message: format!("there is no state machine `{arn}`"),
            })
        }
    }
}

impl Page {
    /// The page of `items` that is asked for, and the token of the next one.
    fn cut<T>(&self, mut items: Vec<T>) -> Result<(Vec<T>, Option<String>), ServiceError> {
        let from: usize = match &self.next_token {
            Some(token) => token.parse().map_err(|_| ServiceError {
                code: "InvalidToken",
                message: format!("the token `{token}` is not ours"),
            })?,
            None => 0,
        };
        let count = match self.max_results {
            None | Some(0) => DEFAULT_RESULTS,
            Some(count) => count.min(MAX_RESULTS),
        };
        let mut page = items.split_off(from.min(items.len()));
        let more = page.len() > count;
        page.truncate(count);
        Ok((page, more.then(|| (from + count).to_string())))
    }
}

impl From<StartError> for ServiceError {
    fn from(error: StartError) -> Self {
        let code = match error {
            StartError::InvalidName(_) => "InvalidName",
            StartError::InvalidInput(_) => "InvalidExecutionInput",
            StartError::AlreadyExists(_) => "ExecutionAlreadyExists",
            StartError::Record { .. } => "InternalFailure",
        };
        Self { code, message: error.to_string() }
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
    serde_json::from_slice(body)
        .map_err(|error| ServiceError { code: "ValidationException", message: error.to_string() })
}

/// A date as this protocol has it: seconds since the epoch, with milliseconds as the fraction.
fn seconds(time: Timestamp) -> Value {
    (time.as_millisecond() as f64 / 1000.0).into()
}

fn with_next(mut page: Value, next: Option<String>) -> Value {
    if let Some(next) = next {
        page["nextToken"] = next.into();
    }
    page
}
