//! The bucket of the unit tests: a map in memory, whole or with one write that goes wrong.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::{Error, ErrorKind, Listed, ObjectStore};

#[derive(Default)]
pub(crate) struct Memory {
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
    fault: Mutex<Option<Fault>>,
}

/// One write that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fault {
    /// How many writes go well before it.
    pub(crate) after: usize,
    /// Whether the object is there all the same, and only the answer was lost.
    pub(crate) written: bool,
}

impl Memory {
    pub(crate) fn of(objects: &[(&str, &str)]) -> Memory {
        let objects =
            objects.iter().map(|(key, body)| ((*key).to_owned(), body.as_bytes().to_vec()));
        Memory { objects: Mutex::new(objects.collect()), fault: Mutex::default() }
    }

    /// The next writes meet this fault.
    pub(crate) fn fail(&self, fault: Fault) {
        *self.fault.lock().expect("not poisoned") = Some(fault);
    }

    /// Whether no fault is left to meet.
    pub(crate) fn is_well(&self) -> bool {
        self.fault.lock().expect("not poisoned").is_none()
    }

    /// Everything, by key.
    pub(crate) fn contents(&self) -> BTreeMap<String, Vec<u8>> {
        self.objects().clone()
    }

    fn write<T>(
        &self,
        write: impl FnOnce(&mut BTreeMap<String, Vec<u8>>) -> T,
    ) -> Result<T, Error> {
        let mut fault = self.fault.lock().expect("not poisoned");
        let lost = || Error::new(ErrorKind::Unavailable, "the store did not answer");
        match fault.as_mut() {
            Some(Fault { after: 0, written }) => {
                if *written {
                    write(&mut self.objects());
                }
                *fault = None;
                Err(lost())
            }
            Some(coming) => {
                coming.after -= 1;
                Ok(write(&mut self.objects()))
            }
            None => Ok(write(&mut self.objects())),
        }
    }

    fn objects(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.objects.lock().expect("not poisoned")
    }
}

impl ObjectStore for Memory {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.objects().get(key).cloned())
    }

    async fn put(&self, key: &str, body: Vec<u8>) -> Result<(), Error> {
        self.write(|objects| drop(objects.insert(key.to_owned(), body)))
    }

    async fn put_if_absent(&self, key: &str, body: Vec<u8>) -> Result<bool, Error> {
        self.write(|objects| {
            let absent = !objects.contains_key(key);
            if absent {
                objects.insert(key.to_owned(), body);
            }
            absent
        })
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Listed>, Error> {
        let objects = self.objects();
        let listed = objects.iter().filter(|(key, _)| key.starts_with(prefix));
        Ok(listed
            .map(|(key, body)| Listed { key: key.clone(), size_bytes: body.len() as u64 })
            .collect())
    }
}
