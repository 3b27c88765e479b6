//! A settled question in, its answer out.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aws::{Bucket, GlueCatalog};
use data_api::DataApi;
use lambda_runtime::Context;
use reporting::Error;
use reporting::ask::Settled;
use reporting::close::Answer;
use reporting::plan::PlannedQuestion;
use reporting::report;
use serde::Deserialize;

use crate::parquet_writer::ParquetWriter;

/// The child execution's state: the plan's line, and what asking settled on.
#[derive(Debug, Deserialize)]
pub(crate) struct Event {
    #[serde(flatten)]
    planned: PlannedQuestion,
    settled: Settled,
}

/// What is left for ending the transaction, aborting the upload and answering.
const LAST_WORDS: Duration = Duration::from_secs(10);

pub(crate) async fn handle(
    bucket: &Bucket,
    catalog: &GlueCatalog,
    data_api: &DataApi,
    event: Event,
    context: &Context,
) -> Result<Answer, Error> {
    let writer = ParquetWriter { data_api, bucket, catalog, deadline: deadline(context) };
    Box::pin(report::run(bucket, &writer, &event.planned, &event.settled.sql)).await
}

/// When the function must have answered, by Lambda's word in milliseconds since 1970.
fn deadline(context: &Context) -> Instant {
    let ends = UNIX_EPOCH + Duration::from_millis(context.deadline);
    let left = ends.duration_since(SystemTime::now()).unwrap_or_default();
    Instant::now() + left.saturating_sub(LAST_WORDS)
}
