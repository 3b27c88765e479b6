//! Who called what: every request to the front, as IAM would see it, a line of JSON each.

use std::{io, path::Path};

use ::http::{Method, request::Parts};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    http::Request, journal::Journal, lambda::function_arn, query_protocol::Form, s3::OBJECTS_ARN,
};

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Call {
    /// The function whose key signed it; empty for whoever has the system's own key.
    pub principal: String,
    /// The service and its operation, as `s3:GetObject`.
    pub action: String,
    /// What it was done to: an ARN, or what the operation has for one; empty where it names nothing.
    pub resource: String,
}

/// What was called; clones share one file.
#[derive(Clone, Debug)]
pub struct Calls(Journal<Call>);

impl Calls {
    /// Opens the file, which is made when it is missing.
    ///
    /// # Errors
    /// The file system's own.
    pub fn open(file: &Path) -> io::Result<Self> {
        Journal::open(file).map(Self)
    }

    pub(crate) fn record(&self, call: Call) {
        if let Err(error) = self.0.write(call) {
            tracing::warn!(%error, "failed to write down a call");
        }
    }
}

impl Call {
    /// A call of S3, by path: its body is not needed.
    pub(crate) fn of_s3(principal: &str, head: &Parts) -> Self {
        let path = percent_decode_str(head.uri.path()).decode_utf8_lossy().into_owned();
        let place = path.trim_start_matches('/');
        let query = head.uri.query().unwrap_or_default();
        let has = |name: &str| {
            query.split('&').any(|pair| pair.split('=').next().unwrap_or_default() == name)
        };
        let copies = head.headers.contains_key("x-amz-copy-source");
        let is_object = place.split_once('/').is_some_and(|(_, key)| !key.is_empty());
        let operation = match (&head.method, is_object) {
            (&Method::GET, true) if has("uploadId") => "ListParts",
            (&Method::GET, true) => "GetObject",
            (&Method::HEAD, true) => "HeadObject",
            (&Method::PUT, true) if has("partNumber") && copies => "UploadPartCopy",
            (&Method::PUT, true) if has("partNumber") => "UploadPart",
            (&Method::PUT, true) if copies => "CopyObject",
            (&Method::PUT, true) => "PutObject",
            (&Method::POST, true) if has("uploads") => "CreateMultipartUpload",
            (&Method::POST, true) => "CompleteMultipartUpload",
            (&Method::DELETE, true) if has("uploadId") => "AbortMultipartUpload",
            (&Method::DELETE, true) => "DeleteObject",
            (&Method::GET, false) if place.is_empty() => "ListBuckets",
            (&Method::GET, false) if has("list-type") => "ListObjectsV2",
            (&Method::GET, false) if has("uploads") => "ListMultipartUploads",
            (&Method::GET, false) if has("location") => "GetBucketLocation",
            (&Method::GET, false) => "ListObjects",
            (&Method::HEAD, false) => "HeadBucket",
            (&Method::PUT, false) => "CreateBucket",
            (&Method::POST, false) => "DeleteObjects",
            _ => "Unknown",
        };
        Self {
            principal: principal.to_owned(),
            action: format!("s3:{operation}"),
            resource: format!("{OBJECTS_ARN}{}", place.trim_end_matches('/')),
        }
    }

    /// A call of any other service.
    pub(crate) fn of(principal: &str, service: &str, request: &Request) -> Self {
        let (operation, resource) = match service {
            "lambda" | "rds-data" | "bedrock" => by_path(service, request),
            "cloudformation" | "sns" => {
                let form = Form::read(request.body());
                let field = |name: &str| form.field(name).unwrap_or_default().to_owned();
                let resource = ["StackName", "TopicArn"].map(field).concat();
                (field("Action"), resource)
            }
            _ => by_target(request),
        };
        Self { principal: principal.to_owned(), action: format!("{service}:{operation}"), resource }
    }
}

/// The JSON protocols: the operation in a header, the resource in the body.
fn by_target(request: &Request) -> (String, String) {
    let target = request.headers().get("x-amz-target").and_then(|it| it.to_str().ok());
    let operation = target.and_then(|it| it.rsplit('.').next()).unwrap_or_default();
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let glue = || {
        let database = text("/DatabaseName")?;
        let table = ["/TableName", "/Name", "/TableInput/Name"].iter().find_map(|at| text(at));
        Some(format!("{database}/{}", table.unwrap_or_default()))
    };
    let resource = ["/stateMachineArn", "/executionArn", "/SecretId", "/Entries/0/EventBusName"]
        .iter()
        .find_map(|pointer| text(pointer))
        .or_else(glue);
    (operation.to_owned(), resource.unwrap_or_default())
}

/// The REST services: the operation in the path.
fn by_path(service: &str, request: &Request) -> (String, String) {
    let path = percent_decode_str(request.uri().path()).decode_utf8_lossy().into_owned();
    let decoded = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
    let segments: Vec<String> =
        request.uri().path().trim_matches('/').split('/').map(decoded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (operation, resource) = match (service, segments.as_slice()) {
        ("lambda", [_, "functions", name, "invocations"]) => {
            let is_arn = name.starts_with("arn:");
            ("Invoke", if is_arn { (*name).to_owned() } else { function_arn(name) })
        }
        ("lambda", [_, "functions", name]) => ("GetFunction", function_arn(name)),
        ("lambda", [_, "functions"]) => ("ListFunctions", String::new()),
        ("bedrock", ["model", model, "converse"]) => ("Converse", (*model).to_owned()),
        ("bedrock", ["guardrail", id, "version", version, "apply"]) => {
            ("ApplyGuardrail", format!("{id}:{version}"))
        }
        ("bedrock", ["agents", agent, "agentAliases", alias, ..]) => {
            ("InvokeAgent", format!("{agent}/{alias}"))
        }
        ("rds-data", [operation]) => {
            let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
            let operation = match *operation {
                "Execute" => "ExecuteStatement",
                "BatchExecute" => "BatchExecuteStatement",
                other => other,
            };
            (operation, body["resourceArn"].as_str().unwrap_or_default().to_owned())
        }
        _ => ("Unknown", path),
    };
    (operation.to_owned(), resource)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn request(line: &str, target: &str, body: &str) -> Request {
        let (method, uri) = line.split_once(' ').unwrap();
        let builder = ::http::Request::builder().method(method).uri(uri);
        builder.header("x-amz-target", target).body(body.to_owned().into()).unwrap()
    }

    #[test]
    fn calls_of_s3_are_told_by_method_path_and_query() {
        for (line, action, resource) in [
            ("GET /b/a%20b/c.md", "s3:GetObject", "arn:aws:s3:::b/a b/c.md"),
            ("GET /b/k?x-id=GetObject", "s3:GetObject", "arn:aws:s3:::b/k"),
            ("HEAD /b/k", "s3:HeadObject", "arn:aws:s3:::b/k"),
            ("PUT /b/k?x-id=PutObject", "s3:PutObject", "arn:aws:s3:::b/k"),
            ("POST /b/k?uploads", "s3:CreateMultipartUpload", "arn:aws:s3:::b/k"),
            ("PUT /b/k?partNumber=1&uploadId=u", "s3:UploadPart", "arn:aws:s3:::b/k"),
            ("POST /b/k?uploadId=u", "s3:CompleteMultipartUpload", "arn:aws:s3:::b/k"),
            ("DELETE /b/k?uploadId=u", "s3:AbortMultipartUpload", "arn:aws:s3:::b/k"),
            ("DELETE /b/k", "s3:DeleteObject", "arn:aws:s3:::b/k"),
            ("GET /b?list-type=2&prefix=a", "s3:ListObjectsV2", "arn:aws:s3:::b"),
            ("GET /b/?list-type=2", "s3:ListObjectsV2", "arn:aws:s3:::b"),
            ("GET /", "s3:ListBuckets", "arn:aws:s3:::"),
        ] {
            let (head, ()) = request(line, "", "").map(drop).into_parts();
            let call = Call::of_s3("plan-run", &head);
            assert_eq!(call.principal, "plan-run");
            assert_eq!(
                (call.action.as_str(), call.resource.as_str()),
                (action, resource),
                "{line}"
            );
        }
    }

    #[test]
    fn calls_of_the_others_are_told_by_path_target_or_form() {
        let arn = "arn:aws:states:us-east-1:000000000000:stateMachine:report-run";
        let lambda = "arn:aws:lambda:us-east-1:000000000000:function:plan-run";
        let start = format!(r#"{{"stateMachineArn": "{arn}"}}"#);
        for (service, line, target, body, action, resource) in [
            ("rds-data", "POST /Execute", "", r#"{"resourceArn": "c"}"#, "ExecuteStatement", "c"),
            ("rds-data", "POST /BeginTransaction", "", "{}", "BeginTransaction", ""),
            ("states", "POST /", "AWSStepFunctions.StartExecution", &start, "StartExecution", arn),
            ("lambda", "POST /2015-03-31/functions/plan-run/invocations", "", "", "Invoke", lambda),
            (
                "lambda",
                "POST /2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Aplan-run/invocations",
                "",
                "",
                "Invoke",
                lambda,
            ),
            (
                "bedrock",
                "POST /model/quaestor.local-v1/converse",
                "",
                "",
                "Converse",
                "quaestor.local-v1",
            ),
            (
                "bedrock",
                "POST /guardrail/g/version/DRAFT/apply",
                "",
                "",
                "ApplyGuardrail",
                "g:DRAFT",
            ),
            (
                "bedrock",
                "POST /agents/A/agentAliases/B/sessions/s/text",
                "",
                "",
                "InvokeAgent",
                "A/B",
            ),
            (
                "secretsmanager",
                "POST /",
                "secretsmanager.GetSecretValue",
                r#"{"SecretId": "s"}"#,
                "GetSecretValue",
                "s",
            ),
            (
                "glue",
                "POST /",
                "AWSGlue.GetTable",
                r#"{"DatabaseName": "d", "Name": "t"}"#,
                "GetTable",
                "d/t",
            ),
            ("sns", "POST /", "", "Action=Publish&TopicArn=t", "Publish", "t"),
        ] {
            let call = Call::of("", service, &request(line, target, body));
            let expected = (format!("{service}:{action}"), resource.to_owned());
            assert_eq!((call.action, call.resource), expected, "{line}");
        }
    }
}
