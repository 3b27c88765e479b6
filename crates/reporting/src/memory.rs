//! The bucket of the unit tests: a map in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::{Error, Listed, ObjectStore};

#[derive(Default)]
pub(crate) struct Memory(Mutex<BTreeMap<String, Vec<u8>>>);

impl Memory {
    pub(crate) fn of(objects: &[(&str, &str)]) -> Memory {
        let objects =
            objects.iter().map(|(key, body)| ((*key).to_owned(), body.as_bytes().to_vec()));
        Memory(Mutex::new(objects.collect()))
    }

    fn objects(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.0.lock().expect("not poisoned")
    }
}

impl ObjectStore for Memory {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.objects().get(key).cloned())
    }

    async fn put(&self, key: &str, body: Vec<u8>) -> Result<(), Error> {
        self.objects().insert(key.to_owned(), body);
        Ok(())
    }

    async fn put_if_absent(&self, key: &str, body: Vec<u8>) -> Result<bool, Error> {
        let mut objects = self.objects();
        if objects.contains_key(key) {
            return Ok(false);
        }
        objects.insert(key.to_owned(), body);
        Ok(true)
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Listed>, Error> {
        let objects = self.objects();
        let listed = objects.iter().filter(|(key, _)| key.starts_with(prefix));
        Ok(listed
            .map(|(key, body)| Listed { key: key.clone(), size_bytes: body.len() as u64 })
            .collect())
    }
}
