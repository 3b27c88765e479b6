//! A planned question in, the SQL that it settled on out.

use lambda_runtime::Context;
use reporting::ask::{self, Agent, Settled};
use reporting::plan::PlannedQuestion;
use reporting::{Error, ObjectStore};

/// The session is this invocation's: a later try is a new one, which must not see what an earlier one left.
pub(crate) async fn handle(
    store: &impl ObjectStore,
    agent: &impl Agent,
    planned: PlannedQuestion,
    context: &Context,
) -> Result<Settled, Error> {
    ask::run(store, agent, &planned, &context.request_id).await
}
