//! `quaestor up`: files that land by any S3 client or in a folder are asked, cadences fire, and it stops
//! and starts again without losing what was filed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use aws_credential_types::Credentials;
use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Region},
    primitives::ByteStream,
};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::quaestor::{DataDir, command, read};

/// What is waited for comes within seconds. Past this it hangs.
const TIME_LIMIT: Duration = Duration::from_secs(240);

/// A running `quaestor up --json` with an endpoint of its own.
pub(crate) struct Up {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    told: Vec<Value>,
    pub(crate) up: Value,
}

impl Up {
    pub(crate) async fn start(data: &DataDir, watch: &Path, more: &[&str]) -> Up {
        let watch = watch.to_str().expect("UTF-8");
        let fixed = ["up", "--json", "--port", "0", "--data-dir", data.path(), "--watch", watch];
        let mut child = command(&[&fixed, more].concat()).spawn().expect("`quaestor` starts");
        let lines = BufReader::new(child.stdout.take().expect("a piped output")).lines();
        let mut up = Up { child, lines, told: Vec::new(), up: Value::Null };
        up.up = up.event("up", |_| true).await;
        up
    }

    /// The first object of that kind which `is_it` knows and which nobody has asked for before.
    async fn event(&mut self, kind: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let mut looked_at = 0;
        let found = timeout(TIME_LIMIT, async {
            loop {
                while looked_at < self.told.len() {
                    let event = &self.told[looked_at];
                    if event["event"] == kind && is_it(event) {
                        return Some(self.told.remove(looked_at));
                    }
                    looked_at += 1;
                }
                let line = self.lines.next_line().await.expect("a readable output")?;
                self.told.push(serde_json::from_str(&line).expect("a JSON object a line"));
            }
        });
        match found.await {
            Ok(Some(event)) => event,
            Ok(None) => panic!("ended before `{kind}`: {:#?}", self.told),
            Err(_) => panic!("no `{kind}` in {:#?}", self.told),
        }
    }

    /// The answer to the question `id`, when the run that has it ends.
    async fn answer(&mut self, id: &str) -> Value {
        let has = |event: &Value| answers(event).any(|answer| answer["id"] == id);
        let ended = self.event("ended", has).await;
        answers(&ended).find(|answer| answer["id"] == id).expect("it is there").clone()
    }

    fn s3(&self) -> Client {
        let text = |name: &str| self.up[name].as_str().expect("a text").to_owned();
        let keys =
            Credentials::new(text("access_key_id"), text("secret_access_key"), None, None, "test");
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(text("region")))
            .endpoint_url(text("endpoint_url"))
            .credentials_provider(keys)
            .force_path_style(true)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        Client::from_conf(config)
    }

    /// Every process that it has started, and those that they have, as far as they live.
    fn descendants(&self) -> Vec<u32> {
        let mut found = vec![self.child.id().expect("it runs")];
        let mut index = 0;
        while let Some(parent) = found.get(index) {
            let parent = *parent;
            found.extend(
                processes().into_iter().filter(|(_, of)| *of == parent).map(|(pid, _)| pid),
            );
            index += 1;
        }
        found.split_off(1)
    }

    /// Sends the signal, and waits for an end that is in order.
    pub(crate) async fn stop(mut self, signal: &str) {
        let pid = self.child.id().expect("it runs").to_string();
        // The shell's own: a plain Debian has no `kill` beside it.
        let sent =
            Command::new("sh").args(["-c", &format!("kill -s {signal} {pid}")]).status().await;
        assert!(sent.expect("`sh` runs").success());
        self.event("stopped", |_| true).await;
        let ended = timeout(TIME_LIMIT, self.child.wait()).await.expect("an end");
        assert_eq!(ended.expect("an exit").code(), Some(0), "after {signal}");
    }
}

/// Every process of this machine, and its parent: the fourth field of `/proc/<pid>/stat`, behind the name in
/// parentheses.
fn processes() -> Vec<(u32, u32)> {
    let parent = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (_, fields) = stat.rsplit_once(')')?;
        fields.split_whitespace().nth(1)?.parse().ok()
    };
    let pids = fs::read_dir("/proc").expect("/proc").flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| Some((pid, parent(pid)?))).collect()
}

fn answers(ended: &Value) -> impl Iterator<Item = &Value> {
    ended["answers"].as_array().into_iter().flatten()
}

async fn drop_file(s3: &Client, key: &str, text: &str) {
    let body = ByteStream::from(text.as_bytes().to_vec());
    s3.put_object().bucket("quaestor").key(key).body(body).send().await.expect("it is put");
}

pub(crate) fn folder_of(data: &DataDir) -> std::path::PathBuf {
    let folder = Path::new(data.path()).join("watched");
    fs::create_dir_all(folder.join("daily")).expect("a folder");
    folder
}

#[tokio::test]
async fn dropped_and_saved_files_are_answered_and_stay_over_a_restart() {
    let data = DataDir::new();
    let folder = folder_of(&data);
    let mut up = Up::start(&data, &folder, &[]).await;

    drop_file(&up.s3(), "questions/adhoc/dropped.md", "How many students are there?").await;
    let dropped = up.answer("dropped").await;
    assert_eq!(dropped["status"], "answered", "{dropped:#}");
    up.event("notified", |event| {
        event["subject"].as_str().is_some_and(|told| told.contains("1 answered, 0 failed"))
    })
    .await;
    let published = up.event("published", |event| event["detail"]["answered"] == 1).await;
    assert_eq!(published["detail_type"], "Quaestor Run Finished", "{published:#}");
    assert_eq!(published["detail"]["failed"], 0, "{published:#}");
    fs::write(folder.join("saved.txt"), "How many departments are there?").expect("a file");
    let saved = up.answer("saved").await;
    assert_eq!(saved["status"], "answered", "{saved:#}");
    drop_file(&up.s3(), "questions/adhoc/wrong.md", "---\ntabels: []\n---\nHow?").await;
    assert_eq!(up.answer("wrong").await["error_type"], "invalid_question");
    let report = |answer: &Value| data.object(answer["report_key"].as_str().expect("a report"));
    let before = read(&report(&dropped));
    let keys = up.up["secret_access_key"].clone();
    let processes = up.descendants();
    assert!(!processes.is_empty(), "functions and PostgreSQL run");
    up.stop("INT").await;
    for pid in processes {
        assert!(!Path::new(&format!("/proc/{pid}")).exists(), "{pid} lives on");
    }

    let mut up = Up::start(&data, &folder, &[]).await;
    assert_eq!(up.up["secret_access_key"], keys, "a client's settings hold");
    let key = dropped["report_key"].as_str().expect("a report");
    let got = up.s3().get_object().bucket("quaestor").key(key).send().await.expect("the report");
    let got = got.body.collect().await.expect("its bytes").to_vec();
    assert!(got == before && read(&report(&dropped)) == before, "the report has changed");
    // What was asked before the restart is not asked again; a new drop is.
    drop_file(&up.s3(), "questions/adhoc/dropped.md", "How many courses are there?").await;
    assert_eq!(up.answer("dropped").await["status"], "answered");
    let runs = fs::read_dir(Path::new(data.path()).join("executions")).expect("executions").count();
    assert_eq!(runs, 4);
    up.stop("TERM").await;
}

#[tokio::test]
async fn a_hundred_files_whose_events_come_twice_are_a_hundred_runs() {
    const FILES: usize = 100;
    let data = DataDir::new();
    let mut up = Up::start(&data, &folder_of(&data), &[]).await;
    let s3 = up.s3();
    let ids: BTreeSet<String> = (0..FILES).map(|number| format!("drop-{number}")).collect();
    let mut drops = tokio::task::JoinSet::new();
    for id in &ids {
        let (s3, key) = (s3.clone(), format!("questions/adhoc/{id}.md"));
        drops.spawn(async move { drop_file(&s3, &key, "How many students are there?").await });
    }
    drops.join_all().await;

    let mut answered = BTreeMap::new();
    while answered.len() < FILES {
        let ended = up.event("ended", |_| true).await;
        for answer in answers(&ended) {
            assert_eq!(answer["status"], "answered", "{answer:#}");
            let id = answer["id"].as_str().expect("an id").to_owned();
            let first = answered.insert(id, ended["run_id"].clone());
            assert_eq!(first, None, "answered twice: {ended:#}");
        }
    }
    assert!(answered.keys().eq(ids.iter()), "{answered:#?}");
    let runs = fs::read_dir(Path::new(data.path()).join("executions")).expect("executions").count();
    assert_eq!(runs, FILES);
    up.stop("INT").await;
}

#[tokio::test]
async fn a_cadence_fires_on_time_as_of_its_tick() {
    let data = DataDir::new();
    let folder = folder_of(&data);
    fs::write(folder.join("daily/scheduled.md"), "How many courses are there?").expect("a file");
    // Far enough away for the start.
    let zone = jiff::tz::TimeZone::get("Asia/Kathmandu").expect("a zone");
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(100);
    let tick = soon.to_zoned(zone).strftime("%H:%M").to_string();
    let schedule = format!("daily={tick}");
    let more = ["--time-zone", "Asia/Kathmandu", "--schedule", &schedule];
    let mut up = Up::start(&data, &folder, &more).await;
    let scheduled = up.event("scheduled", |event| event["cadence"] == "daily").await;
    let next: jiff::Zoned =
        scheduled["next"].as_str().and_then(|next| next.parse().ok()).expect("a time");

    let ended = up.event("ended", |event| answers(event).count() > 0).await;
    assert_eq!(ended["as_of"], next.timestamp().to_string(), "{ended:#}");
    assert!(ended["run_id"].as_str().is_some_and(|id| id.starts_with("daily-")), "{ended:#}");
    let answer = &ended["answers"][0];
    assert_eq!(answer["status"], "answered", "{ended:#}");
    let partition = format!("as_of={}/", next.date());
    assert!(answer["report_key"].as_str().is_some_and(|key| key.contains(&partition)), "{ended:#}");
    up.stop("INT").await;
}
