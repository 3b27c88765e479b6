//! Tables over the Glue Data Catalog, as Athena reads them.

mod entry;

use aws_sdk_glue::Client;
use aws_sdk_glue::error::ProvideErrorMetadata as _;
use aws_sdk_glue::types::PartitionInput;
use reporting::table::{Found, Table, TableCatalog};
use reporting::{Error, ErrorKind};

use crate::failure::sort;

/// One database of the catalog; the files of its tables lie in one bucket.
#[derive(Debug, Clone)]
pub struct GlueCatalog {
    client: Client,
    database: String,
    bucket: String,
}

impl GlueCatalog {
    /// The database of that name, which must be there.
    pub fn new(
        client: Client,
        database: impl Into<String>,
        bucket: impl Into<String>,
    ) -> GlueCatalog {
        GlueCatalog { client, database: database.into(), bucket: bucket.into() }
    }
}

impl TableCatalog for GlueCatalog {
    fn database(&self) -> &str {
        &self.database
    }

    async fn find(&self, name: &str) -> Result<Option<Found>, Error> {
        let get = self.client.get_table().database_name(&self.database).name(name);
        match get.send().await {
            Ok(got) => Ok(got.table.map(|table| entry::found(table, &self.bucket))),
            Err(error) if error.code() == Some("EntityNotFoundException") => Ok(None),
            Err(error) => Err(sort(format!("failed to read the table `{name}`"), error)),
        }
    }

    async fn create(&self, table: &Table) -> Result<bool, Error> {
        let input = entry::table_input(table, &self.database, &self.bucket)?;
        let create = self.client.create_table().database_name(&self.database).table_input(input);
        match create.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_race(error.code()) => Ok(false),
            Err(error) => Err(sort(format!("failed to make the table `{}`", table.name), error)),
        }
    }

    /// No version is kept: Glue has a quota of them, and nobody goes back to one.
    async fn replace(&self, table: &Table, version: &str) -> Result<bool, Error> {
        let input = entry::table_input(table, &self.database, &self.bucket)?;
        let update = self.client.update_table().database_name(&self.database).table_input(input);
        match update.version_id(version).skip_archive(true).send().await {
            Ok(_) => Ok(true),
            Err(error) if is_race(error.code()) => Ok(false),
            Err(error) => Err(sort(format!("failed to change the table `{}`", table.name), error)),
        }
    }

    async fn publish(&self, table: &Table, partition: &str) -> Result<(), Error> {
        let what = || format!("failed to register `{partition}` with the table `{}`", table.name);
        let folder = table.partition_folder(partition).ok_or_else(|| {
            Error::new(
                ErrorKind::Internal,
                format!("`{}` is a view, without partitions", table.name),
            )
        })?;
        let wanted = entry::file_storage(&table.columns, &self.bucket, &folder)?;
        let input =
            PartitionInput::builder().values(partition).storage_descriptor(wanted.clone()).build();
        let create = self.client.create_partition().database_name(&self.database);
        let create = create.table_name(&table.name).partition_input(input.clone());
        match create.send().await {
            Ok(_) => return Ok(()),
            Err(error) if error.code() == Some("AlreadyExistsException") => {}
            Err(error) => return Err(sort(what(), error)),
        }
        let get = self.client.get_partition().database_name(&self.database);
        let got = get.table_name(&table.name).partition_values(partition).send().await;
        let got = got.map_err(|error| sort(what(), error))?;
        let there = got.partition.and_then(|it| it.storage_descriptor);
        if there.is_some_and(|there| entry::is_same_storage(&there, &wanted)) {
            return Ok(());
        }
        let update = self.client.update_partition().database_name(&self.database);
        let update = update.table_name(&table.name).partition_value_list(partition);
        let updated = update.partition_input(input).send().await;
        updated.map(drop).map_err(|error| sort(what(), error))
    }
}

/// Whether another was quicker. The service says `ConcurrentModificationException` of an old `VersionId`; its guide
/// has `VersionMismatchException` for that, too.
fn is_race(code: Option<&str>) -> bool {
    let races =
        ["AlreadyExistsException", "ConcurrentModificationException", "VersionMismatchException"];
    code.is_some_and(|code| races.contains(&code))
}
