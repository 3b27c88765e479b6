//! The guardrail, with one denied topic and a prompt-attack filter; ApplyGuardrail:
//! `POST /guardrail/{guardrailIdentifier}/version/{guardrailVersion}/apply`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::intent::{self, Intent};
use super::{ServiceError, parse};
use crate::http::{Response, json as json_response};

/// What the caller reads in place of an answer.
pub(super) const BLOCKED_MESSAGE: &str = "Sorry, this agent only answers questions that read data.";
/// The service bills, and reports, text by the thousand characters.
const CHARACTERS_PER_TEXT_UNIT: usize = 1000;

/// The account's one guardrail, `DRAFT` and any numbered version alike.
#[derive(Clone)]
pub(super) struct Guardrail {
    id: String,
}

/// Which policy a text goes against.
#[derive(Clone, Copy, Debug)]
pub(super) enum Assessment {
    /// The denied topic "changing data".
    DeniedTopic,
    /// An attempt to talk the agent out of its instructions.
    PromptAttack,
}

/// Judges one text; `None` when the guardrail has nothing against it.
pub(super) fn assess(text: &str) -> Option<Assessment> {
    match intent::of(text) {
        Intent::Read => None,
        Intent::ChangeData => Some(Assessment::DeniedTopic),
        Intent::PromptAttack => Some(Assessment::PromptAttack),
    }
}

impl Assessment {
    /// The service's `GuardrailAssessment`.
    pub(super) fn to_json(self) -> Value {
        match self {
            Self::DeniedTopic => json!({ "topicPolicy": { "topics": [
                { "name": "changing data", "type": "DENY", "action": "BLOCKED" },
            ]}}),
            Self::PromptAttack => json!({ "contentPolicy": { "filters": [
                { "type": "PROMPT_ATTACK", "confidence": "HIGH", "action": "BLOCKED" },
            ]}}),
        }
    }
}

impl Guardrail {
    pub(super) fn new(id: String) -> Self {
        Self { id }
    }

    /// Whether a request means this guardrail: by its id or ARN, with a version that can be.
    pub(super) fn is(&self, identifier: &str, version: &str) -> bool {
        let id = match identifier.split_once(":guardrail/") {
            Some((arn, id)) if arn.starts_with("arn:") => id,
            _ => identifier,
        };
        let numbered = version.parse::<u32>().is_ok_and(|number| number > 0);
        id == self.id && (numbered || version == "DRAFT")
    }
}

#[derive(Deserialize)]
struct ApplyRequest {
    source: Source,
    content: Vec<Content>,
}

/// Input and output are judged alike.
#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Source {
    Input,
    Output,
}

#[derive(Deserialize)]
struct Content {
    text: Text,
}

#[derive(Deserialize)]
struct Text {
    text: String,
}

/// Judges the texts of a request against the guardrail, if it is the one that there is.
pub(super) fn apply(
    guardrail: Option<&Guardrail>,
    identifier: &str,
    version: &str,
    body: &[u8],
) -> Result<Response, ServiceError> {
    if !guardrail.is_some_and(|guardrail| guardrail.is(identifier, version)) {
        return Err(ServiceError::not_found(format!(
            "no guardrail `{identifier}` with a version `{version}`"
        )));
    }
    let ApplyRequest { source: Source::Input | Source::Output, content } = parse(body)?;
    if content.is_empty() {
        return Err(ServiceError::validation("`content` is empty"));
    }
    let units: usize = content
        .iter()
        .map(|content| content.text.text.chars().count().div_ceil(CHARACTERS_PER_TEXT_UNIT))
        .sum();
    let assessment = content.iter().find_map(|content| assess(&content.text.text));
    let (action, outputs) = match assessment {
        Some(_) => ("GUARDRAIL_INTERVENED", json!([{ "text": BLOCKED_MESSAGE }])),
        None => ("NONE", json!([])),
    };
    let assessments: Vec<_> = assessment.into_iter().map(Assessment::to_json).collect();
    Ok(json_response(
        200,
        &json!({
            "action": action,
            "outputs": outputs,
            "assessments": assessments,
            "usage": {
                "topicPolicyUnits": units,
                "contentPolicyUnits": units,
                "wordPolicyUnits": 0,
                "sensitiveInformationPolicyUnits": 0,
                "sensitiveInformationPolicyFreeUnits": 0,
                "contextualGroundingPolicyUnits": 0,
            },
        }),
    ))
}
