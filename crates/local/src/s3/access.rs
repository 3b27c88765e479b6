//! Who may list: S3 tells whether a key exists to those alone.
//!
//! "If the object you request doesn't exist, the error that Amazon S3 returns depends on whether you also have the
//! s3:ListBucket permission": 404 with it, 403 without.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
};

use s3s::{
    S3Result,
    access::{S3Access, S3AccessContext},
    s3_error,
};

use super::store::Store;

/// The access keys that may not list; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct WithoutListing(Arc<RwLock<HashSet<String>>>);

impl WithoutListing {
    pub(super) fn add(&self, access_key_id: &str) {
        let mut keys = self.0.write().unwrap_or_else(PoisonError::into_inner);
        keys.insert(access_key_id.to_owned());
    }

    fn has(&self, access_key_id: &str) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(access_key_id)
    }
}

#[derive(Debug)]
pub(super) struct Access {
    pub(super) store: Arc<Store>,
    pub(super) without_listing: WithoutListing,
}

#[async_trait::async_trait]
impl S3Access for Access {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let Some(credentials) = context.credentials() else {
            return Err(s3_error!(AccessDenied, "Signature is required"));
        };
        if !self.without_listing.has(&credentials.access_key) {
            return Ok(());
        }
        let is_missing = || {
            let (bucket, key) = context.s3_path().as_object()?;
            Some(
                self.store
                    .place(bucket, key)
                    .ok()
                    .is_some_and(|place| self.store.open_object(&place).is_err()),
            )
        };
        let denied = match context.s3_op().name() {
            "ListObjects" | "ListObjectsV2" => true,
            "GetObject" | "HeadObject" => is_missing().unwrap_or_default(),
            _ => false,
        };
        if denied { Err(s3_error!(AccessDenied, "Access Denied")) } else { Ok(()) }
    }
}
