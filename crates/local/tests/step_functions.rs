//! Step Functions by its SDK: real functions, names that are used once, histories in pages, a Map
//! over S3.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{fs, path::Path, time::Duration};

use aws_sdk_sfn::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    primitives::DateTime,
    types::{ExecutionStatus, HistoryEventType},
};
use local::{
    Credentials, Status, Step,
    event_bus::EventBus,
    lambda::{Lambda, function_arn},
    s3::S3,
    sns::Sns,
    step_functions::{Services, StepFunctions, execution_arn, state_machine_arn},
};
use serde_json::{Value, json};
use support::{Stand, function::function};

const MINUTE: Duration = Duration::from_secs(60);
const MACHINE: &str = "report-run";

#[tokio::test]
#[ignore = "is a function's process, which the other tests start"]
async fn serve_as_function() {
    support::function::serve().await;
}

/// Invokes the function with its input, then publishes what it answered.
fn one_task() -> Value {
    json!({
        "StartAt": "Do",
        "States": {
            "Do": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": { "FunctionName": function_arn("echo"), "Payload.$": "$" },
                "OutputPath": "$.Payload",
                "Next": "Tell",
            },
            "Tell": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sns:publish",
                "Parameters": {
                    "TopicArn": "arn:aws:sns:us-east-1:000000000000:runs",
                    "Subject": "Done",
                    "Message.$": "States.JsonToString($)",
                },
                "ResultPath": null,
                "End": true,
            },
        },
    })
}

/// A Distributed Map over the JSON lines of `plan.jsonl`.
fn map() -> Value {
    json!({
        "StartAt": "All",
        "States": { "All": {
            "Type": "Map",
            "Label": "All",
            "MaxConcurrency": 2,
            "ToleratedFailurePercentage": 100,
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:getObject",
                "ReaderConfig": { "InputType": "JSONL" },
                "Parameters": { "Bucket": "quaestor", "Key": "plan.jsonl" },
            },
            "ItemProcessor": {
                "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
                "StartAt": "Do",
                "States": { "Do": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::lambda:invoke",
                    "Parameters": { "FunctionName": function_arn("echo"), "Payload.$": "$" },
                    "OutputPath": "$.Payload",
                    "End": true,
                } },
            },
            "ResultWriter": {
                "Resource": "arn:aws:states:::s3:putObject",
                "Parameters": { "Bucket": "quaestor", "Prefix": "map" },
            },
            "End": true,
        } },
    })
}

/// The service, with the function `echo`, and a client.
struct World {
    stand: Stand,
    service: StepFunctions,
    client: Client,
}

fn service(folder: &Path, credentials: &Credentials, definition: &Value) -> (StepFunctions, S3) {
    let s3 = S3::open(&folder.join("s3"), credentials).unwrap();
    s3.create_bucket("quaestor").unwrap();
    let echo = function(folder, "echo", MINUTE);
    let services = Services {
        lambda: Lambda::new(vec![echo], &folder.join("logs"), 4).unwrap(),
        sns: Sns::open(&folder.join("notifications.jsonl")).unwrap(),
        event_bus: EventBus::open("runs", &folder.join("events.jsonl")).unwrap(),
        s3: s3.clone(),
    };
    let folder = folder.join("executions");
    let service = StepFunctions::new(MACHINE, &definition.to_string(), services, &folder);
    (service.unwrap(), s3)
}

impl World {
    async fn new(definition: &Value) -> Self {
        let mut made = None;
        let stand = Stand::open(|folder, credentials, services| {
            let (step_functions, s3) = service(folder, credentials, definition);
            services.step_functions = Some(step_functions.clone());
            services.s3 = Some(s3);
            made = Some(step_functions);
        })
        .await;
        let client = Client::new(&stand.sdk());
        Self { stand, service: made.unwrap(), client }
    }

    /// The ARN and when it started, or the error's code.
    async fn start(&self, name: &str, input: &Value) -> Result<(String, DateTime), String> {
        let start = self.client.start_execution().state_machine_arn(state_machine_arn(MACHINE));
        let started = start.name(name).input(input.to_string()).send().await.map_err(code)?;
        Ok((started.execution_arn, started.start_date))
    }

    async fn run(&self, name: &str, input: &Value) {
        self.start(name, input).await.unwrap();
        self.service.closed(name).await.unwrap();
    }

    async fn status(&self, name: &str) -> ExecutionStatus {
        let arn = execution_arn(MACHINE, name);
        self.client.describe_execution().execution_arn(arn).send().await.unwrap().status
    }
}

/// The service's code for an error.
fn code<E: ProvideErrorMetadata + std::fmt::Debug>(error: SdkError<E>) -> String {
    match error.code() {
        Some(code) => code.to_owned(),
        None => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn an_execution_runs_to_its_end() {
    let world = World::new(&one_task()).await;
    let input = json!({ "do": "echo", "what": { "rows": 3 } });
    world.run("daily-20261122T060000Z", &input).await;

    let arn = execution_arn(MACHINE, "daily-20261122T060000Z");
    let found = world.client.describe_execution().execution_arn(&arn).send().await.unwrap();
    assert_eq!(found.status(), &ExecutionStatus::Succeeded);
    assert_eq!(found.input(), Some(input.to_string().as_str()));
    assert_eq!(found.output(), Some(r#"{"rows":3}"#));
    assert!(found.start_date() <= found.stop_date().unwrap());
    let notifications =
        fs::read_to_string(world.stand.folder.path().join("notifications.jsonl")).unwrap();
    assert!(notifications.contains(r#""message":"{\"rows\":3}""#), "{notifications}");

    let mut pages = world
        .client
        .get_execution_history()
        .execution_arn(&arn)
        .max_results(2)
        .into_paginator()
        .send();
    let mut events = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        assert!(page.events().len() <= 2);
        events.extend(page.events);
    }
    let ids: Vec<_> = events.iter().map(|event| event.id()).collect();
    assert_eq!(ids, (1..=events.len() as i64).collect::<Vec<_>>());
    assert_eq!(events[0].r#type(), &HistoryEventType::ExecutionStarted);
    assert_eq!(events.last().unwrap().r#type(), &HistoryEventType::ExecutionSucceeded);
    let entered: Vec<_> = events
        .iter()
        .filter_map(|event| Some(event.state_entered_event_details()?.name().to_owned()))
        .collect();
    assert_eq!(entered, ["Do", "Tell"]);
    let last = world
        .client
        .get_execution_history()
        .execution_arn(&arn)
        .reverse_order(true)
        .max_results(1)
        .send()
        .await
        .unwrap();
    assert_eq!(last.events()[0].id(), events.len() as i64);
}

#[tokio::test]
async fn a_functions_failure_is_the_executions() {
    let world = World::new(&one_task()).await;
    for (what, error, cause) in [
        ("fail", "told", r#""errorMessage":"told to fail""#),
        ("exit", "Runtime.ExitError", "exit status 3"),
    ] {
        world.run(what, &json!({ "do": what })).await;
        let arn = execution_arn(MACHINE, what);
        let found = world.client.describe_execution().execution_arn(arn).send().await.unwrap();
        assert_eq!(found.status(), &ExecutionStatus::Failed);
        assert_eq!(found.error(), Some(error));
        assert!(found.cause().unwrap().contains(cause), "{:?}", found.cause());
    }
}

#[tokio::test]
async fn a_name_starts_one_execution() {
    let world = World::new(&one_task()).await;
    let file = world.stand.folder.path().join("go");
    let waits = json!({ "do": "wait_for_file", "file": file });
    let other = json!({ "do": "echo" });
    let exists = Err("ExecutionAlreadyExists".to_owned());

    let first = world.start("run", &waits).await;
    assert_eq!(world.start("run", &waits).await, first);
    assert_eq!(world.start("run", &other).await, exists);
    assert_eq!(world.status("run").await, ExecutionStatus::Running);

    fs::write(file, "").unwrap();
    world.service.closed("run").await.unwrap();
    assert_eq!(world.start("run", &waits).await, exists);

    // Another process over the same folder.
    let (later, _s3) = service(world.stand.folder.path(), &Credentials::random(), &one_task());
    assert!(later.start(Some("run"), &waits.to_string()).is_err());
    assert_eq!(later.execution("run").unwrap().status, Status::Succeeded);
    world.run("run-r2", &other).await;
    assert_eq!(world.status("run-r2").await, ExecutionStatus::Succeeded);
}

#[tokio::test]
async fn what_cannot_start_is_refused() {
    let world = World::new(&one_task()).await;
    let long_name = "n".repeat(81);
    let long_input = json!("x".repeat(256 * 1024)).to_string();
    for (name, input, expected) in [
        ("2026-11-22T06:00:00Z", "{}", "InvalidName"),
        (long_name.as_str(), "{}", "InvalidName"),
        ("run", "{", "InvalidExecutionInput"),
        ("run", long_input.as_str(), "InvalidExecutionInput"),
    ] {
        let start = world.client.start_execution().state_machine_arn(state_machine_arn(MACHINE));
        let refused = start.name(name).input(input).send().await.unwrap_err();
        assert_eq!(code(refused), expected, "{name}");
    }
    let elsewhere = state_machine_arn("elsewhere");
    let refused = world.client.start_execution().state_machine_arn(&elsewhere).send().await;
    assert_eq!(code(refused.unwrap_err()), "StateMachineDoesNotExist");
    let arn = execution_arn(MACHINE, "never");
    let refused = world.client.describe_execution().execution_arn(&arn).send().await;
    assert_eq!(code(refused.unwrap_err()), "ExecutionDoesNotExist");
    let refused = world.client.get_execution_history().execution_arn(&arn).send().await;
    assert_eq!(code(refused.unwrap_err()), "ExecutionDoesNotExist");
}

#[tokio::test]
async fn an_execution_can_be_stopped() {
    let world = World::new(&one_task()).await;
    world.start("run", &json!({ "do": "hang" })).await.unwrap();
    let arn = execution_arn(MACHINE, "run");
    let stop = world.client.stop_execution().execution_arn(&arn).error("enough").cause("asked to");
    stop.send().await.unwrap();
    let found = world.client.describe_execution().execution_arn(&arn).send().await.unwrap();
    assert_eq!(found.status(), &ExecutionStatus::Aborted);
    assert_eq!((found.error(), found.cause()), (Some("enough"), Some("asked to")));
    let history = world.client.get_execution_history().execution_arn(&arn);
    let last = history.reverse_order(true).max_results(1).send().await.unwrap();
    assert_eq!(last.events()[0].r#type(), &HistoryEventType::ExecutionAborted);
}

#[tokio::test]
async fn the_machine_and_its_executions_are_told() {
    let world = World::new(&one_task()).await;
    for name in ["one", "two", "three"] {
        world.run(name, &json!({ "do": "echo" })).await;
    }
    world.run("failed", &json!({ "do": "fail" })).await;
    let arn = state_machine_arn(MACHINE);
    let mut pages = world
        .client
        .list_executions()
        .state_machine_arn(&arn)
        .status_filter(ExecutionStatus::Succeeded)
        .max_results(2)
        .into_paginator()
        .items()
        .send();
    let mut names = Vec::new();
    while let Some(execution) = pages.next().await {
        names.push(execution.unwrap().name);
    }
    assert_eq!(names, ["three", "two", "one"]);
    let machines = world.client.list_state_machines().send().await.unwrap();
    assert_eq!(machines.state_machines()[0].state_machine_arn(), arn);
    let machine =
        world.client.describe_state_machine().state_machine_arn(&arn).send().await.unwrap();
    assert_eq!(machine.definition(), one_task().to_string());
}

#[tokio::test]
async fn a_map_reads_and_writes_s3_and_tells_its_progress() {
    let world = World::new(&map()).await;
    let items = [
        json!({ "do": "echo", "what": "a" }),
        json!({ "do": "fail" }),
        json!({ "do": "echo", "what": "b" }),
    ];
    let plan: String = items.iter().map(|item| format!("{item}\n")).collect();
    let s3 = world.stand.s3();
    let put = s3.put_object().bucket("quaestor").key("plan.jsonl");
    put.body(plan.into_bytes().into()).send().await.unwrap();

    let mut progress = world.service.progress();
    world.run("run", &json!({})).await;
    assert_eq!(world.status("run").await, ExecutionStatus::Succeeded);

    let (mut started, mut ended) = (Vec::new(), Vec::new());
    let mut item_count = None;
    loop {
        let told = progress.try_recv().unwrap();
        match (told.child, told.step) {
            (Some(_), Step::Started { input }) => started.push(input),
            (Some(_), Step::Ended { status }) => ended.push(status),
            (None, Step::MapRunStarted { item_count: count }) => item_count = Some(count),
            (None, Step::Ended { status }) => {
                assert_eq!(status, Status::Succeeded);
                break;
            }
            _ => {}
        }
    }
    started.sort();
    let mut expected = items.map(|item| item.to_string());
    expected.sort();
    assert_eq!(started, expected);
    assert_eq!(item_count, Some(3));
    assert_eq!(ended.iter().filter(|status| **status == Status::Failed).count(), 1);
    assert_eq!(ended.iter().filter(|status| **status == Status::Succeeded).count(), 2);

    let page = s3.list_objects_v2().bucket("quaestor").prefix("map/").send().await.unwrap();
    let keys: Vec<_> = page.contents().iter().map(|object| object.key().unwrap()).collect();
    for file in ["FAILED_0.json", "SUCCEEDED_0.json", "manifest.json"] {
        assert!(keys.iter().any(|key| key.ends_with(file)), "{file}: {keys:?}");
    }
}
