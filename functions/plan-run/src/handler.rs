//! The execution's input in, the plan's key out.

use reporting::plan::{self, Planned};
use reporting::run::RunInput;
use reporting::schema::SchemaReader;
use reporting::{Error, ObjectStore};

pub(crate) async fn handle(
    store: &impl ObjectStore,
    catalog: &impl SchemaReader,
    input: RunInput,
) -> Result<Planned, Error> {
    plan::run(store, catalog, &input).await
}
