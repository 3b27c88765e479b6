//! What Converse is asked: the request, its checks, and the prompt that a model reads.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ServiceError, estimated_tokens};

/// What a model reads.
pub(super) struct Prompt {
    pub(super) system: String,
    /// First the user's, then in turns, last the user's.
    pub(super) messages: Vec<Message>,
    /// What it may call.
    pub(super) tools: Vec<ToolSpec>,
    pub(super) inference: InferenceConfig,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Role {
    User,
    Assistant,
}

impl Role {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// How to sample. The built-in model has nothing to sample and takes no notice.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct InferenceConfig {
    pub(super) max_tokens: Option<u32>,
    pub(super) temperature: Option<f64>,
    pub(super) top_p: Option<f64>,
    pub(super) stop_sequences: Vec<String>,
}

/// Fields that the stand-in does not support are refused, not ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ConverseRequest {
    pub(super) messages: Vec<Message>,
    #[serde(default)]
    system: Vec<ContentBlock>,
    #[serde(default)]
    inference_config: InferenceConfig,
    pub(super) guardrail_config: Option<GuardrailConfig>,
    tool_config: Option<ToolConfig>,
}

/// A choice of tool cannot be forced here: the model chooses.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ToolConfig {
    tools: Vec<Tool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Tool {
    ToolSpec(ToolSpec),
}

/// What a model is told of a tool.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolSpec {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) input_schema: InputSchema,
}

#[derive(Deserialize)]
pub(super) struct InputSchema {
    /// A JSON Schema.
    pub(super) json: Value,
}

#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) role: Role,
    pub(super) content: Vec<ContentBlock>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ContentBlock {
    Text(String),
    GuardContent(GuardContent),
    ToolUse(ToolUse),
    ToolResult(ToolResult),
}

/// A model's call of a tool.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolUse {
    pub(super) tool_use_id: String,
    pub(super) name: String,
    pub(super) input: Value,
}

/// What came of it. Whether it is an error stands in the content.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolResult {
    pub(super) tool_use_id: String,
    content: Vec<ToolResultContent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum ToolResultContent {
    Text(String),
    Json(Value),
}

#[derive(Deserialize)]
pub(super) struct GuardContent {
    text: GuardText,
}

#[derive(Deserialize)]
pub(super) struct GuardText {
    text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GuardrailConfig {
    pub(super) guardrail_identifier: String,
    pub(super) guardrail_version: String,
    pub(super) trace: Option<String>,
}

impl ContentBlock {
    /// What it says; a tool's input and result say nothing, not to a guardrail either.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::GuardContent(content) => Some(&content.text.text),
            Self::ToolUse(_) | Self::ToolResult(_) => None,
        }
    }
}

impl ToolResult {
    /// All of it, JSON as text.
    pub(super) fn text(&self) -> String {
        let parts = self.content.iter().map(|part| match part {
            ToolResultContent::Text(text) => text.clone(),
            ToolResultContent::Json(value) => value.to_string(),
        });
        parts.collect::<Vec<_>>().join("\n")
    }
}

impl Message {
    /// What it says, guard content as plain text.
    pub(super) fn text(&self) -> String {
        joined(&self.content)
    }

    /// The tools that it calls.
    pub(super) fn tool_uses(&self) -> impl Iterator<Item = &ToolUse> {
        self.content.iter().filter_map(|block| match block {
            ContentBlock::ToolUse(call) => Some(call),
            _ => None,
        })
    }

    /// What came of the tools that the message before it calls.
    pub(super) fn tool_results(&self) -> impl Iterator<Item = &ToolResult> {
        self.content.iter().filter_map(|block| match block {
            ContentBlock::ToolResult(result) => Some(result),
            _ => None,
        })
    }
}

impl Prompt {
    /// An estimate of what a model would count.
    pub(super) fn estimated_tokens(&self) -> u64 {
        let of_message = |message: &Message| {
            let inputs = message.tool_uses().map(|call| call.input.to_string());
            let results = message.tool_results().map(ToolResult::text);
            let parts = inputs.chain(results).chain([message.text()]);
            parts.map(|part| estimated_tokens(&part)).sum::<u64>()
        };
        estimated_tokens(&self.system) + self.messages.iter().map(of_message).sum::<u64>()
    }
}

fn joined(blocks: &[ContentBlock]) -> String {
    blocks.iter().filter_map(ContentBlock::text).collect::<Vec<_>>().join("\n")
}

impl ConverseRequest {
    /// Refuses what the service refuses of any model.
    pub(super) fn check(&self) -> Result<(), ServiceError> {
        for (index, message) in self.messages.iter().enumerate() {
            let expected = [Role::User, Role::Assistant][index % 2];
            if message.role != expected {
                return Err(ServiceError::validation(format!(
                    "`messages.{index}` must be the {}'s: a conversation starts with the user and \
                 alternates",
                    expected.name()
                )));
            }
            if message.content.is_empty() {
                return Err(ServiceError::validation(format!(
                    "`messages.{index}.content` is empty"
                )));
            }
            let is_blank =
                |block: &ContentBlock| block.text().is_some_and(|text| text.trim().is_empty());
            if let Some(at) = message.content.iter().position(is_blank) {
                return Err(ServiceError::validation(format!(
                    "`messages.{index}.content.{at}.text` is blank"
                )));
            }
        }
        if self.messages.len().is_multiple_of(2) {
            return Err(ServiceError::validation("`messages` must end with a message of the user"));
        }
        self.check_tools()?;
        let inference = &self.inference_config;
        for (name, value) in [("temperature", inference.temperature), ("topP", inference.top_p)] {
            if value.is_some_and(|value| !(0.0..=1.0).contains(&value)) {
                return Err(ServiceError::validation(format!("`{name}` must be between 0 and 1")));
            }
        }
        if inference.max_tokens == Some(0) {
            return Err(ServiceError::validation("`maxTokens` must be at least 1"));
        }
        Ok(())
    }

    /// Each tool use has its one result, in the message after it, and a configuration.
    fn check_tools(&self) -> Result<(), ServiceError> {
        let mut called = BTreeSet::new();
        for (index, message) in self.messages.iter().enumerate() {
            let answered: Vec<_> =
                message.tool_results().map(|result| result.tool_use_id.as_str()).collect();
            if answered.len() != called.len()
                || answered.into_iter().collect::<BTreeSet<_>>() != called
            {
                return Err(ServiceError::validation(format!(
                    "`messages.{index}` must have one tool result for each tool use of the message \
                     before it"
                )));
            }
            called = message.tool_uses().map(|call| call.tool_use_id.as_str()).collect();
            if message.role == Role::User && !called.is_empty() {
                return Err(ServiceError::validation(format!(
                    "`messages.{index}` is the user's and cannot hold a tool use"
                )));
            }
            if self.tool_config.is_none() && !called.is_empty() {
                return Err(ServiceError::validation(
                    "`toolConfig` must be there when `messages` hold tool uses and results",
                ));
            }
        }
        let tools = self.tool_config.iter().flat_map(|config| &config.tools);
        let in_name = |b: u8| b.is_ascii_alphanumeric() || b"_-".contains(&b);
        for Tool::ToolSpec(ToolSpec { name, .. }) in tools {
            if !(1..=64).contains(&name.len()) || !name.bytes().all(in_name) {
                return Err(ServiceError::validation(format!(
                    "`{name}` is no tool's name: 1 to 64 letters, digits, `_` or `-`"
                )));
            }
        }
        if self.tool_config.as_ref().is_some_and(|config| config.tools.is_empty()) {
            return Err(ServiceError::validation("`toolConfig.tools` is empty"));
        }
        Ok(())
    }

    /// The prompt.
    pub(super) fn into_prompt(self) -> Prompt {
        let tools = self.tool_config.into_iter().flat_map(|config| config.tools);
        Prompt {
            system: joined(&self.system),
            messages: self.messages,
            tools: tools.map(|Tool::ToolSpec(tool)| tool).collect(),
            inference: self.inference_config,
        }
    }
}
