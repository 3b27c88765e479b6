//! The guardrail: a judgement of the question by itself, and a part of every Converse call.

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::types::{
    ContentBlock, GuardrailAction, GuardrailConfiguration, GuardrailContentBlock,
    GuardrailContentSource, GuardrailConverseContentBlock, GuardrailConverseTextBlock,
    GuardrailTextBlock, GuardrailTrace,
};
use reporting::Error;

use super::unbuilt;
use crate::failure::sort;

/// A guardrail in one version.
#[derive(Debug, Clone)]
pub(super) struct Guardrail {
    pub(super) id: String,
    pub(super) version: String,
}

impl Guardrail {
    /// ApplyGuardrail on the question, as input. A refusal gives the words to say instead; a guardrail that would
    /// only mask a part of the question refuses it, too.
    pub(super) async fn judge(
        &self,
        client: &Client,
        question: &str,
    ) -> Result<Option<String>, Error> {
        let text = GuardrailTextBlock::builder().text(question).build().map_err(unbuilt)?;
        let judged = client
            .apply_guardrail()
            .guardrail_identifier(&self.id)
            .guardrail_version(&self.version)
            .source(GuardrailContentSource::Input)
            .content(GuardrailContentBlock::Text(text))
            .send()
            .await
            .map_err(|error| sort(format!("the guardrail `{}` failed", self.id), error))?;
        // Only a plain NONE lets the question through: an action that we do not know is no permission.
        if judged.action == GuardrailAction::None {
            return Ok(None);
        }
        let words = judged.outputs.into_iter().filter_map(|output| output.text);
        Ok(Some(words.collect::<Vec<_>>().join("\n")))
    }

    /// For a Converse call.
    pub(super) fn configuration(&self) -> GuardrailConfiguration {
        GuardrailConfiguration::builder()
            .guardrail_identifier(&self.id)
            .guardrail_version(&self.version)
            .trace(GuardrailTrace::Disabled)
            .build()
    }

    /// The question, marked as what the guardrail is to judge.
    pub(super) fn content(&self, question: &str) -> Result<ContentBlock, Error> {
        let text = GuardrailConverseTextBlock::builder().text(question).build().map_err(unbuilt)?;
        Ok(ContentBlock::GuardContent(GuardrailConverseContentBlock::Text(text)))
    }
}
