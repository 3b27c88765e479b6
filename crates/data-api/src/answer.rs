//! The body of an answer as it came. The SDK still signs, sends, times out and sorts errors; it only does not
//! make a heap object of every cell.

use std::sync::{Arc, OnceLock};

use aws_sdk_rdsdata::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_rdsdata::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_rdsdata::error::BoxError;
use aws_sdk_rdsdata::operation::execute_statement::ExecuteStatementOutput;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};
use aws_smithy_types::body::SdkBody;

/// Keeps the body of a successful answer to the call of ExecuteStatement that it intercepts. The call itself returns an
/// empty output: the body is not copied, and nobody has read it yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawAnswer(Arc<OnceLock<SdkBody>>);

impl RawAnswer {
    /// The body, once the call has succeeded.
    pub(crate) fn body(&self) -> Option<SdkBody> {
        self.0.get().and_then(SdkBody::try_clone)
    }
}

impl Intercept for RawAnswer {
    fn name(&self) -> &'static str {
        "RawAnswer"
    }

    /// Whatever is no success is left to the SDK.
    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.response().status().is_success() {
            cfg.interceptor_state().store_put(SharedResponseDeserializer::new(self.clone()));
        }
        Ok(())
    }
}

impl DeserializeResponse for RawAnswer {
    fn deserialize_nonstreaming_with_config(
        &self,
        response: &HttpResponse,
        _: &ConfigBag,
    ) -> Result<Output, OrchestratorError<Error>> {
        if let Some(body) = response.body().try_clone() {
            // One answer a call: it is never sent twice.
            let _ = self.0.set(body);
        }
        Ok(Output::erase(ExecuteStatementOutput::builder().build()))
    }
}
