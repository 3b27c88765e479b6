//! All stand-ins together: one system, over one data folder.
//!
//! ```text
//! <data-dir>/lock                  the process that works here
//! <data-dir>/credentials.json      the keys of the endpoint, for their owner alone
//! <data-dir>/s3/<bucket>/<key>     every object, as a plain file
//! <data-dir>/executions/<name>.json
//! <data-dir>/glue/catalog.json
//! <data-dir>/logs/<function>.log
//! <data-dir>/calls.jsonl           who called what
//! <data-dir>/notifications.jsonl
//! ```

mod database;
mod definition;
mod error;
mod functions;
mod lock;
mod stack;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::broadcast;

use crate::{
    bedrock::{self, Bedrock, Model},
    calls::Calls,
    cloud_formation::CloudFormation,
    credentials::{ACCOUNT, Credentials, REGION},
    event_bridge::{EventBridge, Rule},
    event_bus::{Event, EventBus},
    front::{Front, Listener, Services},
    glue::Glue,
    lambda::{Answer, Lambda, function_arn},
    rds_data::{Limits, RdsData},
    s3::{ObjectCreated, S3},
    secrets_manager::SecretsManager,
    sns::{Notification, Sns},
    step_functions::{self, Execution, Progress, StepFunctions, state_machine_arn},
};
use functions::Surroundings;
use lock::Lock;

pub use database::Database;
pub use definition::PlaceholderError;
pub use error::{FunctionError, StartError};
pub use lock::LockError;
pub use stack::STACK;

/// The bucket that every system has.
pub const BUCKET: &str = "quaestor";

/// The database of the Glue catalog that every system has.
pub const GLUE_DATABASE: &str = "quaestor";

/// The state machine's name.
pub const STATE_MACHINE: &str = "report-run";

/// The cluster behind the Data API.
pub const CLUSTER_ARN: &str = "arn:aws:rds:us-east-1:000000000000:cluster:quaestor";

/// The secret of the role that reads.
pub const READ_ONLY_SECRET_ARN: &str =
    "arn:aws:secretsmanager:us-east-1:000000000000:secret:quaestor-readonly";

/// The secret of the role that owns the sample database; somebody's own database has none.
pub const ADMIN_SECRET_ARN: &str =
    "arn:aws:secretsmanager:us-east-1:000000000000:secret:quaestor-admin";

/// The bus on which runs say how they ended.
const EVENT_BUS: &str = "quaestor";

const AGENT_ID: &str = "QUAESTOR01";
const AGENT_ALIAS_ID: &str = "LOCALALIAS";
const MODEL_ID: &str = "quaestor.local-v1";
const GUARDRAIL_ID: &str = "quaestorguard";

/// Invocations at once, those that wait for a process among them: a region's default. A Map's child needs two: its own
/// function and an action group's.
const LAMBDA_CONCURRENCY: usize = 1000;

/// What a system is made of.
#[derive(Clone)]
pub struct SystemConfig {
    /// Where everything is kept; made when it is missing.
    pub data_dir: PathBuf,
    /// Where the eight functions' programs lie, each named like its function.
    pub functions_dir: PathBuf,
    /// The state machine's text, with its placeholders.
    pub state_machine: String,
    /// What the questions are about.
    pub database: Database,
    /// How `ask-agent` asks.
    pub agent: AgentBackend,
    /// What writes the SQL.
    pub model: Model,
    /// The port of the endpoint; with 0, the system picks one.
    pub port: u16,
}

/// The ways in which `ask-agent` asks an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentBackend {
    /// InvokeAgent.
    BedrockAgent,
    /// Its own loop over Converse.
    Converse,
}

/// A running system. [`System::stop`] ends it in order; dropping it kills its processes, and so
/// does the end of this process however it comes.
pub struct System {
    data_dir: PathBuf,
    endpoint_url: String,
    credentials: Credentials,
    database_warning: Option<String>,
    lambda: Lambda,
    step_functions: StepFunctions,
    s3: S3,
    rds_data: RdsData,
    secrets_manager: SecretsManager,
    cloud_formation: CloudFormation,
    glue: Glue,
    sns: Sns,
    event_bus: EventBus,
    front: Option<Front>,
    // Last, so that the database outlives who asks it, and the lock outlives all.
    _postgres: Option<crate::postgres::Postgres>,
    _lock: Lock,
}

impl System {
    /// Starts everything; when it returns, the endpoint answers.
    ///
    /// # Errors
    /// See [`StartError`]. What was started is stopped again.
    pub async fn start(config: SystemConfig) -> Result<Self, StartError> {
        let data_dir = config.data_dir;
        std::fs::create_dir_all(&data_dir).map_err(StartError::data_dir(&data_dir))?;
        let lock = Lock::take(&data_dir)?;
        let credentials = Credentials::kept_in(&data_dir.join("credentials.json"))
            .map_err(StartError::data_dir(&data_dir))?;
        let listener = Listener::bind(config.port)
            .await
            .map_err(|source| StartError::Port { port: config.port, source })?;
        let address = listener.address().map_err(StartError::data_dir(&data_dir))?;
        let endpoint_url = format!("http://{address}");

        let s3 = S3::open(&data_dir.join("s3"), &credentials)
            .map_err(StartError::data_dir(&data_dir))?;
        s3.create_bucket(BUCKET)?;
        for function in functions::WITHOUT_LISTING {
            s3.deny_listing(&credentials.of_function(function).access_key_id);
        }
        let glue = Glue::open(&data_dir.join("glue")).map_err(StartError::data_dir(&data_dir))?;
        glue.create_database(GLUE_DATABASE).map_err(StartError::data_dir(&data_dir))?;
        let calls =
            Calls::open(&data_dir.join("calls.jsonl")).map_err(StartError::data_dir(&data_dir))?;
        let sns = Sns::open(&data_dir.join("notifications.jsonl"))
            .map_err(StartError::data_dir(&data_dir))?;
        let event_bus = EventBus::open(EVENT_BUS, &data_dir.join("events.jsonl"))
            .map_err(StartError::data_dir(&data_dir))?;
        let connected = database::connect(config.database).await?;

        let state_machine_arn = state_machine_arn(STATE_MACHINE);
        let functions = functions::functions(
            &config.functions_dir,
            &Surroundings {
                endpoint_url: &endpoint_url,
                credentials: &credentials,
                bucket: BUCKET,
                glue_database: GLUE_DATABASE,
                cluster_arn: CLUSTER_ARN,
                secret_arn: READ_ONLY_SECRET_ARN,
                database: &connected.name,
                state_machine_arn: &state_machine_arn,
                agent: config.agent,
                agent_id: AGENT_ID,
                agent_alias_id: AGENT_ALIAS_ID,
                model_id: MODEL_ID,
                guardrail_id: GUARDRAIL_ID,
            },
        );
        let lambda = Lambda::new(functions, &data_dir.join("logs"), LAMBDA_CONCURRENCY)?;
        let definition = definition::fill(
            &config.state_machine,
            &[
                ("PlanRunFunctionArn", function_arn("plan-run")),
                ("AskAgentFunctionArn", function_arn("ask-agent")),
                ("WriteReportFunctionArn", function_arn("write-report")),
                ("CloseRunFunctionArn", function_arn("close-run")),
                ("Bucket", BUCKET.to_owned()),
                ("TopicArn", format!("arn:aws:sns:{REGION}:{ACCOUNT}:quaestor-runs")),
                ("EventBusName", EVENT_BUS.to_owned()),
            ],
        )?;
        let step_functions = StepFunctions::new(
            STATE_MACHINE,
            &definition,
            step_functions::Services {
                lambda: lambda.clone(),
                sns: sns.clone(),
                event_bus: event_bus.clone(),
                s3: s3.clone(),
            },
            &data_dir.join("executions"),
        )?;
        let bedrock = Bedrock::new(
            bedrock::Config {
                agent_id: AGENT_ID.to_owned(),
                agent_alias_id: AGENT_ALIAS_ID.to_owned(),
                model_id: MODEL_ID.to_owned(),
                guardrail_id: Some(GUARDRAIL_ID.to_owned()),
                model: config.model,
            },
            Arc::new(lambda.clone()),
        )
        .map_err(|error| StartError::Model(error.into()))?;
        let cloud_formation = CloudFormation::default();
        cloud_formation.add(STACK, stack::outputs(&connected));
        let secrets_manager = SecretsManager::new(connected.secrets.iter().cloned());
        let rds_data = RdsData::new(CLUSTER_ARN, connected.secrets, Limits::default());
        let services = Services {
            calls: Some(calls),
            s3: Some(s3.clone()),
            lambda: Some(lambda.clone()),
            step_functions: Some(step_functions.clone()),
            rds_data: Some(rds_data.clone()),
            secrets_manager: Some(secrets_manager.clone()),
            cloud_formation: Some(cloud_formation.clone()),
            glue: Some(glue.clone()),
            bedrock: Some(Arc::new(bedrock)),
            sns: Some(sns.clone()),
            event_bus: Some(event_bus.clone()),
        };
        let front =
            listener.serve(services, &credentials).map_err(StartError::data_dir(&data_dir))?;
        Ok(Self {
            data_dir,
            endpoint_url,
            credentials,
            database_warning: connected.warning,
            lambda,
            step_functions,
            s3,
            rds_data,
            secrets_manager,
            cloud_formation,
            glue,
            sns,
            event_bus,
            front: Some(front),
            _postgres: connected.postgres,
            _lock: lock,
        })
    }

    /// Invokes a function and waits for its answer.
    ///
    /// # Errors
    /// The function's own error, or why it was not invoked.
    pub async fn invoke(&self, function: &str, payload: &Value) -> Result<Value, FunctionError> {
        let answer =
            self.lambda.invoke(function, payload.to_string().into()).await.map_err(|source| {
                FunctionError::NotInvoked { function: function.to_owned(), source }
            })?;
        FunctionError::check(function, &answer)
    }

    /// Keeps a secret of a role, which need not exist yet, on the server of the administrator's. Nothing happens when
    /// the database is somebody's own: there is no administrator.
    pub fn add_secret(&self, arn: &str, username: &str, password: &str) {
        if let Some(mut config) = self.secrets_manager.config(ADMIN_SECRET_ARN) {
            config.user(username).password(password);
            self.secrets_manager.add(arn, config.clone());
            self.rds_data.add_secret(arn, config);
        }
    }

    /// The stacks that DescribeStacks tells of; [`STACK`] is this system's own.
    pub fn cloud_formation(&self) -> &CloudFormation {
        &self.cloud_formation
    }

    /// The tables that Athena would read.
    pub fn glue(&self) -> &Glue {
        &self.glue
    }

    /// Failures of the Data API to come.
    pub fn data_api_faults(&self) -> &crate::rds_data::Faults {
        self.rds_data.faults()
    }

    /// An execution of the state machine, as far as it is by now.
    pub fn execution(&self, name: &str) -> Option<Execution> {
        self.step_functions.execution(name)
    }

    /// Waits until an execution has closed. Nothing if there is none of this name.
    pub async fn closed(&self, name: &str) -> Option<Execution> {
        self.step_functions.closed(name).await
    }

    /// The steps of every execution from now on. A receiver that falls 4,096 behind loses the
    /// oldest.
    pub fn progress(&self) -> broadcast::Receiver<Progress> {
        self.step_functions.progress()
    }

    /// The objects that are created from now on. A receiver that falls 1,024 behind loses the
    /// oldest.
    pub fn object_created(&self) -> broadcast::Receiver<ObjectCreated> {
        self.s3.object_created()
    }

    /// The notifications that are published from now on. A receiver that falls 1,024 behind loses
    /// the oldest.
    pub fn notifications(&self) -> broadcast::Receiver<Notification> {
        self.sns.published()
    }

    /// The events that are put on the bus from now on. A receiver that falls 1,024 behind loses the
    /// oldest.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.event_bus.published()
    }

    /// From now on, for as long as it is kept, the function `start-run` is told of every object
    /// under `questions/`, and of what the scheduler sends.
    pub fn start_runs_by_events(&self) -> EventBridge {
        let rule = Rule { bucket: BUCKET.to_owned(), prefix: "questions/".to_owned() };
        let lambda = self.lambda.clone();
        EventBridge::start(&self.s3, rule, "start-run", move |event| {
            let lambda = lambda.clone();
            async move { lambda.invoke("start-run", event).await }
        })
    }

    /// Where every service answers: the value for `AWS_ENDPOINT_URL`.
    pub fn endpoint_url(&self) -> &str {
        &self.endpoint_url
    }

    /// What a request to the endpoint is signed with.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Where everything is kept.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Where the bucket's objects lie as files.
    pub fn bucket_dir(&self) -> PathBuf {
        self.data_dir.join("s3").join(BUCKET)
    }

    /// What to tell who gave the database: its role can write.
    pub fn database_warning(&self) -> Option<&str> {
        self.database_warning.as_deref()
    }

    /// Stops the executions, then the functions, the endpoint and the database, and waits for each.
    pub async fn stop(mut self) {
        self.step_functions.stop().await;
        self.lambda.stop().await;
        if let Some(front) = self.front.take() {
            front.stop().await;
        }
    }
}

impl Drop for System {
    fn drop(&mut self) {
        self.lambda.kill();
    }
}

impl bedrock::Lambda for Lambda {
    fn invoke(
        &self,
        function: &str,
        payload: Bytes,
    ) -> BoxFuture<'_, Result<Bytes, bedrock::InvokeError>> {
        let function = function.to_owned();
        Box::pin(async move {
            let told = |error: &dyn std::error::Error| bedrock::InvokeError(error.to_string());
            match Self::invoke(self, &function, payload).await {
                Ok(Answer { payload, failed: false }) => Ok(payload),
                Ok(answer) => match FunctionError::check(&function, &answer) {
                    Ok(_) => Ok(answer.payload),
                    Err(error) => Err(told(&error)),
                },
                Err(error) => Err(told(&error)),
            }
        })
    }
}
