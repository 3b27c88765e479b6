//! A model behind OpenAI's chat completions: `POST {base}/chat/completions`, over plain HTTP.

use std::time::Duration;

use ::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use ::http::uri::Scheme;
use ::http::{StatusCode, Uri};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde_json::{Value, json};

use super::conversation::{Message, Prompt, Role, ToolUse};
use super::converse::Completion;
use super::{ConfigError, ServiceError, estimated_tokens};

const MAX_ANSWER_BYTES: usize = 4 << 20;

/// A client of one model at one server.
pub(super) struct OpenAi {
    endpoint: Uri,
    authorization: Option<HeaderValue>,
    model: String,
    timeout: Duration,
    client: Client<HttpConnector, Full<Bytes>>,
}

#[derive(Deserialize)]
struct ChatCompletion {
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    message: ChoiceMessage,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct ChoiceMessage {
    content: Option<String>,
    /// In place of a content: why the model gives none.
    refusal: Option<String>,
    tool_calls: Option<Vec<ToolCall>>,
}

#[derive(Deserialize)]
struct ToolCall {
    id: String,
    function: FunctionCall,
}

#[derive(Deserialize)]
struct FunctionCall {
    name: String,
    /// JSON in a string.
    arguments: String,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
}

impl OpenAi {
    /// Takes the base as [`super::Model::OpenAi`] says; connects to nothing yet.
    pub(super) fn new(
        url: &str,
        model: String,
        api_key: Option<&str>,
        timeout: Duration,
    ) -> Result<Self, ConfigError> {
        let authorization = match api_key {
            None => None,
            Some(key) => {
                let mut value = HeaderValue::try_from(format!("Bearer {key}"))
                    .map_err(|_| ConfigError::ApiKey)?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        Ok(Self {
            endpoint: endpoint(url)?,
            authorization,
            model,
            timeout,
            client: Client::builder(TokioExecutor::new()).build_http(),
        })
    }

    /// One completion. Nothing is tried again here: that is the caller's, as with Bedrock.
    pub(super) async fn complete(&self, prompt: &Prompt) -> Result<Completion, ServiceError> {
        let (status, body) =
            tokio::time::timeout(self.timeout, self.post(prompt)).await.map_err(|_| {
                ServiceError {
                    status: 408,
                    code: "ModelTimeoutException",
                    message: format!(
                        "model `{}` took longer than {} s",
                        self.model,
                        self.timeout.as_secs_f32()
                    ),
                }
            })??;
        if status != StatusCode::OK {
            return Err(self.refused(status));
        }
        let chat: ChatCompletion = serde_json::from_slice(&body)
            .map_err(|error| self.failed(format!("answered no chat completion: {error}")))?;
        let choice = chat.choices.into_iter().next();
        let choice = choice.ok_or_else(|| self.failed("answered without a choice"))?;
        let refusal = choice.message.refusal.filter(|refusal| !refusal.is_empty());
        let is_refused = refusal.is_some();
        let text = refusal.or(choice.message.content).unwrap_or_default();
        let calls = choice.message.tool_calls.unwrap_or_default();
        let calls = calls.into_iter().map(|call| self.tool_use(call));
        let calls = calls.collect::<Result<Vec<_>, _>>()?;
        if text.is_empty() && calls.is_empty() {
            return Err(self.failed("answered without a text"));
        }
        let usage = chat.usage.unwrap_or_else(|| Usage {
            prompt_tokens: prompt.estimated_tokens(),
            completion_tokens: estimated_tokens(&text),
        });
        Ok(Completion {
            text,
            stop_reason: match choice.finish_reason.as_deref() {
                _ if is_refused => "content_filtered",
                Some("length") => "max_tokens",
                Some("content_filter") => "content_filtered",
                // Some servers say `stop` here, too.
                _ if !calls.is_empty() => "tool_use",
                _ => "end_turn",
            },
            calls,
            input_tokens: usage.prompt_tokens,
            output_tokens: usage.completion_tokens,
        })
    }

    fn tool_use(&self, call: ToolCall) -> Result<ToolUse, ServiceError> {
        let FunctionCall { name, arguments } = call.function;
        let input = serde_json::from_str(&arguments).map_err(|error| {
            self.failed(format!("called `{name}` with arguments that are no JSON: {error}"))
        })?;
        Ok(ToolUse { tool_use_id: call.id, name, input })
    }

    async fn post(&self, prompt: &Prompt) -> Result<(StatusCode, Bytes), ServiceError> {
        let mut request = ::http::Request::post(self.endpoint.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::from(self.body(prompt).to_string()))
            .map_err(|error| self.failed(format!("cannot be asked: {error}")))?;
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(AUTHORIZATION, authorization.clone());
        }
        let response = self.client.request(request).await.map_err(|error| ServiceError {
            status: 503,
            code: "ServiceUnavailableException",
            message: format!(
                "no answer from the model server at `{}`: {}",
                self.endpoint,
                root_cause(&error)
            ),
        })?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES)
            .collect()
            .await
            .map_err(|error| self.failed(format!("broke off its answer: {error}")))?;
        Ok((status, body.to_bytes()))
    }

    fn body(&self, prompt: &Prompt) -> Value {
        let system = (!prompt.system.is_empty())
            .then(|| json!({ "role": "system", "content": prompt.system }));
        let dialogue = prompt.messages.iter().flat_map(messages);
        let messages: Vec<_> = system.into_iter().chain(dialogue).collect();
        let mut body = json!({ "model": self.model, "messages": messages, "stream": false });
        if !prompt.tools.is_empty() {
            let tools = prompt.tools.iter().map(|tool| {
                json!({ "type": "function", "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": tool.input_schema.json,
                }})
            });
            body["tools"] = tools.collect();
        }
        let inference = &prompt.inference;
        if let Some(max_tokens) = inference.max_tokens {
            body["max_tokens"] = json!(max_tokens);
        }
        if let Some(temperature) = inference.temperature {
            body["temperature"] = json!(temperature);
        }
        if let Some(top_p) = inference.top_p {
            body["top_p"] = json!(top_p);
        }
        if !inference.stop_sequences.is_empty() {
            body["stop"] = json!(inference.stop_sequences);
        }
        body
    }

    /// The server's status as the error that Bedrock would give. Its text stays out of the message:
    /// it may repeat the prompt.
    fn refused(&self, status: StatusCode) -> ServiceError {
        let (code, status_here) = match status.as_u16() {
            429 => ("ThrottlingException", 429),
            401 | 403 => ("AccessDeniedException", 403),
            502..=504 => ("ServiceUnavailableException", 503),
            _ => ("ModelErrorException", 424),
        };
        ServiceError {
            status: status_here,
            code,
            message: format!("the server of model `{}` answered {status}", self.model),
        }
    }

    fn failed(&self, what: impl std::fmt::Display) -> ServiceError {
        ServiceError {
            status: 424,
            code: "ModelErrorException",
            message: format!("the server of model `{}` {what}", self.model),
        }
    }
}

/// A message as OpenAI has it: there, each tool's result is a message of its own.
fn messages(message: &Message) -> Vec<Value> {
    let text = message.text();
    if message.role == Role::Assistant {
        let calls: Vec<_> = message
            .tool_uses()
            .map(|call| {
                json!({ "id": call.tool_use_id, "type": "function", "function": {
                    "name": call.name,
                    "arguments": call.input.to_string(),
                }})
            })
            .collect();
        let mut said = json!({ "role": message.role.name(), "content": text });
        if !calls.is_empty() {
            said["tool_calls"] = calls.into();
        }
        return vec![said];
    }
    let results = message.tool_results().map(|result| {
        json!({ "role": "tool", "tool_call_id": result.tool_use_id, "content": result.text() })
    });
    let said = (!text.is_empty()).then(|| json!({ "role": message.role.name(), "content": text }));
    results.chain(said).collect()
}

fn endpoint(url: &str) -> Result<Uri, ConfigError> {
    let not_a_url = || ConfigError::Url(url.to_owned());
    let base: Uri = url.trim_end_matches('/').parse().map_err(|_| not_a_url())?;
    match base.scheme() {
        Some(scheme) if *scheme == Scheme::HTTP => {}
        Some(_) => return Err(ConfigError::Scheme(url.to_owned())),
        None => return Err(not_a_url()),
    }
    let authority = base.authority().ok_or_else(not_a_url)?;
    let path = if base.path() == "/" { "/v1" } else { base.path() };
    format!("http://{authority}{path}/chat/completions").parse().map_err(|_| not_a_url())
}

/// hyper's errors say "client error" and keep the reason in their source.
fn root_cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), root_cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_bare_host_and_a_base() {
        let check = |url: &str, expected: &str| {
            let found = endpoint(url).map_or_else(|error| error.to_string(), |uri| uri.to_string());
            assert_eq!(found, expected, "{url}");
        };
        let with_v1 = "http://localhost:11434/v1/chat/completions";
        check("http://localhost:11434", with_v1);
        check("http://localhost:11434/", with_v1);
        check("http://localhost:11434/v1", with_v1);
        check("http://localhost:11434/v1/", with_v1);
        check("http://host/api/openai", "http://host/api/openai/chat/completions");
        check(
            "https://host/v1",
            "model url `https://host/v1` is not plain http: only `http://` is supported here",
        );
        let not_a_url = "model url `host` is not a url such as `http://localhost:11434/v1`";
        check("host", not_a_url);
    }
}
