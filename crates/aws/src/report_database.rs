//! The database behind the reports, over the RDS Data API.

use std::time::Duration;

use aws_sdk_rdsdata::Client;
use data_api::{DataApi, Database, Limits, Rows};
use parquet_report::Cells;
use reporting::execute::{Preview, PreviewColumn, PreviewTable};
use reporting::schema::{Schema, SchemaReader};
use reporting::{Error, ErrorKind};

use crate::failure::with_causes;
use crate::schema_query::{COLUMNS, KEYS, assemble};

/// A catalog with more columns or keys than this is cut there: no model reads more either.
const MAX_CATALOG_ROWS: u64 = 50_000;

/// One database, read as the role of one secret.
#[derive(Debug, Clone)]
pub struct ReportDatabase(DataApi);

impl ReportDatabase {
    /// The database of that name in that cluster, as the role of that secret.
    pub fn new(
        client: Client,
        cluster_arn: impl Into<String>,
        secret_arn: impl Into<String>,
        name: impl Into<String>,
    ) -> ReportDatabase {
        let database = Database {
            cluster_arn: cluster_arn.into(),
            secret_arn: secret_arn.into(),
            name: name.into(),
        };
        ReportDatabase(DataApi::new(client, database))
    }
}

impl SchemaReader for ReportDatabase {
    async fn read(&self) -> Result<Schema, Error> {
        let limits = Limits { max_rows: Some(MAX_CATALOG_ROWS), ..Limits::default() };
        let columns = self.0.rows_as_text(COLUMNS, &limits).await.map_err(data_api_failure)?;
        let keys = self.0.rows_as_text(KEYS, &limits).await.map_err(data_api_failure)?;
        Ok(assemble(columns, keys))
    }
}

impl Preview for ReportDatabase {
    async fn preview(
        &self,
        sql: &str,
        rows: u64,
        timeout: Duration,
        time_zone: &str,
    ) -> Result<PreviewTable, Error> {
        let limits = Limits {
            statement_timeout: timeout,
            time_zone: time_zone.to_owned(),
            max_rows: Some(rows),
            first_page_rows: rows + 1,
            ..Limits::default()
        };
        let rows = self.0.collect(sql, &limits).await.map_err(data_api_failure)?;
        let cells = cells(&rows);
        let columns = rows.columns.iter().map(|column| PreviewColumn {
            name: column.name.clone(),
            data_type: column.postgres_type.clone(),
        });
        Ok(PreviewTable {
            columns: columns.collect(),
            shown: cells.len(),
            rows: cells,
            more: rows.is_truncated,
        })
    }
}

fn cells(rows: &Rows) -> Vec<Vec<Option<String>>> {
    let of_batch = |batch| {
        let cells = Cells::new(batch);
        let row = |row| (0..batch.num_columns()).map(|column| cells.text(row, column)).collect();
        (0..batch.num_rows()).map(row).collect::<Vec<_>>()
    };
    rows.batches.iter().flat_map(of_batch).collect()
}

/// A failed extraction as the domain's error.
pub fn data_api_failure(error: data_api::Error) -> Error {
    let told = Error::new(ErrorKind::named(error.error_type()), error.to_string());
    with_causes(told, &error)
}
