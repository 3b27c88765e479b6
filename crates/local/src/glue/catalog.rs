//! What a catalog holds, and what each change and each question does with it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Refusal;
use crate::credentials::ACCOUNT;

type Input = Map<String, Value>;

/// The databases, by name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Catalog(BTreeMap<String, Database>);

/// Times are in seconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Database {
    input: Input,
    create_time: f64,
    pub(super) tables: BTreeMap<String, Table>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Table {
    input: Input,
    create_time: f64,
    update_time: f64,
    version: u64,
    /// In the order of their values.
    pub(super) partitions: Vec<Partition>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Partition {
    pub(super) values: Vec<String>,
    input: Input,
    creation_time: f64,
}

impl Catalog {
    pub(super) fn create_database(&mut self, input: Input, now: f64) -> Result<(), Refusal> {
        let (name, input) = folded(input);
        if self.0.contains_key(&name) {
            return Err(Refusal::AlreadyExists("Database already exists."));
        }
        self.0.insert(name, Database { input, create_time: now, tables: BTreeMap::new() });
        Ok(())
    }

    pub(super) fn database(&self, name: &str) -> Result<&Database, Refusal> {
        let name = name.to_lowercase();
        self.0.get(&name).ok_or_else(|| Refusal::database_not_found(&name))
    }

    pub(super) fn table(&self, database: &str, name: &str) -> Result<&Table, Refusal> {
        let name = name.to_lowercase();
        let tables = &self.database(database)?.tables;
        tables.get(&name).ok_or_else(|| Refusal::table_not_found(&name))
    }

    pub(super) fn table_mut(&mut self, database: &str, name: &str) -> Result<&mut Table, Refusal> {
        let name = name.to_lowercase();
        let tables = &mut self.database_mut(database)?.tables;
        tables.get_mut(&name).ok_or_else(|| Refusal::table_not_found(&name))
    }

    fn database_mut(&mut self, name: &str) -> Result<&mut Database, Refusal> {
        let name = name.to_lowercase();
        self.0.get_mut(&name).ok_or_else(|| Refusal::database_not_found(&name))
    }

    pub(super) fn create_table(
        &mut self,
        database: &str,
        input: Input,
        now: f64,
    ) -> Result<(), Refusal> {
        let database = self.database_mut(database)?;
        let (name, input) = folded(input);
        if database.tables.contains_key(&name) {
            return Err(Refusal::AlreadyExists("Table already exists."));
        }
        let table =
            Table { input, create_time: now, update_time: now, version: 0, partitions: Vec::new() };
        database.tables.insert(name, table);
        Ok(())
    }

    /// The new definition replaces the old one whole. An old version is nobody's: none is archived here.
    pub(super) fn update_table(
        &mut self,
        database: &str,
        input: Input,
        version: Option<&str>,
        now: f64,
    ) -> Result<(), Refusal> {
        let (name, input) = folded(input);
        let table = self.table_mut(database, &name)?;
        if version.is_some_and(|version| version != table.version.to_string()) {
            return Err(Refusal::ConcurrentModification);
        }
        (table.input, table.update_time) = (input, now);
        table.version += 1;
        Ok(())
    }

    /// Its partitions go with it.
    pub(super) fn delete_table(&mut self, database: &str, name: &str) -> Result<(), Refusal> {
        let name = name.to_lowercase();
        let deleted = self.database_mut(database)?.tables.remove(&name);
        deleted.map(drop).ok_or_else(|| Refusal::table_not_found(&name))
    }
}

impl Database {
    pub(super) fn answer(&self) -> Value {
        let mut answer = self.input.clone();
        answer.insert("CreateTime".to_owned(), self.create_time.into());
        answer.insert("CatalogId".to_owned(), ACCOUNT.into());
        answer.into()
    }
}

impl Table {
    pub(super) fn answer(&self, database: &str) -> Value {
        let mut answer = self.input.clone();
        for (name, value) in [("PartitionKeys", json!([])), ("Retention", 0.into())] {
            answer.entry(name).or_insert(value);
        }
        for (name, value) in [
            ("DatabaseName", database.to_lowercase().into()),
            ("CreateTime", self.create_time.into()),
            ("UpdateTime", self.update_time.into()),
            ("IsRegisteredWithLakeFormation", false.into()),
            ("CatalogId", ACCOUNT.into()),
            ("VersionId", self.version.to_string().into()),
        ] {
            answer.insert(name.to_owned(), value);
        }
        answer.into()
    }

    pub(super) fn create_partition(&mut self, mut input: Input, now: f64) -> Result<(), Refusal> {
        let values = texts(input.remove("Values"));
        match self.place(&values)? {
            Ok(_) => Err(Refusal::AlreadyExists("Partition already exists.")),
            Err(place) => {
                self.partitions.insert(place, Partition { values, input, creation_time: now });
                Ok(())
            }
        }
    }

    pub(super) fn partition(&self, values: &[String]) -> Result<&Partition, Refusal> {
        let place = self.place(values)?.map_err(|_| Refusal::partition_not_found())?;
        Ok(&self.partitions[place])
    }

    /// The values stay: they cannot be changed.
    pub(super) fn update_partition(
        &mut self,
        values: &[String],
        mut input: Input,
    ) -> Result<(), Refusal> {
        let place = self.place(values)?.map_err(|_| Refusal::partition_not_found())?;
        if input.remove("Values").is_some_and(|it| texts(Some(it)) != values) {
            return Err(Refusal::InvalidInput("Partition values cannot be changed.".to_owned()));
        }
        self.partitions[place].input = input;
        Ok(())
    }

    pub(super) fn delete_partition(&mut self, values: &[String]) -> Result<(), Refusal> {
        let place = self.place(values)?.map_err(|_| Refusal::partition_not_found())?;
        self.partitions.remove(place);
        Ok(())
    }

    /// Where the partition of these values is, or where it would be.
    fn place(&self, values: &[String]) -> Result<Result<usize, usize>, Refusal> {
        let keys = self.input.get("PartitionKeys").and_then(Value::as_array).map_or(0, Vec::len);
        if values.len() != keys {
            return Err(Refusal::InvalidInput(
                "The number of partition keys do not match the number of partition values"
                    .to_owned(),
            ));
        }
        Ok(self.partitions.binary_search_by(|it| it.values.as_slice().cmp(values)))
    }
}

impl Partition {
    pub(super) fn answer(&self, database: &str, table: &str) -> Value {
        let mut answer = self.input.clone();
        for (name, value) in [
            ("Values", self.values.clone().into()),
            ("DatabaseName", database.to_lowercase().into()),
            ("TableName", table.to_lowercase().into()),
            ("CreationTime", self.creation_time.into()),
            ("CatalogId", ACCOUNT.into()),
        ] {
            answer.insert(name.to_owned(), value);
        }
        answer.into()
    }
}

/// The name in lower case, as the service keeps it, and the input with that name.
fn folded(mut input: Input) -> (String, Input) {
    let name = input.get("Name").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    input.insert("Name".to_owned(), name.as_str().into());
    (name, input)
}

/// The texts of a list.
pub(super) fn texts(list: Option<Value>) -> Vec<String> {
    let Some(Value::Array(values)) = list else { return Vec::new() };
    values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
