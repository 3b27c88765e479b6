//! Lambda: real function binaries, started through the Runtime API, one invocation at a time in
//! each, kept and reused; a few of each function at once, the others wait.
//!
//! Memory is told to the function, not enforced. An asynchronous invocation is tried once, where
//! Lambda would try it three times. There is one version, `$LATEST`.

mod api;
mod name;
mod pool;
mod runtime_api;
mod spawner;
mod worker;

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use serde_json::json;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch},
    task::JoinSet,
};
use uuid::Uuid;

use pool::Pool;
use spawner::Spawner;

pub use name::function_arn;

/// The longest payload, and the longest answer, of a synchronous invocation: 6 MiB and some room
/// for the envelope.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub const MAX_PAYLOAD_BYTES: usize = 6_291_556;

/// One function, as deployed.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The program: Lambda's `bootstrap`.
    pub binary: PathBuf,
    /// Its environment, beside what Lambda itself sets. Nothing else is inherited.
    pub environment: BTreeMap<String, String>,
    /// An invocation that takes longer is killed.
    pub timeout: Duration,
    /// Told to the function as `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`.
    pub memory_mb: u32,
}

/// What a function answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The function's own answer, or the error's `{"errorType", "errorMessage"}`.
    pub payload: Bytes,
    /// Whether the function failed: an error that it reported, a crash, a time-out.
    pub failed: bool,
}

/// Why a function was not invoked.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvokeError {
    /// `ResourceNotFoundException`
    #[error("function not found: {0}")]
    NotFound(String),
    /// `TooManyRequestsException`: as many invocations are under way as may be.
    #[error("rate exceeded")]
    TooManyRequests,
    /// `RequestTooLargeException`
    #[error("request must be smaller than {limit_bytes} bytes for the InvokeFunction operation")]
    TooLarge {
        /// The limit.
        limit_bytes: usize,
    },
    /// `InvalidRequestContentException`
    #[error("could not parse request body into json: {0}")]
    NotJson(String),
    /// `ServiceException`: this stand-in is stopping.
    #[error("the functions are being stopped")]
    Stopped,
}

/// Why no functions could be set up.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// A function's program is missing.
    #[error("the function `{name}` has no program at `{}`", binary.display())]
    NoBinary {
        /// The function.
        name: String,
        /// Where its program was looked for.
        binary: PathBuf,
    },
    /// The folder of the logs, or the thread that starts processes, could not be made.
    #[error("failed to set up the functions")]
    Io(#[from] io::Error),
}

/// The Lambda stand-in; clones share the functions and their processes. They end with
/// [`Lambda::stop`], with the last clone, and with this process however it ends.
#[derive(Clone, Debug)]
pub struct Lambda(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    functions: HashMap<String, Arc<Pool>>,
    concurrency: Arc<Semaphore>,
    /// The invocations under way. They go on when their caller goes away, as on Lambda.
    invocations: Mutex<JoinSet<()>>,
    stop: watch::Sender<bool>,
}

impl Lambda {
    /// Deploys `functions`. Their output goes to `<logs>/<function>.log`; at most `concurrency`
    /// invocations run at once. Nothing is started before it is invoked. Needs a Tokio runtime
    /// around it.
    ///
    /// # Errors
    /// A missing program; a folder that cannot be made.
    pub fn new(
        functions: Vec<Function>,
        logs: &Path,
        concurrency: usize,
    ) -> Result<Self, DeployError> {
        std::fs::create_dir_all(logs)?;
        let spawner = Arc::new(Spawner::start()?);
        let mut pools = HashMap::new();
        for function in functions {
            if !function.binary.is_file() {
                let Function { name, binary, .. } = function;
                return Err(DeployError::NoBinary { name, binary });
            }
            let name = function.name.clone();
            pools.insert(name, Arc::new(Pool::new(function, logs, Arc::clone(&spawner))));
        }
        Ok(Self(Arc::new(Inner {
            functions: pools,
            concurrency: Arc::new(Semaphore::new(concurrency)),
            invocations: Mutex::default(),
            stop: watch::Sender::new(false),
        })))
    }

    /// Invokes a function, by name or ARN, and waits for its answer.
    ///
    /// # Errors
    /// When it was not invoked at all. A function that fails is an [`Answer`].
    pub async fn invoke(&self, function: &str, payload: Bytes) -> Result<Answer, InvokeError> {
        self.begin(function, payload, MAX_PAYLOAD_BYTES)?.await.map_err(|_| InvokeError::Stopped)
    }

    /// Kills every process, and waits until they are gone.
    pub async fn stop(&self) {
        self.0.stop.send_replace(true);
        let mut invocations = std::mem::take(&mut *self.0.invocations());
        while invocations.join_next().await.is_some() {}
        for pool in self.0.functions.values() {
            pool.stop().await;
        }
    }

    /// Kills every process without waiting; for where nothing can wait.
    pub(crate) fn kill(&self) {
        self.0.stop.send_replace(true);
        self.0.invocations().abort_all();
        for pool in self.0.functions.values() {
            pool.kill();
        }
    }

    /// Finds a function by name or ARN.
    fn find(&self, function: &str) -> Result<&Arc<Pool>, InvokeError> {
        name::parse(function).and_then(|name| self.0.functions.get(name)).ok_or_else(|| {
            let name = name::parse(function).unwrap_or(function);
            InvokeError::NotFound(function_arn(name))
        })
    }

    /// Starts an invocation, which goes on even if nobody waits for its answer.
    fn begin(
        &self,
        function: &str,
        payload: Bytes,
        limit_bytes: usize,
    ) -> Result<oneshot::Receiver<Answer>, InvokeError> {
        let pool = Arc::clone(self.find(function)?);
        if payload.len() > limit_bytes {
            return Err(InvokeError::TooLarge { limit_bytes });
        }
        let payload = if payload.is_empty() { Bytes::from_static(b"{}") } else { payload };
        serde_json::from_slice::<serde::de::IgnoredAny>(&payload)
            .map_err(|error| InvokeError::NotJson(error.to_string()))?;
        let permit = Arc::clone(&self.0.concurrency)
            .try_acquire_owned()
            .map_err(|_| InvokeError::TooManyRequests)?;
        let mut invocations = self.0.invocations();
        if *self.0.stop.borrow() {
            return Err(InvokeError::Stopped);
        }
        while invocations.try_join_next().is_some() {}
        let (answer, answered) = oneshot::channel();
        invocations.spawn(run(pool, payload, permit, self.0.stop.subscribe(), answer));
        Ok(answered)
    }
}

impl Inner {
    fn invocations(&self) -> std::sync::MutexGuard<'_, JoinSet<()>> {
        self.invocations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn run(
    pool: Arc<Pool>,
    payload: Bytes,
    permit: OwnedSemaphorePermit,
    stop: watch::Receiver<bool>,
    answer: oneshot::Sender<Answer>,
) {
    let request_id = Uuid::new_v4().to_string();
    if let Some(found) = pool.invoke(&request_id, &payload, stop).await {
        // Given back first, so that who has the answer may invoke again.
        drop(permit);
        // An error means that the caller went away.
        let _ = answer.send(found);
    }
}

impl Answer {
    /// An error in the shape that Lambda's own have.
    fn error(error_type: &str, message: &str) -> Self {
        let payload = json!({ "errorType": error_type, "errorMessage": message });
        Self { payload: payload.to_string().into(), failed: true }
    }
}
