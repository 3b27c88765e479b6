//! The execution's state in, the run's summary out.

use reporting::close::{self, Closed};
use reporting::run::RunInput;
use reporting::{Error, ObjectStore};

use crate::audit::AuditFile;

pub(crate) async fn handle(store: &impl ObjectStore, input: RunInput) -> Result<Closed, Error> {
    close::run(store, &AuditFile, &input).await
}
