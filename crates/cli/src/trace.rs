//! The steps of an agent, from the parts of its trace, for people to read.

use std::fmt::Write as _;

use serde_json::Value;

/// One step that says something.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    phase: &'static str,
    /// What kind of step of that phase, and its text.
    said: Vec<(&'static str, String)>,
}

/// Every step, numbered. The prompts of the agent's model are left out: each holds all that came before.
pub(crate) fn text(parts: &[Value]) -> String {
    let mut text = String::new();
    for (index, step) in parts.iter().filter_map(step).enumerate() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "Step {} - {}:\n{}", index + 1, step.phase, "-".repeat(40));
        for (what, said) in step.said {
            let _ = writeln!(text, "{what}: {said}");
        }
        text.push('\n');
    }
    text
}

fn step(part: &Value) -> Option<Step> {
    let (kind, body) = part.as_object()?.iter().next()?;
    match kind.as_str() {
        "guardrailTrace" => one("Guardrail", "Action", &body["action"]),
        "preProcessingTrace" => {
            let parsed = &body["modelInvocationOutput"]["parsedResponse"];
            let mut step = one("Pre-processing", "Rationale", &parsed["rationale"])?;
            if parsed["isValid"] == false {
                step.said.push(("Verdict", "this is no question for the agent".to_owned()));
            }
            Some(step)
        }
        "orchestrationTrace" => orchestration(body),
        "failureTrace" => one("Failure", "Reason", &body["failureReason"]),
        "postProcessingTrace" => {
            let parsed = &body["modelInvocationOutput"]["parsedResponse"];
            one("Post-processing", "Response", &parsed["text"])
        }
        _ => None,
    }
}

fn orchestration(body: &Value) -> Option<Step> {
    let phase = "Orchestration";
    let (kind, body) = body.as_object()?.iter().next()?;
    match kind.as_str() {
        "rationale" => one(phase, "Rationale", &body["text"]),
        "invocationInput" => {
            let said = vec![("Invocation input", call(&body["actionGroupInvocationInput"]))];
            Some(Step { phase, said })
        }
        "observation" if body["type"] == "FINISH" => {
            one("Final answer", "Response", &body["finalResponse"]["text"])
        }
        "observation" => one(phase, "Observation", &body["actionGroupInvocationOutput"]["text"]),
        _ => None,
    }
}

fn one(phase: &'static str, what: &'static str, said: &Value) -> Option<Step> {
    Some(Step { phase, said: vec![(what, said.as_str()?.trim_end().to_owned())] })
}

/// `generate-query POST /generate`, and a line for each property.
fn call(input: &Value) -> String {
    let words = ["actionGroupName", "verb", "apiPath", "function"].map(|name| input[name].as_str());
    let mut text = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let contents =
        input["requestBody"]["content"].as_object().into_iter().flat_map(|all| all.values());
    let properties = contents.chain([&input["parameters"]]).filter_map(Value::as_array).flatten();
    for property in properties {
        let (name, value) = (property["name"].as_str(), property["value"].as_str());
        if let (Some(name), Some(value)) = (name, value) {
            let _ = write!(text, "\n  {name}: {}", value.replace('\n', "\n    "));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const RULE: &str = "----------------------------------------";

    #[track_caller]
    fn check(part: Value, expected: &str) {
        let expected = match expected.split_once('\n') {
            Some((phase, said)) => format!("Step 1 - {phase}:\n{RULE}\n{said}\n\n"),
            None => String::new(),
        };
        assert_eq!(text(&[part]), expected);
    }

    #[test]
    fn each_kind_of_step() {
        check(json!({"guardrailTrace": {"action": "NONE"}}), "Guardrail\nAction: NONE");
        check(
            json!({"preProcessingTrace": {"modelInvocationOutput": {"parsedResponse": {"isValid": true, "rationale": "A question."}}}}),
            "Pre-processing\nRationale: A question.",
        );
        check(
            json!({"preProcessingTrace": {"modelInvocationOutput": {"parsedResponse": {"isValid": false, "rationale": "No words."}}}}),
            "Pre-processing\nRationale: No words.\nVerdict: this is no question for the agent",
        );
        check(json!({"preProcessingTrace": {"modelInvocationInput": {"text": "a prompt"}}}), "");
        check(json!({"orchestrationTrace": {"modelInvocationInput": {"text": "a prompt"}}}), "");
        check(json!({"orchestrationTrace": {"modelInvocationOutput": {"rawResponse": {}}}}), "");
        check(
            json!({"orchestrationTrace": {"rationale": {"text": "I need SQL."}}}),
            "Orchestration\nRationale: I need SQL.",
        );
        check(
            json!({"orchestrationTrace": {"invocationInput": {"actionGroupInvocationInput": {
                "actionGroupName": "execute-query", "verb": "post", "apiPath": "/execute",
                "requestBody": {"content": {"application/json": [{"name": "query", "type": "string", "value": "SELECT\n1"}]}},
            }}}}),
            "Orchestration\nInvocation input: execute-query post /execute\n  query: SELECT\n    1",
        );
        check(
            json!({"orchestrationTrace": {"invocationInput": {"actionGroupInvocationInput": {
                "actionGroupName": "generate", "function": "generate-sql",
                "parameters": [{"name": "question", "value": "How many?"}],
            }}}}),
            "Orchestration\nInvocation input: generate generate-sql\n  question: How many?",
        );
        check(
            json!({"orchestrationTrace": {"observation": {"type": "ACTION_GROUP", "actionGroupInvocationOutput": {"text": "{\"sql\": \"SELECT 1\"}"}}}}),
            "Orchestration\nObservation: {\"sql\": \"SELECT 1\"}",
        );
        check(
            json!({"orchestrationTrace": {"observation": {"type": "FINISH", "finalResponse": {"text": "One.\n"}}}}),
            "Final answer\nResponse: One.",
        );
        check(
            json!({"failureTrace": {"failureReason": "throttled"}}),
            "Failure\nReason: throttled",
        );
        check(json!({"somethingNew": {}}), "");
        check(json!("no part"), "");
    }

    #[test]
    fn steps_are_numbered_as_they_are_shown() {
        let rationale = |text: &str| json!({"orchestrationTrace": {"rationale": {"text": text}}});
        let prompt = json!({"orchestrationTrace": {"modelInvocationInput": {"text": "a prompt"}}});
        let text = text(&[rationale("one"), prompt, rationale("two")]);
        assert!(text.contains("Step 2 - Orchestration:") && !text.contains("Step 3"), "{text}");
    }
}
