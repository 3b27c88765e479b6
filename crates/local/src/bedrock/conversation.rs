//! What Converse is asked: the request, its checks, and the prompt that a model reads.

use serde::Deserialize;

use super::ServiceError;

/// What a model reads.
pub(super) struct Prompt {
    pub(super) system: String,
    /// First the user's, then in turns, last the user's.
    pub(super) messages: Vec<(Role, String)>,
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

/// Fields that the stand-in does not support (tools, say) are refused, not ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ConverseRequest {
    pub(super) messages: Vec<Message>,
    #[serde(default)]
    system: Vec<ContentBlock>,
    #[serde(default)]
    inference_config: InferenceConfig,
    pub(super) guardrail_config: Option<GuardrailConfig>,
}

#[derive(Deserialize)]
pub(super) struct Message {
    role: Role,
    pub(super) content: Vec<ContentBlock>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ContentBlock {
    Text(String),
    GuardContent(GuardContent),
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
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::GuardContent(content) => &content.text.text,
        }
    }
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
            if let Some(at) =
                message.content.iter().position(|block| block.text().trim().is_empty())
            {
                return Err(ServiceError::validation(format!(
                    "`messages.{index}.content.{at}.text` is blank"
                )));
            }
        }
        if self.messages.len().is_multiple_of(2) {
            return Err(ServiceError::validation("`messages` must end with a message of the user"));
        }
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

    /// The prompt, guard content as plain text.
    pub(super) fn into_prompt(self) -> Prompt {
        let joined = |blocks: &[ContentBlock]| {
            blocks.iter().map(ContentBlock::text).collect::<Vec<_>>().join("\n")
        };
        Prompt {
            system: joined(&self.system),
            messages: self
                .messages
                .iter()
                .map(|message| (message.role, joined(&message.content)))
                .collect(),
            inference: self.inference_config,
        }
    }
}
