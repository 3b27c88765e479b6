//! The execution's state in, the run's summary out.

use reporting::close::{self, CloseInput, Closed};
use reporting::{Error, ObjectStore};

use crate::audit::AuditFile;

pub(crate) async fn handle(store: &impl ObjectStore, input: CloseInput) -> Result<Closed, Error> {
    close::run(store, &AuditFile, &input).await
}
