//! The Distributed mode of Map states: a Map Run, in which each item has an execution of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::definition::{Distributed, InputType, ItemReader, Items, Map};
use crate::environment::Environment;
use crate::error::{EXCEED_TOLERATED_FAILURE_THRESHOLD, Fault, ITEM_READER_FAILED};
use crate::path::Scope;
use crate::{Execution, History, Outcome};

use super::map::{self, Entry};
use super::{Run, Trail, results};

/// The most children that AWS runs at once.
const MAX_CONCURRENCY: usize = 10_000;
/// The largest object of items. AWS takes 10 GB; here all of it is in memory.
const MAX_ITEM_SOURCE_BYTES: usize = 256 * 1024 * 1024;

/// One item's execution, and how it stands.
pub(super) struct Child {
    pub(super) execution: Execution,
    pub(super) input: Value,
    pub(super) status: Status,
}

pub(super) enum Status {
    /// Not started, since the Map Run failed before.
    Pending,
    /// Stopped while it ran, since the Map Run failed.
    Aborted {
        started: Timestamp,
        stopped: Timestamp,
    },
    Ended {
        started: Timestamp,
        stopped: Timestamp,
        outcome: Outcome,
    },
}

/// One Map Run.
pub(super) async fn run<E: Environment, H: History>(
    run: &Run<'_, E, H>,
    map: &Map,
    distributed: &Distributed,
    entry: Entry<'_>,
    items: Vec<Value>,
    scope: Scope<'_>,
    trail: &mut Trail,
) -> Result<Value, Fault> {
    let id = run.environment.unique_id();
    let label = match &distributed.label {
        Some(label) => label.clone(),
        None => run.environment.unique_id().to_string(),
    };
    let map_run_arn = run.execution.map_run_arn(&label, id);
    run.record(trail, "MapRunStarted", json!({"mapRunArn": map_run_arn}))?;
    let result = async {
        let items = match &map.items {
            Items::Path(_) => items,
            Items::Reader(reader) => read(run, reader, scope).await?,
        };
        run.history.map_run_started(&run.execution, &map_run_arn, items.len());
        let mut children = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let execution = run.execution.child(&label, &map_run_arn, run.environment.unique_id());
            let input = map::input(map, index, item, scope)?;
            children.push(Child { execution, input, status: Status::Pending });
        }
        let is_tolerable = run_children(run, map, distributed, &mut children).await;
        let output = match &distributed.result_writer {
            Some(writer) => {
                results::write(run.environment, writer, &map_run_arn, &children, scope).await
            }
            None => Ok(outputs(children)),
        };
        match is_tolerable {
            true => output,
            false => Err(Fault::failed(
                EXCEED_TOLERATED_FAILURE_THRESHOLD,
                "The specified tolerated failure threshold was exceeded",
            )),
        }
    };
    match result.await {
        Ok(output) => {
            run.record(trail, "MapRunSucceeded", None)?;
            Ok(output)
        }
        Err(fault) => {
            let failure = fault.at(entry.state, entry.entered);
            run.record(trail, "MapRunFailed", failure.details())?;
            Err(Fault::Failed(failure))
        }
    }
}

/// Runs the children until all have ended or too many have failed; says whether they are within the tolerance.
async fn run_children<E: Environment, H: History>(
    run: &Run<'_, E, H>,
    map: &Map,
    distributed: &Distributed,
    children: &mut [Child],
) -> bool {
    let limit = map::concurrency(map, MAX_CONCURRENCY);
    let mut failed = 0;
    let mut next = 0;
    let mut running = FuturesUnordered::new();
    let mut open = BTreeMap::new();
    let is_tolerable = loop {
        while running.len() < limit && next < children.len() {
            let child = &children[next];
            let child_run =
                Arc::new(Run::new(run.environment, run.history, child.execution.clone()));
            let input = child.input.clone();
            open.insert(next, (Arc::clone(&child_run), run.environment.now()));
            running
                .push(async move { (next, child_run.execute(&map.processor, input, None).await) });
            next += 1;
        }
        let Some((index, outcome)) = running.next().await else { break true };
        if let Some((_, started)) = open.remove(&index) {
            failed += usize::from(!matches!(outcome, Outcome::Succeeded(_)));
            let stopped = run.environment.now();
            children[index].status = Status::Ended { started, stopped, outcome };
        }
        if distributed.tolerance.is_exceeded(failed, children.len()) {
            break false;
        }
    };
    drop(running);
    for (index, (child_run, started)) in open {
        child_run.close("ExecutionAborted", None);
        children[index].status = Status::Aborted { started, stopped: run.environment.now() };
    }
    is_tolerable
}

/// The output of a Map without a ResultWriter. Loading made sure that it tolerates no failure.
fn outputs(children: Vec<Child>) -> Value {
    let output = |child: Child| match child.status {
        Status::Ended { outcome: Outcome::Succeeded(output), .. } => Some(output),
        _ => None,
    };
    children.into_iter().filter_map(output).collect()
}

async fn read<E: Environment, H: History>(
    run: &Run<'_, E, H>,
    reader: &ItemReader,
    scope: Scope<'_>,
) -> Result<Vec<Value>, Fault> {
    let failed = |cause: String| Fault::failed(ITEM_READER_FAILED, cause);
    let bucket = reader.bucket.text("Bucket", scope)?;
    let key = reader.key.text("Key", scope)?;
    let object = run.environment.read_object(&bucket, &key).await;
    let object = object.map_err(|error| failed(error.0))?;
    if object.len() > MAX_ITEM_SOURCE_BYTES {
        return Err(failed(format!("`{key}` has more than {MAX_ITEM_SOURCE_BYTES} bytes")));
    }
    let mut items = match reader.input_type {
        InputType::Json => match serde_json::from_slice(&object) {
            Ok(Value::Array(items)) => items,
            Ok(_) => return Err(failed("Attempting to map over non-iterable node.".to_owned())),
            Err(error) => return Err(failed(format!("`{key}` is not JSON: {error}"))),
        },
        InputType::JsonLines => object
            .split(|byte| *byte == b'\n')
            .enumerate()
            .filter(|(_, line)| !line.trim_ascii().is_empty())
            .map(|(index, line)| {
                let number = index + 1;
                let problem =
                    |error| failed(format!("line {number} of `{key}` is not JSON: {error}"));
                serde_json::from_slice(line).map_err(problem)
            })
            .collect::<Result<_, _>>()?,
    };
    if reader.max_items > 0 {
        items.truncate(reader.max_items);
    }
    Ok(items)
}
