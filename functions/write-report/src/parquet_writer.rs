//! The report's way: Data API pages → Arrow → Parquet → one S3 object.

use std::time::{Duration, Instant};

use aws::{Bucket, GlueCatalog, Upload, data_api_failure};
use data_api::{Cursor, DataApi, Limits};
use parquet_report::ReportWriter;
use reporting::report::{WriteRequest, Written};
use reporting::table::{self, Table, TableCatalog as _};
use reporting::{Error, ErrorKind};
use tokio::task::yield_now;
use tokio::time::{timeout, timeout_at};

use crate::columns;
use crate::unwritable::unwritable;

/// After so many rows the service's answer is looked for, so that it is asked for more while these are encoded.
const ROWS_AT_ONCE: usize = 512;

/// How long the end of a transaction is waited for.
const LAST_CALL: Duration = Duration::from_secs(3);

/// Reads with the Data API, writes to the bucket, and is done in time or says how far it came.
pub(crate) struct ParquetWriter<'a> {
    pub(crate) data_api: &'a DataApi,
    pub(crate) bucket: &'a Bucket,
    pub(crate) catalog: &'a GlueCatalog,
    /// When the function must have answered.
    pub(crate) deadline: Instant,
}

/// A report of which nothing more will come.
struct Streamed {
    written: Written,
    /// The table that it goes into.
    table: Table,
}

/// Why one try ended: the extraction, which may begin anew with smaller pages, or anything else.
enum Failure {
    Extraction(data_api::Error),
    Other(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Other(error)
    }
}

impl reporting::report::ReportWriter for ParquetWriter<'_> {
    async fn write(&self, request: &WriteRequest) -> Result<Written, Error> {
        let mut limits = Limits {
            statement_timeout: request.timeout,
            time_zone: request.time_zone.clone(),
            max_rows: request.max_rows,
            ..Limits::default()
        };
        loop {
            match self.try_to_write(request, &limits).await {
                Ok(written) => return Ok(written),
                Err(Failure::Extraction(error)) => {
                    limits = limits.after(error).map_err(data_api_failure)?
                }
                Err(Failure::Other(error)) => return Err(error),
            }
        }
    }
}

impl ParquetWriter<'_> {
    async fn try_to_write(
        &self,
        request: &WriteRequest,
        limits: &Limits,
    ) -> Result<Written, Failure> {
        let opened = self.in_time(0, self.data_api.open(&request.sql, limits)).await?;
        let mut cursor = opened.map_err(Failure::Extraction)?;
        let mut upload = Upload::new(self.bucket.clone(), &request.key);
        // Boxed: the futures of an SDK's calls nest too deep for one layout.
        let streamed = Box::pin(self.stream(&mut cursor, &mut upload, request)).await;
        let ended = match streamed {
            Ok(streamed) => {
                let Streamed { written, table } = streamed;
                // Only a whole object is made known: a reader never meets a partition without its file.
                let filed = async {
                    upload.finish().await?;
                    self.catalog.publish(&table, &request.partition).await
                };
                Box::pin(filed).await.map(|()| written).map_err(Failure::Other)
            }
            Err(failure) => {
                upload.abort().await;
                Err(failure)
            }
        };
        // A call under way is waited for, but not beyond the function's time: the transaction then ends by itself.
        let _ = timeout(LAST_CALL, cursor.close()).await;
        ended
    }

    /// Claims the table, and sends every page of the cursor into the upload, through Parquet. The service is at work on the
    /// next page while one is decoded and encoded, and a part goes up while a page is waited for. Nothing is kept but the row
    /// group under way.
    async fn stream(
        &self,
        cursor: &mut Cursor,
        upload: &mut Upload,
        request: &WriteRequest,
    ) -> Result<Streamed, Failure> {
        let schema = cursor.schema();
        request.check_columns(schema.fields().iter().map(|field| field.name().as_str()))?;
        let wanted = columns::table(request, cursor)?;
        let table = self.in_time(0, Box::pin(table::claim(self.catalog, &wanted))).await??;
        let widening = columns::widening(&schema, &wanted, &table)?;
        let metadata = request.metadata.clone();
        let mut report =
            ReportWriter::new(upload, widening.schema(), metadata).map_err(unwritable)?;
        while let Some(batch) = self
            .in_time(report.row_count(), cursor.next_batch())
            .await?
            .map_err(Failure::Extraction)?
        {
            let batch = widening.apply(batch).map_err(unwritable)?;
            for first in (0..batch.num_rows()).step_by(ROWS_AT_ONCE) {
                let rows = ROWS_AT_ONCE.min(batch.num_rows() - first);
                report.write(&batch.slice(first, rows)).map_err(unwritable)?;
                yield_now().await;
            }
            let rows = report.row_count();
            let upload = report.sink().map_err(unwritable)?;
            self.in_time(rows, upload.send_full()).await??;
        }
        let (upload, summary) = report.finish().map_err(unwritable)?;
        if cursor.is_truncated() {
            let max_rows = request.max_rows.unwrap_or_default();
            return Err(Failure::Other(Error::new(
                ErrorKind::TooManyRows,
                format!(
                    "the result has more than {max_rows} rows, the question's `max_rows`; narrow the question or \
                     raise the limit"
                ),
            )));
        }
        request.check_rows(summary.row_count)?;
        self.in_time(summary.row_count, upload.send_full()).await??;
        let written = Written {
            row_count: summary.row_count,
            size_bytes: summary.size_bytes,
            rounded_values: cursor.rounded_values(),
        };
        Ok(Streamed { written, table })
    }

    /// The work's result, unless the function's time is over before.
    async fn in_time<T>(&self, rows: u64, work: impl Future<Output = T>) -> Result<T, Error> {
        timeout_at(self.deadline.into(), work).await.map_err(|_| {
            Error::new(
                ErrorKind::TimedOut,
                format!(
                    "the time of `write-report` was over after {rows} rows; narrow the question, or let the database \
                     aggregate"
                ),
            )
        })
    }
}
