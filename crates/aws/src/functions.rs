//! Lambda functions, invoked for their answer.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use reporting::{Error, ErrorKind};
use serde_json::Value;

use crate::failure::sort;

/// The functions of an account and region.
#[derive(Debug, Clone)]
pub struct Functions(Client);

impl Functions {
    /// Those that the client reaches.
    pub fn new(client: Client) -> Functions {
        Functions(client)
    }

    /// Invokes a function, by name or ARN, and waits for its answer. Tried once: who calls knows whether it may be
    /// repeated.
    ///
    /// # Errors
    /// The service's refusal, or the function's own error, of the kind that its `errorType` names.
    pub async fn invoke(&self, function: &str, payload: &Value) -> Result<Value, Error> {
        let call = self.0.invoke().function_name(function).payload(Blob::new(payload.to_string()));
        let answer = call
            .send()
            .await
            .map_err(|error| sort(format!("failed to invoke `{function}`"), error))?;
        let body = answer.payload.map(Blob::into_inner).unwrap_or_default();
        let body: Value = serde_json::from_slice(&body).map_err(|error| {
            Error::new(ErrorKind::Internal, format!("the answer of `{function}` is no JSON"))
                .with_source(error)
        })?;
        if answer.function_error.is_none() {
            return Ok(body);
        }
        let text = |name: &str| body[name].as_str().unwrap_or_default();
        Err(Error::new(
            ErrorKind::named(text("errorType")),
            format!("`{function}` failed: {}: {}", text("errorType"), text("errorMessage")),
        ))
    }
}
