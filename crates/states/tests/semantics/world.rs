//! The world of a test: an [`Environment`] and a [`History`] in memory, with a clock of its own.

use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use states::{
    Environment, Event, Execution, History, ObjectError, Outcome, StateMachine, SupportedResources,
    TaskError,
};
use uuid::Uuid;

pub(crate) const LAMBDA: &str = "arn:aws:states:::lambda:invoke";
pub(crate) const SNS: &str = "arn:aws:states:::sns:publish";
const EVENTS: &str = "arn:aws:states:::events:putEvents";
pub(crate) const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:machine";
/// 2026-11-22T06:00:00Z, when every test begins.
const START: i64 = 1_795_327_200;

/// What a task does when it is called.
pub(crate) enum Reply {
    Gives(Value),
    Fails(&'static str),
    Late(u64, Box<Reply>),
}

/// What came of a run.
pub(crate) struct Report {
    pub(crate) outcome: Outcome,
    pub(crate) events: Vec<(Execution, Event)>,
    /// What a ResultWriter wrote, by `bucket/key`.
    pub(crate) objects: BTreeMap<String, Value>,
    /// The item counts of the Map Runs.
    pub(crate) map_runs: Vec<usize>,
}

pub(crate) fn resources() -> SupportedResources {
    SupportedResources::from_iter([LAMBDA, SNS, EVENTS])
}

/// Runs a definition; `task` answers a call's parameters and how often the same came before.
pub(crate) fn run(
    definition: &Value,
    input: Value,
    task: impl Fn(&Value, usize) -> Reply + Send + Sync,
) -> Report {
    run_with_objects(definition, input, &[], task)
}

/// As [`run`], with objects to read, by `bucket/key`.
pub(crate) fn run_with_objects(
    definition: &Value,
    input: Value,
    objects: &[(&str, &str)],
    task: impl Fn(&Value, usize) -> Reply + Send + Sync,
) -> Report {
    let machine = StateMachine::load(&definition.to_string(), &resources()).unwrap();
    let execution = Execution::new(MACHINE, "test").unwrap();
    let world = World {
        task: Box::new(task),
        readable: objects.iter().map(|(key, body)| (key.to_string(), body.to_string())).collect(),
        memory: Mutex::default(),
        clock: Arc::default(),
    };
    let outcome = world.block_on(sendable(machine.run(execution, input, &world, &world)));
    let memory = world.memory.into_inner().unwrap();
    Report { outcome, events: memory.events, objects: memory.written, map_runs: memory.map_runs }
}

/// A caller spawns the run, so its future must be able to move between threads.
fn sendable<F: Future + Send>(future: F) -> F {
    future
}

/// A definition of one flow that begins at its state `A`.
pub(crate) fn flow(states: Value) -> Value {
    json!({"StartAt": "A", "States": states})
}

pub(crate) fn failed(outcome: &Outcome) -> (&str, &str) {
    match outcome {
        Outcome::Failed(failure) => (
            failure.error.as_deref().unwrap_or_default(),
            failure.cause.as_deref().unwrap_or_default(),
        ),
        other => panic!("expected a failure, got {other:?}"),
    }
}

impl Report {
    /// The events of the execution itself: `<id> <- <previous> <type>`.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line =
            |event: &Event| format!("{} <- {} {}", event.id, event.previous_event_id, event.kind);
        self.own().map(line).collect()
    }

    /// The events of the execution itself.
    pub(crate) fn own(&self) -> impl Iterator<Item = &Event> {
        self.events
            .iter()
            .filter(|(execution, _)| execution.map_run_arn.is_none())
            .map(|(_, event)| event)
    }

    /// When events of a type happened, in seconds from the start.
    pub(crate) fn times(&self, kind: &str) -> Vec<f64> {
        let since_start =
            |event: &Event| event.timestamp.as_millisecond() as f64 / 1000.0 - START as f64;
        self.events
            .iter()
            .filter(|(_, event)| event.kind == kind)
            .map(|(_, event)| since_start(event))
            .collect()
    }
}

type Task<'a> = Box<dyn Fn(&Value, usize) -> Reply + Send + Sync + 'a>;

struct World<'a> {
    task: Task<'a>,
    readable: BTreeMap<String, String>,
    memory: Mutex<Memory>,
    clock: Arc<Mutex<Clock>>,
}

#[derive(Default)]
struct Memory {
    calls: BTreeMap<String, usize>,
    events: Vec<(Execution, Event)>,
    written: BTreeMap<String, Value>,
    map_runs: Vec<usize>,
    ids: u128,
}

impl Environment for World<'_> {
    async fn invoke(&self, _resource: &str, parameters: Value) -> Result<Value, TaskError> {
        let earlier = {
            let mut memory = self.memory.lock().unwrap();
            let calls = memory.calls.entry(parameters.to_string()).or_default();
            *calls += 1;
            *calls - 1
        };
        let mut reply = (self.task)(&parameters, earlier);
        loop {
            match reply {
                Reply::Gives(value) => return Ok(value),
                Reply::Fails(error) => {
                    return Err(TaskError { error: error.into(), cause: "because".into() });
                }
                Reply::Late(seconds, then) => {
                    self.sleep(Duration::from_secs(seconds)).await;
                    reply = *then;
                }
            }
        }
    }

    async fn read_object(&self, bucket: &str, key: &str) -> Result<Vec<u8>, ObjectError> {
        let object = self.readable.get(&format!("{bucket}/{key}"));
        object.map(|body| body.clone().into_bytes()).ok_or(ObjectError("NoSuchKey".into()))
    }

    async fn write_object(
        &self,
        bucket: &str,
        key: &str,
        body: Vec<u8>,
    ) -> Result<(), ObjectError> {
        if bucket == "closed" {
            return Err(ObjectError("AccessDenied".into()));
        }
        let value = serde_json::from_slice(&body).unwrap();
        self.memory.lock().unwrap().written.insert(format!("{bucket}/{key}"), value);
        Ok(())
    }

    fn now(&self) -> Timestamp {
        let milliseconds = self.clock.lock().unwrap().milliseconds;
        Timestamp::from_millisecond(START * 1000 + milliseconds as i64).unwrap()
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        let mut clock = self.clock.lock().unwrap();
        clock.timer_count += 1;
        let deadline = clock.milliseconds + duration.as_millis() as u64;
        Sleep { clock: Arc::clone(&self.clock), timer: clock.timer_count, deadline }
    }

    fn random(&self) -> f64 {
        0.5
    }

    fn unique_id(&self) -> Uuid {
        let mut memory = self.memory.lock().unwrap();
        memory.ids += 1;
        Uuid::from_u128(memory.ids)
    }
}

impl History for World<'_> {
    fn record(&self, execution: &Execution, event: &Event) {
        self.memory.lock().unwrap().events.push((execution.clone(), event.clone()));
    }

    fn map_run_started(&self, _execution: &Execution, _map_run_arn: &str, item_count: usize) {
        self.memory.lock().unwrap().map_runs.push(item_count);
    }
}

/// A clock that stands still while anything can go on.
#[derive(Default)]
struct Clock {
    milliseconds: u64,
    timer_count: u64,
    timers: BTreeMap<(u64, u64), Waker>,
}

struct Sleep {
    clock: Arc<Mutex<Clock>>,
    timer: u64,
    deadline: u64,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut clock = self.clock.lock().unwrap();
        let timer = (self.deadline, self.timer);
        if clock.milliseconds >= self.deadline {
            clock.timers.remove(&timer);
            return Poll::Ready(());
        }
        clock.timers.insert(timer, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.clock.lock().unwrap().timers.remove(&(self.deadline, self.timer));
    }
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl World<'_> {
    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        loop {
            if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return value;
            }
            if !woken.0.swap(false, Ordering::Relaxed) {
                let mut clock = self.clock.lock().unwrap();
                let ((deadline, _), first) = clock.timers.pop_first().expect("nothing can go on");
                clock.milliseconds = deadline;
                drop(clock);
                first.wake();
            }
        }
    }
}
