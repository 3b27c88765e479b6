//! One contract for every way to ask an agent: what a scripted model does comes to the same reply, or to an
//! error of the same kind, through InvokeAgent and through our own loop over Converse.

mod endpoint;

use std::time::Duration;

use aws::{BedrockAgent, Clients, ConverseAgent, ConverseSettings};
use aws_lambda_events::event::bedrock_agent_runtime::AgentEvent;
use endpoint::{Endpoint, Reply, Scripts, chunk, event, exception};
use reporting::ErrorKind;
use reporting::ask::{Agent, AgentReply, AgentRequest, Attributes, InRun, Usage};
use serde_json::{Value, json};

const QUESTION: &str = "How many students are there?";
const REFUSAL: &str = "Sorry, this agent only answers questions that read data.";

/// What a model does in one of its turns, and the world around it.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// It calls these tools.
    Calls(&'static [Call]),
    /// It makes a call that it has made before.
    Repeats(Call),
    /// It says this, and is done.
    Says(&'static str),
    /// It asks to be called less often.
    Throttles,
    /// The stream ends in the middle.
    BreaksOff,
    /// It calls a tool whose function fails so that a retry may help.
    CallFails(Call),
}

#[derive(Clone, Copy, Debug)]
enum Call {
    Generate,
    Execute(&'static str),
}

use Call::{Execute, Generate};
use Step::{BreaksOff, CallFails, Calls, Repeats, Says, Throttles};

impl Call {
    fn tool(self) -> &'static str {
        match self {
            Generate => "generate_query",
            Execute(_) => "execute_query",
        }
    }

    fn input(self) -> Value {
        match self {
            Generate => json!({ "question": QUESTION }),
            Execute(sql) => json!({ "query": sql }),
        }
    }

    /// The action group that InvokeAgent's trace names, its path, and the request's one property.
    fn traced(self) -> Value {
        let (group, path, name, value) = match self {
            Generate => ("generate-query", "/generate", "question", QUESTION),
            Execute(sql) => ("execute-query", "/execute", "query", sql),
        };
        json!({
            "actionGroupName": group, "apiPath": path, "verb": "post", "executionType": "LAMBDA",
            "requestBody": { "content": { "application/json": [
                { "name": name, "type": "string", "value": value },
            ]}},
        })
    }

    fn answer(self) -> Value {
        let (group, path, body) = match self {
            Generate => ("generate-query", "/generate", json!({ "sql": "SELECT 1" })),
            Execute(_) => ("execute-query", "/execute", json!({ "rows": [["1"]] })),
        };
        answered(group, path, 200, &body)
    }
}

fn answered(group: &str, path: &str, status: u16, body: &Value) -> Value {
    json!({ "messageVersion": "1.0", "response": {
        "actionGroup": group, "apiPath": path, "httpMethod": "POST", "httpStatusCode": status,
        "responseBody": { "application/json": { "body": body.to_string() } },
    }})
}

/// Bedrock Agents' own loop over those steps: its stream. The service itself ends what leads to nothing.
fn agent_script(steps: &[Step], blocked: bool) -> Reply {
    let trace = |step: &Value| event("trace", &json!({ "sessionId": "session-1", "trace": step }));
    let action = if blocked { "INTERVENED" } else { "NONE" };
    let mut frames = vec![trace(&json!({ "guardrailTrace": { "action": action } }))];
    if blocked {
        frames.push(chunk(REFUSAL));
    }
    for step in steps {
        let usage = json!({ "usage": { "inputTokens": 10, "outputTokens": 2 } });
        let output = json!({ "modelInvocationOutput": { "metadata": usage } });
        match step {
            Throttles => {
                return Reply::stream([frames, vec![exception("throttlingException")]].concat());
            }
            BreaksOff => {
                return Reply::stream([frames, vec![chunk("Half of it")]].concat()).broken();
            }
            _ => frames.push(trace(&json!({ "orchestrationTrace": output }))),
        }
        let (calls, fails) = match step {
            Calls(calls) => (*calls, false),
            CallFails(call) => (std::slice::from_ref(call), true),
            Says(words) => {
                frames.push(chunk(words));
                continue;
            }
            Repeats(_) | Throttles | BreaksOff => (&[][..], false),
        };
        for call in calls {
            let input = json!({ "invocationInput": {
                "invocationType": "ACTION_GROUP", "actionGroupInvocationInput": call.traced(),
            }});
            frames.push(trace(&json!({ "orchestrationTrace": input })));
        }
        if fails {
            frames.push(exception("dependencyFailedException"));
        }
    }
    if let Some(Repeats(_) | Says("")) = steps.last() {
        frames.push(trace(&json!({ "failureTrace": { "failureReason": "too many steps" } })));
        frames.push(chunk(""));
    }
    Reply::stream(frames)
}

/// What Converse answers in each turn.
fn turn(step: Step) -> Reply {
    let (content, stop_reason) = match step {
        Calls(calls) => {
            let content = calls
                .iter()
                .enumerate()
                .map(|(place, call)| tool_use(place, call.tool(), call.input()));
            (content.collect(), "tool_use")
        }
        Repeats(call) | CallFails(call) => {
            (json!([tool_use(0, call.tool(), call.input())]), "tool_use")
        }
        Says("") => (json!([]), "end_turn"),
        Says(words) => (json!([{ "text": words }]), "end_turn"),
        Throttles => return Reply::error(429, "ThrottlingException"),
        BreaksOff => return said(&json!([{ "text": "Half of it" }]), "end_turn").broken(),
    };
    said(&content, stop_reason)
}

fn tool_use(place: usize, name: &str, input: Value) -> Value {
    json!({ "toolUse": { "toolUseId": format!("use-{place}"), "name": name, "input": input } })
}

fn said(content: &Value, stop_reason: &str) -> Reply {
    Reply::json(&json!({
        "output": { "message": { "role": "assistant", "content": content } },
        "stopReason": stop_reason,
        "usage": { "inputTokens": 10, "outputTokens": 2, "totalTokens": 12 },
        "metrics": { "latencyMs": 1 },
    }))
}

fn judged(blocked: bool) -> Reply {
    let (action, outputs) = if blocked {
        ("GUARDRAIL_INTERVENED", json!([{ "text": REFUSAL }]))
    } else {
        ("NONE", json!([]))
    };
    Reply::json(&json!({ "action": action, "outputs": outputs, "assessments": [], "usage": {
        "topicPolicyUnits": 1, "contentPolicyUnits": 1, "wordPolicyUnits": 0,
        "sensitiveInformationPolicyUnits": 0, "sensitiveInformationPolicyFreeUnits": 0,
        "contextualGroundingPolicyUnits": 0,
    }}))
}

fn scripts(steps: &[Step], blocked: bool) -> Scripts {
    let answers = steps.iter().flat_map(|step| match step {
        Calls(calls) => calls.iter().map(|call| Reply::json(&call.answer())).collect(),
        CallFails(_) => vec![Reply::function_error("unavailable")],
        _ => vec![],
    });
    Scripts {
        agent: [agent_script(steps, blocked)].into(),
        guardrail: [judged(blocked)].into(),
        model: steps.iter().copied().map(turn).collect(),
        lambda: answers.collect(),
    }
}

fn request() -> AgentRequest {
    AgentRequest {
        session_id: "session-1".into(),
        text: QUESTION.into(),
        attributes: Attributes {
            in_run: Some(InRun {
                run_id: "daily-1".into(),
                question_id: "q".into(),
                schema_key: "schema/x.json".into(),
            }),
            as_of: "2026-11-22T06:00:00Z".parse().expect("an as-of"),
            tables: vec!["a.b".into()],
            time_zone: "UTC".into(),
            timeout: Duration::from_secs(30),
        },
    }
}

fn clients(endpoint: &Endpoint) -> Clients {
    Clients::at_endpoint(&endpoint.url, "us-east-1", "key", "secret")
}

fn converse(endpoint: &Endpoint) -> ConverseAgent {
    let settings = ConverseSettings {
        model_id: "model".into(),
        guardrail_id: "guard".into(),
        guardrail_version: "1".into(),
        generate_function: "the-generator".into(),
        execute_function: "the-executor".into(),
    };
    ConverseAgent::new(&clients(endpoint), settings)
}

/// The actions that a trace tells of.
fn calls(reply: &AgentReply) -> Vec<Value> {
    let call = |step: &Value| {
        step.pointer("/orchestrationTrace/invocationInput/actionGroupInvocationInput").cloned()
    };
    reply.trace.iter().filter_map(call).collect()
}

/// What a reply comes to: its words, its calls, whether a failure is told.
type Expected = Result<(&'static str, &'static [Call], bool), ErrorKind>;

/// The same, whichever way is asked.
async fn check(name: &str, steps: &[Step], blocked: bool, expected: Expected) {
    let agent = Endpoint::serve(scripts(steps, blocked)).await;
    let loop_ = Endpoint::serve(scripts(steps, blocked)).await;
    let bedrock_agent =
        BedrockAgent::new(clients(&agent).bedrock_agent(), "AGENT00001", "ALIAS00001");
    let replies = [
        ("bedrock-agent", bedrock_agent.ask(&request()).await),
        ("converse", converse(&loop_).ask(&request()).await),
    ];
    for (way, reply) in replies {
        let found = reply.as_ref().map_err(|error| error.kind());
        match (found, expected) {
            (Err(kind), Err(expected)) => assert_eq!(kind, expected, "{name}, {way}"),
            (Ok(reply), Ok((narrative, expected, fails))) => {
                assert_eq!(reply.narrative, narrative, "{name}, {way}");
                assert_eq!(reply.blocked, blocked, "{name}, {way}");
                let expected: Vec<_> = expected.iter().map(|call| call.traced()).collect();
                assert_eq!(calls(reply), expected, "{name}, {way}");
                let failed = reply.trace.iter().any(|step| step.get("failureTrace").is_some());
                assert_eq!(failed, fails, "{name}, {way}: {:#?}", reply.trace);
                assert!(reply.trace[0].get("guardrailTrace").is_some(), "{name}, {way}");
                let turns = if blocked { 0 } else { turns(reply) };
                let usage = Usage { input_tokens: 10 * turns, output_tokens: 2 * turns };
                assert_eq!(reply.usage, usage, "{name}, {way}");
            }
            (found, expected) => panic!("{name}, {way}: {found:?}, where {expected:?} is expected"),
        }
    }
}

fn turns(reply: &AgentReply) -> u64 {
    let output =
        |step: &&Value| step.pointer("/orchestrationTrace/modelInvocationOutput").is_some();
    reply.trace.iter().filter(output).count() as u64
}

#[tokio::test]
async fn both_ways_come_to_the_same() {
    const ONE: Call = Execute("SELECT 1");
    let answers = [Calls(&[Generate]), Calls(&[ONE]), Says("There is 1.")];
    check("answers", &answers, false, Ok(("There is 1.", &[Generate, ONE], false))).await;
    check("empty answer", &[Says("")], false, Ok(("", &[], true))).await;
    let for_ever = [Calls(&[Generate]), Repeats(Generate)];
    check("the same call for ever", &for_ever, false, Ok(("", &[Generate], true))).await;
    check("refused by the guardrail", &[], true, Ok((REFUSAL, &[], false))).await;
    check("says no", &[Says("I cannot say.")], false, Ok(("I cannot say.", &[], false))).await;
    let early = [Calls(&[ONE]), Calls(&[Generate]), Says("1")];
    check("executes first", &early, false, Ok(("1", &[ONE, Generate], false))).await;
    let together = [Calls(&[Generate, ONE]), Says("1")];
    check("two calls at once", &together, false, Ok(("1", &[Generate, ONE], false))).await;
    check("throttled at once", &[Throttles], false, Err(ErrorKind::Throttled)).await;
    let later = [Calls(&[Generate]), Throttles];
    check("throttled in the middle", &later, false, Err(ErrorKind::Throttled)).await;
    check("half a stream", &[BreaksOff], false, Err(ErrorKind::Unavailable)).await;
    let later = [Calls(&[Generate]), BreaksOff];
    check("half a stream, later", &later, false, Err(ErrorKind::Unavailable)).await;
    check("a function fails", &[CallFails(Generate)], false, Err(ErrorKind::Unavailable)).await;
}

#[tokio::test]
async fn a_session_in_use_may_be_tried_again() {
    let conflict =
        Scripts { agent: [Reply::error(409, "ConflictException")].into(), ..Scripts::default() };
    let endpoint = Endpoint::serve(conflict).await;
    let agent = BedrockAgent::new(clients(&endpoint).bedrock_agent(), "AGENT00001", "ALIAS00001");
    let error = agent.ask(&request()).await.expect_err("in use");
    assert_eq!(error.kind(), ErrorKind::Throttled);
    assert!(error.kind().retryable());
}

/// The loop's own script: each turn as Converse gives it.
async fn asked(model: Vec<Reply>, lambda: Vec<Reply>) -> (Endpoint, AgentReply) {
    let guardrail = [judged(false)].into();
    let scripts =
        Scripts { guardrail, model: model.into(), lambda: lambda.into(), ..Scripts::default() };
    let endpoint = Endpoint::serve(scripts).await;
    let reply = converse(&endpoint).ask(&request()).await.expect("a reply");
    (endpoint, reply)
}

fn failure(reply: &AgentReply) -> Option<&str> {
    reply.trace.last()?.pointer("/failureTrace/failureReason")?.as_str()
}

#[tokio::test]
async fn the_loop_always_ends() {
    let check = async |model: Vec<Reply>, turns: usize, invoked: usize, expected: &str| {
        let lambda = vec![Reply::json(&Generate.answer())];
        let (endpoint, reply) = asked(model, lambda).await;
        assert_eq!(failure(&reply), Some(expected));
        assert_eq!(endpoint.asked("/converse").len(), turns, "{expected}");
        assert_eq!(endpoint.asked("/invocations").len(), invoked, "{expected}");
        assert!(!reply.blocked);
    };
    let generate = || turn(Calls(&[Generate]));
    check(vec![generate()], 2, 1, "the model made the same call of `generate_query` twice").await;
    let questions = (0..9).map(|number| {
        said(
            &json!([tool_use(0, "generate_query", json!({ "question": number.to_string() }))]),
            "tool_use",
        )
    });
    check(questions.collect(), 8, 8, "the model was not done after 8 turns").await;
    let many: Value = (0..20)
        .map(|n| tool_use(n, "generate_query", json!({ "question": n.to_string() })))
        .collect();
    check(vec![said(&many, "tool_use")], 1, 16, "the model made more than 16 calls").await;
    check(vec![turn(Says(""))], 1, 0, "the model ended without a word").await;
    check(
        vec![said(&json!([{ "text": " " }]), "end_turn")],
        1,
        0,
        "the model ended without a word",
    )
    .await;
    for stop_reason in
        ["max_tokens", "malformed_tool_use", "model_context_window_exceeded", "content_filtered"]
    {
        let half = said(
            &json!([tool_use(0, "generate_query", json!({ "question": QUESTION }))]),
            stop_reason,
        );
        check(vec![half], 1, 0, &format!("the model broke off: `{stop_reason}`")).await;
    }
}

#[tokio::test]
async fn a_malformed_call_is_told_to_the_model_and_not_made() {
    for (name, input) in [
        ("generate_query", json!({})),
        ("execute_query", json!({ "query": { "sql": "SELECT 1" } })),
        ("drop_everything", json!({})),
    ] {
        let malformed = said(&json!([tool_use(7, name, input)]), "tool_use");
        let (endpoint, reply) = asked(vec![malformed, turn(Says("I see."))], vec![]).await;
        assert_eq!((reply.narrative.as_str(), calls(&reply).len()), ("I see.", 0));
        assert!(endpoint.asked("/invocations").is_empty());
        let second = &endpoint.asked("/converse")[1];
        let result = &second["messages"][2]["content"][0]["toolResult"];
        assert_eq!(result["toolUseId"], "use-7");
        let body: Value =
            serde_json::from_str(result["content"][0]["text"].as_str().expect("text"))
                .expect("JSON");
        assert_eq!(body["error"], "invalid_request", "{name}");
    }
}

#[tokio::test]
async fn the_guardrail_stands_before_all_and_on_every_call() {
    let steps = [Calls(&[Generate]), Calls(&[Execute("SELECT 1")]), Says("1")];
    let endpoint = Endpoint::serve(scripts(&steps, false)).await;
    converse(&endpoint).ask(&request()).await.expect("a reply");
    let order = ["apply", "converse", "invocations", "converse", "invocations", "converse"];
    assert_eq!(endpoint.operations(), order);
    let judged = &endpoint.asked("/guardrail/guard/version/1/apply")[0];
    assert_eq!(
        judged,
        &json!({ "source": "INPUT", "content": [{ "text": { "text": QUESTION } }] })
    );
    for turn in endpoint.asked("/converse") {
        assert_eq!(turn["guardrailConfig"]["guardrailIdentifier"], "guard");
        assert_eq!(turn["guardrailConfig"]["guardrailVersion"], "1");
        let question = json!([{ "guardContent": { "text": { "text": QUESTION } } }]);
        assert_eq!(turn["messages"][0]["content"], question);
        assert_eq!(turn["toolConfig"]["tools"].as_array().map(Vec::len), Some(2));
    }

    let refused = Endpoint::serve(scripts(&steps, true)).await;
    let reply = converse(&refused).ask(&request()).await.expect("a reply");
    assert!(reply.blocked);
    assert_eq!(refused.operations(), ["apply"], "nothing comes after a refusal");

    let intervened = said(&json!([{ "text": REFUSAL }]), "guardrail_intervened");
    let (_, reply) = asked(vec![intervened], vec![]).await;
    assert_eq!((reply.blocked, reply.narrative.as_str()), (true, REFUSAL));

    let down = Scripts {
        guardrail: [Reply::error(503, "ServiceUnavailableException")].into(),
        ..scripts(&steps, false)
    };
    let down = Endpoint::serve(down).await;
    let error = converse(&down).ask(&request()).await.expect_err("no judgement");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(down.operations(), ["apply"], "no judgement is no permission");
}

#[tokio::test]
async fn the_functions_get_the_event_that_bedrock_agents_sends() {
    let repair =
        json!({ "question": QUESTION, "previous_sql": "SELECT x", "error": "no column `x`" });
    let model = vec![
        turn(Calls(&[Generate])),
        turn(Calls(&[Execute("SELECT x")])),
        said(
            &json!([{ "text": "Again." }, { "text": "\n" }, tool_use(0, "generate_query", repair.clone())]),
            "tool_use",
        ),
        turn(Says("It is so.")),
    ];
    let refused = json!({ "error": "unknown_column", "message": "no column `x`" });
    let lambda = vec![
        Reply::json(&Generate.answer()),
        Reply::json(&answered("execute-query", "/execute", 422, &refused)),
        Reply::json(&Generate.answer()),
    ];
    let (endpoint, reply) = asked(model, lambda).await;
    assert_eq!(reply.narrative, "It is so.");

    for (function, path, expected) in [
        ("the-generator", "/generate", vec![json!({ "question": QUESTION }), repair]),
        ("the-executor", "/execute", vec![json!({ "query": "SELECT x" })]),
    ] {
        let events = endpoint.asked(&format!("/functions/{function}/invocations"));
        assert_eq!(events.len(), expected.len());
        for (event, expected) in events.into_iter().zip(expected) {
            let event: AgentEvent = serde_json::from_value(event).expect("an agent's event");
            assert_eq!(
                (event.message_version.as_str(), event.http_method.as_str()),
                ("1.0", "POST")
            );
            assert_eq!(
                (event.session_id.as_str(), event.input_text.as_str()),
                ("session-1", QUESTION)
            );
            assert_eq!(
                (event.api_path.as_str(), format!("/{}", event.action_group)),
                (path, format!("{path}-query"))
            );
            assert_eq!(event.session_attributes, request().attributes.to_map());
            let body = event.request_body.expect("a body");
            let properties = body.content["application/json"].properties.iter();
            let properties =
                properties.map(|property| (property.name.clone(), json!(property.value)));
            assert_eq!(Value::Object(properties.collect()), expected);
        }
    }
    let last = endpoint.asked("/converse").pop().expect("a last turn");
    assert_eq!(last["messages"][5]["content"][0], json!({ "text": "Again." }));
    assert!(last["messages"][5]["content"][1].get("toolUse").is_some(), "no blank text goes back");
    let result = last["messages"][4]["content"][0]["toolResult"]["content"][0]["text"]
        .as_str()
        .expect("text");
    assert_eq!(serde_json::from_str::<Value>(result).expect("JSON"), refused);
}

#[tokio::test]
async fn a_functions_failure_is_of_the_right_kind() {
    for (reply, expected) in [
        (Reply::function_error("throttled"), ErrorKind::Throttled),
        (Reply::function_error("transaction_lost"), ErrorKind::TransactionLost),
        (Reply::function_error("Runtime.ExitError"), ErrorKind::Unavailable),
        (Reply::error(429, "TooManyRequestsException"), ErrorKind::Throttled),
        (Reply::error(500, "ServiceException"), ErrorKind::Unavailable),
        (Reply::error(403, "AccessDeniedException"), ErrorKind::AccessDenied),
        (Reply::error(404, "ResourceNotFoundException"), ErrorKind::Internal),
        (Reply::json(&json!({ "sql": "SELECT 1" })), ErrorKind::Internal),
    ] {
        let told = format!("{reply:?}");
        let scripts = Scripts { lambda: [reply].into(), ..scripts(&[Calls(&[Generate])], false) };
        let endpoint = Endpoint::serve(scripts).await;
        let error = converse(&endpoint).ask(&request()).await.expect_err("failed");
        assert_eq!(error.kind(), expected, "{told}");
        assert_eq!(endpoint.asked("/invocations").len(), 1, "nothing is tried again here");
    }
}
