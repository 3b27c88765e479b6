//! A real function for the tests, on `lambda_runtime`: this test program itself, started through a
//! script that asks it to run the one "test" which serves. A test program that uses it has that
//! test, named `serve_as_function`.

use std::{
    collections::BTreeMap,
    fs::{self, Permissions},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::Duration,
};

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use local::lambda::Function;
use serde_json::{Value, json};

/// The function `name`, with its program in `folder`.
pub(crate) fn function(folder: &Path, name: &str, timeout: Duration) -> Function {
    let binary = folder.join(name);
    let mut script = fs::File::create(&binary).unwrap();
    let program = std::env::current_exe().unwrap();
    writeln!(
        script,
        "#!/bin/sh\nexec '{}' --exact serve_as_function --ignored --nocapture",
        program.display()
    )
    .unwrap();
    script.set_permissions(Permissions::from_mode(0o755)).unwrap();
    Function {
        name: name.to_owned(),
        binary,
        environment: BTreeMap::from([("GIVEN".to_owned(), "yes".to_owned())]),
        timeout,
        memory_mb: 256,
    }
}

/// Serves invocations for ever. The payload's `do` says what to do.
pub(crate) async fn serve() {
    if std::env::var("GIVEN").is_ok_and(|given| given == "fail") {
        panic!("told to fail before the first invocation");
    }
    lambda_runtime::run(service_fn(answer)).await.unwrap();
}

#[expect(clippy::print_stdout, reason = "what a function prints is its log")]
#[expect(clippy::disallowed_methods, reason = "it ends the function's process, which has nothing")]
async fn answer(event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let (payload, context) = event.into_parts();
    println!("doing {}", payload["do"]);
    match payload["do"].as_str().unwrap_or_default() {
        "echo" => Ok(payload["what"].clone()),
        "fail" => Err(failure("told to fail")),
        "panic" => panic!("told to panic"),
        "exit" => std::process::exit(3),
        "hang" => {
            std::future::pending::<()>().await;
            unreachable!()
        }
        "wait_for_file" => {
            let file = payload["file"].as_str().unwrap_or_default().to_owned();
            while !Path::new(&file).exists() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Ok(Value::Null)
        }
        "long" => Ok("x".repeat(7 * 1024 * 1024).into()),
        "describe" => Ok(json!({
            "pid": std::process::id(),
            "arn": context.invoked_function_arn,
            "request_id": context.request_id,
            "deadline_ms": context.deadline,
            "traced": context.xray_trace_id.is_some(),
            "environment": std::env::vars().collect::<BTreeMap<_, _>>(),
        })),
        unknown => Err(failure(&format!("cannot do `{unknown}`"))),
    }
}

fn failure(message: &str) -> Diagnostic {
    Diagnostic { error_type: "told".to_owned(), error_message: message.to_owned() }
}
