//! The SDK clients, made once at cold start.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// The clients of one process. Each call makes the client anew from shared configuration and one shared
/// connection pool: call once, at cold start.
#[derive(Debug, Clone)]
pub struct Clients(SdkConfig);

impl Clients {
    /// Reads region, credentials and endpoint as every AWS SDK does, from the environment.
    pub async fn from_environment() -> Clients {
        Clients(aws_config::defaults(BehaviorVersion::latest()).http_client(http()).load().await)
    }

    /// Everything at one endpoint with these credentials, whatever the environment says.
    pub fn at_endpoint(
        endpoint: &str,
        region: &str,
        access_key: &str,
        secret_key: &str,
    ) -> Clients {
        let credentials = Credentials::new(access_key, secret_key, None, None, "quaestor");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(http())
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .time_source(SharedTimeSource::new(SystemTimeSource::new()))
            .endpoint_url(endpoint)
            .region(Region::new(region.to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(credentials));
        Clients(config.build())
    }

    /// What all of them share.
    pub(crate) fn config(&self) -> &SdkConfig {
        &self.0
    }

    #[cfg(test)]
    pub(crate) fn from_config(config: SdkConfig) -> Clients {
        Clients(config)
    }

    /// CloudFormation, with the SDK's own retries: a stack is only read.
    pub fn cloud_formation(&self) -> aws_sdk_cloudformation::Client {
        aws_sdk_cloudformation::Client::new(&self.0)
    }

    /// Glue, with the SDK's own retries: every call of ours may be repeated.
    pub fn glue(&self) -> aws_sdk_glue::Client {
        aws_sdk_glue::Client::new(&self.0)
    }

    /// S3, with the SDK's own retries: every call of ours may be repeated.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::new(&self.0)
    }

    /// Step Functions, with the SDK's own retries: a start is idempotent by name.
    pub fn step_functions(&self) -> aws_sdk_sfn::Client {
        aws_sdk_sfn::Client::new(&self.0)
    }

    /// Secrets Manager, with the SDK's own retries: a secret is only read.
    pub fn secrets_manager(&self) -> aws_sdk_secretsmanager::Client {
        aws_sdk_secretsmanager::Client::new(&self.0)
    }

    /// The RDS Data API, without retries: a call in a transaction that failed has ended it. The service ends a
    /// call after 45 s, so that we wait longer than that.
    pub fn rds_data(&self) -> aws_sdk_rdsdata::Client {
        let config = aws_sdk_rdsdata::config::Builder::from(&self.0)
            .retry_config(RetryConfig::disabled())
            .timeout_config(patience(Duration::from_secs(60)))
            .build();
        aws_sdk_rdsdata::Client::from_conf(config)
    }

    /// InvokeAgent, without retries: each call costs tokens. The stream may be silent while the agent thinks.
    pub fn bedrock_agent(&self) -> aws_sdk_bedrockagentruntime::Client {
        let config = aws_sdk_bedrockagentruntime::config::Builder::from(&self.0)
            .retry_config(RetryConfig::disabled())
            .timeout_config(patience(Duration::from_secs(590)))
            .build();
        aws_sdk_bedrockagentruntime::Client::from_conf(config)
    }

    /// Converse and ApplyGuardrail, without retries: each call costs tokens.
    pub fn bedrock(&self) -> aws_sdk_bedrockruntime::Client {
        let config = aws_sdk_bedrockruntime::config::Builder::from(&self.0)
            .retry_config(RetryConfig::disabled())
            .timeout_config(patience(Duration::from_secs(110)))
            .build();
        aws_sdk_bedrockruntime::Client::from_conf(config)
    }

    /// Invoke, without retries: what the two functions of an agent do costs tokens. generate-query has two minutes.
    pub fn lambda(&self) -> aws_sdk_lambda::Client {
        let config = aws_sdk_lambda::config::Builder::from(&self.0)
            .retry_config(RetryConfig::disabled())
            .timeout_config(patience(Duration::from_secs(130)))
            .build();
        aws_sdk_lambda::Client::from_conf(config)
    }
}

fn http() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}

fn patience(read: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).read_timeout(read).build()
}
