//! The role's secret, from Secrets Manager.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use reporting::{Error, ErrorKind};

use crate::role::Login;

/// Reads the secret as a role's name and password.
pub(crate) async fn read(client: &Client, arn: &str) -> Result<Login, Error> {
    let answer = client.get_secret_value().secret_id(arn).send().await.map_err(|error| {
        let (kind, told) = match error.as_service_error() {
            Some(refused) => match refused.code().unwrap_or_default() {
                code @ "ResourceNotFoundException" => (ErrorKind::InvalidRequest, code),
                code @ ("AccessDeniedException" | "DecryptionFailure") => {
                    (ErrorKind::AccessDenied, code)
                }
                code => (ErrorKind::Unavailable, code),
            },
            None => (ErrorKind::Unavailable, "Secrets Manager did not answer"),
        };
        Error::new(kind, format!("failed to read the secret `{arn}`: {told}"))
    })?;
    Login::parse(answer.secret_string().unwrap_or_default())
}
