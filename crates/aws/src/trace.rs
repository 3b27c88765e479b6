//! The agent's trace as JSON, in the shape of the service's own trace parts: the SDK's types have none.

use aws_sdk_bedrockagentruntime::types::{
    ActionGroupInvocationInput, InvocationInput, Metadata, ModelInvocationInput, Observation,
    OrchestrationTrace, PreProcessingTrace, RequestBody, Trace,
};
use reporting::ask::Usage;
use serde_json::{Map, Value, json};

/// One step. A kind of step that we do not know is named and otherwise left out.
pub(crate) fn to_json(trace: &Trace) -> Value {
    match trace {
        Trace::PreProcessingTrace(step) => json!({ "preProcessingTrace": pre_processing(step) }),
        Trace::OrchestrationTrace(step) => json!({ "orchestrationTrace": orchestration(step) }),
        Trace::GuardrailTrace(step) => json!({ "guardrailTrace": object([
            ("action", step.action.as_ref().map(|action| action.as_str().into())),
            ("traceId", text(&step.trace_id)),
        ])}),
        Trace::FailureTrace(step) => json!({ "failureTrace": object([
            ("failureReason", text(&step.failure_reason)),
            ("failureCode", step.failure_code.map(Value::from)),
            ("traceId", text(&step.trace_id)),
        ])}),
        Trace::PostProcessingTrace(_) => json!({ "postProcessingTrace": {} }),
        Trace::RoutingClassifierTrace(_) => json!({ "routingClassifierTrace": {} }),
        Trace::CustomOrchestrationTrace(_) => json!({ "customOrchestrationTrace": {} }),
        _ => json!({ "unknownTrace": {} }),
    }
}

/// Counts the tokens that a step reports. They do not hold the model calls of our own Lambdas.
pub(crate) fn add_usage(usage: &mut Usage, trace: &Trace) {
    let metadata = match trace {
        Trace::PreProcessingTrace(PreProcessingTrace::ModelInvocationOutput(output)) => {
            &output.metadata
        }
        Trace::OrchestrationTrace(OrchestrationTrace::ModelInvocationOutput(output)) => {
            &output.metadata
        }
        _ => return,
    };
    if let Some(tokens) = metadata.as_ref().and_then(|metadata| metadata.usage.as_ref()) {
        usage.input_tokens +=
            tokens.input_tokens.and_then(|count| u64::try_from(count).ok()).unwrap_or_default();
        usage.output_tokens +=
            tokens.output_tokens.and_then(|count| u64::try_from(count).ok()).unwrap_or_default();
    }
}

fn pre_processing(step: &PreProcessingTrace) -> Value {
    match step {
        PreProcessingTrace::ModelInvocationInput(input) => {
            json!({ "modelInvocationInput": model_input(input) })
        }
        PreProcessingTrace::ModelInvocationOutput(output) => {
            json!({ "modelInvocationOutput": object([
                ("parsedResponse", output.parsed_response.as_ref().map(|parsed| object([
                    ("isValid", parsed.is_valid.map(Value::from)),
                    ("rationale", text(&parsed.rationale)),
                ]))),
                ("rawResponse", raw(output.raw_response.as_ref().and_then(|raw| raw.content.as_ref()))),
                ("metadata", metadata(output.metadata.as_ref())),
                ("traceId", text(&output.trace_id)),
            ])})
        }
        _ => json!({}),
    }
}

fn orchestration(step: &OrchestrationTrace) -> Value {
    match step {
        OrchestrationTrace::ModelInvocationInput(input) => {
            json!({ "modelInvocationInput": model_input(input) })
        }
        OrchestrationTrace::ModelInvocationOutput(output) => {
            json!({ "modelInvocationOutput": object([
                ("rawResponse", raw(output.raw_response.as_ref().and_then(|raw| raw.content.as_ref()))),
                ("metadata", metadata(output.metadata.as_ref())),
                ("traceId", text(&output.trace_id)),
            ])})
        }
        OrchestrationTrace::Rationale(rationale) => json!({ "rationale": object([
            ("text", text(&rationale.text)),
            ("traceId", text(&rationale.trace_id)),
        ])}),
        OrchestrationTrace::InvocationInput(input) => {
            json!({ "invocationInput": invocation(input) })
        }
        OrchestrationTrace::Observation(seen) => json!({ "observation": observation(seen) }),
        _ => json!({}),
    }
}

fn model_input(input: &ModelInvocationInput) -> Value {
    object([
        ("text", text(&input.text)),
        ("foundationModel", text(&input.foundation_model)),
        ("traceId", text(&input.trace_id)),
    ])
}

fn invocation(input: &InvocationInput) -> Value {
    object([
        ("invocationType", input.invocation_type.as_ref().map(|kind| kind.as_str().into())),
        (
            "actionGroupInvocationInput",
            input.action_group_invocation_input.as_ref().map(action_group),
        ),
        ("traceId", text(&input.trace_id)),
    ])
}

fn action_group(input: &ActionGroupInvocationInput) -> Value {
    object([
        ("actionGroupName", text(&input.action_group_name)),
        ("apiPath", text(&input.api_path)),
        ("verb", text(&input.verb)),
        ("executionType", input.execution_type.as_ref().map(|kind| kind.as_str().into())),
        ("requestBody", input.request_body.as_ref().map(request_body)),
    ])
}

fn request_body(body: &RequestBody) -> Value {
    let content = body.content.iter().flatten().map(|(media_type, properties)| {
        let properties = properties.iter().map(|property| {
            object([
                ("name", text(&property.name)),
                ("type", text(&property.r#type)),
                ("value", text(&property.value)),
            ])
        });
        (media_type.clone(), properties.collect::<Value>())
    });
    json!({ "content": content.collect::<Map<_, _>>() })
}

fn observation(seen: &Observation) -> Value {
    object([
        ("type", seen.r#type.as_ref().map(|kind| kind.as_str().into())),
        (
            "actionGroupInvocationOutput",
            seen.action_group_invocation_output
                .as_ref()
                .map(|output| object([("text", text(&output.text))])),
        ),
        (
            "finalResponse",
            seen.final_response.as_ref().map(|last| object([("text", text(&last.text))])),
        ),
        ("traceId", text(&seen.trace_id)),
    ])
}

fn metadata(metadata: Option<&Metadata>) -> Option<Value> {
    let usage = metadata?.usage.as_ref()?;
    Some(json!({ "usage": object([
        ("inputTokens", usage.input_tokens.map(Value::from)),
        ("outputTokens", usage.output_tokens.map(Value::from)),
    ])}))
}

fn raw(content: Option<&String>) -> Option<Value> {
    content.map(|content| json!({ "content": content }))
}

fn text(value: &Option<String>) -> Option<Value> {
    value.clone().map(Value::String)
}

/// The fields that are there.
fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect::<Map<_, _>>()
        .into()
}
