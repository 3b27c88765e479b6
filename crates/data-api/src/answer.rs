//! The body of an answer as it comes. The SDK still signs, sends, waits for the answer and sorts errors; it only does not
//! make a heap object of every cell. A body that stalls is ended by the SDK's stalled stream protection.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_rdsdata::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_rdsdata::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_rdsdata::error::BoxError;
use aws_sdk_rdsdata::operation::execute_statement::ExecuteStatementOutput;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};
use aws_smithy_types::body::SdkBody;

/// Takes the body of a successful answer to the call of ExecuteStatement that it intercepts, as it comes. The call itself
/// returns an empty output.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawAnswer(Arc<Mutex<Option<SdkBody>>>);

impl RawAnswer {
    /// The body, which is on its way, once the call has succeeded.
    pub(crate) fn body(&self) -> Option<SdkBody> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
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
    fn deserialize_streaming_with_config(
        &self,
        response: &mut HttpResponse,
        _: &ConfigBag,
    ) -> Option<Result<Output, OrchestratorError<Error>>> {
        let body = mem::replace(response.body_mut(), SdkBody::taken());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        Some(Ok(Output::erase(ExecuteStatementOutput::builder().build())))
    }
}
