//! An agent's stream as the SDK reads it, in lines that a test can compare.

use agents::operation::invoke_agent::InvokeAgentOutput;
use agents::types::error::{DependencyFailedException, ResponseStreamError};
use agents::types::{
    GuardrailAction, InvocationType, OrchestrationTrace, PreProcessingTrace, ResponseStream, Trace,
    TracePart,
};

use super::*;

/// What came through one stream: a line for each trace part, the words, the error that ended it.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) traces: Vec<String>,
    pub(super) text: String,
    pub(super) error: Option<DependencyFailedException>,
}

/// Reads a stream to its end.
pub(super) async fn hear(mut output: InvokeAgentOutput) -> Heard {
    let mut heard = Heard::default();
    loop {
        match output.completion.recv().await {
            Ok(Some(ResponseStream::Trace(part))) => heard.traces.push(line(&part)),
            Ok(Some(ResponseStream::Chunk(chunk))) => {
                heard.text += std::str::from_utf8(chunk.bytes().unwrap().as_ref()).unwrap();
            }
            Ok(Some(other)) => panic!("unexpected event {other:?}"),
            Ok(None) => return heard,
            Err(error) => {
                let error = error.into_service_error();
                let ResponseStreamError::DependencyFailedException(error) = error else {
                    panic!("unexpected error {error:?}");
                };
                heard.error = Some(error);
                return heard;
            }
        }
    }
}

/// A trace part in a few words, its trace id without the part that differs from run to run.
pub(super) fn line(part: &TracePart) -> String {
    assert_eq!(part.agent_id(), Some(AGENT));
    assert_eq!(part.agent_alias_id(), Some(ALIAS));
    assert!(part.session_id().is_some() && part.event_time().is_some());
    let (trace_id, words) = match part.trace().unwrap() {
        Trace::GuardrailTrace(trace) => {
            let topics = trace.input_assessments().iter().filter_map(|found| found.topic_policy());
            let topics: Vec<_> =
                topics.flat_map(|policy| policy.topics()).filter_map(|t| t.name()).collect();
            let action = trace.action().map(GuardrailAction::as_str).unwrap();
            (trace.trace_id(), format!("guardrail {action} {}", topics.join(" ")))
        }
        Trace::PreProcessingTrace(PreProcessingTrace::ModelInvocationInput(input)) => {
            (input.trace_id(), "prompt".to_owned())
        }
        Trace::PreProcessingTrace(PreProcessingTrace::ModelInvocationOutput(output)) => {
            let parsed = output.parsed_response().unwrap();
            assert!(parsed.rationale().is_some());
            (output.trace_id(), format!("valid {}", parsed.is_valid().unwrap()))
        }
        Trace::OrchestrationTrace(trace) => orchestration_line(trace),
        Trace::FailureTrace(trace) => (trace.trace_id(), "failure".to_owned()),
        other => panic!("unexpected trace {other:?}"),
    };
    // The id begins with a UUID, 36 characters.
    format!("{} {words}", &trace_id.unwrap()[37..]).trim_end().to_owned()
}

fn orchestration_line(trace: &OrchestrationTrace) -> (Option<&str>, String) {
    match trace {
        OrchestrationTrace::ModelInvocationInput(input) => {
            assert!(input.text().unwrap().starts_with("Question: "));
            (input.trace_id(), "prompt".to_owned())
        }
        OrchestrationTrace::ModelInvocationOutput(output) => {
            let usage = output.metadata().unwrap().usage().unwrap();
            assert!(usage.input_tokens() > Some(0) && usage.output_tokens() > Some(0));
            assert!(output.raw_response().unwrap().content().is_some());
            (output.trace_id(), "output".to_owned())
        }
        OrchestrationTrace::Rationale(rationale) => {
            assert!(rationale.text().is_some());
            (rationale.trace_id(), "rationale".to_owned())
        }
        OrchestrationTrace::InvocationInput(input) => {
            assert_eq!(input.invocation_type(), Some(&InvocationType::ActionGroup));
            let call = input.action_group_invocation_input().unwrap();
            let properties = &call.request_body().unwrap().content().unwrap()["application/json"];
            let names: Vec<_> = properties.iter().filter_map(|property| property.name()).collect();
            let words = format!(
                "{} {} {} {} {}",
                call.execution_type().unwrap().as_str(),
                call.action_group_name().unwrap(),
                call.verb().unwrap(),
                call.api_path().unwrap(),
                names.join(" ")
            );
            (input.trace_id(), words)
        }
        OrchestrationTrace::Observation(observation) => {
            let words = match (
                observation.action_group_invocation_output(),
                observation.final_response(),
            ) {
                (Some(output), None) => output.text().unwrap(),
                (None, Some(response)) => response.text().unwrap(),
                both => panic!("unexpected observation {both:?}"),
            };
            (observation.trace_id(), format!("{} {words}", observation.r#type().unwrap().as_str()))
        }
        other => panic!("unexpected trace {other:?}"),
    }
}
