//! The RDS Data API over a real PostgreSQL, with the service's limits, errors and quirks.
//!
//! What it copies is the API of Aurora PostgreSQL on Serverless v2 and provisioned clusters, as
//! AWS documents it (User Guide, "Using the Amazon RDS Data API": differences, troubleshooting)
//! and as its users quote it. Where neither says, the code says "unconfirmed".

mod array;
mod columns;
mod connections;
mod error;
mod field;
mod limits;
mod parameters;
mod request;
mod statement;
mod transactions;
mod values;

pub use limits::{Faults, Limits};

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio_postgres::Config;

use crate::http::{Request, Response};
use connections::{Connection, Connections};
use error::DataError;
use request::{
    BatchExecuteStatement, BeginTransaction, EndTransaction, ExecuteStatement, SqlParameter, Target,
};
use transactions::Transactions;

/// The service in front of one cluster. Cheap to clone; clones share pool and transactions.
#[derive(Clone, Debug)]
pub struct RdsData {
    service: Arc<Service>,
}

impl RdsData {
    /// The endpoint of the cluster `cluster_arn`. Each of `secrets` pairs a secret's ARN with the
    /// role that it stands for; the configuration's own database name is not used, since the
    /// service takes the request's (and, without one, the role's name: so does this).
    pub fn new(
        cluster_arn: impl Into<String>,
        secrets: impl IntoIterator<Item = (String, Config)>,
        limits: Limits,
    ) -> RdsData {
        RdsData {
            service: Arc::new(Service {
                cluster_arn: cluster_arn.into(),
                secrets: Mutex::new(secrets.into_iter().collect()),
                connections: Connections::new(limits.connections),
                transactions: Arc::new(Transactions::new(limits)),
                faults: Faults::default(),
                limits,
            }),
        }
    }

    /// From now on the secret stands for this role.
    pub fn add_secret(&self, arn: impl Into<String>, role: Config) {
        let mut secrets = self.service.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.insert(arn.into(), role);
    }

    /// Failures to come, for tests of those who call.
    pub fn faults(&self) -> &Faults {
        &self.service.faults
    }

    /// Answers one call. It goes on when the caller hangs up, as a call to the service does.
    pub async fn handle(&self, request: Request) -> Response {
        let service = Arc::clone(&self.service);
        let (head, body) = request.into_parts();
        let path = head.uri.path().to_owned();
        let call = tokio::spawn(async move { service.answer(&path, &body).await });
        match call.await.unwrap_or(Err(DataError::Internal)) {
            Ok(body) => crate::http::bytes(200, "application/json", body.into()),
            Err(error) => {
                tracing::debug!(path = head.uri.path(), error_type = error.code(), "call refused");
                error.response()
            }
        }
    }
}

#[derive(Debug)]
struct Service {
    cluster_arn: String,
    secrets: Mutex<HashMap<String, Config>>,
    connections: Connections,
    transactions: Arc<Transactions>,
    faults: Faults,
    limits: Limits,
}

impl Service {
    /// The response as JSON.
    async fn answer(&self, path: &str, body: &Bytes) -> Result<Vec<u8>, DataError> {
        if body.len() > self.limits.request_bytes {
            return Err(DataError::BadRequest(format!(
                "Request is larger than {} bytes",
                self.limits.request_bytes
            )));
        }
        self.faults.strike()?;
        match path {
            "/Execute" => {
                let mut input: ExecuteStatement = parse(body)?;
                let parameters = std::mem::take(&mut input.parameters);
                let mut answers = self.execute(&input, &[parameters]).await?;
                answers.pop().ok_or(DataError::Internal)
            }
            "/BatchExecute" => self.batch(&parse(body)?).await,
            "/BeginTransaction" => self.begin(parse(body)?).await,
            "/CommitTransaction" => self.end(parse(body)?, "COMMIT").await,
            "/RollbackTransaction" => self.end(parse(body)?, "ROLLBACK").await,
            _ => Err(DataError::UnknownOperation(path.to_owned())),
        }
    }

    /// The statement once for each set of parameters, in order. Without a transaction each is
    /// committed by itself, so that those before a failure stay (unconfirmed: AWS says only that
    /// "changes are committed automatically").
    async fn batch(&self, input: &BatchExecuteStatement) -> Result<Vec<u8>, DataError> {
        let answers = self.execute(&input.statement, &input.parameter_sets).await?;
        let results = answers.iter().map(|_| json!({ "generatedFields": [] }));
        Ok(json!({ "updateResults": results.collect::<Vec<_>>() }).to_string().into())
    }

    async fn execute(
        &self,
        input: &ExecuteStatement,
        parameter_sets: &[Vec<SqlParameter>],
    ) -> Result<Vec<Vec<u8>>, DataError> {
        let config = &self.check(&input.target)?;
        let sql = input.sql.as_deref().ok_or(DataError::missing("sql"))?;
        if sql.chars().count() > self.limits.statement_chars {
            return Err(DataError::BadRequest(format!(
                "Number of characters in SQLStatement is longer than {}",
                self.limits.statement_chars
            )));
        }
        let Some(id) = &input.transaction_id else {
            let connection = self.connections.take(&input.target, config, &self.limits).await?;
            let outcome = self.run(&connection, sql, input, parameter_sets).await;
            self.let_go(connection, outcome.as_ref().err(), input.continue_after_timeout).await;
            return outcome;
        };
        let transaction = self.transactions.find(id)?;
        let mut place = transaction.enter(&input.target)?;
        let connection = place.take().ok_or_else(|| DataError::TransactionNotFound(id.clone()))?;
        let outcome = self.run(&connection, sql, input, parameter_sets).await;
        match outcome.as_ref().err().filter(|error| error.ends_session()) {
            None => {
                *place = Some(connection);
                transaction.touch();
            }
            lost => {
                self.transactions.forget(id);
                self.let_go(connection, lost, input.continue_after_timeout).await;
            }
        }
        outcome
    }

    async fn begin(&self, input: BeginTransaction) -> Result<Vec<u8>, DataError> {
        let config = &self.check(&input.target)?;
        let connection = self.connections.take(&input.target, config, &self.limits).await?;
        connection.client.batch_execute("BEGIN").await?;
        let id = self.transactions.open(connection, input.target.database);
        Ok(json!({ "transactionId": id }).to_string().into())
    }

    async fn end(&self, input: EndTransaction, how: &str) -> Result<Vec<u8>, DataError> {
        self.check(&input.target)?;
        let id = input.transaction_id.ok_or(DataError::missing("transactionId"))?;
        let transaction = self.transactions.find(&id)?;
        let connection = transaction.enter(&input.target)?.take();
        let connection = connection.ok_or_else(|| DataError::TransactionNotFound(id.clone()))?;
        self.transactions.forget(&id);
        let call = connection.client.batch_execute(how);
        let outcome = match tokio::time::timeout(self.limits.call, call).await {
            Ok(outcome) => outcome.map_err(DataError::from),
            Err(_) => Err(DataError::StatementTimeout),
        };
        self.let_go(connection, outcome.as_ref().err(), false).await;
        outcome?;
        let status = if how == "COMMIT" { "Transaction Committed" } else { "Rollback Complete" };
        Ok(json!({ "transactionStatus": status }).to_string().into())
    }

    /// The role behind a call's secret, once cluster and secret are found to be known.
    fn check(&self, target: &Target) -> Result<Config, DataError> {
        let cluster = target.resource_arn.as_deref().ok_or(DataError::missing("resourceArn"))?;
        let secret = target.secret_arn.as_deref().ok_or(DataError::missing("secretArn"))?;
        if cluster != self.cluster_arn {
            return Err(DataError::HttpEndpointNotEnabled(cluster.to_owned()));
        }
        if target.schema.is_some() {
            return Err(DataError::Validation("The schema parameter isn't supported".into()));
        }
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.get(secret).cloned().ok_or_else(|| DataError::Secret(secret.to_owned()))
    }

    async fn run(
        &self,
        connection: &Connection,
        sql: &str,
        input: &ExecuteStatement,
        parameter_sets: &[Vec<SqlParameter>],
    ) -> Result<Vec<Vec<u8>>, DataError> {
        let calls = async {
            let mut answers = Vec::new();
            for parameters in parameter_sets {
                let answer = statement::run(connection, sql, input, parameters, &self.limits);
                answers.push(answer.await?);
            }
            Ok(answers)
        };
        tokio::time::timeout(self.limits.call, calls)
            .await
            .unwrap_or(Err(DataError::StatementTimeout))
    }

    /// Gives a connection back to the pool, or ends it when its session cannot be trusted.
    async fn let_go(&self, connection: Connection, error: Option<&DataError>, go_on: bool) {
        match error.filter(|error| error.ends_session()) {
            None => self.connections.put_back(connection).await,
            // Without a client, the connection ends when its statement does.
            Some(DataError::StatementTimeout) if go_on => drop(connection),
            Some(_) => connection.cancel(),
        }
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, DataError> {
    serde_json::from_slice(body).map_err(|error| DataError::Serialization(error.to_string()))
}
