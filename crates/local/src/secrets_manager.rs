//! Secrets Manager's `GetSecretValue`, of the secrets that stand for a role.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio_postgres::Config;

use crate::http::{Request, Response, bytes};

const TARGET: &str = "secretsmanager.GetSecretValue";
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// The secrets, by ARN; clones share them.
#[derive(Clone, Debug)]
pub struct SecretsManager(Arc<Mutex<HashMap<String, Config>>>);

impl SecretsManager {
    /// Each of `secrets` pairs a secret's ARN with the role that it stands for.
    pub fn new(secrets: impl IntoIterator<Item = (String, Config)>) -> SecretsManager {
        SecretsManager(Arc::new(Mutex::new(secrets.into_iter().collect())))
    }

    /// Keeps one more, or another value of one.
    pub fn add(&self, arn: &str, role: Config) {
        self.secrets().insert(arn.to_owned(), role);
    }

    /// How the role of a secret connects.
    pub(crate) fn config(&self, arn: &str) -> Option<Config> {
        self.secrets().get(arn).cloned()
    }

    pub(crate) fn handle(&self, request: &Request) -> Response {
        let operation = request.headers().get("x-amz-target").and_then(|it| it.to_str().ok());
        let (status, answer) = match self.answer(operation, request.body()) {
            Ok(answer) => (200, answer),
            Err((code, message)) => (400, json!({ "__type": code, "Message": message })),
        };
        bytes(status, CONTENT_TYPE, answer.to_string().into())
    }

    fn answer(
        &self,
        operation: Option<&str>,
        body: &[u8],
    ) -> Result<Value, (&'static str, String)> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct GetSecretValue {
            secret_id: Option<String>,
            version_stage: Option<String>,
        }

        if operation != Some(TARGET) {
            let message = format!("this stand-in has `{TARGET}`, not `{operation:?}`");
            return Err(("UnknownOperationException", message));
        }
        let input: GetSecretValue = serde_json::from_slice(body)
            .map_err(|error| ("SerializationException", error.to_string()))?;
        let id = input.secret_id.unwrap_or_default();
        if id.is_empty() {
            let message = "You must provide a value for the SecretId parameter.";
            return Err(("InvalidParameterException", message.to_owned()));
        }
        let secrets = self.secrets();
        // By ARN or by name, which is the ARN's last part here: the service puts six characters behind it.
        let found = secrets.iter().find(|(arn, _)| {
            **arn == id || arn.rsplit_once(":secret:").is_some_and(|(_, name)| name == id)
        });
        let missing = |what: &str| {
            let message = format!("Secrets Manager can't find the specified secret{what}.");
            ("ResourceNotFoundException", message)
        };
        let (arn, role) = found.ok_or_else(|| missing(""))?;
        if let Some(stage) = input.version_stage.filter(|stage| stage != "AWSCURRENT") {
            return Err(missing(&format!(" value for staging label: {stage}")));
        }
        let password = role.get_password().map(String::from_utf8_lossy).unwrap_or_default();
        let secret = json!({ "username": role.get_user(), "password": password });
        Ok(json!({
            "ARN": arn,
            "Name": arn.rsplit(':').next(),
            "SecretString": secret.to_string(),
            "VersionStages": ["AWSCURRENT"],
        }))
    }

    fn secrets(&self) -> MutexGuard<'_, HashMap<String, Config>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_and_errors_of_the_service() {
        const ARN: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:reader";
        let mut role = Config::new();
        role.user("reader").password("a\"b");
        let secrets = SecretsManager::new([(ARN.to_owned(), role)]);
        let secret = r#"{"password":"a\"b","username":"reader"}"#;
        for (operation, body, expected) in [
            (TARGET, json!({ "SecretId": ARN }), Ok(secret)),
            (TARGET, json!({ "SecretId": "reader" }), Ok(secret)),
            (TARGET, json!({ "SecretId": ARN, "VersionStage": "AWSCURRENT" }), Ok(secret)),
            (
                TARGET,
                json!({ "SecretId": ARN, "VersionStage": "AWSPREVIOUS" }),
                Err("ResourceNotFoundException"),
            ),
            (TARGET, json!({ "SecretId": "other" }), Err("ResourceNotFoundException")),
            (TARGET, json!({}), Err("InvalidParameterException")),
            (TARGET, json!([1]), Err("SerializationException")),
            ("secretsmanager.PutSecretValue", json!({}), Err("UnknownOperationException")),
        ] {
            let answer = secrets.answer(Some(operation), body.to_string().as_bytes());
            let answer = answer.as_ref().map(|it| it["SecretString"].as_str().unwrap_or_default());
            assert_eq!(answer.map_err(|(code, _)| *code), expected, "{operation} {body}");
        }
    }
}
