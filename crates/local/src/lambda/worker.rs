//! One process of a function: it starts, takes one invocation after another, and is killed.

use std::{
    fs::File,
    io::{self, Write as _},
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::ExitStatus,
    time::Duration,
};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::{process::Child, sync::oneshot, time::timeout};
use uuid::Uuid;

use super::{
    Answer, Function, function_arn,
    runtime_api::{Invocation, RuntimeApi},
    spawner::Spawner,
};
use crate::credentials::REGION;

/// How long a process may take until it asks for its first invocation. Lambda gives it 10 s, then
/// once more the function's own time-out; here are slow machines and unoptimised programs.
const INIT_LIMIT: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Worker {
    process: Child,
    runtime_api: RuntimeApi,
    log: File,
}

/// How an invocation went with a process.
pub(super) enum Ran {
    /// It answered and may be reused.
    Answered(Answer),
    /// It is gone, or must go.
    Broken(Answer),
    /// It was gone before it took the invocation.
    NotTaken(Answer),
}

impl Worker {
    pub(super) async fn start(
        function: &Function,
        log: &Path,
        spawner: &Spawner,
    ) -> io::Result<Self> {
        let runtime_api = RuntimeApi::start().await?;
        let log = File::options().create(true).append(true).open(log)?;
        let mut command = spawner.command(&function.binary);
        if let Some(folder) = function.binary.parent() {
            command.current_dir(folder);
        }
        command
            .stdout(log.try_clone()?)
            .stderr(log.try_clone()?)
            .envs(reserved(function, &runtime_api))
            .envs(&function.environment);
        Ok(Self { process: spawner.spawn(command).await?, runtime_api, log })
    }

    /// Whether the process lives.
    pub(super) fn lives(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// Gives the process one invocation and waits for its answer, its end or the time-out.
    pub(super) async fn run(
        &mut self,
        function: &Function,
        request_id: &str,
        payload: &Bytes,
    ) -> Ran {
        let (taken, is_taken) = oneshot::channel();
        let (answer, mut answered) = oneshot::channel();
        self.runtime_api
            .offer(Invocation {
                request_id: request_id.to_owned(),
                payload: payload.clone(),
                function_arn: function_arn(&function.name),
                timeout: function.timeout,
                taken,
                answer,
            })
            .await;
        // Biased: a process that answers and then ends has answered.
        tokio::select! {
            biased;
            Ok(init_error) = &mut answered => return Ran::Broken(init_error),
            Ok(()) = is_taken => {}
            status = self.process.wait() => return Ran::NotTaken(self.exited(request_id, status)),
            () = tokio::time::sleep(INIT_LIMIT) => {
                return Ran::Broken(self.timed_out(request_id, INIT_LIMIT));
            }
        }
        let process = &mut self.process;
        let finished = timeout(function.timeout, async {
            tokio::select! {
                biased;
                Ok(answer) = &mut answered => Ok(answer),
                status = process.wait() => Err(status),
            }
        });
        match finished.await {
            Ok(Ok(answer)) => Ran::Answered(answer),
            Ok(Err(status)) => Ran::Broken(self.exited(request_id, status)),
            Err(_) => Ran::Broken(self.timed_out(request_id, function.timeout)),
        }
    }

    /// Kills the process and waits until it is gone.
    pub(super) async fn kill(mut self) {
        // An error means that it is gone already.
        let _ = self.process.kill().await;
    }

    /// Kills the process.
    pub(super) fn start_kill(&mut self) {
        // As above.
        let _ = self.process.start_kill();
    }

    fn exited(&mut self, request_id: &str, status: io::Result<ExitStatus>) -> Answer {
        let how = match status {
            Ok(status) if status.success() => {
                "Runtime exited without providing a reason".to_owned()
            }
            Ok(status) => match (status.code(), status.signal()) {
                (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
                (None, Some(9)) => "Runtime exited with error: signal: killed".to_owned(),
                (None, signal) => {
                    format!("Runtime exited with error: signal: {signal:?}")
                }
            },
            Err(error) => format!("Runtime exited with error: {error}"),
        };
        self.failed("Runtime.ExitError", request_id, &how)
    }

    fn timed_out(&mut self, request_id: &str, after: Duration) -> Answer {
        let how = format!("Task timed out after {:.2} seconds", after.as_secs_f64());
        self.failed("Sandbox.Timedout", request_id, &how)
    }

    fn failed(&mut self, error_type: &str, request_id: &str, how: &str) -> Answer {
        let message = format!("RequestId: {request_id} Error: {how}");
        // The answer says it, too, if the log is full.
        let _ = writeln!(self.log, "{} {message}", Timestamp::now());
        Answer::error(error_type, &message)
    }
}

/// What Lambda itself sets.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
fn reserved(function: &Function, runtime_api: &RuntimeApi) -> [(&'static str, String); 14] {
    let task_root = function.binary.parent().unwrap_or(Path::new("/"));
    [
        ("AWS_LAMBDA_RUNTIME_API", runtime_api.address().to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", function.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory_mb.to_string()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", function.name)),
        (
            "AWS_LAMBDA_LOG_STREAM_NAME",
            format!(
                "{}/[$LATEST]{}",
                Timestamp::now().strftime("%Y/%m/%d"),
                Uuid::new_v4().simple()
            ),
        ),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ("LAMBDA_TASK_ROOT", task_root.display().to_string()),
        ("_HANDLER", "bootstrap".to_owned()),
        ("LANG", "en_US.UTF-8".to_owned()),
        ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
        ("TZ", ":UTC".to_owned()),
    ]
}
