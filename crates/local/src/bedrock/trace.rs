//! The parts of an agent's trace, in the shapes of the service's `Trace` union.
//!
//! Tokens are estimates: no model runs the agent here.

use serde_json::{Value, json};

use super::action_group::{ApiCall, HTTP_METHOD};
use super::estimated_tokens;
use super::guardrail::Assessment;

/// What the guardrail made of the input.
pub(super) fn guardrail(trace_id: &str, assessment: Option<Assessment>) -> Value {
    let action = if assessment.is_some() { "INTERVENED" } else { "NONE" };
    let assessments: Vec<_> = assessment.into_iter().map(Assessment::to_json).collect();
    json!({ "guardrailTrace": {
        "traceId": trace_id,
        "action": action,
        "inputAssessments": assessments,
    }})
}

/// The prompt of the step that sorts the input.
pub(super) fn pre_processing_input(trace_id: &str, prompt: &str) -> Value {
    json!({ "preProcessingTrace": {
        "modelInvocationInput": model_input(trace_id, "PRE_PROCESSING", prompt),
    }})
}

/// What that step decided.
pub(super) fn pre_processing_output(
    trace_id: &str,
    prompt: &str,
    is_valid: bool,
    rationale: &str,
) -> Value {
    let mut output = model_output(trace_id, prompt, rationale);
    output["parsedResponse"] = json!({ "isValid": is_valid, "rationale": rationale });
    json!({ "preProcessingTrace": { "modelInvocationOutput": output } })
}

/// The prompt of a step: all that the agent has seen so far.
pub(super) fn orchestration_input(trace_id: &str, prompt: &str) -> Value {
    json!({ "orchestrationTrace": {
        "modelInvocationInput": model_input(trace_id, "ORCHESTRATION", prompt),
    }})
}

/// What the agent's model said in a step.
pub(super) fn orchestration_output(trace_id: &str, prompt: &str, content: &str) -> Value {
    json!({ "orchestrationTrace": {
        "modelInvocationOutput": model_output(trace_id, prompt, content),
    }})
}

/// Why the agent takes its next step.
pub(super) fn rationale(trace_id: &str, text: &str) -> Value {
    json!({ "orchestrationTrace": { "rationale": { "traceId": trace_id, "text": text } } })
}

/// The call of an action group.
pub(super) fn invocation_input(trace_id: &str, call: &ApiCall) -> Value {
    json!({ "orchestrationTrace": { "invocationInput": {
        "traceId": trace_id,
        "invocationType": "ACTION_GROUP",
        "actionGroupInvocationInput": {
            "actionGroupName": call.action_group,
            "apiPath": call.api_path,
            "verb": HTTP_METHOD.to_lowercase(),
            "executionType": "LAMBDA",
            "requestBody": { "content": { "application/json": call.properties() } },
        },
    }}})
}

/// What the action group answered.
pub(super) fn action_group_observation(trace_id: &str, text: &str) -> Value {
    observation(trace_id, "ACTION_GROUP", "actionGroupInvocationOutput", text)
}

/// The agent's last words.
pub(super) fn final_response(trace_id: &str, text: &str) -> Value {
    observation(trace_id, "FINISH", "finalResponse", text)
}

/// Why there is no answer.
pub(super) fn failure(trace_id: &str, reason: &str) -> Value {
    json!({ "failureTrace": { "traceId": trace_id, "failureReason": reason } })
}

fn model_input(trace_id: &str, kind: &str, prompt: &str) -> Value {
    json!({ "traceId": trace_id, "type": kind, "text": prompt })
}

fn model_output(trace_id: &str, prompt: &str, content: &str) -> Value {
    json!({
        "traceId": trace_id,
        "rawResponse": { "content": content },
        "metadata": { "usage": {
            "inputTokens": estimated_tokens(prompt),
            "outputTokens": estimated_tokens(content),
        }},
    })
}

fn observation(trace_id: &str, kind: &str, output: &str, text: &str) -> Value {
    json!({ "orchestrationTrace": { "observation": {
        "traceId": trace_id,
        "type": kind,
        output: { "text": text },
    }}})
}
