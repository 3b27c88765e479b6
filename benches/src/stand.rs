//! The stand-ins that everybody is measured on, and `write-report` in front of them.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use local::front::{Front, Listener, Services};
use local::glue::Glue;
use local::lambda::{Function, Lambda};
use local::postgres::{Postgres, Programs};
use local::rds_data::{Limits, RdsData};
use local::s3::S3;
use local::{Credentials, REGION};
use tempfile::TempDir;
use tokio::net::TcpListener;

pub(crate) const CLUSTER: &str = "arn:aws:rds:us-east-1:000000000000:cluster:bench";
pub(crate) const SECRET: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:bench";
pub(crate) const DATABASE: &str = "bench";
const GLUE_DATABASE: &str = "bench";

pub(crate) struct Stand {
    /// Of the RDS Data API.
    pub(crate) data_api: SocketAddr,
    pub(crate) lambda: Lambda,
    delay_ms: Arc<AtomicU64>,
    folder: TempDir,
    _front: Front,
    _postgres: Postgres,
}

impl Stand {
    /// A database with what that script makes.
    pub(crate) async fn open(script: &str) -> Result<Stand> {
        let folder = tempfile::tempdir()?;
        let postgres = Postgres::start(&Programs::find()?).await?;
        let database = postgres.create_database_with(DATABASE, &[script]).await?;
        let secrets = [(SECRET.to_owned(), database.read_only)];
        let data = RdsData::new(CLUSTER, secrets, Limits::default());
        let delay_ms = Arc::new(AtomicU64::new(0));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let data_api = listener.local_addr()?;
        tokio::spawn(serve(listener, data, Arc::clone(&delay_ms)));

        let credentials = Credentials::random();
        let s3 = S3::open(&folder.path().join("s3"), &credentials)?;
        s3.create_bucket("quaestor")?;
        let glue = Glue::open(&folder.path().join("glue"))?;
        glue.create_database(GLUE_DATABASE)?;
        let mut services = Services::default();
        services.s3 = Some(s3);
        services.glue = Some(glue);
        let front = Listener::bind(0).await?.serve(services, &credentials)?;
        let environment = [
            ("AWS_ENDPOINT_URL", format!("http://{}", front.address())),
            ("AWS_ENDPOINT_URL_RDS_DATA", format!("http://{data_api}")),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", credentials.access_key_id.clone()),
            ("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key.clone()),
            ("QUAESTOR_BUCKET", "quaestor".to_owned()),
            ("QUAESTOR_CLUSTER_ARN", CLUSTER.to_owned()),
            ("QUAESTOR_SECRET_ARN", SECRET.to_owned()),
            ("QUAESTOR_DATABASE", DATABASE.to_owned()),
            ("QUAESTOR_GLUE_DATABASE", GLUE_DATABASE.to_owned()),
            // As it is deployed: infra/lib/functions.ts.
            ("MALLOC_ARENA_MAX", "1".to_owned()),
            ("MALLOC_MMAP_THRESHOLD_", "262144".to_owned()),
            ("MALLOC_TRIM_THRESHOLD_", "1048576".to_owned()),
        ];
        let function = Function {
            name: "write-report".to_owned(),
            binary: write_report()?,
            environment: environment.map(|(name, value)| (name.to_owned(), value)).into(),
            timeout: Duration::from_secs(900),
            memory_mb: 1024,
        };
        let lambda = Lambda::new(vec![function], &folder.path().join("logs"), 1)?;
        let stand =
            Stand { data_api, lambda, delay_ms, folder, _front: front, _postgres: postgres };
        let schema = stand.object("schema/x.json");
        std::fs::create_dir_all(schema.parent().context("a folder")?)?;
        std::fs::write(schema, include_str!("schema.json"))?;
        Ok(stand)
    }

    /// Every call of the Data API takes so much longer from now on.
    pub(crate) fn delay(&self, delay: Duration) {
        let delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.delay_ms.store(delay_ms, Ordering::SeqCst);
    }

    /// The report that was written last.
    pub(crate) fn report(&self) -> PathBuf {
        self.object("reports/orders/as_of=2026-11-22/report.parquet")
    }

    fn object(&self, key: &str) -> PathBuf {
        self.folder.path().join("s3/quaestor").join(key)
    }

    pub(crate) async fn close(self) {
        self.lambda.stop().await;
    }
}

/// `WRITE_REPORT`, or the program beside this one.
pub(crate) fn write_report() -> Result<PathBuf> {
    match std::env::var_os("WRITE_REPORT") {
        Some(path) => Ok(Path::new(&path).canonicalize()?),
        None => Ok(std::env::current_exe()?.with_file_name("write-report")),
    }
}

async fn serve(listener: TcpListener, data: RdsData, delay_ms: Arc<AtomicU64>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (data, delay_ms) = (data.clone(), Arc::clone(&delay_ms));
        let service = service_fn(move |request: http::Request<Incoming>| {
            let (data, delay_ms) = (data.clone(), Arc::clone(&delay_ms));
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
                let answer = data.handle(http::Request::from_parts(head, body)).await;
                // A sleep of nothing takes until the timer's next millisecond.
                match delay_ms.load(Ordering::SeqCst) {
                    0 => {}
                    delay_ms => tokio::time::sleep(Duration::from_millis(delay_ms)).await,
                }
                Ok::<_, Infallible>(answer)
            }
        });
        let _ = stream.set_nodelay(true);
        let server = hyper::server::conn::http1::Builder::new();
        tokio::spawn(server.serve_connection(TokioIo::new(stream), service));
    }
}
