//! The processes of one function: one for each invocation under way, kept for the next when it is
//! over.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::sync::{Semaphore, watch};

use super::{
    Answer, Function,
    spawner::Spawner,
    worker::{Ran, Worker},
};

/// Processes of one function at once: a machine is no region. More invocations wait for their turn. A
/// function that invokes others waits in its own queue alone, so that none can wait for itself.
const PROCESSES: usize = 16;

#[derive(Debug)]
pub(super) struct Pool {
    function: Function,
    log: PathBuf,
    spawner: Arc<Spawner>,
    idle: Mutex<Vec<Worker>>,
    places: Semaphore,
}

impl Pool {
    pub(super) fn new(function: Function, logs: &Path, spawner: Arc<Spawner>) -> Self {
        Self {
            log: logs.join(format!("{}.log", function.name)),
            function,
            spawner,
            idle: Mutex::default(),
            places: Semaphore::new(PROCESSES),
        }
    }

    pub(super) fn function(&self) -> &Function {
        &self.function
    }

    /// Runs one invocation. Nothing if all is stopped meanwhile.
    pub(super) async fn invoke(
        &self,
        request_id: &str,
        payload: &Bytes,
        mut stop: watch::Receiver<bool>,
    ) -> Option<Answer> {
        let _place = tokio::select! {
            place = self.places.acquire() => place.ok()?,
            _ = stop.wait_for(|stop| *stop) => return None,
        };
        loop {
            let reused = self.take_idle();
            let fresh = reused.is_none();
            let mut worker = match reused {
                Some(worker) => worker,
                None => match Worker::start(&self.function, &self.log, &self.spawner).await {
                    Ok(worker) => worker,
                    Err(error) => return Some(not_started(request_id, &error)),
                },
            };
            let ran = tokio::select! {
                ran = worker.run(&self.function, request_id, payload) => Some(ran),
                _ = stop.wait_for(|stop| *stop) => None,
            };
            match ran {
                Some(Ran::Answered(answer)) => {
                    self.idle().push(worker);
                    return Some(answer);
                }
                Some(Ran::Broken(answer)) => {
                    worker.kill().await;
                    return Some(answer);
                }
                Some(Ran::NotTaken(answer)) if fresh => return Some(answer),
                // It ended while it was idle: the next one, or a fresh one, takes the invocation.
                Some(Ran::NotTaken(_)) => {}
                None => {
                    worker.kill().await;
                    return None;
                }
            }
        }
    }

    /// Kills the idle processes and waits until they are gone.
    pub(super) async fn stop(&self) {
        let idle = std::mem::take(&mut *self.idle());
        for worker in idle {
            worker.kill().await;
        }
    }

    /// Kills the idle processes.
    pub(super) fn kill(&self) {
        for worker in self.idle().iter_mut() {
            worker.start_kill();
        }
    }

    fn take_idle(&self) -> Option<Worker> {
        let mut idle = self.idle();
        // The one used last: the others may be let go some day.
        std::iter::from_fn(|| idle.pop()).find_map(|mut worker| worker.lives().then_some(worker))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Worker>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_started(request_id: &str, error: &std::io::Error) -> Answer {
    Answer::error("Runtime.InvalidEntrypoint", &format!("RequestId: {request_id} Error: {error}"))
}
