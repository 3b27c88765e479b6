//! Converse with tools: what the built-in model calls, what a model server is told, what is refused.

use std::collections::HashMap;
use std::time::Duration;

use aws_smithy_types::Document;
use runtime::error::ProvideErrorMetadata as _;
use runtime::operation::converse::ConverseOutput;
use runtime::types::{
    ContentBlock, ConversationRole, GuardrailConverseContentBlock, GuardrailConverseTextBlock,
    Message, StopReason, Tool, ToolConfiguration, ToolInputSchema, ToolResultBlock,
    ToolResultContentBlock, ToolSpecification, ToolUseBlock,
};

use super::*;

const QUESTION: &str = "How many students are there?";

fn tools(names: &[&str]) -> ToolConfiguration {
    let tools = names.iter().map(|name| {
        let schema = ToolInputSchema::Json(Document::from(HashMap::from([(
            "type".to_owned(),
            Document::from("object"),
        )])));
        let tool = ToolSpecification::builder().name(*name).description("Does it.");
        Tool::ToolSpec(tool.input_schema(schema).build().unwrap())
    });
    ToolConfiguration::builder().set_tools(Some(tools.collect())).build().unwrap()
}

fn message(role: ConversationRole, content: Vec<ContentBlock>) -> Message {
    Message::builder().role(role).set_content(Some(content)).build().unwrap()
}

fn question() -> Message {
    let text = GuardrailConverseTextBlock::builder().text(QUESTION).build().unwrap();
    let text = ContentBlock::GuardContent(GuardrailConverseContentBlock::Text(text));
    message(ConversationRole::User, vec![text])
}

fn result(id: &str, body: &Value) -> Message {
    let content = ToolResultContentBlock::Text(body.to_string());
    let result = ToolResultBlock::builder().tool_use_id(id).content(content).build().unwrap();
    message(ConversationRole::User, vec![ContentBlock::ToolResult(result)])
}

fn tool_use(id: &str, name: &str, input: &[(&str, &str)]) -> ContentBlock {
    let input = input.iter().map(|(name, value)| ((*name).to_owned(), Document::from(*value)));
    let call = ToolUseBlock::builder().tool_use_id(id).name(name);
    ContentBlock::ToolUse(call.input(Document::Object(input.collect())).build().unwrap())
}

async fn converse(url: &str, messages: Vec<Message>, tools: ToolConfiguration) -> ConverseOutput {
    let call = runtime_client(url).converse().model_id(MODEL).set_messages(Some(messages));
    call.tool_config(tools).send().await.unwrap()
}

/// What an answer says at last, or the tool that it calls and with what.
fn heard(output: &ConverseOutput) -> (String, Vec<ToolUseBlock>) {
    let content = output.output().unwrap().as_message().unwrap().content();
    let words = content.iter().filter_map(|block| block.as_text().ok()).cloned().collect();
    (words, content.iter().filter_map(|block| block.as_tool_use().ok()).cloned().collect())
}

/// Answers the built-in model's calls with these, and gives its calls and its last words.
async fn dialogue(results: &[Value]) -> (Vec<String>, String) {
    let (_server, url) = serve(config(), no_lambda()).await;
    let mut messages = vec![question()];
    let mut calls = Vec::new();
    let mut results = results.iter();
    loop {
        let names = ["generate_query", "execute_query"];
        let output = converse(&url, messages.clone(), tools(&names)).await;
        let (words, called) = heard(&output);
        let [call] = called.as_slice() else {
            assert_eq!(output.stop_reason(), &StopReason::EndTurn);
            assert_eq!(results.next(), None, "every result was asked for");
            return (calls, words);
        };
        assert_eq!(output.stop_reason(), &StopReason::ToolUse);
        assert!(words.ends_with(&format!("I call {}.", call.name())), "{words}");
        let input = call.input().as_object().unwrap();
        let given = |name: &str| input.get(name).and_then(Document::as_string);
        calls.push(match call.name() {
            "execute_query" => format!("execute {}", given("query").unwrap()),
            _ => {
                assert_eq!(given("question"), Some(QUESTION));
                let repair = given("previous_sql").zip(given("error"));
                repair.map_or("generate".into(), |(sql, error)| format!("repair {sql}: {error}"))
            }
        });
        messages.push(output.output().unwrap().as_message().unwrap().clone());
        messages.push(result(call.tool_use_id(), results.next().unwrap()));
    }
}

#[tokio::test]
async fn the_built_in_model_calls_the_tools_as_the_agent_calls_its_action_groups() {
    let check = async |results: &[Value], calls: &[&str], words: &str| {
        assert_eq!(
            dialogue(results).await,
            (calls.iter().map(|c| (*c).to_owned()).collect(), words.to_owned())
        );
    };
    let sql = |n: u8| json!({ "sql": format!("SELECT {n}") });
    let rows = json!({ "columns": [{ "name": "n" }], "rows": [[7]], "more": false });
    let failed = |error: &str| json!({ "error": error, "message": "so it is" });
    let (generate, one, two) = ("generate", "execute SELECT 1", "execute SELECT 2");
    let (repair, again) = ("repair SELECT 1: so it is", "repair SELECT 2: so it is");
    check(&[sql(1), rows.clone()], &[generate, one], "The answer is 7 (n).").await;
    check(
        &[failed("unanswerable")],
        &[generate],
        "This question cannot be answered from the database: so it is",
    )
    .await;
    check(
        &[sql(1), failed("unknown_column"), sql(2), rows],
        &[generate, one, repair, two],
        "The answer is 7 (n).",
    )
    .await;
    let no = "I could not answer this question: so it is";
    let bad = || failed("sql_failed");
    check(
        &[sql(1), bad(), sql(2), bad(), sql(3), bad()],
        &[generate, one, repair, two, again, "execute SELECT 3"],
        no,
    )
    .await;
    check(&[sql(1), failed("internal")], &[generate, one], no).await;
    check(&[json!({})], &[generate], "I could not get a SQL query for this question.").await;
}

#[tokio::test]
async fn without_its_tools_the_built_in_model_only_talks() {
    let (_server, url) = serve(config(), no_lambda()).await;
    let output = converse(&url, vec![question()], tools(&["get_weather"])).await;
    assert_eq!(heard(&output), (translator::reply("", QUESTION), vec![]));
}

#[tokio::test]
async fn each_tool_use_has_one_result() {
    let (_server, url) = serve(config(), no_lambda()).await;
    let check = async |messages: Vec<Message>, tools: Option<ToolConfiguration>, expected: &str| {
        let call = runtime_client(&url).converse().model_id(MODEL).set_messages(Some(messages));
        let error = call.set_tool_config(tools).send().await.err().unwrap().into_service_error();
        assert_eq!(error.code(), Some("ValidationException"));
        assert_eq!(error.message(), Some(expected));
    };
    let known = || Some(tools(&["f"]));
    let calls = |ids: &[&str]| {
        let calls = ids.iter().map(|id| tool_use(id, "f", &[])).collect();
        message(ConversationRole::Assistant, calls)
    };
    let none = json!({});
    let unpaired =
        "`messages.2` must have one tool result for each tool use of the message before it";
    check(vec![question(), calls(&["a"]), question()], known(), unpaired).await;
    check(vec![question(), calls(&["a"]), result("b", &none)], known(), unpaired).await;
    check(vec![question(), calls(&["a", "b"]), result("a", &none)], known(), unpaired).await;
    let first = "`messages.0` must have one tool result for each tool use of the message before it";
    check(vec![result("a", &none)], known(), first).await;
    let of_user = message(ConversationRole::User, vec![tool_use("a", "f", &[])]);
    check(vec![of_user], known(), "`messages.0` is the user's and cannot hold a tool use").await;
    let unset = "`toolConfig` must be there when `messages` hold tool uses and results";
    check(vec![question(), calls(&["a"]), result("a", &none)], None, unset).await;
    check(vec![question()], Some(tools(&[])), "`toolConfig.tools` is empty").await;
    let name = "`a b` is no tool's name: 1 to 64 letters, digits, `_` or `-`";
    check(vec![question()], Some(tools(&["a b"])), name).await;
}

#[tokio::test]
async fn a_model_server_is_told_of_tools_in_its_own_shape() {
    let call = |arguments: &str| {
        let call = json!({ "id": "call_2", "type": "function", "function": {
            "name": "execute_query", "arguments": arguments,
        }});
        let message = json!({ "role": "assistant", "content": null, "tool_calls": [call] });
        json!({ "choices": [{ "message": message, "finish_reason": "tool_calls" }] }).to_string()
    };
    let dialogue = || {
        let said = ContentBlock::Text("I ask.".into());
        let called = tool_use("call_1", "generate_query", &[("question", QUESTION)]);
        let called = message(ConversationRole::Assistant, vec![said, called]);
        vec![question(), called, result("call_1", &json!({ "sql": "SELECT 1" }))]
    };
    let server = ModelServer::start(Some(200), &call(r#"{"query":"SELECT 1"}"#)).await;
    let of_server = |server: &ModelServer| {
        let (url, timeout) = (server.url.clone(), Duration::from_secs(10));
        let model = Model::OpenAi { url, model: "small".into(), api_key: None, timeout };
        Config { model, ..config() }
    };
    let (_server, url) = serve(of_server(&server), no_lambda()).await;
    let output = converse(&url, dialogue(), tools(&["generate_query"])).await;
    let ContentBlock::ToolUse(expected) =
        tool_use("call_2", "execute_query", &[("query", "SELECT 1")])
    else {
        panic!("a tool use")
    };
    assert_eq!(heard(&output), (String::new(), vec![expected]));
    assert_eq!(output.stop_reason(), &StopReason::ToolUse);

    let asked = server.requests.lock().unwrap()[0].2.clone();
    let function = json!({
        "name": "generate_query", "description": "Does it.", "parameters": { "type": "object" },
    });
    assert_eq!(asked["tools"], json!([{ "type": "function", "function": function }]));
    let arguments = json!({ "question": QUESTION }).to_string();
    assert_eq!(
        asked["messages"],
        json!([
            { "role": "user", "content": QUESTION },
            { "role": "assistant", "content": "I ask.", "tool_calls": [
                { "id": "call_1", "type": "function", "function": {
                    "name": "generate_query", "arguments": arguments,
                }},
            ]},
            { "role": "tool", "tool_call_id": "call_1", "content": r#"{"sql":"SELECT 1"}"# },
        ])
    );

    let server = ModelServer::start(Some(200), &call("SELECT 1")).await;
    let (_server, url) = serve(of_server(&server), no_lambda()).await;
    let call = runtime_client(&url).converse().model_id(MODEL).set_messages(Some(dialogue()));
    let error = call.tool_config(tools(&["generate_query"])).send().await.err().unwrap();
    assert_eq!(error.code(), Some("ModelErrorException"));
}
