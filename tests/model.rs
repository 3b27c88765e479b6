//! A model that is not ours behind `--model-url`: prose and reasoning around its SQL, and its death in the
//! middle of a question, which fails that question alone.

use std::{fs, path::Path};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

use crate::quaestor::DataDir;

/// What it writes for any question but the fatal one.
const SQL: &str = "SELECT count(*) AS students FROM academics.students";

/// The last word of an agent.
const WORDS: &str = "That many.";

const FATAL: &str = "Which teachers teach it";

async fn check(agent: &str, by_tools: bool) {
    let server = ModelServer::dying_of(FATAL, by_tools).await;
    let data = DataDir::new();
    let questions = Path::new(data.path()).join("given");
    fs::create_dir_all(questions.join("daily")).expect("a folder");
    for (id, text) in [
        ("approved", "---\nsql: SELECT 40 + 2 AS answer\n---\nWhat is the answer?"),
        ("fatal", FATAL),
        ("students", "How many students are there?"),
    ] {
        fs::write(questions.join(format!("daily/{id}.md")), text).expect("a question");
    }
    let folder = questions.to_str().expect("UTF-8");
    let model = ["--model-url", &server.url, "--model", "scripted", "--agent", agent];

    let (_, run) = data.run(&[&["daily", "--questions", folder], &model[..]].concat()).await;

    let kinds = run.answers.iter().map(|answer| (answer.id.as_str(), answer.error_type.as_deref()));
    let expected = [("approved", None), ("fatal", Some("unavailable")), ("students", None)];
    assert!(kinds.eq(expected), "{agent}: {run:#?}");
    assert_eq!(run.answer("students").sql.as_deref(), Some(SQL), "{agent}");
    let told = run.answer("fatal").message.as_deref().unwrap_or_default();
    assert!(told.contains("no answer from the model server at `http://"), "{agent}: {told}");
}

#[tokio::test]
async fn a_model_that_dies_fails_its_question_alone() {
    tokio::join!(check("bedrock-agent", false), check("converse", true));
}

/// How far it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Life {
    Asked,
    /// The good question has had all its answers.
    Answered,
    Dead,
}

/// Ends with this value. Its port stays taken until then, so that nobody else is given it.
struct ModelServer {
    url: String,
    task: JoinHandle<()>,
}

impl ModelServer {
    /// Dies in the middle of the question whose text holds `fatal`, once another has been answered: from
    /// then on it hangs up on everybody. `by_tools`: whether an agent's own loop asks it, too.
    async fn dying_of(fatal: &'static str, by_tools: bool) -> ModelServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let life = watch::Sender::new(Life::Asked);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                tokio::spawn(serve(stream, life.clone(), fatal, by_tools));
            }
        });
        ModelServer { url, task }
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One request, one answer, or none.
async fn serve(stream: TcpStream, life: watch::Sender<Life>, fatal: &str, by_tools: bool) {
    let mut stream = BufReader::new(stream);
    let Some(request) = read(&mut stream).await else { return };
    if *life.borrow() == Life::Dead {
        return;
    }
    if request.to_string().contains(fatal) {
        let answered = |life: &Life| *life >= Life::Answered;
        life.subscribe().wait_for(answered).await.expect("it lives");
        life.send_replace(Life::Dead);
        return;
    }
    let message = answer(&request);
    let is_last = message["content"] == if by_tools { json!(WORDS) } else { json!(fenced()) };
    let body = json!({ "choices": [{ "message": message, "finish_reason": "stop" }] }).to_string();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
    let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(answer.as_bytes()).await.expect("it is read");
    stream.shutdown().await.expect("it is read");
    if is_last {
        life.send_if_modified(|life| {
            let first = *life == Life::Asked;
            *life = if first { Life::Answered } else { *life };
            first
        });
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let line = line.trim().to_ascii_lowercase();
        if let Some(bytes) = line.strip_prefix("content-length:") {
            length = bytes.trim().parse().expect("a length");
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    serde_json::from_slice(&body).ok()
}

fn fenced() -> String {
    format!("<think>Students.</think>\nHere it is:\n\n```postgresql\n{SQL};\n```\n\nIt counts.")
}

/// As a model does: SQL for a schema, and with tools one call after the other.
fn answer(request: &Value) -> Value {
    let Some(tools) = request["tools"].as_array() else {
        return json!({ "role": "assistant", "content": fenced() });
    };
    let messages = request["messages"].as_array().expect("messages");
    let results = messages.iter().filter(|message| message["role"] == "tool").count();
    let Some(tool) = tools.get(results) else {
        return json!({ "role": "assistant", "content": WORDS });
    };
    let arguments = match results {
        0 => json!({ "question": "How many students are there?" }),
        _ => json!({ "query": SQL }),
    };
    json!({ "role": "assistant", "content": null, "tool_calls": [{
        "id": format!("call-{results}"),
        "type": "function",
        "function": { "name": tool["function"]["name"], "arguments": arguments.to_string() },
    }]})
}
