//! What the agent did, step by step, in the shape of Bedrock Agents' trace parts: as `crate::trace` gives
//! those of InvokeAgent.

use aws_sdk_bedrockruntime::types::{
    ContentBlock, GuardrailConverseContentBlock, Message, ToolResultContentBlock,
};
use reporting::ask::{AgentReply, Usage};
use serde_json::{Value, json};

use super::tools::Action;
use super::turn::Turn;
use super::{action_group, document};

/// The steps so far.
pub(super) struct Steps {
    session_id: String,
    /// The `n` of the trace id `<session>-<n>`.
    number: usize,
    trace: Vec<Value>,
    usage: Usage,
}

impl Steps {
    pub(super) fn new(session_id: &str) -> Steps {
        Steps {
            session_id: session_id.to_owned(),
            number: 0,
            trace: Vec::new(),
            usage: Usage::default(),
        }
    }

    pub(super) fn into_reply(self, narrative: String, blocked: bool) -> AgentReply {
        AgentReply { narrative, trace: self.trace, blocked, usage: self.usage }
    }

    /// From here on, steps have the next number.
    pub(super) fn next(&mut self) {
        self.number += 1;
    }

    pub(super) fn guardrail(&mut self, intervened: bool) {
        let action = if intervened { "INTERVENED" } else { "NONE" };
        let place = if self.trace.is_empty() { "guardrail-pre" } else { "guardrail-post" };
        let trace_id = format!("{}-{place}-0", self.session_id);
        self.trace.push(json!({ "guardrailTrace": { "action": action, "traceId": trace_id } }));
    }

    /// What this turn adds to what the model has read before.
    pub(super) fn model_input(&mut self, model_id: &str, added: Option<&Message>) {
        let text = added.map(|message| content(&message.content)).unwrap_or_default();
        self.orchestration(
            "modelInvocationInput",
            json!({ "text": text, "foundationModel": model_id }),
        );
    }

    pub(super) fn model_output(&mut self, turn: &Turn) {
        self.usage.input_tokens += turn.usage.input_tokens;
        self.usage.output_tokens += turn.usage.output_tokens;
        let output = json!({
            "rawResponse": { "content": content(&turn.message.content) },
            "metadata": { "usage": {
                "inputTokens": turn.usage.input_tokens,
                "outputTokens": turn.usage.output_tokens,
            }},
        });
        self.orchestration("modelInvocationOutput", output);
    }

    pub(super) fn rationale(&mut self, words: &str) {
        self.orchestration("rationale", json!({ "text": words }));
    }

    pub(super) fn invocation(&mut self, action: &Action) {
        let properties = action_group::properties(action);
        let input = json!({
            "invocationType": "ACTION_GROUP",
            "actionGroupInvocationInput": {
                "actionGroupName": action.tool.action_group(),
                "apiPath": action.tool.api_path(),
                "verb": "post",
                "executionType": "LAMBDA",
                "requestBody": { "content": { "application/json": properties } },
            },
        });
        self.orchestration("invocationInput", input);
    }

    pub(super) fn observation(&mut self, body: &str) {
        let output =
            json!({ "type": "ACTION_GROUP", "actionGroupInvocationOutput": { "text": body } });
        self.orchestration("observation", output);
    }

    /// A call that could not be made, and what the model was told of it.
    pub(super) fn reprompt(&mut self, body: &str) {
        let output =
            json!({ "type": "REPROMPT", "repromptResponse": { "source": "PARSER", "text": body } });
        self.orchestration("observation", output);
    }

    pub(super) fn finish(&mut self, words: &str) {
        let last = json!({ "type": "FINISH", "finalResponse": { "text": words } });
        self.orchestration("observation", last);
    }

    /// Why the loop ended without a last word of the model's.
    pub(super) fn failure(&mut self, reason: &str) {
        let failure = json!({ "failureReason": reason, "traceId": self.trace_id() });
        self.trace.push(json!({ "failureTrace": failure }));
    }

    fn orchestration(&mut self, kind: &str, mut step: Value) {
        step["traceId"] = self.trace_id().into();
        self.trace.push(json!({ "orchestrationTrace": { kind: step } }));
    }

    fn trace_id(&self) -> String {
        format!("{}-{}", self.session_id, self.number)
    }
}

/// The blocks as the text of a JSON array: a trace part holds a prompt, or an answer, as one text.
fn content(blocks: &[ContentBlock]) -> String {
    blocks.iter().map(block).collect::<Value>().to_string()
}

fn block(block: &ContentBlock) -> Value {
    match block {
        ContentBlock::Text(text) => json!({ "text": text }),
        ContentBlock::GuardContent(GuardrailConverseContentBlock::Text(text)) => {
            json!({ "guardContent": { "text": { "text": text.text } } })
        }
        ContentBlock::ToolUse(call) => json!({ "toolUse": {
            "toolUseId": call.tool_use_id,
            "name": call.name,
            "input": document::to_json(&call.input),
        }}),
        ContentBlock::ToolResult(result) => json!({ "toolResult": {
            "toolUseId": result.tool_use_id,
            "content": result.content.iter().map(result_content).collect::<Value>(),
        }}),
        // A model's other blocks (its reasoning, say) go back to it as they came, and are not filed.
        _ => json!({}),
    }
}

fn result_content(content: &ToolResultContentBlock) -> Value {
    content.as_text().map_or_else(|_| json!({}), |text| json!({ "text": text }))
}
