//! A foundation model over Bedrock Converse.

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ConversationRole, ConverseOutput, InferenceConfiguration, Message, StopReason,
    SystemContentBlock,
};
use reporting::ask::Usage;
use reporting::generate::{Completion, Model};
use reporting::{Error, ErrorKind};

use crate::failure::sort;

/// More than any SELECT that the guard takes, less than a model's ramblings.
const MAX_TOKENS: i32 = 4096;

/// One model, by id or inference profile.
#[derive(Debug, Clone)]
pub struct ConverseModel {
    client: Client,
    model_id: String,
}

impl ConverseModel {
    /// The model of that id.
    pub fn new(client: Client, model_id: impl Into<String>) -> ConverseModel {
        ConverseModel { client, model_id: model_id.into() }
    }
}

impl Model for ConverseModel {
    async fn complete(&self, system: &str, user: &str) -> Result<Completion, Error> {
        let message = Message::builder()
            .role(ConversationRole::User)
            .content(ContentBlock::Text(user.to_owned()))
            .build();
        let message = message.map_err(|error| {
            Error::new(ErrorKind::Internal, "failed to write the prompt").with_source(error)
        })?;
        let reply = self
            .client
            .converse()
            .model_id(&self.model_id)
            .system(SystemContentBlock::Text(system.to_owned()))
            .messages(message)
            // Temperature 0: the same question should make the same SQL as far as the model can.
            .inference_config(
                InferenceConfiguration::builder().max_tokens(MAX_TOKENS).temperature(0.0).build(),
            )
            .send()
            .await
            .map_err(|error| sort(format!("the model `{}` failed", self.model_id), error))?;
        if reply.stop_reason == StopReason::GuardrailIntervened {
            return Err(Error::new(
                ErrorKind::GuardrailBlocked,
                "the guardrail refused the question; ask for data, not for a change",
            ));
        }
        if reply.stop_reason == StopReason::MaxTokens {
            // Half a statement may be a whole one that answers something else.
            return Err(Error::new(
                ErrorKind::NotSettled,
                format!(
                    "the model's answer was cut off at {MAX_TOKENS} tokens; word the question more narrowly"
                ),
            ));
        }
        if reply.stop_reason == StopReason::ContentFiltered {
            return Err(Error::new(
                ErrorKind::NotSettled,
                format!(
                    "the model `{}` refused to answer, or its filter broke off the answer; word the question differently",
                    self.model_id
                ),
            ));
        }
        let usage = reply.usage.as_ref().map_or_else(Usage::default, |usage| Usage {
            input_tokens: u64::try_from(usage.input_tokens).unwrap_or_default(),
            output_tokens: u64::try_from(usage.output_tokens).unwrap_or_default(),
        });
        let Some(ConverseOutput::Message(message)) = reply.output else {
            return Err(Error::new(
                ErrorKind::Unavailable,
                format!("the model `{}` answered without a message", self.model_id),
            ));
        };
        let words = message.content.iter().filter_map(|block| block.as_text().ok());
        Ok(Completion { text: words.cloned().collect::<Vec<_>>().join("\n"), usage })
    }
}
