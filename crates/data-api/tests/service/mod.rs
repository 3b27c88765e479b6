//! The stand-in of the service on a real PostgreSQL.

use std::convert::Infallible;

use aws_sdk_rdsdata::Client;
use aws_sdk_rdsdata::config::{BehaviorVersion, Credentials, Region};
use data_api::{DataApi, Database};
use http_body_util::BodyExt as _;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use local::postgres::{Postgres, Programs};
use local::rds_data::{self, RdsData};
use tokio::net::TcpListener;

/// The database that [`api`] reads.
pub(crate) const DATABASE: &str = "types";
const CLUSTER: &str = "arn:aws:rds:us-east-1:000000000000:cluster:quaestor";
const SECRET: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:quaestor-readonly";

pub(crate) async fn api() -> (DataApi, Postgres) {
    let (client, database, postgres) = service().await;
    (DataApi::new(client, database), postgres)
}

/// As the SDK alone has it.
pub(crate) async fn service() -> (Client, Database, Postgres) {
    let postgres = Postgres::start(&Programs::find().unwrap()).await.unwrap();
    let database = postgres.create_database_with(DATABASE, &[]).await.unwrap();
    let secrets = [(SECRET.to_owned(), database.read_only.clone())];
    let data = RdsData::new(CLUSTER, secrets, rds_data::Limits::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = aws_sdk_rdsdata::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
        .endpoint_url(format!("http://{}", listener.local_addr().unwrap()))
        .build();
    tokio::spawn(serve(listener, data));
    let database = Database {
        cluster_arn: CLUSTER.to_owned(),
        secret_arn: SECRET.to_owned(),
        name: database.name.clone(),
    };
    (Client::from_conf(config), database, postgres)
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
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection);
    }
}
