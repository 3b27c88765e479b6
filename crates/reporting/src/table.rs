//! The table that Athena reads a question's reports by: made with the first report, and never changed under a
//! reader. Columns are added at its end; a column's type stays what it was.

mod column;
mod latest;
mod merge;
mod types;

pub use column::{Origin, TableColumn, described};
pub use types::holds;

use crate::{Error, ErrorKind};

/// The partition key of every report's table.
pub const PARTITION_KEY: &str = "as_of";

/// The table of all answers, and what marks it as ours.
pub const ANSWERS: &str = "answers";

/// What the name of the view ends in that shows a table's newest partition.
const LATEST: &str = "_latest";

/// Of any number of writers that change one table at once, one succeeds and the others read it again; each success
/// lets the others know more, so that as many tries as writers suffice.
const TRIES: usize = 64;

/// A table or a view of the catalog, as far as it is ours to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Lower-case letters, digits and underscores.
    pub name: String,
    /// The question whose reports it has, or [`ANSWERS`]: the mark by which it is known as ours.
    pub owner: String,
    /// What a person reads of it.
    pub description: String,
    /// In their order; the partition key is not among them.
    pub columns: Vec<TableColumn>,
    /// Where its rows come from.
    pub rows: Rows,
}

/// Where a table's rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rows {
    /// Parquet files of the bucket.
    Files {
        /// The prefix of their keys, with a slash at its end; below it lies one folder `<partition key>=<value>/` for each
        /// partition.
        folder: String,
        /// The name of the one partition key, a string.
        partition_key: String,
    },
    /// A query in Athena's SQL.
    Query(String),
}

/// What the catalog has by a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A table that we made, and the version that it is of.
    Ours {
        /// As it is now.
        table: Table,
        /// Changes with every change of the table.
        version: String,
    },
    /// A table that somebody else made.
    Foreign,
}

/// The port to the catalog of one Athena database.
///
/// Reads see what was written before them. A write that failed may still have happened: each is one that may be done
/// again.
pub trait TableCatalog: Send + Sync {
    /// The database's name.
    fn database(&self) -> &str;

    /// What has that name.
    fn find(&self, name: &str) -> impl Future<Output = Result<Option<Found>, Error>> + Send;

    /// Makes the table. `false` when one of its name is there: of any number of racing writers, one gets `true`.
    fn create(&self, table: &Table) -> impl Future<Output = Result<bool, Error>> + Send;

    /// Puts the table in the place of that version of it. `false` when it is of another version by now.
    fn replace(
        &self,
        table: &Table,
        version: &str,
    ) -> impl Future<Output = Result<bool, Error>> + Send;

    /// Registers a partition with the table's columns and the folder of [`Table::partition_folder`], or makes one that
    /// is registered otherwise so.
    fn publish(
        &self,
        table: &Table,
        partition: &str,
    ) -> impl Future<Output = Result<(), Error>> + Send;
}

impl Table {
    /// The table of a question's reports, as yet without columns. Its name is the id with underscores.
    pub fn of_question(id: &str, description: &str) -> Table {
        Table {
            name: id.replace('-', "_"),
            owner: id.to_owned(),
            description: column::cut(description, column::MAX_DESCRIPTION),
            columns: Vec::new(),
            rows: Rows::Files {
                folder: format!("reports/{id}/"),
                partition_key: PARTITION_KEY.to_owned(),
            },
        }
    }

    /// The table of all answers, with these columns.
    pub fn of_answers(columns: Vec<TableColumn>) -> Table {
        Table {
            name: ANSWERS.to_owned(),
            owner: ANSWERS.to_owned(),
            description: "What became of each question in each run".to_owned(),
            columns,
            rows: Rows::Files {
                folder: "audit/answers/".to_owned(),
                partition_key: "as_of_date".to_owned(),
            },
        }
    }

    /// The type of a column.
    pub fn type_of(&self, column: &str) -> Option<&str> {
        let found = self.columns.iter().find(|it| it.name == column);
        found.map(|it| it.athena_type.as_str())
    }

    /// The prefix of the keys of a partition's files; nothing for a view.
    pub fn partition_folder(&self, partition: &str) -> Option<String> {
        match &self.rows {
            Rows::Files { folder, partition_key } => {
                Some(format!("{folder}{partition_key}={partition}/"))
            }
            Rows::Query(_) => None,
        }
    }
}

/// Whether a question may not have that id: its table, or the view beside it, is another's.
pub fn is_reserved(id: &str) -> bool {
    id == ANSWERS || id.ends_with("-latest")
}

/// Sees to it that the catalog has the table with at least the wanted columns, and beside it the view `<table>_latest`
/// of the newest partition. Gives the table as it is then: its types are those that a new file must have.
///
/// Whatever races, and however often it is called, one table comes of it: columns are added and none is taken away,
/// and a type stays.
///
/// # Errors
/// `schema_changed` when a column cannot be cast to the table's type without loss; `misconfigured` when a table of that
/// name is not ours; the catalog's own.
pub async fn claim(catalog: &impl TableCatalog, wanted: &Table) -> Result<Table, Error> {
    let table = claim_table(catalog, wanted).await?;
    claim_view(catalog, &table).await?;
    Ok(table)
}

async fn claim_table(catalog: &impl TableCatalog, wanted: &Table) -> Result<Table, Error> {
    for _ in 0..TRIES {
        let found = catalog.find(&wanted.name).await?;
        let claimed = merge::merge(ours(found.as_ref(), wanted)?, wanted)?;
        if put(catalog, found, &claimed).await? {
            return Ok(claimed);
        }
    }
    Err(contended(&wanted.name))
}

/// The view is read before the table that it is made from, so that a view of yesterday's columns never takes the place
/// of one with today's: whoever was quicker has changed its version.
async fn claim_view(catalog: &impl TableCatalog, claimed: &Table) -> Result<(), Error> {
    let Some(view) = claimed.latest(catalog.database()) else { return Ok(()) };
    for _ in 0..TRIES {
        let found = catalog.find(&view.name).await?;
        ours(found.as_ref(), &view)?;
        let table = catalog.find(&claimed.name).await?;
        let table = ours(table.as_ref(), claimed)?.unwrap_or(claimed);
        let Some(view) = table.latest(catalog.database()) else { return Ok(()) };
        if put(catalog, found, &view).await? {
            return Ok(());
        }
    }
    Err(contended(&view.name))
}

/// Whether the catalog has `table` now; `false` when another was quicker.
async fn put(
    catalog: &impl TableCatalog,
    found: Option<Found>,
    table: &Table,
) -> Result<bool, Error> {
    match found {
        None => catalog.create(table).await,
        Some(Found::Ours { table: there, .. }) if there == *table => Ok(true),
        Some(Found::Ours { version, .. }) => catalog.replace(table, &version).await,
        Some(Found::Foreign) => Err(foreign(&table.name)),
    }
}

fn ours<'a>(found: Option<&'a Found>, wanted: &Table) -> Result<Option<&'a Table>, Error> {
    match found {
        None => Ok(None),
        Some(Found::Ours { table, .. }) if table.owner == wanted.owner => Ok(Some(table)),
        Some(_) => Err(foreign(&wanted.name)),
    }
}

fn foreign(name: &str) -> Error {
    Error::new(
        ErrorKind::Misconfigured,
        format!(
            "the catalog has a table `{name}` that Quaestor did not make, and does not touch; rename that table, or give \
             the question another id"
        ),
    )
}

fn contended(name: &str) -> Error {
    Error::new(
        ErrorKind::Throttled,
        format!("the table `{name}` was changed by others at each of {TRIES} tries"),
    )
}

#[cfg(test)]
pub(crate) mod memory;
#[cfg(test)]
mod tests;
