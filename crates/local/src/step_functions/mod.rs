//! Step Functions: one state machine, run by the crate `states` over the other stand-ins.
//!
//! Executions lie in `<folder>/<name>.json` from their start, so that a name that was used stays
//! used. The child executions of a Map Run are told as progress, not kept.

mod api;
mod name;
mod progress;
mod record;
mod tasks;

use std::{
    collections::HashMap,
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use serde_json::{Value, json};
use states::{LoadErrors, Outcome, StateMachine};
use tokio::sync::{broadcast, oneshot, watch};
use uuid::Uuid;

use progress::Recorder;
use record::Archive;

pub use name::{execution_arn, state_machine_arn};
pub use progress::{Progress, Step};
pub use record::{Execution, Status};
pub use tasks::Services;

/// The longest input.
const MAX_INPUT_BYTES: usize = 256 * 1024;

/// How far a receiver of progress may fall behind.
const PROGRESS_KEPT: usize = 4096;

/// The Step Functions stand-in; clones share one state machine and its executions.
#[derive(Clone)]
pub struct StepFunctions(Arc<Inner>);

struct Inner {
    name: String,
    arn: String,
    definition: String,
    machine: StateMachine,
    created: Timestamp,
    services: Services,
    archive: Archive,
    running: Mutex<HashMap<String, Running>>,
    progress: broadcast::Sender<Progress>,
}

struct Running {
    execution: Arc<Mutex<Execution>>,
    stop: Option<oneshot::Sender<Stop>>,
    closed: watch::Receiver<bool>,
}

/// Why an execution is stopped, as far as anybody says.
struct Stop {
    error: Option<String>,
    cause: Option<String>,
}

/// Why there is no state machine.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The interpreter does not take its text.
    #[error(transparent)]
    Definition(#[from] LoadErrors),
    /// The folder of the executions cannot be made.
    #[error("failed to make the folder of the executions")]
    Io(#[from] io::Error),
}

/// Why an execution did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// `InvalidName`
    #[error("an execution cannot be named `{0}`")]
    InvalidName(String),
    /// `InvalidExecutionInput`
    #[error("the execution's input is invalid: {0}")]
    InvalidInput(String),
    /// `ExecutionAlreadyExists`: another input, or it has closed.
    #[error("the execution `{0}` already exists")]
    AlreadyExists(String),
    /// Its record cannot be written.
    #[error("failed to write the record of the execution `{name}`")]
    Record {
        /// The execution.
        name: String,
        /// What the system says.
        source: io::Error,
    },
}

impl StepFunctions {
    /// The state machine `name` with the text `definition`; its executions are kept in `folder`.
    ///
    /// # Errors
    /// Whatever the interpreter does not support, all of it.
    pub fn new(
        name: &str,
        definition: &str,
        services: Services,
        folder: &Path,
    ) -> Result<Self, CreateError> {
        Ok(Self(Arc::new(Inner {
            name: name.to_owned(),
            arn: state_machine_arn(name),
            definition: definition.to_owned(),
            machine: StateMachine::load(definition, &tasks::resources())?,
            created: Timestamp::now(),
            services,
            archive: Archive::open(folder)?,
            running: Mutex::default(),
            progress: broadcast::Sender::new(PROGRESS_KEPT),
        })))
    }

    /// Starts an execution. One that runs under this name with the same input is the same
    /// execution. Without a name it gets one. Needs a Tokio runtime around it.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start(&self, name: Option<&str>, input: &str) -> Result<Execution, StartError> {
        let name = name.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
        if !name::is_valid(&name) {
            return Err(StartError::InvalidName(name));
        }
        if input.len() > MAX_INPUT_BYTES {
            let message = format!("it is over {MAX_INPUT_BYTES} bytes");
            return Err(StartError::InvalidInput(message));
        }
        let parsed: Value = serde_json::from_str(input)
            .map_err(|error| StartError::InvalidInput(error.to_string()))?;
        let exists = || StartError::AlreadyExists(execution_arn(&self.0.name, &name));

        let mut running = self.0.running();
        if let Some(running) = running.get(&name) {
            let execution = lock(&running.execution).clone();
            let same = execution.status == Status::Running && execution.input == input;
            return if same { Ok(execution) } else { Err(exists()) };
        }
        let now = Timestamp::now();
        if self.0.archive.load(&name, now).is_some() {
            return Err(exists());
        }
        let execution = Execution::started(&name, input, now);
        self.0
            .archive
            .save(&execution)
            .map_err(|source| StartError::Record { name: name.clone(), source })?;
        let shared = Arc::new(Mutex::new(execution.clone()));
        let (stop, stopped) = oneshot::channel();
        let (closes, closed) = watch::channel(false);
        running.insert(name, Running { execution: Arc::clone(&shared), stop: Some(stop), closed });
        drop(running);
        let identity = states::Execution {
            arn: execution_arn(&self.0.name, &execution.name),
            name: execution.name.clone(),
            state_machine_arn: self.0.arn.clone(),
            map_run_arn: None,
        };
        let run = Arc::clone(&self.0).run(identity, shared, parsed, stopped, closes);
        tokio::spawn(run);
        Ok(execution)
    }

    /// An execution, as far as it is by now.
    pub fn execution(&self, name: &str) -> Option<Execution> {
        if let Some(running) = self.0.running().get(name) {
            return Some(lock(&running.execution).clone());
        }
        self.0.archive.load(name, Timestamp::now())
    }

    /// Waits until the execution has closed. Nothing if there is none of this name.
    pub async fn closed(&self, name: &str) -> Option<Execution> {
        let closed = self.0.running().get(name).map(|running| running.closed.clone());
        if let Some(mut closed) = closed {
            // An error means that its task is gone, and the record says how.
            let _ = closed.wait_for(|closed| *closed).await;
        }
        self.execution(name)
    }

    /// What happens in every execution from now on. A receiver that falls 4,096 steps behind loses
    /// the oldest.
    pub fn progress(&self) -> broadcast::Receiver<Progress> {
        self.0.progress.subscribe()
    }

    /// Stops every execution that runs, and waits until they have closed.
    pub async fn stop(&self) {
        let names: Vec<String> = self.0.running().keys().cloned().collect();
        for name in names {
            let cause = Some("the local system was stopped".to_owned());
            self.stop_one(&name, None, cause).await;
        }
    }

    /// Stops one execution and waits until it has closed. Tasks that it has called go on, as on
    /// AWS.
    async fn stop_one(
        &self,
        name: &str,
        error: Option<String>,
        cause: Option<String>,
    ) -> Option<Execution> {
        let stop = self.0.running().get_mut(name).and_then(|running| running.stop.take());
        if let Some(stop) = stop {
            // An error means that it has just closed.
            let _ = stop.send(Stop { error, cause });
        }
        self.closed(name).await
    }

    /// Every execution that is known, in no order.
    fn executions(&self) -> Vec<Execution> {
        let names = self.0.archive.names().unwrap_or_else(|error| {
            tracing::warn!(%error, "failed to list the executions");
            Vec::new()
        });
        names.iter().filter_map(|name| self.execution(name)).collect()
    }

    fn state_machine_name(&self) -> &str {
        &self.0.name
    }

    fn state_machine_arn(&self) -> &str {
        &self.0.arn
    }

    fn definition(&self) -> &str {
        &self.0.definition
    }

    fn created(&self) -> Timestamp {
        self.0.created
    }
}

impl Inner {
    async fn run(
        self: Arc<Self>,
        identity: states::Execution,
        execution: Arc<Mutex<Execution>>,
        input: Value,
        stopped: oneshot::Receiver<Stop>,
        closes: watch::Sender<bool>,
    ) {
        let name = identity.name.clone();
        let recorder = Recorder::new(&name, Arc::clone(&execution), self.progress.clone());
        let run = self.machine.run(identity, input, &self.services, &recorder);
        tokio::select! {
            outcome = Box::pin(run) => lock(&execution).close(outcome),
            Ok(stop) = stopped => lock(&execution).abort(stop),
        }
        let closed = lock(&execution).clone();
        match self.archive.save(&closed) {
            // From here on it is found on disk.
            Ok(()) => drop(self.running().remove(&name)),
            Err(error) => tracing::error!(name, %error, "failed to write an execution's record"),
        }
        recorder.ended(closed.status);
        closes.send_replace(true);
    }

    fn running(&self) -> MutexGuard<'_, HashMap<String, Running>> {
        lock(&self.running)
    }
}

impl Execution {
    fn started(name: &str, input: &str, now: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            status: Status::Running,
            start: now,
            stop: None,
            input: input.to_owned(),
            output: None,
            error: None,
            cause: None,
            history: Vec::new(),
        }
    }

    fn close(&mut self, outcome: Outcome) {
        self.stop = Some(Timestamp::now());
        match outcome {
            Outcome::Succeeded(output) => {
                self.status = Status::Succeeded;
                self.output = Some(output.to_string());
            }
            Outcome::Failed(failure) => {
                self.status = Status::Failed;
                self.error = failure.error;
                self.cause = failure.cause;
            }
            Outcome::TimedOut => {
                self.status = Status::TimedOut;
                self.error = Some("States.Timeout".to_owned());
            }
        }
    }

    fn abort(&mut self, stop: Stop) {
        let now = Timestamp::now();
        let last = self.history.len();
        let mut details = json!({});
        for (name, value) in [("error", &stop.error), ("cause", &stop.cause)] {
            if let Some(value) = value {
                details[name] = value.as_str().into();
            }
        }
        self.history.push(json!({
            "id": last + 1,
            "previousEventId": last,
            "timestamp": now.as_millisecond() as f64 / 1000.0,
            "type": "ExecutionAborted",
            "executionAbortedEventDetails": details,
        }));
        self.status = Status::Aborted;
        self.stop = Some(now);
        self.error = stop.error;
        self.cause = stop.cause;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
