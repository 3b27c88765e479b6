//! Conditional requests: a write that must be the first, or must know the version it replaces.

use s3s::{
    S3ErrorCode, S3Result,
    dto::{ETag, ETagCondition},
    s3_error,
};

/// When a write may go ahead.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    Always,
    /// `If-None-Match: *`
    Absent,
    /// `If-Match`
    Matches(ETagCondition),
}

impl Condition {
    /// # Errors
    /// `NotImplemented` for `If-None-Match` with an entity tag, which S3 refuses too.
    pub(super) fn of(
        if_match: Option<ETagCondition>,
        if_none_match: Option<ETagCondition>,
    ) -> S3Result<Self> {
        match (if_match, if_none_match) {
            (None, None) => Ok(Self::Always),
            (None, Some(ETagCondition::Any)) => Ok(Self::Absent),
            (Some(expected), None) => Ok(Self::Matches(expected)),
            _ => Err(s3_error!(NotImplemented, "a write takes `If-Match` or `If-None-Match: *`")),
        }
    }

    /// Checks the object as it is, whose entity tag `current` finds (or `NoSuchKey`). Only under
    /// the lock of the store does the answer hold until the write.
    pub(super) fn check(
        &self,
        key: &str,
        current: impl FnOnce() -> S3Result<String>,
    ) -> S3Result<()> {
        match self {
            Self::Always => Ok(()),
            Self::Absent => match current() {
                Ok(_) => Err(s3_error!(PreconditionFailed, "the key `{key}` exists")),
                Err(error) if *error.code() == S3ErrorCode::NoSuchKey => Ok(()),
                Err(error) => Err(error),
            },
            Self::Matches(expected) if matches(expected, &current()?) => Ok(()),
            Self::Matches(_) => {
                Err(s3_error!(PreconditionFailed, "the key `{key}` has another entity tag"))
            }
        }
    }
}

/// The conditions of a read.
pub(super) fn check_read(
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
    etag: &str,
) -> S3Result<()> {
    if if_match.is_some_and(|expected| !matches(expected, etag)) {
        return Err(s3_error!(PreconditionFailed));
    }
    if if_none_match.is_some_and(|known| matches(known, etag)) {
        return Err(s3_error!(NotModified));
    }
    Ok(())
}

fn matches(condition: &ETagCondition, etag: &str) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(expected) => ETag::Strong(etag.to_owned()).strong_cmp(expected),
    }
}
