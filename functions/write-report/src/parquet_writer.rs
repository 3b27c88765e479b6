//! The report's way: Data API pages → Arrow → Parquet → one S3 object.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use aws::{Bucket, Upload, data_api_failure};
use data_api::{Cursor, DataApi, Limits};
use reporting::report::{WriteRequest, Written};
use reporting::{Error, ErrorKind};

/// Reads with the Data API, writes to the bucket.
pub(crate) struct ParquetWriter {
    data_api: DataApi,
    bucket: Bucket,
}

/// Why one try ended: the extraction, which may begin anew with smaller pages, or anything else.
enum Failure {
    Extraction(data_api::Error),
    Other(Error),
}

impl ParquetWriter {
    pub(crate) fn new(data_api: DataApi, bucket: Bucket) -> ParquetWriter {
        ParquetWriter { data_api, bucket }
    }

    async fn try_to_write(
        &self,
        request: &WriteRequest,
        limits: &Limits,
    ) -> Result<Written, Failure> {
        let mut cursor =
            self.data_api.open(&request.sql, limits).await.map_err(Failure::Extraction)?;
        let mut upload = Upload::new(self.bucket.clone(), &request.key);
        let streamed = stream(&mut cursor, &mut upload, request).await;
        cursor.close().await;
        match streamed {
            Ok(written) => {
                upload.finish().await.map_err(Failure::Other)?;
                Ok(written)
            }
            Err(failure) => {
                upload.abort().await;
                Err(failure)
            }
        }
    }
}

impl reporting::report::ReportWriter for ParquetWriter {
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
                    limits = limits.after_overflow(error).map_err(data_api_failure)?
                }
                Err(Failure::Other(error)) => return Err(error),
            }
        }
    }
}

/// Every page of the cursor into the upload, through Parquet. Nothing is kept but the row group under way.
async fn stream(
    cursor: &mut Cursor,
    upload: &mut Upload,
    request: &WriteRequest,
) -> Result<Written, Failure> {
    let schema = cursor.schema();
    let columns = schema.fields().iter().map(|field| field.name().as_str());
    request.check_columns(columns).map_err(Failure::Other)?;
    let file = Drain::default();
    let mut parquet =
        parquet_report::ReportWriter::new(file.clone(), &schema, request.metadata.clone())
            .map_err(unwritable)?;
    while let Some(batch) = cursor.next_batch().await.map_err(Failure::Extraction)? {
        parquet.write(&batch).map_err(unwritable)?;
        upload.write(&file.take()).await.map_err(Failure::Other)?;
    }
    if cursor.is_truncated() {
        return Err(Failure::Other(Error::new(
            ErrorKind::TooManyRows,
            format!(
                "the result has more than {} rows, the question's `max_rows`; narrow the question or raise the limit",
                request.max_rows.unwrap_or_default()
            ),
        )));
    }
    let rounded_values = cursor.rounded_values();
    let (_, summary) = parquet.finish().map_err(unwritable)?;
    request.check_rows(summary.row_count).map_err(Failure::Other)?;
    upload.write(&file.take()).await.map_err(Failure::Other)?;
    Ok(Written { row_count: summary.row_count, size_bytes: summary.size_bytes, rounded_values })
}

fn unwritable(error: parquet_report::Error) -> Failure {
    let kind = match &error {
        parquet_report::Error::UnsupportedType { .. } => ErrorKind::UnsupportedType,
        _ => ErrorKind::Internal,
    };
    let message = match kind {
        ErrorKind::UnsupportedType => error.to_string(),
        _ => "failed to write the report as Parquet".to_owned(),
    };
    Failure::Other(Error::new(kind, message).with_source(error))
}

/// What the Parquet writer has written and the upload has not yet taken.
#[derive(Clone, Default)]
struct Drain(Arc<Mutex<Vec<u8>>>);

impl Drain {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Drain {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
