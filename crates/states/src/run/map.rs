//! Map states: their items, and the Inline mode.

use std::collections::BTreeSet;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde_json::{Value, json};

use crate::History;
use crate::definition::{Items, Map, Mode};
use crate::environment::Environment;
use crate::error::Fault;
use crate::path::{Path, Scope};

use super::{Run, Trail, context, distributed, flow};

/// The most iterations of an Inline Map that AWS runs at once.
const MAX_INLINE_CONCURRENCY: usize = 40;

/// A visit to a Map state: its name and the event that entered it.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) state: &'a str,
    pub(super) entered: u64,
}

/// One attempt at a Map.
pub(super) async fn run<E: Environment, H: History>(
    run: &Run<'_, E, H>,
    map: &Map,
    entry: Entry<'_>,
    scope: Scope<'_>,
    trail: &mut Trail,
) -> Result<Value, Fault> {
    let items = match &map.items {
        Items::Path(path) => listed(path, scope)?,
        Items::Reader(_) => Vec::new(),
    };
    run.record(trail, "MapStateStarted", json!({"length": items.len()}))?;
    let output = match &map.mode {
        Mode::Inline => inline(run, map, entry, items, scope, trail).await?,
        Mode::Distributed(distributed) => {
            distributed::run(run, map, distributed, entry, items, scope, trail).await?
        }
    };
    run.note(trail.last, "MapStateSucceeded", None)?;
    Ok(output)
}

fn listed(path: &Path, scope: Scope<'_>) -> Result<Vec<Value>, Fault> {
    match path.find(scope) {
        Some(Value::Array(items)) => Ok(items.clone()),
        Some(_) => {
            Err(Fault::runtime(format!("Reference path \"{}\" must point to array.", path.text())))
        }
        None => Err(Fault::runtime(format!("Invalid path '{}' : No results", path.text()))),
    }
}

/// The input of the iteration or child for one item.
pub(super) fn input(
    map: &Map,
    index: usize,
    item: Value,
    scope: Scope<'_>,
) -> Result<Value, Fault> {
    match &map.item_selector {
        Some(selector) => {
            let context = context::with_item(scope.context, index, &item);
            selector.evaluate(Scope { input: scope.input, context: &context })
        }
        None => Ok(item),
    }
}

/// How many run at once: the Map's own limit, or AWS's where it has none.
pub(super) fn concurrency(map: &Map, limit: usize) -> usize {
    match map.max_concurrency {
        0 => limit,
        concurrency => concurrency.min(limit),
    }
}

/// Runs the iterations within this execution and its history; one that fails stops the others.
async fn inline<E: Environment, H: History>(
    run: &Run<'_, E, H>,
    map: &Map,
    entry: Entry<'_>,
    items: Vec<Value>,
    scope: Scope<'_>,
    trail: &mut Trail,
) -> Result<Value, Fault> {
    let details = |index: usize| json!({"index": index, "name": entry.state});
    let limit = concurrency(map, MAX_INLINE_CONCURRENCY);
    let mut outputs = vec![Value::Null; items.len()];
    let mut waiting = items.into_iter().enumerate();
    let mut running = FuturesUnordered::new();
    let mut open = BTreeSet::new();
    loop {
        while running.len() < limit
            && let Some((index, item)) = waiting.next()
        {
            let input = input(map, index, item, scope)?;
            let started = run.note(trail.last, "MapIterationStarted", details(index))?;
            open.insert(index);
            running.push(async move {
                let mut trail = Trail { last: started };
                let context = scope.context.clone();
                let result = flow::run(run, &map.processor, context, input, &mut trail).await;
                (index, trail.last, result)
            });
        }
        let Some((index, last, result)) = running.next().await else {
            return Ok(Value::Array(outputs));
        };
        trail.last = last;
        open.remove(&index);
        match result {
            Ok(output) => {
                outputs[index] = output;
                run.note(last, "MapIterationSucceeded", details(index))?;
            }
            Err(failure) => {
                drop(running);
                run.note(last, "MapIterationFailed", details(index))?;
                for index in open {
                    run.note(last, "MapIterationAborted", details(index))?;
                }
                return Err(Fault::Failed(failure));
            }
        }
    }
}
