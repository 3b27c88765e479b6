//! The catalog of the unit tests: tables in memory, and somebody who may be quicker.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard};

use super::{Found, Table, TableCatalog};
use crate::Error;

#[derive(Default)]
pub(crate) struct Catalog {
    tables: Mutex<BTreeMap<String, Found>>,
    /// Each is put into the catalog before one write of ours, which so comes too late.
    quicker: Mutex<VecDeque<Table>>,
    writes: Mutex<usize>,
    published: Mutex<Vec<(String, String)>>,
}

impl Catalog {
    pub(crate) fn of(found: impl IntoIterator<Item = (&'static str, Found)>) -> Catalog {
        let tables = found.into_iter().map(|(name, found)| (name.to_owned(), found)).collect();
        Catalog { tables: Mutex::new(tables), ..Catalog::default() }
    }

    pub(crate) fn race(&self, table: Table) {
        self.quicker.lock().expect("not poisoned").push_back(table);
    }

    pub(crate) fn table(&self, name: &str) -> Option<Table> {
        match self.tables().get(name)? {
            Found::Ours { table, .. } => Some(table.clone()),
            Found::Foreign => None,
        }
    }

    pub(crate) fn writes(&self) -> usize {
        *self.writes.lock().expect("not poisoned")
    }

    /// The names of tables, each with a partition's value.
    pub(crate) fn published(&self) -> Vec<(String, String)> {
        self.published.lock().expect("not poisoned").clone()
    }

    fn tables(&self) -> MutexGuard<'_, BTreeMap<String, Found>> {
        self.tables.lock().expect("not poisoned")
    }

    /// Writes the table if it is of that version.
    fn write(&self, table: &Table, version: Option<&str>) -> bool {
        let mut writes = self.writes.lock().expect("not poisoned");
        *writes += 1;
        let quicker = self.quicker.lock().expect("not poisoned").pop_front();
        let mut tables = self.tables();
        let mut put = |table: &Table, version: String| {
            tables.insert(table.name.clone(), Found::Ours { table: table.clone(), version });
        };
        if let Some(quicker) = quicker {
            put(&quicker, format!("of another, {writes}"));
        }
        let now = match tables.get(&table.name) {
            Some(Found::Ours { version, .. }) => Some(version.as_str()),
            Some(Found::Foreign) => Some("foreign"),
            None => None,
        };
        let is_current = now == version;
        if is_current {
            let found = Found::Ours { table: table.clone(), version: writes.to_string() };
            tables.insert(table.name.clone(), found);
        }
        is_current
    }
}

impl TableCatalog for Catalog {
    fn database(&self) -> &str {
        "reports"
    }

    async fn find(&self, name: &str) -> Result<Option<Found>, Error> {
        Ok(self.tables().get(name).cloned())
    }

    async fn create(&self, table: &Table) -> Result<bool, Error> {
        Ok(self.write(table, None))
    }

    async fn replace(&self, table: &Table, version: &str) -> Result<bool, Error> {
        Ok(self.write(table, Some(version)))
    }

    async fn publish(&self, table: &Table, partition: &str) -> Result<(), Error> {
        let mut published = self.published.lock().expect("not poisoned");
        published.push((table.name.clone(), partition.to_owned()));
        Ok(())
    }
}
