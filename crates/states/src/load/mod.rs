//! Reads a definition and refuses what the interpreter does not do exactly as AWS does.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use crate::SupportedResources;
use crate::definition::Flow;
use crate::error::{LoadError, LoadErrors};

use fields::{Fields, Load, below};

mod errors;
mod fields;
mod graph;
mod map;
mod rules;
mod state;

/// The longest definition that CreateStateMachine takes, in bytes.
const MAX_DEFINITION_BYTES: usize = 1024 * 1024;
/// The longest TimeoutSeconds and Seconds.
const MAX_SECONDS: u64 = 99_999_999;
/// The longest name of a state.
const MAX_NAME_LENGTH: usize = 80;

/// A machine's states and its TimeoutSeconds.
pub(crate) fn load(
    text: &str,
    resources: &SupportedResources,
) -> Result<(Flow, Option<Duration>), LoadErrors> {
    let whole = |message: String| {
        LoadErrors(vec![LoadError { pointer: String::new(), state: None, message }])
    };
    if text.len() > MAX_DEFINITION_BYTES {
        return Err(whole(format!("the definition is longer than {MAX_DEFINITION_BYTES} bytes")));
    }
    let definition: Value = serde_json::from_str(text)
        .map_err(|problem| whole(format!("the definition is not JSON: {problem}")))?;
    let load = Load { resources, state_names: RefCell::default(), problems: RefCell::default() };
    let machine = machine(&load, &definition);
    let mut problems = load.problems.into_inner();
    match machine {
        Some(machine) if problems.is_empty() => Ok(machine),
        _ => {
            if problems.is_empty() {
                return Err(whole("the definition is not a state machine".to_owned()));
            }
            problems.sort_by(|a, b| a.pointer.cmp(&b.pointer));
            Err(LoadErrors(problems))
        }
    }
}

fn machine(load: &Load<'_>, definition: &Value) -> Option<(Flow, Option<Duration>)> {
    let mut fields = Fields::of(load, None, String::new(), definition)?;
    fields.one_of("QueryLanguage", &["JSONPath"]);
    fields.one_of("Version", &["1.0"]);
    let timeout = fields.integer("TimeoutSeconds", 1..=MAX_SECONDS).map(Duration::from_secs);
    let flow = flow(&mut fields);
    fields.done();
    Some((flow?, timeout))
}

/// `StartAt` and `States`: of the machine, or of a Map's ItemProcessor.
fn flow(fields: &mut Fields<'_>) -> Option<Flow> {
    let start_at = fields.required_text("StartAt");
    let listed = fields.required("States")?;
    let Some(listed) = listed.as_object().filter(|states| !states.is_empty()) else {
        fields.problem("States", "must be an object with at least one state");
        return None;
    };
    let pointer = fields.pointer_to("States");
    graph::check(fields, start_at, listed);
    let mut states = BTreeMap::new();
    for (name, value) in listed {
        let below = below(&pointer, name);
        if let Some(state_fields) = Fields::of(fields.load, Some(name), below, value) {
            check_name(&state_fields, name);
            states.extend(state::state(state_fields, name).map(|state| (name.clone(), state)));
        }
    }
    // States that failed to load are missing here, but then nothing is returned from `load`.
    Some(Flow { start_at: start_at?.to_owned(), states })
}

fn check_name(fields: &Fields<'_>, name: &str) {
    if name.chars().count() > MAX_NAME_LENGTH {
        fields.problem_here(format!("the name is longer than {MAX_NAME_LENGTH} characters"));
    }
    let names: &RefCell<BTreeSet<String>> = &fields.load.state_names;
    if !names.borrow_mut().insert(name.to_owned()) {
        fields.problem_here("another state of the machine has this name");
    }
}
