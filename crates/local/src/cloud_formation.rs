//! CloudFormation's `DescribeStacks`: stacks by name, with their outputs.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html>

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use crate::{
    credentials::{ACCOUNT, REGION},
    http::{Request, Response},
    query_protocol::{self, Form, escaped},
};

const ACTION: &str = "DescribeStacks";

/// The CloudFormation stand-in; clones share the stacks.
#[derive(Clone, Debug, Default)]
pub struct CloudFormation(Arc<Mutex<BTreeMap<String, Stack>>>);

#[derive(Debug)]
struct Stack {
    created: Timestamp,
    outputs: BTreeMap<String, String>,
}

impl CloudFormation {
    /// Keeps a stack with these outputs; one of the same name is replaced.
    pub fn add<'a>(&self, name: &str, outputs: impl IntoIterator<Item = (&'a str, String)>) {
        let outputs =
            outputs.into_iter().map(|(output, value)| (output.to_owned(), value)).collect();
        self.stacks().insert(name.to_owned(), Stack { created: Timestamp::now(), outputs });
    }

    /// A stack's outputs.
    pub fn outputs(&self, name: &str) -> Option<BTreeMap<String, String>> {
        self.stacks().get(name).map(|stack| stack.outputs.clone())
    }

    pub(crate) fn handle(&self, request: &Request) -> Response {
        let form = Form::read(request.body());
        let action = form.field("Action").unwrap_or_default();
        if action != ACTION {
            let message = format!("this stand-in has `{ACTION}`, not `{action}`");
            return query_protocol::error(400, "InvalidAction", &message);
        }
        let stacks = self.stacks();
        let Some(wanted) = form.field("StackName") else {
            return described(stacks.iter());
        };
        match stacks.iter().find(|(name, _)| *name == wanted || arn(name) == wanted) {
            Some(stack) => described([stack]),
            None => query_protocol::error(
                400,
                "ValidationError",
                &format!("Stack with id {wanted} does not exist"),
            ),
        }
    }

    fn stacks(&self) -> MutexGuard<'_, BTreeMap<String, Stack>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn arn(name: &str) -> String {
    format!(
        "arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/00000000-0000-0000-0000-000000000000"
    )
}

/// All on one page: the service pages by 1 MB.
fn described<'a>(stacks: impl IntoIterator<Item = (&'a String, &'a Stack)>) -> Response {
    let mut text = "<Stacks>".to_owned();
    for (name, Stack { created, outputs }) in stacks {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "<member><StackId>{}</StackId><StackName>{}</StackName><CreationTime>{created:.3}</CreationTime>\
             <StackStatus>CREATE_COMPLETE</StackStatus><DisableRollback>false</DisableRollback><Outputs>",
            escaped(&arn(name)),
            escaped(name),
        );
        for (output, value) in outputs {
            let _ = write!(
                text,
                "<member><OutputKey>{}</OutputKey><OutputValue>{}</OutputValue></member>",
                escaped(output),
                escaped(value),
            );
        }
        text.push_str("</Outputs></member>");
    }
    text.push_str("</Stacks>");
    query_protocol::answer(ACTION, &text)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn answers_and_errors_of_the_service() {
        let stacks = CloudFormation::default();
        stacks.add("first", [("Bucket", "a&b".to_owned())]);
        stacks.add("second", []);
        let output = "<OutputKey>Bucket</OutputKey><OutputValue>a&amp;b</OutputValue>";
        for (body, status, says, says_not) in [
            ("Action=DescribeStacks&StackName=first", 200, output, "second"),
            ("Action=DescribeStacks", 200, "<StackName>second</StackName>", "Error"),
            (
                "Action=DescribeStacks&StackName=arn%3Aaws%3Acloudformation%3Aus-east-1%3A000000000000%3Astack%2Ffirst\
                 %2F00000000-0000-0000-0000-000000000000",
                200,
                output,
                "second",
            ),
            (
                "Action=DescribeStacks&StackName=third",
                400,
                "<Code>ValidationError</Code><Message>Stack with id third does not exist</Message>",
                "<Stacks>",
            ),
            ("Action=CreateStack", 400, "`CreateStack`", "<Stacks>"),
        ] {
            let answer = stacks.handle(&::http::Request::new(body.into()));
            assert_eq!(answer.status(), status, "{body}");
            let text = answer.into_body().collect().await.unwrap().to_bytes();
            let text = String::from_utf8(text.to_vec()).unwrap();
            assert!(text.contains(says) && !text.contains(says_not), "{body}: {text}");
        }
    }
}
