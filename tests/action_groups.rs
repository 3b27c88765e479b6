//! The agent's two functions answer as their OpenAPI schemas say, which are those that are deployed
//! (infra/openapi): every answer is held to the schema of its status.

use local::System;
use serde_json::{Value, json};

use crate::{
    clients,
    quaestor::{DataDir, read, repository},
};

/// What a Bedrock agent sends to the function of an action group, outside of any run.
pub(crate) fn event(function: &str, path: &str, properties: &[(&str, &str)]) -> Value {
    let properties: Vec<Value> = properties
        .iter()
        .map(|(name, value)| json!({ "name": name, "type": "string", "value": value }))
        .collect();
    json!({
        "messageVersion": "1.0",
        "agent": { "name": "a", "id": "A", "alias": "B", "version": "1" },
        "inputText": "?",
        "sessionId": "by-hand",
        "actionGroup": function,
        "apiPath": path,
        "httpMethod": "POST",
        "requestBody": { "content": { "application/json": { "properties": properties } } },
        "sessionAttributes": {},
        "promptSessionAttributes": {},
    })
}

#[tokio::test]
async fn every_answer_is_as_its_openapi_schema_says() {
    let data = DataDir::new();
    let system = Box::pin(System::start(clients::config(&data))).await.expect("a system");
    let check = async |function: &str, properties: &[(&str, &str)], status: u16| {
        let file = repository().join(format!("infra/openapi/{function}.json"));
        let openapi: Value = serde_json::from_slice(&read(&file)).expect("JSON");
        let (path, operations) =
            openapi["paths"].as_object().and_then(|paths| paths.iter().next()).expect("a path");
        let told = system.invoke(function, &event(function, path, properties)).await;
        let response = &told.expect("an answer")["response"];
        assert_eq!(response["httpStatusCode"], status, "{properties:?}: {response:#}");
        let body = response["responseBody"]["application/json"]["body"].as_str().expect("a body");
        let body: Value = serde_json::from_str(body).expect("JSON");
        let schema = &operations["post"]["responses"][status.to_string()];
        let schema = &schema["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{function}: no schema for the status {status}");
        if let Err(fault) = fits(schema, &body, "body") {
            panic!("{function}: {fault}: {body:#}");
        }
        body
    };
    let query = "question";
    let made = check("generate-query", &[(query, "How many students are there?")], 200).await;
    let again = [
        (query, "How many students are there?"),
        ("previous_sql", "SELECT count(*) FROM academics.pupils"),
        ("error", "relation \"academics.pupils\" does not exist"),
    ];
    check("generate-query", &again, 422).await;
    check("generate-query", &[(query, "Which projects are in which buildings?")], 422).await;
    check("generate-query", &[], 422).await;
    let sql = made["sql"].as_str().expect("SQL");
    check("execute-query", &[("query", sql)], 200).await;
    let nulls = "SELECT student_id, major_department_id FROM academics.students ORDER BY major_department_id NULLS FIRST";
    let shown = check("execute-query", &[("query", nulls)], 200).await;
    assert_eq!((&shown["rows"][0][1], &shown["more"]), (&Value::Null, &true.into()), "{shown:#}");
    check("execute-query", &[("query", "DROP TABLE academics.students")], 422).await;
    check("execute-query", &[("query", "SELECT nothing FROM nowhere")], 422).await;
    system.stop().await;
}

/// Whether a value is as a schema says, and has all that it declares and nothing else: the part of OpenAPI 3.0 that
/// the two files use.
fn fits(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let right = match schema["type"].as_str() {
        _ if value.is_null() => schema["nullable"] == true,
        Some("string") => value.is_string(),
        Some("integer") => value.is_u64(),
        Some("boolean") => value.is_boolean(),
        Some("array") => {
            for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                fits(&schema["items"], item, &format!("{at}[{index}]"))?;
            }
            value.is_array()
        }
        Some("object") => {
            let (Some(declared), Some(members)) =
                (schema["properties"].as_object(), value.as_object())
            else {
                return Err(format!("{at} is no object with properties"));
            };
            if !declared.keys().eq(members.keys()) {
                let [declared, found] = [declared, members].map(|it| it.keys().collect::<Vec<_>>());
                return Err(format!("{at} has {found:?}, but the schema says {declared:?}"));
            }
            for (name, member) in members {
                fits(&declared[name], member, &format!("{at}.{name}"))?;
            }
            true
        }
        other => return Err(format!("{at}: no test for the type {other:?}")),
    };
    if right { Ok(()) } else { Err(format!("{at} is not as {schema}")) }
}
