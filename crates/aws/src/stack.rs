//! A deployed system, known by the outputs of its CloudFormation stack.

use std::collections::BTreeMap;

use aws_credential_types::provider::ProvideCredentials as _;
use aws_sdk_cloudformation::error::ProvideErrorMetadata as _;
use reporting::{Error, ErrorKind};

use crate::Clients;
use crate::failure::{sort, with_causes};

/// A stack as it is deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    name: String,
    status: String,
    outputs: BTreeMap<String, String>,
}

impl Stack {
    /// Reads the stack of that name, or ARN, in the clients' region.
    ///
    /// # Errors
    /// No region, no credentials, no such stack, or the service's own refusal: each with what to do.
    pub async fn describe(clients: &Clients, name: &str) -> Result<Stack, Error> {
        let region = identify(clients).await?;
        let described = clients.cloud_formation().describe_stacks().stack_name(name).send().await;
        let described = match described {
            Ok(described) => described,
            // The service has no code of its own for it (DescribeStacks in the CloudFormation API reference).
            Err(error)
                if error.code() == Some("ValidationError")
                    && error.message().is_some_and(|told| told.contains("does not exist")) =>
            {
                return Err(Error::new(
                    ErrorKind::Misconfigured,
                    format!(
                        "there is no stack `{name}` in {region}; `aws cloudformation describe-stacks --query \
                         'Stacks[].StackName'` lists those there are, and `cdk deploy` makes Quaestor-Reporting"
                    ),
                ));
            }
            Err(error) => return Err(sort(format!("failed to read the stack `{name}`"), error)),
        };
        let stack = described.stacks.unwrap_or_default().into_iter().next().ok_or_else(|| {
            Error::new(ErrorKind::Misconfigured, format!("there is no stack `{name}` in {region}"))
        })?;
        let outputs = stack.outputs.unwrap_or_default().into_iter();
        Ok(Stack {
            name: stack.stack_name.unwrap_or_else(|| name.to_owned()),
            status: stack.stack_status.map(|it| it.as_str().to_owned()).unwrap_or_default(),
            outputs: outputs
                .filter_map(|output| Some((output.output_key?, output.output_value?)))
                .collect(),
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The output of that name.
    ///
    /// # Errors
    /// [`ErrorKind::Misconfigured`] when there is none.
    pub fn output(&self, name: &str) -> Result<&str, Error> {
        self.find(name).ok_or_else(|| {
            let Stack { name: stack, status, .. } = self;
            Error::new(
                ErrorKind::Misconfigured,
                format!(
                    "the stack `{stack}` ({status}) has no output `{name}`; name the stack that ends in -Reporting, and \
                     deploy it as this version has it: cd infra && cdk deploy --all"
                ),
            )
        })
    }

    /// The same, where a stack may do without it.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.outputs.get(name).map(String::as_str)
    }
}

/// The region, once it is known that there are credentials, too: the SDK would say so only in the middle of a call.
async fn identify(clients: &Clients) -> Result<String, Error> {
    let config = clients.config();
    let region = config.region().map(ToString::to_string).ok_or_else(|| {
        Error::new(
            ErrorKind::Misconfigured,
            "no AWS region is set; set AWS_REGION, or `region` in the profile that AWS_PROFILE names",
        )
    })?;
    let missing = || {
        Error::new(
            ErrorKind::AccessDenied,
            "no AWS credentials were found; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. With a \
             profile of IAM Identity Center: eval \"$(aws configure export-credentials --format env)\"",
        )
    };
    let provider = config.credentials_provider().ok_or_else(missing)?;
    match provider.provide_credentials().await {
        Ok(_) => Ok(region),
        Err(error) => Err(with_causes(missing(), &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_output_is_named_with_what_to_do() {
        let stack = Stack {
            name: "Quaestor-Database".to_owned(),
            status: "CREATE_COMPLETE".to_owned(),
            outputs: BTreeMap::from([("ClusterArn".to_owned(), "arn".to_owned())]),
        };
        assert_eq!(stack.output("ClusterArn").expect("it is there"), "arn");
        let error = stack.output("Bucket").expect_err("it is not there");
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        let told = error.to_string();
        for expected in ["`Quaestor-Database` (CREATE_COMPLETE)", "`Bucket`", "cdk deploy"] {
            assert!(told.contains(expected), "{told}");
        }
    }

    #[tokio::test]
    async fn a_region_is_asked_for_first() {
        let clients = Clients::from_config(aws_config::SdkConfig::builder().build());
        let error = Stack::describe(&clients, "any").await.expect_err("no region");
        assert!(error.to_string().contains("AWS_REGION"), "{error}");
    }
}
