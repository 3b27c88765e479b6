//! The execution's state in, the run's summary out.

use reporting::close::{self, CloseInput, Closed};
use reporting::table::TableCatalog;
use reporting::{Error, ObjectStore};

use crate::audit::AuditFile;

pub(crate) async fn handle(
    store: &impl ObjectStore,
    tables: &impl TableCatalog,
    input: CloseInput,
) -> Result<Closed, Error> {
    close::run(store, &AuditFile, tables, &input).await
}
