//! A system that answers questions, on this machine or in an AWS account: what the commands reach it by. They do not
//! know which it is.

use anyhow::Result;
use aws::{Bucket, Clients, Functions, ReportDatabase, Stack, StateMachine};
use data_api::Database;
use local::Progress;
use tokio::sync::broadcast;

use crate::files::Files;

/// Everything that its stack's outputs name, and the clients that reach it.
pub(crate) struct Installation {
    pub(crate) bucket: Bucket,
    pub(crate) files: Files,
    pub(crate) machine: StateMachine,
    pub(crate) functions: Functions,
    pub(crate) start_run: String,
    clients: Clients,
    stack: Stack,
    steps: Option<broadcast::Receiver<Progress>>,
}

impl Installation {
    /// The one that a stack's outputs tell of. infra/test/wiring.test.ts holds their names to those of the stack.
    pub(crate) async fn of_stack(clients: Clients, name: &str) -> Result<Installation> {
        let stack = Stack::describe(&clients, name).await?;
        let bucket = Bucket::new(clients.s3(), stack.output("Bucket")?);
        Ok(Installation {
            files: Files::Bucket(bucket.clone()),
            bucket,
            machine: StateMachine::new(clients.step_functions(), stack.output("StateMachineArn")?),
            functions: Functions::new(clients.lambda()),
            start_run: stack.output("StartRunFunction")?.to_owned(),
            clients,
            stack,
            steps: None,
        })
    }

    /// The same, in this very process: its files lie in a folder, and each step is told as it comes.
    pub(crate) fn here(self, files: Files, steps: broadcast::Receiver<Progress>) -> Installation {
        Installation { files, steps: Some(steps), ..self }
    }

    /// The steps of its executions from now on, where somebody tells them.
    pub(crate) fn steps(&self) -> Option<broadcast::Receiver<Progress>> {
        self.steps.as_ref().map(broadcast::Receiver::resubscribe)
    }

    /// The database, as the role that reads.
    pub(crate) fn reader(&self) -> Result<ReportDatabase> {
        let Database { cluster_arn, secret_arn, name } = self.database("ReaderSecretArn")?;
        Ok(ReportDatabase::new(self.clients.rds_data(), cluster_arn, secret_arn, name))
    }

    /// The database, as the role of the secret that an output names.
    pub(crate) fn database(&self, secret: &str) -> Result<Database> {
        Ok(Database {
            cluster_arn: self.stack.output("ClusterArn")?.to_owned(),
            secret_arn: self.stack.output(secret)?.to_owned(),
            name: self.stack.output("DatabaseName")?.to_owned(),
        })
    }

    /// What it was read from.
    pub(crate) fn stack(&self) -> &Stack {
        &self.stack
    }

    pub(crate) fn clients(&self) -> &Clients {
        &self.clients
    }
}
