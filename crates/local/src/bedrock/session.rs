//! The agent's sessions: attributes that last from one turn to the next, one turn at a time.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::ServiceError;

/// Sessions kept at once; the one idle for longest makes room for the next.
const MAX_SESSIONS: usize = 1000;

/// Session attributes and prompt session attributes: strings by name.
pub(super) type Attributes = BTreeMap<String, String>;

/// All sessions of an agent's alias, by id.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<String, Slot>>);

enum Slot {
    Busy,
    Idle { attributes: Attributes, since: Instant },
}

impl Sessions {
    /// Takes the session for one turn, new when there is none. A session in use is a
    /// `ConflictException`; a table full of sessions in use, a `ThrottlingException`.
    pub(super) fn open(self: &Arc<Self>, id: &str) -> Result<Session, ServiceError> {
        let mut slots = self.lock();
        if !slots.contains_key(id) && slots.len() >= MAX_SESSIONS && !evict_longest_idle(&mut slots)
        {
            return Err(ServiceError {
                status: 429,
                code: "ThrottlingException",
                message: format!("all {MAX_SESSIONS} sessions are in use"),
            });
        }
        let attributes = match slots.insert(id.to_owned(), Slot::Busy) {
            None => Attributes::new(),
            Some(Slot::Idle { attributes, .. }) => attributes,
            Some(Slot::Busy) => {
                return Err(ServiceError {
                    status: 409,
                    code: "ConflictException",
                    message: format!("session `{id}` is in use by another call"),
                });
            }
        };
        Ok(Session { sessions: Arc::clone(self), id: id.to_owned(), attributes, ended: false })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn evict_longest_idle(slots: &mut HashMap<String, Slot>) -> bool {
    let longest_idle = slots
        .iter()
        .filter_map(|(id, slot)| match slot {
            Slot::Idle { since, .. } => Some((*since, id.clone())),
            Slot::Busy => None,
        })
        .min();
    longest_idle.is_some_and(|(_, id)| slots.remove(&id).is_some())
}

/// A session during a turn. Dropping it gives it back, attributes and all.
pub(super) struct Session {
    sessions: Arc<Sessions>,
    id: String,
    pub(super) attributes: Attributes,
    ended: bool,
}

impl Session {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Forgets the session and its attributes.
    pub(super) fn end(mut self) {
        self.ended = true;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let mut slots = self.sessions.lock();
        if self.ended {
            slots.remove(&self.id);
        } else {
            let attributes = std::mem::take(&mut self.attributes);
            slots.insert(self.id.clone(), Slot::Idle { attributes, since: Instant::now() });
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_full_table_forgets_the_longest_idle_and_refuses_when_all_are_busy() {
        let sessions = Arc::new(Sessions::default());
        let mut first = sessions.open("first").unwrap();
        first.attributes.insert("run_id".into(), "daily".into());
        let mut busy: Vec<_> =
            (1..MAX_SESSIONS).map(|n| sessions.open(&format!("busy-{n}")).unwrap()).collect();
        assert_eq!(sessions.open("one-more").err().unwrap().code, "ThrottlingException");

        drop(first);
        busy.push(sessions.open("one-more").unwrap());
        busy.pop();
        assert!(sessions.open("first").unwrap().attributes.is_empty());
    }
}
