//! The body of an answer as it came. The SDK still signs, sends, times out and sorts errors; it only does not
//! make a heap object of every cell.

use aws_sdk_rdsdata::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_rdsdata::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_rdsdata::error::BoxError;
use aws_sdk_rdsdata::operation::execute_statement::ExecuteStatementOutput;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};

/// Makes a call of ExecuteStatement answer with its body's JSON in `formatted_records`, which nothing else
/// fills here: the service does for `formatRecordsAs` alone.
#[derive(Debug)]
pub(crate) struct RawAnswer;

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
            cfg.interceptor_state().store_put(SharedResponseDeserializer::new(Raw));
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Raw;

impl DeserializeResponse for Raw {
    fn deserialize_nonstreaming_with_config(
        &self,
        response: &HttpResponse,
        _: &ConfigBag,
    ) -> Result<Output, OrchestratorError<Error>> {
        let body = response.body().bytes().and_then(|body| str::from_utf8(body).ok());
        let output =
            ExecuteStatementOutput::builder().set_formatted_records(body.map(str::to_owned));
        Ok(Output::erase(output.build()))
    }
}
