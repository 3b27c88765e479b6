//! The two tools: what the model is told of them, and how its calls are read.

use aws_sdk_bedrockruntime::types::{
    self, ContentBlock, ToolConfiguration, ToolInputSchema, ToolResultBlock,
    ToolResultContentBlock, ToolSpecification, ToolUseBlock,
};
use reporting::{Error, ErrorKind};
use serde_json::{Value, json};

use super::{document, unbuilt};

/// A tool, which is an action group with one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    GenerateQuery,
    ExecuteQuery,
}

/// A property of a tool's input: its name, whether it is required, what the model is told of it.
type Property = (&'static str, bool, &'static str);

impl Tool {
    const ALL: [Tool; 2] = [Tool::GenerateQuery, Tool::ExecuteQuery];

    fn name(self) -> &'static str {
        match self {
            Tool::GenerateQuery => "generate_query",
            Tool::ExecuteQuery => "execute_query",
        }
    }

    pub(super) fn action_group(self) -> &'static str {
        match self {
            Tool::GenerateQuery => "generate-query",
            Tool::ExecuteQuery => "execute-query",
        }
    }

    pub(super) fn api_path(self) -> &'static str {
        match self {
            Tool::GenerateQuery => "/generate",
            Tool::ExecuteQuery => "/execute",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Tool::GenerateQuery => {
                "Makes one PostgreSQL SELECT for a question about the database. Gives {\"sql\"}, or {\"error\", \"message\"}."
            }
            Tool::ExecuteQuery => {
                "Runs a query that generate_query made and shows its first rows. Gives {\"columns\", \"rows\", \"shown\", \"more\"}, or {\"error\", \"message\"}."
            }
        }
    }

    fn properties(self) -> &'static [Property] {
        match self {
            Tool::GenerateQuery => &[
                ("question", true, "The question, exactly as it was asked."),
                ("previous_sql", false, "A query for this question that failed."),
                ("error", false, "How it failed."),
            ],
            Tool::ExecuteQuery => &[("query", true, "The query, unchanged.")],
        }
    }

    fn schema(self) -> Value {
        let properties = self.properties().iter().map(|(name, _, description)| {
            ((*name).to_owned(), json!({ "type": "string", "description": description }))
        });
        let required = self.properties().iter().filter(|(_, required, _)| *required);
        json!({
            "type": "object",
            "properties": properties.collect::<serde_json::Map<_, _>>(),
            "required": required.map(|(name, ..)| *name).collect::<Vec<_>>(),
        })
    }
}

/// Both tools, for a Converse call.
pub(super) fn configuration() -> Result<ToolConfiguration, Error> {
    let mut configuration = ToolConfiguration::builder();
    for tool in Tool::ALL {
        let specification = ToolSpecification::builder()
            .name(tool.name())
            .description(tool.description())
            .input_schema(ToolInputSchema::Json(document::from_json(tool.schema())))
            .build()
            .map_err(unbuilt)?;
        configuration = configuration.tools(types::Tool::ToolSpec(specification));
    }
    configuration.build().map_err(unbuilt)
}

/// A call that can be made.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Action {
    pub(super) tool: Tool,
    /// The properties of the request's body.
    pub(super) properties: Vec<(&'static str, String)>,
}

/// Why a call cannot be made, for the model to make a better one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed(String);

impl Malformed {
    /// In the shape of an action group's own failures.
    pub(super) fn to_body(&self) -> String {
        json!({ "error": ErrorKind::InvalidRequest.error_type(), "message": self.0 }).to_string()
    }
}

/// Reads a call. What a schema does not name is left out; models add such things.
pub(super) fn read(call: &ToolUseBlock) -> Result<Action, Malformed> {
    let tool = Tool::ALL.into_iter().find(|tool| tool.name() == call.name).ok_or_else(|| {
        let names = Tool::ALL.map(|tool| format!("`{}`", tool.name())).join(" and ");
        Malformed(format!("there is no tool `{}`; there are {names}", call.name))
    })?;
    let mut properties = Vec::new();
    for (name, required, _) in tool.properties() {
        let given = call.input.as_object().and_then(|input| input.get(*name));
        match given.and_then(|value| value.as_string()).filter(|text| !text.trim().is_empty()) {
            Some(text) => properties.push((*name, text.to_owned())),
            None if *required => {
                return Err(Malformed(format!(
                    "the input of `{}` lacks a text `{name}`",
                    tool.name()
                )));
            }
            None => {}
        }
    }
    Ok(Action { tool, properties })
}

/// What came of a call. The body itself says whether it is an error: the block's `status` is for some
/// models alone, and others refuse it (ToolResultBlock in the Bedrock API reference).
pub(super) fn result(call: &ToolUseBlock, body: String) -> Result<ContentBlock, Error> {
    let result = ToolResultBlock::builder()
        .tool_use_id(&call.tool_use_id)
        .content(ToolResultContentBlock::Text(body))
        .build()
        .map_err(unbuilt)?;
    Ok(ContentBlock::ToolResult(result))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, input: Value, expected: Result<&[(&'static str, &str)], &str>) {
        let call = ToolUseBlock::builder().tool_use_id("1").name(name);
        let call = call.input(document::from_json(input)).build().expect("a call");
        let found = read(&call).map(|action| action.properties);
        let expected = expected.map_err(|message| Malformed(message.to_owned())).map(|pairs| {
            pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect::<Vec<_>>()
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn a_call_is_read_or_says_what_is_wrong() {
        check(
            "generate_query",
            json!({ "question": "How many?" }),
            Ok(&[("question", "How many?")]),
        );
        check(
            "generate_query",
            json!({ "question": "q", "previous_sql": "SELECT 1", "error": "", "mood": 1 }),
            Ok(&[("question", "q"), ("previous_sql", "SELECT 1")]),
        );
        let lacks = "the input of `execute_query` lacks a text `query`";
        check("execute_query", json!({}), Err(lacks));
        check("execute_query", json!({ "query": ["SELECT 1"] }), Err(lacks));
        check("execute_query", json!("SELECT 1"), Err(lacks));
        check(
            "drop_table",
            json!({}),
            Err("there is no tool `drop_table`; there are `generate_query` and `execute_query`"),
        );
    }
}
