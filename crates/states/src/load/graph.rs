//! Where states lead: every target exists, every state is reached, and there is an end.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::fields::{Fields, below};

/// Checks the states of one level; it looks at raw JSON, so that one bad state hides no other problem.
pub(super) fn check(fields: &Fields<'_>, start_at: Option<&str>, states: &Map<String, Value>) {
    let Some(start_at) = start_at else { return };
    if !states.contains_key(start_at) {
        fields.problem("StartAt", format!("leads to `{start_at}`, which is not a state here"));
        return;
    }
    let mut reached = BTreeSet::new();
    let mut waiting = vec![start_at];
    while let Some(name) = waiting.pop() {
        if reached.insert(name) {
            waiting
                .extend(states.get(name).into_iter().flat_map(targets).map(|(_, target)| target));
        }
    }
    for (name, state) in states {
        let pointer = below(&fields.pointer_to("States"), name);
        if !reached.contains(name.as_str()) {
            fields
                .note(pointer.clone(), format!("state `{name}` is not reached from `{start_at}`"));
        }
        for (place, target) in targets(state) {
            if !states.contains_key(target) {
                let message =
                    format!("state `{name}` leads to `{target}`, which is not a state here");
                fields.note(format!("{pointer}{place}"), message);
            }
        }
    }
    if !states.values().any(is_end) {
        fields.problem("States", "has no state that ends");
    }
}

fn is_end(state: &Value) -> bool {
    state["End"] == Value::Bool(true)
        || ["Succeed", "Fail"].iter().any(|kind| state["Type"] == **kind)
}

/// The names of the states that one leads to, each with its place in the state.
fn targets(state: &Value) -> Vec<(String, &str)> {
    let own = ["Next", "Default"].map(|field| (format!("/{field}"), &state[field]));
    let listed = ["Choices", "Catch"].into_iter().flat_map(|field| {
        let elements = state[field].as_array().into_iter().flatten().enumerate();
        elements.map(move |(index, element)| (format!("/{field}/{index}/Next"), &element["Next"]))
    });
    own.into_iter()
        .chain(listed)
        .filter_map(|(place, target)| Some((place, target.as_str()?)))
        .collect()
}
