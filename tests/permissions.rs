//! What the functions call while they work, held to the reviewed table of what they may do
//! (infra/review/permissions.ts), in both directions. The stand-ins write the calls down; infra's own tests hold the
//! table to the policies that are deployed.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Stdio,
};

use local::{
    calls::Call,
    system::{CLUSTER_ARN, READ_ONLY_SECRET_ARN},
};
use serde::Deserialize;
use serde_json::json;
use tokio::process::Command;

use crate::{
    action_groups::event,
    provision::Stand,
    quaestor::{AS_OF, DataDir, quaestor, repository},
};

/// A line of the table: a call of ours, or what a service does in a role's name.
#[derive(Debug, Deserialize)]
struct Reviewed {
    call: String,
    /// `action resource` each.
    needs: Vec<String>,
    when: Option<String>,
    /// Why no run on one machine makes it.
    unseen: Option<String>,
}

/// By the role's name in the template.
type Table = BTreeMap<String, Vec<Reviewed>>;

#[tokio::test]
async fn the_functions_call_what_the_table_allows_and_all_of_that() {
    let table = table().await;
    let (agent, converse) = (DataDir::new(), DataDir::new());
    let ended = quaestor(&["demo", "--data-dir", agent.path()]).await;
    assert_eq!(ended.exit_code, 0, "{ended:#?}");
    // A rerun, and the other way to ask.
    for data in [&agent, &converse] {
        let way = if data.path() == agent.path() { "bedrock-agent" } else { "converse" };
        let fixed = ["run", "daily", "--as-of", AS_OF, "--data-dir", data.path(), "--agent", way];
        let ended = quaestor(&fixed).await;
        assert_eq!(ended.exit_code, 0, "{ended:#?}");
    }
    let stand = Stand::start().await;
    let made = stand.invoke("Create", None, json!({})).await.expect("a role");
    stand.invoke("Delete", made["PhysicalResourceId"].as_str(), json!({})).await.expect("gone");
    // The agent may be asked by anybody, outside of a run: then the two functions know no snapshot of the schema.
    for (function, path, property) in
        [("generate-query", "/generate", "question"), ("execute-query", "/execute", "query")]
    {
        let event = event(function, path, &[(property, "SELECT 1")]);
        stand.system.invoke(function, &event).await.expect("an answer");
    }
    let by_hand = calls(stand.data.path());
    stand.system.stop().await;

    let mut seen = BTreeSet::new();
    for (calls, backend) in [
        (calls(agent.path()), "bedrock-agent"),
        (calls(converse.path()), "converse"),
        (by_hand, "by hand"),
    ] {
        assert!(!calls.is_empty(), "{backend}: no calls on file");
        for call in calls {
            let role = role(&call.principal);
            let lines = table.get(&role).unwrap_or_else(|| panic!("no role for {call:?}"));
            let applying =
                lines.iter().filter(|line| line.when.as_deref().is_none_or(|when| when == backend));
            let needs = applying.flat_map(|line| &line.needs).filter(|need| is_met(need, &call));
            let needs: Vec<_> = needs.map(|need| (role.clone(), need.clone())).collect();
            assert!(!needs.is_empty(), "{role} may not do this: {call:?}");
            seen.extend(needs);
        }
    }
    let mut faults = Vec::new();
    for (role, lines) in table.iter().filter(|(role, _)| is_of_a_function(role)) {
        for line in lines {
            // Others begin with whose work they are, as `Lambda: log`.
            let is_ours = !line.call.contains(':');
            for need in line.needs.iter().filter(|need| is_ours && is_itself(&line.call, need)) {
                let was_seen = seen.contains(&(role.clone(), need.clone()));
                match (was_seen, &line.unseen) {
                    (true, Some(_)) => {
                        faults.push(format!("{role}: `{need}` was seen; take its `unseen` away"));
                    }
                    (false, None) => faults.push(format!(
                        "{role}: nobody was seen to need `{need}`; take it away, or give it `unseen`, the reason"
                    )),
                    _ => {}
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

async fn table() -> Table {
    let node = repository().join(".venv/bin/node");
    assert!(node.is_file(), "no `.venv` yet: `scripts/setup test` makes it");
    let file = repository().join("infra/review/permissions.ts");
    let script = format!(
        "import {{ PERMISSIONS }} from 'file://{}'; console.log(JSON.stringify(PERMISSIONS))",
        file.display()
    );
    let ended = Command::new(node)
        .args(["--no-warnings", "--input-type=module", "--eval", &script])
        .stdin(Stdio::null())
        .output()
        .await
        .expect("Node starts");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    serde_json::from_slice(&ended.stdout).expect("the table")
}

/// What functions called in the system of that folder, once each.
fn calls(data_dir: &str) -> BTreeSet<Call> {
    let file = Path::new(data_dir).join("calls.jsonl");
    let text = std::fs::read_to_string(file).expect("the calls");
    let calls = text.lines().map(|line| serde_json::from_str::<Call>(line).expect("a call"));
    calls.filter(|call| !call.principal.is_empty()).collect()
}

/// `plan-run` works as `FunctionsPlanRunRole`.
fn role(function: &str) -> String {
    let words = function.split('-').map(|word| word[..1].to_uppercase() + &word[1..]);
    let name: String = words.collect();
    let parent = if function == "provision-database" { "ReadOnlyRole" } else { "Functions" };
    format!("{parent}{name}Role")
}

fn is_of_a_function(role: &str) -> bool {
    role.starts_with("Functions") || role == "ReadOnlyRoleProvisionDatabaseRole"
}

/// The IAM action of a service's operation, where it has another name (Service Authorization Reference).
fn action(called: &str) -> &str {
    match called {
        "s3:HeadObject" => "s3:GetObject",
        "s3:CreateMultipartUpload" | "s3:UploadPart" | "s3:CompleteMultipartUpload" => {
            "s3:PutObject"
        }
        "s3:ListObjectsV2" => "s3:ListBucket",
        "bedrock:Converse" => "bedrock:InvokeModel",
        "lambda:Invoke" => "lambda:InvokeFunction",
        other => other,
    }
}

/// Whether a need of the table is the call's own action, and nothing that it brings along.
fn is_itself(call: &str, need: &str) -> bool {
    let words = call.split('_').map(|word| word[..1].to_uppercase() + &word[1..]);
    let operation: String = words.collect();
    let (allowed, _) = need.split_once(' ').expect("an action and a resource");
    let service = allowed.split(':').next().expect("a service");
    action(&format!("{service}:{operation}")) == allowed
}

/// Whether a need allows the call.
fn is_met(need: &str, call: &Call) -> bool {
    let (allowed, resource) = need.split_once(' ').expect("an action and a resource");
    let pattern = || {
        let mut pattern = resource.to_owned();
        for (name, here) in [
            ("${ReportsBucket.Arn}", "arn:aws:s3:::quaestor"),
            ("${ReadOnlyRoleSecret}", crate::provision::SECRET),
            ("${Guardrail.GuardrailArn}", "quaestorguard:DRAFT"),
            (
                "${FunctionsGenerateQueryFunction.Arn}",
                "arn:aws:lambda:us-east-1:000000000000:function:generate-query",
            ),
            (
                "${FunctionsExecuteQueryFunction.Arn}",
                "arn:aws:lambda:us-east-1:000000000000:function:execute-query",
            ),
            ("<cluster>", CLUSTER_ARN),
            ("<reader>", READ_ONLY_SECRET_ARN),
            ("<machine>", "arn:aws:states:us-east-1:000000000000:stateMachine:report-run"),
            ("<agent alias>", "QUAESTOR01/LOCALALIAS"),
            ("<model>", "quaestor.local-v1"),
        ] {
            pattern = pattern.replace(name, here);
        }
        pattern
    };
    // Glue wants each call allowed on the catalog, on the database and on the table; infra names those.
    let is_there = call.action.starts_with("glue:") || matches(&pattern(), &call.resource);
    action(&call.action) == allowed && is_there
}

/// Whether a pattern of IAM, in which `*` is anything, fits.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            (0..=text.len()).any(|at| text.is_char_boundary(at) && matches(rest, &text[at..]))
        }),
    }
}
