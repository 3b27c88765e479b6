//! `quaestor up`: everything stays up. Files that land are asked, cadences run on time, and each run is
//! told as it starts and ends.

mod told;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use jiff::Timestamp;
use local::{Delivered, EventBridge, Execution, Notification, Progress, Status, Step};
use reporting::close::Run;
use reporting::run::{RunInput, StartOutcome};
use reporting::{AsOf, ObjectStore as _, keys, question};
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::arguments::UpArguments;
use crate::schedule::Timetable;
use crate::system::{self, Running};
use crate::watch::Watch;
use told::{Teller, Told};

/// Between two looks at the watched folder.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The longest file that is taken from the watched folder.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// Always `true`: it ends when it is told to.
pub(crate) async fn up(arguments: UpArguments) -> Result<bool> {
    let zone = question::time_zone(&arguments.time_zone)?;
    let mut signals = Signals::listen()?;
    let folder = arguments.watch.as_ref().unwrap_or(&arguments.system.questions);
    if arguments.watch.is_some() && !folder.is_dir() {
        bail!("no folder `{}` to watch", folder.display());
    }
    let watch = Watch::begin(folder);
    if arguments.database.database_url.is_none() {
        eprintln!("on the built-in sample database; --database-url asks your own");
    }
    let url = arguments.database.database_url.as_deref();
    let running = system::start(&arguments.system, url, arguments.port).await?;
    let mut up = Up {
        steps: running.system.progress(),
        notifications: running.system.notifications(),
        published: running.system.events(),
        events: running.system.start_runs_by_events(),
        timetable: Timetable::new(&arguments.schedule, zone.clone(), Timestamp::now()),
        time_zone: arguments.time_zone,
        teller: Teller { zone, json: arguments.system.json },
        watch,
        running: &running,
    };
    let served = tokio::select! {
        served = Box::pin(up.serve()) => served,
        () = signals.any() => Ok(()),
    };
    let Up { mut steps, events, teller, .. } = up;
    // No run starts any more; then those under way are stopped, and told as such.
    drop(events);
    let bucket_dir = running.system.bucket_dir();
    running.system.stop().await;
    while let Ok(step) = steps.try_recv() {
        if let (None, Step::Ended { status }) = (step.child, step.step) {
            teller.tell(&ended(&bucket_dir, &step.execution, status, None))?;
        }
    }
    teller.tell(&Told::Stopped)?;
    served.map(|()| true)
}

/// All that goes on while it is up.
struct Up<'a> {
    running: &'a Running,
    steps: Receiver<Progress>,
    notifications: Receiver<Notification>,
    published: Receiver<local::Event>,
    events: EventBridge,
    timetable: Timetable,
    time_zone: String,
    watch: Watch,
    teller: Teller,
}

impl Up<'_> {
    /// Ends only when nobody reads what is told, or the system is gone.
    async fn serve(&mut self) -> Result<()> {
        let system = &self.running.system;
        self.teller.tell(&Told::up(system.endpoint_url(), system.credentials()))?;
        self.teller.tell(&Told::Watching { folder: self.watch.folder().display().to_string() })?;
        for (schedule, next) in self.timetable.entries() {
            self.teller.tell(&Told::scheduled(*schedule, *next, &self.teller.zone))?;
        }
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                step = self.steps.recv() => match step {
                    Ok(step) => self.step(step)?,
                    Err(RecvError::Lagged(_)) => self.fault(&anyhow!("too much happened at once to tell all of it"))?,
                    Err(RecvError::Closed) => return Ok(()),
                },
                Ok(event) = self.published.recv() => self.teller.tell(&Told::published(event))?,
                Ok(notification) = self.notifications.recv() => {
                    self.teller.tell(&Told::notified(notification))?;
                }
                Some(delivered) = self.events.delivered() => self.delivered(delivered)?,
                _ = looks.tick() => self.look().await?,
                () = sleep(self.timetable.wait(Timestamp::now())) => self.start_what_is_due(),
            }
        }
    }

    fn start_what_is_due(&mut self) {
        for (cadence, tick) in self.timetable.due(Timestamp::now()) {
            let as_of = AsOf::from_timestamp(tick);
            let tick = json!({ "cadence": cadence, "as_of": as_of, "time_zone": self.time_zone });
            self.events.send(&format!("the {cadence} tick of {as_of}"), tick);
        }
    }

    /// Brings the bucket to what lies in the watched folder.
    async fn look(&mut self) -> Result<()> {
        let changes = self.watch.look();
        for (key, path) in changes.settled {
            if let Err(error) = self.file(&key, &path).await {
                self.fault(&error)?;
            }
        }
        for key in changes.gone {
            if let Err(error) = self.running.installation.bucket.delete(&key).await {
                self.fault(&error.into())?;
            }
        }
        Ok(())
    }

    /// Files it, unless the bucket has it in these words: then it was asked, or waits for its cadence.
    async fn file(&mut self, key: &str, path: &Path) -> Result<()> {
        let unreadable = || format!("failed to read `{}`", path.display());
        let size_bytes = tokio::fs::metadata(path).await.with_context(unreadable)?.len();
        if size_bytes > MAX_FILE_BYTES {
            bail!("`{}` has {size_bytes} bytes: too many for questions", path.display());
        }
        let body = tokio::fs::read(path).await.with_context(unreadable)?;
        let filed = self.running.installation.bucket.get(key).await;
        if matches!(&filed, Ok(Some(filed)) if *filed == body) {
            return Ok(());
        }
        let put = self.running.installation.bucket.put(key, body).await;
        if put.is_err() {
            self.watch.again(key);
        }
        Ok(put?)
    }

    fn step(&self, Progress { execution, child, step }: Progress) -> Result<()> {
        match (child, step) {
            (None, Step::Started { input }) => self.teller.tell(&started(execution, &input)),
            (None, Step::Ended { status }) => {
                let system = &self.running.system;
                let record = system.execution(&execution);
                self.teller.tell(&ended(&system.bucket_dir(), &execution, status, record))
            }
            _ => Ok(()),
        }
    }

    fn delivered(&self, Delivered { about, answer }: Delivered) -> Result<()> {
        let outcome = answer
            .map_err(anyhow::Error::new)
            .and_then(|answer| Ok(serde_json::from_value::<StartOutcome>(answer)?))
            .with_context(|| format!("no run was started for {about}"));
        match outcome {
            // A run that starts is told by its first step; an event that comes again starts none.
            Ok(_) => Ok(()),
            Err(error) => self.fault(&error),
        }
    }

    fn fault(&self, error: &anyhow::Error) -> Result<()> {
        self.teller.tell(&Told::fault(error))
    }
}

fn started(run_id: String, input: &str) -> Told {
    let about = match serde_json::from_str(input) {
        Ok(RunInput { keys: Some(keys), .. }) => keys.join(", "),
        Ok(RunInput { cadence, as_of, .. }) => format!("{cadence} questions as of {as_of}"),
        // Somebody's own client may start one with any input.
        Err(_) => "an input that is no run's".to_owned(),
    };
    Told::Started { run_id, about }
}

/// A run with its answers where they are on file; else how it ended.
fn ended(bucket_dir: &Path, run_id: &str, status: Status, record: Option<Execution>) -> Told {
    let run: Option<Run> = std::fs::read(bucket_dir.join(keys::run(run_id)))
        .ok()
        .and_then(|body| serde_json::from_slice(&body).ok());
    match (status, run) {
        (Status::Succeeded, Some(run)) => Told::ended(&run),
        _ => Told::broke_off(run_id, status, record),
    }
}

/// What asks it to stop: Ctrl-C, or whoever manages services.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> Result<Signals> {
        let listen = |kind| signal(kind).context("failed to listen for signals");
        Ok(Signals {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    async fn any(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
