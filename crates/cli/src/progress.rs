//! A line that moves while a run works: how many questions are done, and which one is where.

use std::collections::HashMap;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use local::{Progress as Event, Step};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::task::JoinHandle;

/// The line, on standard error where that is a terminal, until [`Progress::finish`] or the drop.
pub(crate) struct Progress {
    bar: ProgressBar,
    listener: Option<JoinHandle<()>>,
}

impl Progress {
    /// Without `steps` it tells only that the run goes on.
    pub(crate) fn start(steps: Option<Receiver<Event>>, quiet: bool) -> Progress {
        let target =
            if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(style("{spinner} {msg} {elapsed}"));
        bar.set_message("starting");
        bar.enable_steady_tick(Duration::from_millis(100));
        let listener = steps.map(|steps| tokio::spawn(listen(steps, bar.clone())));
        Progress { bar, listener }
    }

    /// What is waited for.
    pub(crate) fn tell(&self, what: String) {
        if self.listener.is_none() {
            self.bar.set_message(what);
        }
    }

    /// Clears the line.
    pub(crate) fn finish(self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(listener) = &self.listener {
            listener.abort();
        }
        self.bar.finish_and_clear();
    }
}

async fn listen(mut steps: Receiver<Event>, bar: ProgressBar) {
    let mut ids = HashMap::new();
    loop {
        match steps.recv().await {
            Ok(step) => show(&bar, &mut ids, step),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => break,
        }
    }
}

/// `ids` holds the question of each child execution.
fn show(bar: &ProgressBar, ids: &mut HashMap<String, String>, event: Event) {
    match (event.child, event.step) {
        (None, Step::MapRunStarted { item_count }) => {
            bar.set_length(item_count as u64);
            bar.set_style(style("{bar:30} {pos}/{len} {msg}"));
        }
        (None, Step::Entered { state }) => bar.set_message(state),
        (Some(child), Step::Started { input }) => {
            let item: Option<serde_json::Value> = serde_json::from_str(&input).ok();
            let id = item.as_ref().and_then(|item| item["id"].as_str());
            ids.insert(child, id.unwrap_or_default().to_owned());
        }
        (Some(child), Step::Entered { state }) => {
            if let Some(id) = ids.get(&child) {
                bar.set_message(format!("{id}: {state}"));
            }
        }
        (Some(child), Step::Ended { .. }) => {
            ids.remove(&child);
            bar.inc(1);
        }
        _ => {}
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
