//! A settled question in, its answer out.

use reporting::ask::Settled;
use reporting::close::Answer;
use reporting::plan::PlannedQuestion;
use reporting::report::{self, ReportWriter};
use reporting::{Error, ObjectStore};
use serde::Deserialize;

/// The child execution's state: the plan's line, and what asking settled on.
#[derive(Debug, Deserialize)]
pub(crate) struct Event {
    #[serde(flatten)]
    planned: PlannedQuestion,
    settled: Settled,
}

pub(crate) async fn handle(
    store: &impl ObjectStore,
    writer: &impl ReportWriter,
    event: Event,
) -> Result<Answer, Error> {
    report::run(store, writer, &event.planned, &event.settled.sql).await
}
