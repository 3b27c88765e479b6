//! Glue's Data Catalog: databases, tables and their partitions, in `catalog.json` of its folder.
//!
//! <https://docs.aws.amazon.com/glue/latest/webapi/API_Operations.html>. Names are kept in lower case and are found in
//! any. A constraint of the API that is not met is a `ValidationException`, as the service has it; what it finds out
//! later is an `InvalidInputException`.
//!
//! Otherwise than the service: a deleted table's partitions are gone at once, no old version is kept, and filters,
//! transactions, views of several dialects and other catalogs are refused by name.

mod catalog;
mod error;
mod page;
mod request;
mod shape;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::{
    credentials::ACCOUNT,
    http::{Request, Response, bytes},
};
use catalog::{Catalog, texts};
use error::Refusal;
use page::{MAX_PARTITIONS, MAX_TABLES, page};
use shape::{Shape, check};

const TARGET: &str = "AWSGlue.";
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
const FILE: &str = "catalog.json";

/// The catalog of one account; clones share it. Every change is made at once and whole.
#[derive(Clone, Debug)]
pub struct Glue {
    folder: PathBuf,
    catalog: Arc<Mutex<Catalog>>,
    /// Operations, each with the code that its next call fails with.
    to_fail: Arc<Mutex<Vec<(String, String)>>>,
}

impl Glue {
    /// Opens the folder, which is made when it is missing.
    ///
    /// # Errors
    /// The file system's own, and a file that is no catalog.
    pub fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let catalog = match fs::read(folder.join(FILE)) {
            Ok(text) => serde_json::from_slice(&text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Catalog::default(),
            Err(error) => return Err(error),
        };
        let catalog = Arc::new(Mutex::new(catalog));
        Ok(Self { folder: folder.to_owned(), catalog, to_fail: Arc::default() })
    }

    /// The next call of that operation fails with that code, and does nothing.
    pub fn fail_next(&self, operation: &str, code: &str) {
        self.to_fail().push((operation.to_owned(), code.to_owned()));
    }

    /// Makes the database unless it is there.
    ///
    /// # Errors
    /// The file system's own.
    pub fn create_database(&self, name: &str) -> io::Result<()> {
        let input = Map::from_iter([("Name".to_owned(), name.into())]);
        match self.change(|catalog, now| catalog.create_database(input, now)) {
            Err(Refusal::Write(error)) => Err(error),
            _ => Ok(()),
        }
    }

    /// The tables of a database by name, each as GetTable answers it. None when there is no such database.
    pub fn tables(&self, database: &str) -> Vec<Value> {
        let catalog = self.catalog();
        let Ok(found) = catalog.database(database) else { return Vec::new() };
        found.tables.values().map(|table| table.answer(database)).collect()
    }

    /// A table as GetTable answers it.
    pub fn table(&self, database: &str, name: &str) -> Option<Value> {
        Some(self.catalog().table(database, name).ok()?.answer(database))
    }

    /// A table's partitions in the order of their values, each as GetPartition answers it. None when there is no such
    /// table.
    pub fn partitions(&self, database: &str, table: &str) -> Vec<Value> {
        let catalog = self.catalog();
        let Ok(found) = catalog.table(database, table) else { return Vec::new() };
        found.partitions.iter().map(|it| it.answer(database, table)).collect()
    }

    pub(crate) fn handle(&self, request: &Request) -> Response {
        let target = request.headers().get("x-amz-target").and_then(|it| it.to_str().ok());
        let operation = target.and_then(|it| it.strip_prefix(TARGET)).unwrap_or_default();
        if let Some(code) = self.failing(operation) {
            let told = json!({ "__type": code, "Message": "this stand-in was told to fail" });
            return bytes(400, CONTENT_TYPE, told.to_string().into());
        }
        let (status, answer) = match self.answer(operation, request.body()) {
            Ok(answer) => (200, answer),
            Err(refusal) => (
                refusal.status(),
                json!({ "__type": refusal.code(), "Message": refusal.to_string() }),
            ),
        };
        bytes(status, CONTENT_TYPE, answer.to_string().into())
    }

    fn answer(&self, operation: &str, body: &[u8]) -> Result<Value, Refusal> {
        let read = |shape: &Shape| Given::read(body, shape);
        match operation {
            "CreateDatabase" => {
                let mut given = read(&request::CREATE_DATABASE)?;
                let input = given.input("DatabaseInput");
                self.change(|catalog, now| catalog.create_database(input, now))
            }
            "GetDatabase" => {
                let given = read(&request::GET_DATABASE)?;
                Ok(json!({ "Database": self.catalog().database(given.text("Name"))?.answer() }))
            }
            "CreateTable" => {
                let mut given = read(&request::CREATE_TABLE)?;
                let input = given.input("TableInput");
                self.change(|catalog, now| catalog.create_table(given.database(), input, now))
            }
            "UpdateTable" => {
                let mut given = read(&request::UPDATE_TABLE)?;
                let input = given.input("TableInput");
                let version = given.0.get("VersionId").and_then(Value::as_str);
                self.change(|catalog, now| {
                    catalog.update_table(given.database(), input, version, now)
                })
            }
            "DeleteTable" => {
                let given = read(&request::DELETE_TABLE)?;
                self.change(|catalog, _| catalog.delete_table(given.database(), given.text("Name")))
            }
            "GetTable" => {
                let given = read(&request::GET_TABLE)?;
                let catalog = self.catalog();
                let table = catalog.table(given.database(), given.text("Name"))?;
                Ok(json!({ "Table": table.answer(given.database()) }))
            }
            "GetTables" => {
                let given = read(&request::GET_TABLES)?;
                let catalog = self.catalog();
                let tables = &catalog.database(given.database())?.tables;
                page("TableList", tables, MAX_TABLES, &given.0, |(name, table)| {
                    (vec![name.clone()], table.answer(given.database()))
                })
            }
            "CreatePartition" => {
                let mut given = read(&request::CREATE_PARTITION)?;
                let input = given.input("PartitionInput");
                self.change(|catalog, now| given.table(catalog)?.create_partition(input, now))
            }
            "UpdatePartition" => {
                let mut given = read(&request::UPDATE_PARTITION)?;
                let input = given.input("PartitionInput");
                let values = texts(given.0.remove("PartitionValueList"));
                self.change(|catalog, _| given.table(catalog)?.update_partition(&values, input))
            }
            "DeletePartition" => {
                let mut given = read(&request::DELETE_PARTITION)?;
                let values = texts(given.0.remove("PartitionValues"));
                self.change(|catalog, _| given.table(catalog)?.delete_partition(&values))
            }
            "GetPartition" => {
                let mut given = read(&request::GET_PARTITION)?;
                let values = texts(given.0.remove("PartitionValues"));
                let (database, table) = (given.database(), given.text("TableName"));
                let catalog = self.catalog();
                let partition = catalog.table(database, table)?.partition(&values)?;
                Ok(json!({ "Partition": partition.answer(database, table) }))
            }
            "GetPartitions" => {
                let given = read(&request::GET_PARTITIONS)?;
                let (database, table) = (given.database(), given.text("TableName"));
                let catalog = self.catalog();
                let partitions = &catalog.table(database, table)?.partitions;
                page("Partitions", partitions, MAX_PARTITIONS, &given.0, |partition| {
                    (partition.values.clone(), partition.answer(database, table))
                })
            }
            _ => Err(Refusal::UnknownOperation(operation.to_owned())),
        }
    }

    /// On file first: what is answered has happened for good.
    fn change(
        &self,
        change: impl FnOnce(&mut Catalog, f64) -> Result<(), Refusal>,
    ) -> Result<Value, Refusal> {
        let mut current = self.catalog();
        let mut next = current.clone();
        #[expect(clippy::cast_precision_loss, reason = "milliseconds have 41 bits")]
        change(&mut next, Timestamp::now().as_millisecond() as f64 / 1000.0)?;
        self.write(&next).map_err(Refusal::Write)?;
        *current = next;
        Ok(json!({}))
    }

    fn write(&self, catalog: &Catalog) -> io::Result<()> {
        let file = tempfile::NamedTempFile::new_in(&self.folder)?;
        serde_json::to_writer_pretty(io::BufWriter::new(&file), catalog)?;
        file.persist(self.folder.join(FILE))?;
        Ok(())
    }

    /// The code that a call of the operation fails with.
    fn failing(&self, operation: &str) -> Option<String> {
        let mut to_fail = self.to_fail();
        let place = to_fail.iter().position(|(of, _)| of == operation)?;
        Some(to_fail.remove(place).1)
    }

    fn to_fail(&self) -> MutexGuard<'_, Vec<(String, String)>> {
        self.to_fail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn catalog(&self) -> MutexGuard<'_, Catalog> {
        self.catalog.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is in order.
struct Given(Map<String, Value>);

impl Given {
    fn read(body: &[u8], shape: &Shape) -> Result<Self, Refusal> {
        let request = serde_json::from_slice(body)
            .map_err(|error| Refusal::Serialization(error.to_string()))?;
        let given = Self(check(&request, shape)?);
        match given.text("CatalogId") {
            "" | ACCOUNT => Ok(given),
            other => Err(Refusal::InvalidInput(format!("this stand-in has no catalog `{other}`"))),
        }
    }

    fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn database(&self) -> &str {
        self.text("DatabaseName")
    }

    fn table<'a>(&self, catalog: &'a mut Catalog) -> Result<&'a mut catalog::Table, Refusal> {
        catalog.table_mut(self.database(), self.text("TableName"))
    }

    fn input(&mut self, name: &str) -> Map<String, Value> {
        match self.0.remove(name) {
            Some(Value::Object(input)) => input,
            _ => Map::new(),
        }
    }
}

#[cfg(test)]
mod tests;
