//! Converse, with the built-in model and with a model server.

use std::time::Duration;

use runtime::error::ProvideErrorMetadata as _;
use runtime::operation::converse::ConverseOutput;
use runtime::operation::converse::builders::ConverseFluentBuilder;
use runtime::types::{
    ContentBlock, ConversationRole, GuardrailConfiguration, GuardrailConverseContentBlock,
    GuardrailConverseTextBlock, GuardrailTrace, InferenceConfiguration, Message, StopReason,
    SystemContentBlock,
};

use super::*;
use crate::bedrock::guardrail::BLOCKED_MESSAGE;

fn message(role: ConversationRole, text: &str) -> Message {
    let content = ContentBlock::Text(text.into());
    Message::builder().role(role).content(content).build().unwrap()
}

fn user(text: &str) -> Message {
    message(ConversationRole::User, text)
}

fn call(url: &str) -> ConverseFluentBuilder {
    runtime_client(url).converse().model_id(MODEL)
}

fn text(output: &ConverseOutput) -> &str {
    output.output().unwrap().as_message().unwrap().content()[0].as_text().unwrap()
}

async fn error(call: ConverseFluentBuilder) -> String {
    let error = call.send().await.err().unwrap();
    let status = error.raw_response().unwrap().status().as_u16();
    let error = error.into_service_error();
    format!("{status} {}: {}", error.code().unwrap(), error.message().unwrap())
}

fn model_server(url: &str, timeout: Duration) -> Config {
    let api_key = Some("sesame".to_owned());
    let model = Model::OpenAi { url: url.into(), model: "small".into(), api_key, timeout };
    Config { model, ..config() }
}

#[tokio::test]
async fn the_built_in_model_reads_the_system_prompt_and_the_message() {
    let (_server, url) = serve(config(), no_lambda()).await;
    let prompt = "<schema>\nCREATE TABLE a.b (\n  b_id integer PRIMARY KEY\n);\n</schema>\n\n\
                  <question>\nHow many b are there?\n</question>\n";
    for model in [MODEL, &format!("arn:aws:bedrock:us-east-1::foundation-model/{MODEL}")] {
        let call = runtime_client(&url).converse().model_id(model);
        let call = call.system(SystemContentBlock::Text("Write SQL.".into()));
        let output = call.messages(user(prompt)).send().await.unwrap();
        assert_eq!(text(&output), translator::reply("Write SQL.", prompt));
        assert_eq!(output.stop_reason(), &StopReason::EndTurn);
        let usage = output.usage().unwrap();
        assert!(usage.input_tokens() > 0 && usage.output_tokens() > 0);
        assert_eq!(usage.total_tokens(), usage.input_tokens() + usage.output_tokens());
        assert!(output.metrics().unwrap().latency_ms() >= 0);
    }
}

#[tokio::test]
async fn refuses_what_the_service_refuses() {
    let (_server, url) = serve(config(), no_lambda()).await;
    let check = async |call: ConverseFluentBuilder, expected: &str| {
        assert_eq!(error(call).await, expected);
    };
    let invalid = |message: &str| format!("400 ValidationException: {message}");
    let assistant = |text: &str| message(ConversationRole::Assistant, text);
    let order = |index: usize, role: &str| {
        invalid(&format!(
            "`messages.{index}` must be the {role}'s: a conversation starts with the user and \
             alternates"
        ))
    };
    let end = invalid("`messages` must end with a message of the user");
    check(call(&url).set_messages(Some(vec![])), &end).await;
    check(call(&url).messages(user("hello")).messages(assistant("hi")), &end).await;
    check(call(&url).messages(assistant("hi")), &order(0, "user")).await;
    check(call(&url).messages(user("a")).messages(user("b")), &order(1, "assistant")).await;
    check(call(&url).messages(user(" ")), &invalid("`messages.0.content.0.text` is blank")).await;
    let hot = InferenceConfiguration::builder().temperature(1.5).build();
    check(
        call(&url).messages(user("hello")).inference_config(hot),
        &invalid("`temperature` must be between 0 and 1"),
    )
    .await;
    check(
        call(&url).messages(user("hello")).model_id("another"),
        &invalid("`another` is not the identifier of a model"),
    )
    .await;
    let arn = "arn:aws:bedrock:us-east-1::foundation-model/another";
    check(
        call(&url).messages(user("hello")).model_id(arn),
        &format!("404 ResourceNotFoundException: no model `{arn}`"),
    )
    .await;
}

#[tokio::test]
async fn the_guardrail_judges_the_last_message_or_what_is_marked() {
    let server = ModelServer::start(Some(200), &completion("fine", None)).await;
    let config = model_server(&server.url, Duration::from_secs(10));
    let (_server, url) = serve(config, no_lambda()).await;
    let guardrail = |id: &str| {
        let config = GuardrailConfiguration::builder().guardrail_identifier(id);
        config.guardrail_version("DRAFT").trace(GuardrailTrace::Enabled).build()
    };
    let marked = |text: &str| {
        let text = GuardrailConverseTextBlock::builder().text(text).build().unwrap();
        ContentBlock::GuardContent(GuardrailConverseContentBlock::Text(text))
    };
    let with_mark = |plain: &str, mark: &str| {
        let message = Message::builder().role(ConversationRole::User).content(marked(mark));
        message.content(ContentBlock::Text(plain.into())).build().unwrap()
    };
    let check = async |message: Message, expected: &str| {
        let call = call(&url).messages(message).guardrail_config(guardrail(GUARDRAIL));
        let output = call.send().await.unwrap();
        assert_eq!(text(&output), expected);
        let blocked = expected == BLOCKED_MESSAGE;
        assert_eq!(output.stop_reason() == &StopReason::GuardrailIntervened, blocked);
        let trace = output.trace().unwrap().guardrail().unwrap();
        let found = trace.input_assessment().unwrap()[GUARDRAIL].topic_policy();
        assert_eq!(found.is_some(), blocked);
    };
    check(user("Which rooms are empty?"), "fine").await;
    check(user("Drop table rooms"), BLOCKED_MESSAGE).await;
    check(with_mark("Create table rooms (id int)", "Which rooms are empty?"), "fine").await;
    check(with_mark("Which rooms are empty?", "Delete them all"), BLOCKED_MESSAGE).await;
    assert_eq!(server.requests.lock().unwrap().len(), 2);

    let unknown = call(&url).messages(user("hello")).guardrail_config(guardrail("another"));
    let expected = "400 ValidationException: no guardrail `another` with a version `DRAFT`";
    assert_eq!(error(unknown).await, expected);
}

fn completion(text: &str, usage: Option<(u64, u64)>) -> String {
    let choice = json!({
        "index": 0,
        "message": { "role": "assistant", "content": text },
        "finish_reason": "stop",
    });
    let mut completion = json!({ "id": "1", "object": "chat.completion", "choices": [choice] });
    if let Some((prompt, completed)) = usage {
        completion["usage"] = json!({ "prompt_tokens": prompt, "completion_tokens": completed });
    }
    completion.to_string()
}

#[tokio::test]
async fn a_model_server_gets_the_whole_dialogue() {
    let server = ModelServer::start(Some(200), &completion("SELECT 1", Some((30, 4)))).await;
    let config = model_server(&server.url, Duration::from_secs(10));
    let (_server, url) = serve(config, no_lambda()).await;
    let inference = InferenceConfiguration::builder().max_tokens(500).temperature(0.5);
    let inference = inference.top_p(0.25).stop_sequences(";").build();
    let output = call(&url)
        .system(SystemContentBlock::Text("Write SQL.".into()))
        .messages(user("How many?"))
        .messages(message(ConversationRole::Assistant, "SELECT 0"))
        .messages(user("Wrong."))
        .inference_config(inference)
        .send()
        .await
        .unwrap();
    assert_eq!(text(&output), "SELECT 1");
    let usage = output.usage().unwrap();
    assert_eq!((usage.input_tokens(), usage.output_tokens(), usage.total_tokens()), (30, 4, 34));

    let expected = json!({
        "model": "small",
        "messages": [
            { "role": "system", "content": "Write SQL." },
            { "role": "user", "content": "How many?" },
            { "role": "assistant", "content": "SELECT 0" },
            { "role": "user", "content": "Wrong." },
        ],
        "stream": false,
        "max_tokens": 500,
        "temperature": 0.5,
        "top_p": 0.25,
        "stop": [";"],
    });
    let path = "/v1/chat/completions".to_owned();
    let requests = server.requests.lock().unwrap();
    assert_eq!(*requests, [(path, Some("Bearer sesame".to_owned()), expected)]);
}

/// What is said of an answer that ends after forty bytes.
const CUT_OFF: &str = "answered no chat completion: EOF while parsing a string at line 1 column 40";

#[tokio::test]
async fn a_model_servers_failure_is_the_services_error() {
    let check = async |status: Option<u16>, body: &str, expected: &str| {
        let timeout = Duration::from_millis(if status.is_some() { 10_000 } else { 50 });
        let server = ModelServer::start(status, body).await;
        let (_server, url) = serve(model_server(&server.url, timeout), no_lambda()).await;
        assert_eq!(error(call(&url).messages(user("hello"))).await, expected);
    };
    let failed =
        |what: &str| format!("424 ModelErrorException: the server of model `small` {what}");
    check(
        Some(429),
        "{}",
        "429 ThrottlingException: the server of model `small` answered 429 Too Many Requests",
    )
    .await;
    check(
        Some(401),
        "{}",
        "403 AccessDeniedException: the server of model `small` answered 401 Unauthorized",
    )
    .await;
    check(
        Some(503),
        "{}",
        "503 ServiceUnavailableException: the server of model `small` answered 503 Service \
         Unavailable",
    )
    .await;
    check(Some(200), &completion("SELECT", None)[..40], &failed(CUT_OFF)).await;
    check(Some(500), "{}", &failed("answered 500 Internal Server Error")).await;
    check(Some(404), "{}", &failed("answered 404 Not Found")).await;
    check(Some(200), r#"{"choices":[]}"#, &failed("answered without a choice")).await;
    check(Some(200), &completion("", None), &failed("answered without a text")).await;
    let malformed = "answered no chat completion: expected ident at line 1 column 2";
    check(Some(200), "no json", &failed(malformed)).await;
    check(None, "", "408 ModelTimeoutException: model `small` took longer than 0.05 s").await;
}

#[tokio::test]
async fn a_model_servers_refusal_is_a_filtered_answer() {
    let message = json!({ "role": "assistant", "content": null, "refusal": "I must not." });
    let refused = json!({ "choices": [{ "message": message, "finish_reason": "stop" }] });
    let server = ModelServer::start(Some(200), &refused.to_string()).await;
    let (_server, url) =
        serve(model_server(&server.url, Duration::from_secs(10)), no_lambda()).await;
    let output = call(&url).messages(user("hello")).send().await.unwrap();
    assert_eq!(text(&output), "I must not.");
    assert_eq!(output.stop_reason(), &StopReason::ContentFiltered);
}

#[tokio::test]
async fn a_model_server_that_is_not_there_is_unavailable() {
    // Bound and never listening: the port refuses, and no other test can be given it.
    let deaf = tokio::net::TcpSocket::new_v4().unwrap();
    deaf.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nobody = format!("http://{}", deaf.local_addr().unwrap());
    let config = model_server(&nobody, Duration::from_secs(10));
    let (_server, url) = serve(config, no_lambda()).await;
    let error = error(call(&url).messages(user("hello"))).await;
    let expected = format!(
        "503 ServiceUnavailableException: no answer from the model server at \
         `{nobody}/v1/chat/completions`: Connection refused (os error 111)"
    );
    assert_eq!(error, expected);
}
