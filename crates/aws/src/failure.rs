//! Sorting what an SDK reports into the domain's kinds.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use reporting::{Error, ErrorKind};

/// The error of a call that did `what`, e.g. "failed to read `questions/daily/a.md`".
pub(crate) fn sort<E>(what: impl Into<String>, error: SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let what = what.into();
    let (kind, told) = match &error {
        SdkError::ServiceError(service) => {
            let (kind, told) = of_service(service.err());
            (of_status(kind, service.raw().status().as_u16()), told)
        }
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => {
            (ErrorKind::Unavailable, "the service did not answer".to_owned())
        }
        _ => (ErrorKind::Internal, "the request could not be made".to_owned()),
    };
    with_causes(Error::new(kind, format!("{what}: {told}")), &error)
}

/// A code that says nothing (a front end's, in the service's place) leaves it to the status.
fn of_status(kind: ErrorKind, status: u16) -> ErrorKind {
    match (kind, status) {
        (ErrorKind::Internal, 429) => ErrorKind::Throttled,
        (ErrorKind::Internal, 500..) => ErrorKind::Unavailable,
        _ => kind,
    }
}

/// The kind and the words of an error that the service itself gave, in a response or inside a stream.
pub(crate) fn of_service(error: &impl ProvideErrorMetadata) -> (ErrorKind, String) {
    let code = error.code().unwrap_or("unknown error");
    let kind = match code {
        "ThrottlingException"
        | "Throttling"
        | "TooManyRequestsException"
        | "SlowDown"
        | "ServiceQuotaExceededException"
        | "ModelNotReadyException"
        | "RequestLimitExceeded"
        | "ExecutionLimitExceeded"
        | "ConflictException" => ErrorKind::Throttled,
        "AccessDenied"
        | "AccessDeniedException"
        | "ForbiddenException"
        | "UnrecognizedClientException"
        | "ExpiredTokenException"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "InvalidAccessKeyId"
        | "InvalidClientTokenId"
        | "ExpiredToken" => ErrorKind::AccessDenied,
        "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "ServiceUnavailableError"
        | "InternalServerException"
        | "InternalServerErrorException"
        | "InternalError"
        // Glue's.
        | "InternalServiceException"
        | "OperationTimeoutException"
        | "ResourceNotReadyException"
        | "RequestTimeout"
        | "DependencyFailedException"
        | "BadGatewayException"
        | "ModelTimeoutException"
        | "ModelErrorException"
        | "ModelStreamErrorException" => ErrorKind::Unavailable,
        _ => ErrorKind::Internal,
    };
    (kind, error.message().map_or_else(|| code.to_owned(), |message| format!("{code}: {message}")))
}

/// The error with what stands behind `error`, as text: an SDK's own errors hold whole responses, which no log
/// should.
pub(crate) fn with_causes(told: Error, error: &dyn std::error::Error) -> Error {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(source) = cause {
        causes.push(source.to_string());
        cause = source.source();
    }
    if causes.is_empty() { told } else { told.with_source(causes.join(": ")) }
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    #[test]
    fn a_code_decides_the_kind() {
        for (code, expected) in [
            ("ThrottlingException", ErrorKind::Throttled),
            ("SlowDown", ErrorKind::Throttled),
            ("AccessDeniedException", ErrorKind::AccessDenied),
            ("DependencyFailedException", ErrorKind::Unavailable),
            ("ValidationException", ErrorKind::Internal),
        ] {
            let error = ErrorMetadata::builder().code(code).message("words").build();
            assert_eq!(of_service(&error), (expected, format!("{code}: words")));
        }
        for (kind, status, expected) in [
            (ErrorKind::Internal, 429, ErrorKind::Throttled),
            (ErrorKind::Internal, 502, ErrorKind::Unavailable),
            (ErrorKind::Internal, 400, ErrorKind::Internal),
            (ErrorKind::AccessDenied, 503, ErrorKind::AccessDenied),
        ] {
            assert_eq!(of_status(kind, status), expected, "{status}");
        }
    }
}
