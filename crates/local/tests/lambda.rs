//! Functions as real processes: what they are told, how their failures look, and that none is left
//! behind.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{fs, path::Path, time::Duration};

use local::lambda::{Answer, DeployError, Function, InvokeError, Lambda, function_arn};
use serde_json::{Value, json};
use support::{Stand, authorization, exchange, function::function};

#[tokio::test]
#[ignore = "is a function's process, which the other tests start"]
async fn serve_as_function() {
    support::function::serve().await;
}

fn deploy(folder: &Path, timeout: Duration, concurrency: usize) -> Lambda {
    let echo = function(folder, "echo", timeout);
    Lambda::new(vec![echo], &folder.join("logs"), concurrency).unwrap()
}

async fn invoke(lambda: &Lambda, payload: Value) -> (bool, Value) {
    let Answer { payload, failed } =
        lambda.invoke("echo", payload.to_string().into()).await.unwrap();
    (failed, serde_json::from_slice(&payload).unwrap())
}

fn lives(pid: &Value) -> bool {
    // A process that was killed and not yet waited for is a zombie: `State: Z`.
    fs::read_to_string(format!("/proc/{pid}/status"))
        .is_ok_and(|status| !status.contains("State:\tZ"))
}

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_function_is_told_what_lambda_tells_it() {
    let folder = tempfile::tempdir().unwrap();
    let lambda = deploy(folder.path(), MINUTE, 1);
    let (failed, told) = invoke(&lambda, json!({ "do": "describe" })).await;
    assert!(!failed, "{told}");
    assert_eq!(told["arn"], function_arn("echo"));
    assert_eq!(told["traced"], true);
    let ahead_ms = told["deadline_ms"].as_i64().unwrap() - jiff::Timestamp::now().as_millisecond();
    assert!((1..=60_000).contains(&ahead_ms), "{ahead_ms}");
    for (name, value) in [
        ("GIVEN", "yes"),
        ("AWS_LAMBDA_FUNCTION_NAME", "echo"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/echo"),
        ("AWS_REGION", "us-east-1"),
        ("TZ", ":UTC"),
    ] {
        assert_eq!(told["environment"][name], value, "{name}");
    }
    // Nothing of ours.
    assert_eq!(told["environment"]["CARGO_MANIFEST_DIR"], Value::Null);
    lambda.stop().await;
}

#[tokio::test]
async fn a_process_is_reused_and_its_output_kept() {
    let folder = tempfile::tempdir().unwrap();
    let lambda = deploy(folder.path(), MINUTE, 4);
    let (_, first) = invoke(&lambda, json!({ "do": "describe" })).await;
    let (_, second) = invoke(&lambda, json!({ "do": "describe" })).await;
    assert_eq!(first["pid"], second["pid"]);
    assert_ne!(first["request_id"], second["request_id"]);
    assert!(lives(&first["pid"]));
    lambda.stop().await;
    assert!(!lives(&first["pid"]));
    let log = fs::read_to_string(folder.path().join("logs/echo.log")).unwrap();
    assert_eq!(log.matches("doing \"describe\"").count(), 2, "{log}");
    let stopped = lambda.invoke("echo", "{}".into()).await;
    assert_eq!(stopped, Err(InvokeError::Stopped));
}

#[tokio::test]
async fn every_failure_has_its_type() {
    let folder = tempfile::tempdir().unwrap();
    let lambda = deploy(folder.path(), MINUTE, 1);
    for (what, error_type, message) in [
        ("fail", "told", "told to fail"),
        ("exit", "Runtime.ExitError", "exit status 3"),
        ("long", "Function.ResponseSizeTooLarge", "6291556"),
    ] {
        let (failed, told) = invoke(&lambda, json!({ "do": what })).await;
        assert!(failed, "{what}: {told}");
        assert_eq!(told["errorType"], error_type, "{what}: {told}");
        assert!(told["errorMessage"].as_str().unwrap().contains(message), "{what}: {told}");
        // The next invocation is served, by a new process if need be.
        let (failed, told) = invoke(&lambda, json!({ "do": "echo", "what": what })).await;
        assert_eq!((failed, told), (false, json!(what)));
    }
    lambda.stop().await;
}

#[tokio::test]
async fn a_time_out_kills_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let lambda = deploy(folder.path(), Duration::from_millis(300), 1);
    let (_, described) = invoke(&lambda, json!({ "do": "describe" })).await;
    let (failed, told) = invoke(&lambda, json!({ "do": "hang" })).await;
    assert!(failed);
    assert_eq!(told["errorType"], "Sandbox.Timedout");
    let message = told["errorMessage"].as_str().unwrap();
    assert!(message.starts_with("RequestId: "), "{message}");
    assert!(message.ends_with(" Error: Task timed out after 0.30 seconds"), "{message}");
    assert!(!lives(&described["pid"]));
    lambda.stop().await;
}

#[tokio::test]
async fn a_process_that_cannot_start_is_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let mut broken = function(folder.path(), "echo", MINUTE);
    broken.environment.insert("GIVEN".to_owned(), "fail".to_owned());
    let lambda = Lambda::new(vec![broken.clone()], &folder.path().join("logs"), 1).unwrap();
    let (failed, told) = invoke(&lambda, json!({})).await;
    assert!(failed);
    assert_eq!(told["errorType"], "Runtime.ExitError", "{told}");
    lambda.stop().await;

    let missing = Function { binary: folder.path().join("missing"), ..broken };
    let refused = Lambda::new(vec![missing], folder.path(), 1).unwrap_err();
    assert!(matches!(refused, DeployError::NoBinary { .. }), "{refused}");
}

#[tokio::test]
async fn over_the_concurrency_it_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let lambda = deploy(folder.path(), MINUTE, 1);
    let file = folder.path().join("go");
    let waits = json!({ "do": "wait_for_file", "file": file });
    let (waited, refused) = tokio::join!(invoke(&lambda, waits), async {
        let refused = lambda.invoke("echo", "{}".into()).await;
        fs::write(&file, "").unwrap();
        refused
    });
    assert_eq!(refused, Err(InvokeError::TooManyRequests));
    assert_eq!(waited, (false, Value::Null));
    invoke(&lambda, json!({ "do": "echo", "what": 1 })).await;
    lambda.stop().await;
}

#[tokio::test]
async fn stopping_ends_what_is_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let lambda = deploy(folder.path(), MINUTE, 2);
    let (_, idle) = invoke(&lambda, json!({ "do": "describe" })).await;
    let (hung, ()) = tokio::join!(
        lambda.invoke("echo", json!({ "do": "hang" }).to_string().into()),
        lambda.stop()
    );
    assert_eq!(hung, Err(InvokeError::Stopped));
    assert!(!lives(&idle["pid"]));
}

#[tokio::test]
async fn the_last_clone_takes_the_processes_along() {
    let folder = tempfile::tempdir().unwrap();
    let lambda = deploy(folder.path(), MINUTE, 1);
    let (_, described) = invoke(&lambda, json!({ "do": "describe" })).await;
    drop(lambda);
    let gone = async {
        while lives(&described["pid"]) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(MINUTE, gone).await.unwrap();
}

#[tokio::test]
#[ignore = "is a process with a function, which the next test kills"]
async fn hold_a_function() {
    let folder = std::path::PathBuf::from(std::env::var_os("FOLDER").unwrap());
    let lambda = deploy(&folder, MINUTE, 1);
    let (_, described) = invoke(&lambda, json!({ "do": "describe" })).await;
    // It is busy: it cannot notice by itself that its Runtime API is gone.
    let hang = json!({ "do": "hang" }).to_string().into();
    let pid = described["pid"].to_string();
    let (_, written) =
        tokio::join!(lambda.invoke("echo", hang), tokio::fs::write(folder.join("pid"), pid));
    written.unwrap();
}

#[tokio::test]
async fn a_killed_parent_takes_its_functions_along() {
    let folder = tempfile::tempdir().unwrap();
    let mut parent = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "hold_a_function", "--ignored"])
        .env("FOLDER", folder.path())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let gone = async {
        let file = folder.path().join("pid");
        let pid: Value = loop {
            match fs::read_to_string(&file) {
                Ok(pid) if !pid.is_empty() => break pid.parse().unwrap(),
                _ => tokio::task::yield_now().await,
            }
        };
        assert!(lives(&pid));
        parent.kill().await.unwrap();
        while lives(&pid) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(MINUTE, gone).await.unwrap();
}

#[tokio::test]
async fn the_invoke_api() {
    let mut deployed = None;
    let stand = Stand::open(|folder, _, services| {
        let lambda = deploy(folder, MINUTE, 4);
        services.lambda = Some(lambda.clone());
        deployed = Some(lambda);
    })
    .await;
    let echo = r#"{"do": "echo", "what": [1]}"#;
    let arn = "arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Aecho";
    for (function, kind, payload, status, error, says) in [
        ("echo", "RequestResponse", echo, 200, "", "[1]"),
        (arn, "RequestResponse", echo, 200, "", "[1]"),
        ("echo", "DryRun", echo, 204, "", ""),
        ("echo", "Event", echo, 202, "", ""),
        ("echo", "RequestResponse", r#"{"do": "fail"}"#, 200, "Unhandled", "told to fail"),
        ("none", "RequestResponse", echo, 404, "ResourceNotFoundException", ":function:none"),
        ("echo", "RequestResponse", "{", 400, "InvalidRequestContentException", "json"),
        ("echo", "Sometimes", echo, 400, "InvalidParameterValueException", ""),
    ] {
        let request = http::Request::post(format!("/2015-03-31/functions/{function}/invocations"))
            .header("host", "localhost")
            .header("authorization", authorization("lambda"))
            .header("x-amz-invocation-type", kind)
            .body(payload)
            .unwrap();
        let (found, headers, text) = exchange(stand.front.address(), request).await;
        assert_eq!(found, status, "{function} {kind}: {text}");
        assert!(text.contains(says), "{function} {kind}: {text}");
        let told = headers
            .get("x-amz-function-error")
            .or_else(|| headers.get("x-amzn-errortype"))
            .map_or("", |value| value.to_str().unwrap());
        assert_eq!(told, error, "{function} {kind}");
        let version = headers.get("x-amz-executed-version");
        assert_eq!(version.is_some(), status == 200, "{function} {kind}");
    }
    for (path, status, says) in [
        ("", 200, r#"{"Functions":[{"FunctionArn":"#),
        ("/echo", 200, r#""FunctionName":"echo""#),
        ("/none", 404, ":function:none"),
    ] {
        let request = http::Request::get(format!("/2015-03-31/functions{path}"))
            .header("host", "localhost")
            .header("authorization", authorization("lambda"))
            .body("")
            .unwrap();
        let (found, _, text) = exchange(stand.front.address(), request).await;
        assert_eq!(found, status, "{path}: {text}");
        assert!(text.contains(says), "{path}: {text}");
    }
    deployed.unwrap().stop().await;
}
