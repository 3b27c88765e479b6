//! `quaestor --stack`: the commands against a system that they know by its stack alone, over the code that reaches AWS.

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use local::{
    AgentBackend, Database, Model, REGION, System, SystemConfig,
    system::{ADMIN_SECRET_ARN, CLUSTER_ARN, STACK},
};
use serde_json::Value;

use crate::{
    quaestor::{AS_OF, DataDir, Ended, Run, command, repository},
    up::{Up, folder_of},
};

const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Where the system answers, and the keys to it: an environment as a person has one.
struct Account([(&'static str, String); 5]);

impl Account {
    fn new(endpoint: &str, access_key_id: &str, secret_access_key: &str) -> Account {
        Account([
            ("AWS_ENDPOINT_URL", endpoint.to_owned()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", access_key_id.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", secret_access_key.to_owned()),
            // So that nobody looks for the machine's own role.
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ])
    }

    fn of(system: &System) -> Account {
        let keys = system.credentials();
        Account::new(system.endpoint_url(), &keys.access_key_id, &keys.secret_access_key)
    }

    async fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(None, arguments).await
    }

    /// The same, with one variable otherwise: another value, or none.
    async fn run_with(&self, other: Option<(&str, &str)>, arguments: &[&str]) -> Ended {
        let mut command = command(arguments);
        command.env("AWS_CONFIG_FILE", "/nonexistent");
        command.env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
        let values = self.0.iter().map(|(name, value)| (*name, value.as_str()));
        command.envs(values);
        match other {
            Some((name, "")) => command.env_remove(name),
            Some((name, value)) => command.env(name, value),
            None => &mut command,
        };
        let output = tokio::time::timeout(TIME_LIMIT, command.output()).await;
        let output = output.unwrap_or_else(|_| panic!("`quaestor {}` hangs", arguments.join(" ")));
        let output = output.expect("`quaestor` starts");
        Ended {
            exit_code: output.status.code().expect("an exit, no signal"),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// What `--json` prints of a command that ends well.
    async fn json<T: serde::de::DeserializeOwned>(&self, arguments: &[&str]) -> T {
        let ended = self.run(&[arguments, &["--json"]].concat()).await;
        assert_eq!(ended.exit_code, 0, "{arguments:?}: {ended:#?}");
        serde_json::from_str(&ended.stdout).expect("one JSON value and nothing else")
    }
}

#[tokio::test]
async fn run_ask_show_and_lint_work_as_they_do_on_this_machine() {
    let data = DataDir::new();
    let up = Up::start(&data, &folder_of(&data), &[]).await;
    let told = ["endpoint_url", "access_key_id", "secret_access_key"]
        .map(|name| up.up[name].as_str().expect("a text"));
    let account = Account::new(told[0], told[1], told[2]);
    let executions = || {
        let folder = Path::new(data.path()).join("executions");
        fs::read_dir(folder).expect("executions").count()
    };
    let daily = ["students-by-department", "new-students"];
    let bucket = data.object("questions/daily");
    fs::create_dir_all(&bucket).expect("a folder");
    for id in daily {
        let file = format!("questions/daily/{id}.md");
        fs::copy(repository().join(&file), data.object(&file)).expect("a question in the bucket");
    }

    let run: Value = account.json(&["--stack", STACK, "run", "daily", "--as-of", AS_OF]).await;
    let keys = |value: &Value| -> Vec<String> {
        value.as_object().expect("an object").keys().cloned().collect()
    };
    assert_eq!(keys(&run), ["answers", "as_of", "run_id"].map(str::to_owned), "{run:#}");
    let run: Run = serde_json::from_value(run).expect("a run");
    let ids: BTreeSet<&str> = run.answers.iter().map(|answer| answer.id.as_str()).collect();
    assert_eq!(ids, BTreeSet::from(daily));
    assert_eq!(run.run_id, "daily-20261122T060000Z");

    let key = "questions/daily/new-students.md";
    let one = account.run(&["run", key, "--as-of", AS_OF, "--stack", STACK]).await;
    assert_eq!(one.exit_code, 0, "{one:#?}");
    assert!(
        one.stdout.contains("1 answered, 0 failed; the files lie in s3://quaestor/"),
        "{one:#?}"
    );
    let gone = account.run(&["run", "questions/daily/gone.md", "--stack", STACK]).await;
    assert_eq!(gone.exit_code, 1, "{gone:#?}");
    assert!(gone.stdout.contains("question_not_found"), "{gone:#?}");

    let before = executions();
    let question = "How many students are there?";
    let asked = account.run(&["--stack", STACK, "ask", question, "--trace"]).await;
    assert_eq!(asked.exit_code, 0, "{asked:#?}");
    for expected in ["Invocation input: generate-query", "SELECT count(*)", "1 of 1 rows"] {
        assert!(asked.stdout.contains(expected), "no {expected}: {asked:#?}");
    }
    // Its file's landing in the bucket is an event, too.
    let again: Value = account.json(&["--stack", STACK, "ask", question]).await;
    assert_eq!(again["rows"][0]["student_count"], 60, "{again:#}");
    assert_eq!(executions(), before + 2, "each was asked once");

    let listed = account.run(&["--stack", STACK, "show"]).await;
    let place = "s3://quaestor/reports/new-students/as_of=2026-11-22/report.parquet";
    let rows: Value = account.json(&["--stack", STACK, "show"]).await;
    assert!(rows.as_array().is_some_and(|rows| rows.iter().any(|row| row["path"] == place)));
    assert!(listed.stdout.contains("new-students"), "{listed:#?}");
    let shown = account.run(&["--stack", STACK, "show", "new-students", "--format", "csv"]).await;
    let rows = run.answer("new-students").row_count.expect("a count");
    assert_eq!(shown.stdout.lines().count() as u64, 1 + rows, "{shown:#?}");

    let lint = async |text: &str, expected: &str| {
        let file = data.object("linted.md");
        fs::write(&file, text).expect("a file");
        let file = file.to_str().expect("UTF-8");
        let ended = account.run(&["--stack", STACK, "lint", file]).await;
        assert!(ended.stdout.contains(expected), "no {expected}: {ended:#?}");
    };
    lint("---\nsql: SELECT student_id FROM academics.students\n---\nWho?", "ok ").await;
    lint("---\nsql: SELECT shoe_size FROM academics.students\n---\nWho?", "`shoe_size`").await;
    lint("---\ntables: [academics.pupils]\n---\nWho?", "`academics.pupils` is not in").await;
    up.stop("INT").await;
}

/// A system with an empty database, and stacks besides its own: under the name that infra gives it; around a cluster
/// that was there, with and without an administrator; with another function in start-run's place; and infra's other stack.
async fn empty(data: &DataDir) -> System {
    let this = std::env::current_exe().expect("a path");
    let system = Box::pin(System::start(SystemConfig {
        data_dir: data.path().into(),
        functions_dir: this.ancestors().nth(2).expect("a profile's folder").into(),
        state_machine: include_str!("../state-machines/report-run.asl.json").to_owned(),
        database: Database::Embedded { name: "empty".to_owned(), scripts: Vec::new() },
        agent: AgentBackend::BedrockAgent,
        model: Model::BuiltIn,
        port: 0,
    }))
    .await
    .expect("a system");
    let stacks = system.cloud_formation();
    let mut outputs = stacks.outputs(STACK).expect("its own");
    let add = |name, outputs: &std::collections::BTreeMap<String, String>| {
        stacks.add(name, outputs.iter().map(|(name, value)| (name.as_str(), value.clone())));
    };
    add("Quaestor-Reporting", &outputs);
    for (name, function) in [("no-function", "none"), ("other-function", "provision-database")] {
        let mut outputs = outputs.clone();
        outputs.insert("StartRunFunction".to_owned(), function.to_owned());
        add(name, &outputs);
    }
    outputs.insert("ClusterIsOurs".to_owned(), "false".to_owned());
    add("theirs", &outputs);
    outputs.remove("AdminSecretArn");
    add("reader-only", &outputs);
    stacks.add("Quaestor-Database", [("ClusterArn", CLUSTER_ARN.to_owned())]);
    system
}

#[tokio::test]
async fn the_sample_is_loaded_once_and_then_answers_questions() {
    let data = DataDir::new();
    let system = empty(&data).await;
    let account = Account::of(&system);
    let load = ["--stack", "theirs", "sample", "load"];

    let refused = account.run(&load).await;
    assert_eq!(refused.exit_code, 2, "{refused:#?}");
    for expected in [CLUSTER_ARN, "academics", "`empty`", "--yes"] {
        assert!(refused.stderr.contains(expected), "no {expected}: {refused:#?}");
    }
    let unknown = account.run(&["--stack", "reader-only", "sample", "load", "--yes"]).await;
    assert_eq!(unknown.exit_code, 2, "{unknown:#?}");
    assert!(unknown.stderr.contains("-c adminSecretArn="), "{unknown:#?}");

    let loaded: Value = account.json(&[&load[..], &["--yes"]].concat()).await;
    assert_eq!(loaded["loaded"], true, "{loaded:#}");
    assert_eq!(loaded["database"], "empty", "{loaded:#}");
    let tables = loaded["tables"].as_array().expect("tables");
    assert!(tables.contains(&"academics.students".into()), "{loaded:#}");
    let again = account.run(&["sample", "load", "--stack", STACK]).await;
    assert_eq!(again.exit_code, 0, "{again:#?}");
    assert!(again.stdout.contains("nothing was changed"), "{again:#?}");
    assert!(again.stdout.contains("-c schemas=academics,"), "{again:#?}");

    let question = "How many students are there?";
    let asked: Value = account.json(&["--stack", STACK, "ask", question]).await;
    assert_eq!(asked["rows"][0]["student_count"], 60, "{asked:#}");
    system.stop().await;
}

#[tokio::test]
async fn the_commands_of_the_deployments_chapter_work() {
    let data = DataDir::new();
    let system = empty(&data).await;
    let account = Account::of(&system);
    let chapter = fs::read_to_string(repository().join("infra/README.md")).expect("the chapter");
    let commands: Vec<&str> =
        chapter.lines().filter_map(|line| line.strip_prefix("quaestor ")).collect();
    assert!(commands.len() >= 5, "{commands:#?}");
    for command in commands {
        // A quoted question is one argument.
        let parts = command.split('"').enumerate();
        let arguments = parts.flat_map(|(index, part)| match index % 2 {
            0 => part.split_whitespace().collect(),
            _ => vec![part],
        });
        let ended = account.run(&arguments.collect::<Vec<_>>()).await;
        assert_eq!(ended.exit_code, 0, "{command}: {ended:#?}");
    }
    system.stop().await;
}

#[tokio::test]
async fn a_failed_load_leaves_nothing_and_others_schemas_are_not_touched() {
    let data = DataDir::new();
    let system = empty(&data).await;
    let account = Account::of(&system);
    let sql = async |sql: &str| {
        let client = data_api(&system);
        let call = client.execute_statement().resource_arn(CLUSTER_ARN).database("empty");
        let ran = call.secret_arn(ADMIN_SECRET_ARN).sql(sql).send().await.expect("it runs");
        ran.records().first().map(|row| *row[0].as_long_value().expect("a number"))
    };
    let load = ["--stack", STACK, "sample", "load"];
    sql("CREATE SCHEMA research").await;
    let refused = account.run(&load).await;
    assert_eq!(refused.exit_code, 2, "{refused:#?}");
    assert!(refused.stderr.contains("(research)"), "{refused:#?}");
    sql("DROP SCHEMA research").await;

    // The last schema's name is taken by a statement's failure in the middle of the load.
    sql("CREATE FUNCTION public.no() RETURNS event_trigger LANGUAGE plpgsql AS \
         'BEGIN IF to_regclass(''staff.employees'') IS NOT NULL THEN RAISE ''no''; END IF; END'")
    .await;
    sql("CREATE EVENT TRIGGER no ON ddl_command_end EXECUTE FUNCTION public.no()").await;
    let failed = account.run(&load).await;
    assert_eq!(failed.exit_code, 2, "{failed:#?}");
    for expected in ["nothing was changed", "CREATE TABLE staff.employees"] {
        assert!(failed.stderr.contains(expected), "no {expected}: {failed:#?}");
    }
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname IN ('academics', 'staff')";
    assert_eq!(sql(schemas).await, Some(0));
    system.stop().await;
}

#[tokio::test]
async fn what_is_missing_is_said_with_what_to_do() {
    let data = DataDir::new();
    let system = empty(&data).await;
    let account = Account::of(&system);
    let check = async |other: Option<(&str, &str)>, arguments: &[&str], expected: &[&str]| {
        let ended = account.run_with(other, arguments).await;
        assert_eq!(ended.exit_code, 2, "{arguments:?}: {ended:#?}");
        assert_eq!(ended.stdout, "", "{arguments:?}");
        for expected in expected {
            assert!(ended.stderr.contains(expected), "{arguments:?}: no {expected} in {ended:#?}");
        }
    };
    let run = ["--stack", STACK, "run", "daily"];
    let nothing = ["--stack", "nothing", "run", "daily"];
    check(None, &nothing, &["no stack `nothing` in us-east-1", "describe-stacks"]).await;
    let other = ["--stack", "Quaestor-Database", "show"];
    check(None, &other, &["no output `Bucket`", "-Reporting", "cdk deploy"]).await;
    let region = Some(("AWS_REGION", ""));
    check(region, &run, &["no AWS region", "AWS_REGION"]).await;
    let keys = Some(("AWS_ACCESS_KEY_ID", ""));
    check(keys, &run, &["no AWS credentials", "AWS_PROFILE", "export-credentials"]).await;
    let stranger = Some(("AWS_ACCESS_KEY_ID", "AKIASTRANGER"));
    check(stranger, &run, &["InvalidClientTokenId", "infra/README.md"]).await;
    let may_not_list = Some(("AWS_ACCESS_KEY_ID", "local-start-run"));
    let show = ["--stack", STACK, "show"];
    check(may_not_list, &show, &["failed to list `reports/`: AccessDenied", "infra/README.md"])
        .await;
    let forged = Some(("AWS_SECRET_ACCESS_KEY", "forged"));
    check(forged, &show, &["SignatureDoesNotMatch"]).await;
    let nowhere = Some(("AWS_ENDPOINT_URL", "http://127.0.0.1:9"));
    check(nowhere, &run, &["failed to read the stack `local`", "did not answer"]).await;

    let gone = ["--stack", "no-function", "run", "daily"];
    check(None, &gone, &["the run did not start", "failed to invoke `none`", "not found"]).await;
    let fails = ["--stack", "other-function", "run", "daily"];
    check(None, &fails, &["the run did not start", "`provision-database` failed: "]).await;

    let files = ["--stack", STACK, "run", "students.md"];
    check(None, &files, &["`students.md` is neither a cadence", "questions/daily/"]).await;
    check(None, &["--stack", STACK, "up"], &["`up` works on this machine alone"]).await;
    let folder = ["--stack", STACK, "run", "daily", "--questions", "here"];
    check(None, &folder, &["--questions is for a system on this machine"]).await;
    check(None, &["sample", "load"], &["name the stack"]).await;
    system.stop().await;
}

fn data_api(system: &System) -> aws_sdk_rdsdata::Client {
    let keys = system.credentials();
    let credentials = aws_credential_types::Credentials::new(
        &keys.access_key_id,
        &keys.secret_access_key,
        None,
        None,
        "test",
    );
    let config = aws_sdk_rdsdata::Config::builder()
        .behavior_version(aws_sdk_rdsdata::config::BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(aws_sdk_rdsdata::config::Region::new(REGION))
        .credentials_provider(credentials)
        .endpoint_url(system.endpoint_url());
    aws_sdk_rdsdata::Client::from_conf(config.build())
}
