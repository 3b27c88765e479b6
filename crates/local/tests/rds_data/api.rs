//! The endpoint on a real PostgreSQL, and AWS's own SDK in front of it.

use std::{
    convert::Infallible,
    sync::{Arc, Weak},
};

use aws_sdk_rdsdata::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
    error::{ProvideErrorMetadata, SdkError},
    operation::execute_statement::{
        ExecuteStatementOutput, builders::ExecuteStatementFluentBuilder,
    },
    types::{Field, SqlParameter},
};
use http_body_util::BodyExt as _;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use local::{
    postgres::{Database, Postgres, Programs},
    rds_data::{Limits, RdsData},
};
use tokio::net::TcpListener;

pub(crate) const CLUSTER: &str = "arn:aws:rds:us-east-1:000000000000:cluster:quaestor";
pub(crate) const READ_ONLY: &str =
    "arn:aws:secretsmanager:us-east-1:000000000000:secret:quaestor-readonly";
pub(crate) const ADMIN: &str =
    "arn:aws:secretsmanager:us-east-1:000000000000:secret:quaestor-admin";

const SCRIPT: &str = "
    CREATE SCHEMA shop;
    CREATE TYPE shop.size AS ENUM ('small', 'large');
    CREATE TABLE shop.items (
      item_id serial PRIMARY KEY, name varchar(20) NOT NULL, price numeric(10,2), added timestamptz
    );
    INSERT INTO shop.items (name, price, added) VALUES
      ('one', 1.50, '2026-11-22 06:00:00+00'), ('two', NULL, '2026-11-22 07:00:00.25+01');";

/// One server for all tests that run at the same time; it goes with the last of them.
static SERVER: tokio::sync::Mutex<Weak<Postgres>> = tokio::sync::Mutex::const_new(Weak::new());

pub(crate) struct Api {
    pub(crate) client: Client,
    pub(crate) data: RdsData,
    pub(crate) database: Database,
    _server: Arc<Postgres>,
}

impl Api {
    /// The endpoint on a port of its own, in front of a database of its own.
    pub(crate) async fn new(database: &str, limits: Limits) -> Api {
        let mut server = SERVER.lock().await;
        let postgres = match server.upgrade() {
            Some(running) => running,
            None => Arc::new(Postgres::start(&Programs::find().unwrap()).await.unwrap()),
        };
        *server = Arc::downgrade(&postgres);
        drop(server);

        let database = postgres.create_database_with(database, &[SCRIPT]).await.unwrap();
        let secrets = [
            (READ_ONLY.to_owned(), database.read_only.clone()),
            (ADMIN.to_owned(), database.superuser.clone()),
        ];
        let data = RdsData::new(CLUSTER, secrets, limits);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(listener, data.clone()));
        let config = aws_sdk_rdsdata::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .endpoint_url(endpoint)
            .retry_config(RetryConfig::disabled())
            .build();
        Api { client: Client::from_conf(config), data, database, _server: postgres }
    }

    pub(crate) fn statement(&self, sql: &str) -> ExecuteStatementFluentBuilder {
        self.client
            .execute_statement()
            .resource_arn(CLUSTER)
            .secret_arn(READ_ONLY)
            .database(&self.database.name)
            .sql(sql)
    }

    pub(crate) async fn begin(&self, secret: &str) -> String {
        let begun = self
            .client
            .begin_transaction()
            .resource_arn(CLUSTER)
            .secret_arn(secret)
            .database(&self.database.name)
            .send()
            .await
            .unwrap();
        begun.transaction_id.unwrap()
    }

    pub(crate) async fn commit(&self, id: &str) -> Result<String, (String, String)> {
        let call = self.client.commit_transaction().resource_arn(CLUSTER).secret_arn(ADMIN);
        let committed = call.transaction_id(id).send().await.map_err(|error| failure(&error))?;
        Ok(committed.transaction_status.unwrap())
    }

    pub(crate) async fn rollback(&self, id: &str) -> Result<String, (String, String)> {
        let call = self.client.rollback_transaction().resource_arn(CLUSTER).secret_arn(ADMIN);
        let rolled = call.transaction_id(id).send().await.map_err(|error| failure(&error))?;
        Ok(rolled.transaction_status.unwrap())
    }

    /// The first field of the first record.
    pub(crate) async fn value(&self, sql: &str) -> Field {
        field(self.statement(sql).send().await.unwrap())
    }
}

async fn serve(listener: TcpListener, data: RdsData) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let data = data.clone();
        let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let data = data.clone();
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await.unwrap().to_bytes();
                Ok::<_, Infallible>(data.handle(http::Request::from_parts(head, body)).await)
            }
        });
        tokio::spawn(async move {
            let builder = hyper::server::conn::http1::Builder::new();
            _ = builder.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

pub(crate) fn field(output: ExecuteStatementOutput) -> Field {
    output.records.unwrap().remove(0).remove(0)
}

pub(crate) fn string(text: &str) -> Field {
    Field::StringValue(text.into())
}

/// The code and the message of a refusal.
pub(crate) fn failure<E: ProvideErrorMetadata>(error: &SdkError<E>) -> (String, String) {
    let meta = error.as_service_error().expect("the service refused").meta();
    (meta.code().unwrap().to_owned(), meta.message().unwrap_or_default().to_owned())
}

pub(crate) async fn refused(call: ExecuteStatementFluentBuilder) -> (String, String) {
    failure(&call.send().await.expect_err("refused"))
}

pub(crate) fn named(name: &str, value: Field) -> SqlParameter {
    SqlParameter::builder().name(name).value(value).build()
}

pub(crate) fn refusal(code: &str, message: &str) -> (String, String) {
    (code.to_owned(), message.to_owned())
}
