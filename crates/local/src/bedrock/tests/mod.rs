//! Bedrock over real HTTP, read by the real SDKs.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agent;
mod converse;
mod guardrail;
mod heard;
mod tools;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_lambda_events::event::bedrock_agent_runtime::AgentEvent;
use aws_sdk_bedrockagentruntime as agents;
use aws_sdk_bedrockruntime as runtime;
use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{Bedrock, Config, InvokeError, Lambda, Model};
use crate::http::{Server, read_whole};

const AGENT: &str = "QUAESTOR01";
const ALIAS: &str = "LOCALALIAS";
const MODEL: &str = "local.model-v1:0";
const GUARDRAIL: &str = "readonly";

/// Serves what `config` describes; dropping the server ends it.
async fn serve(config: Config, lambda: Arc<dyn Lambda>) -> (Server, String) {
    let bedrock = Arc::new(Bedrock::new(config, lambda).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server::start(listener, move |request| {
        let bedrock = Arc::clone(&bedrock);
        async move { bedrock.handle(read_whole(request, 32 << 20).await.unwrap()).await }
    })
    .unwrap();
    let url = format!("http://{}", server.address());
    (server, url)
}

fn config() -> Config {
    Config {
        agent_id: AGENT.into(),
        agent_alias_id: ALIAS.into(),
        model_id: MODEL.into(),
        guardrail_id: Some(GUARDRAIL.into()),
        model: Model::BuiltIn,
    }
}

fn agent_client(url: &str) -> agents::Client {
    let config = agents::Config::builder()
        .behavior_version(agents::config::BehaviorVersion::latest())
        .region(agents::config::Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(agents::config::retry::RetryConfig::disabled())
        .endpoint_url(url);
    agents::Client::from_conf(config.build())
}

fn runtime_client(url: &str) -> runtime::Client {
    let config = runtime::Config::builder()
        .behavior_version(runtime::config::BehaviorVersion::latest())
        .region(runtime::config::Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(runtime::config::retry::RetryConfig::disabled())
        .endpoint_url(url);
    runtime::Client::from_conf(config.build())
}

/// Lambdas that give the next answer of a script, and the events that they were given.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Result<Bytes, InvokeError>>>,
    events: Mutex<Vec<AgentEvent>>,
}

impl Script {
    fn new(answers: impl IntoIterator<Item = Result<Bytes, InvokeError>>) -> Arc<Self> {
        let answers = Mutex::new(answers.into_iter().collect());
        Arc::new(Self { answers, ..Self::default() })
    }

    /// Each call so far: its action group and its request body's properties by name.
    fn calls(&self) -> Vec<(String, Value)> {
        let events = self.events.lock().unwrap();
        let call = |event: &AgentEvent| {
            let body = event.request_body.as_ref().unwrap();
            let properties = &body.content["application/json"].properties;
            let properties = properties.iter().map(|p| (p.name.clone(), json!(p.value)));
            (event.action_group.clone(), Value::Object(properties.collect()))
        };
        events.iter().map(call).collect()
    }
}

impl Lambda for Script {
    fn invoke(&self, function: &str, payload: Bytes) -> BoxFuture<'_, Result<Bytes, InvokeError>> {
        let event: AgentEvent = serde_json::from_slice(&payload).unwrap();
        assert_eq!(event.action_group, function);
        self.events.lock().unwrap().push(event);
        let answer = self.answers.lock().unwrap().pop_front();
        async { answer.unwrap_or_else(|| Err(InvokeError("the script is over".into()))) }.boxed()
    }
}

/// No Lambda may be called.
fn no_lambda() -> Arc<Script> {
    Script::new([])
}

/// What `/generate` answers.
#[expect(clippy::unnecessary_wraps, reason = "an entry of a script")]
fn generate(status: u16, body: Value) -> Result<Bytes, InvokeError> {
    Ok(answer("generate-query", "/generate", status, &body))
}

/// What `/execute` answers.
#[expect(clippy::unnecessary_wraps, reason = "an entry of a script")]
fn execute(status: u16, body: Value) -> Result<Bytes, InvokeError> {
    Ok(answer("execute-query", "/execute", status, &body))
}

fn answer(action_group: &str, api_path: &str, status: u16, body: &Value) -> Bytes {
    let answer = json!({
        "messageVersion": "1.0",
        "response": {
            "actionGroup": action_group,
            "apiPath": api_path,
            "httpMethod": "POST",
            "httpStatusCode": status,
            "responseBody": { "application/json": { "body": body.to_string() } },
        },
    });
    answer.to_string().into()
}

/// A request's path, its `authorization` and its body.
type Asked = (String, Option<String>, Value);

/// A model server that gives one answer to everything and keeps what it was asked.
struct ModelServer {
    _server: Server,
    url: String,
    requests: Arc<Mutex<Vec<Asked>>>,
}

impl ModelServer {
    /// Answers `status` and `body`; with no status, never.
    async fn start(status: Option<u16>, body: &str) -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let body = Bytes::from(body.to_owned());
        let kept = Arc::clone(&requests);
        let server = Server::start(listener, move |request| {
            let (kept, body) = (Arc::clone(&kept), body.clone());
            async move {
                let request = read_whole(request, 1 << 20).await.unwrap();
                let key = request.headers().get("authorization");
                let key = key.map(|key| key.to_str().unwrap().to_owned());
                let asked = serde_json::from_slice(request.body()).unwrap();
                kept.lock().unwrap().push((request.uri().path().to_owned(), key, asked));
                match status {
                    Some(status) => crate::http::bytes(status, "application/json", body),
                    None => match std::future::pending::<Infallible>().await {},
                }
            }
        })
        .unwrap();
        Self { url: format!("http://{}", server.address()), _server: server, requests }
    }
}
