//! S3, with objects as plain files: `<root>/<bucket>/<key>`.
//!
//! `s3s` speaks the protocol (signatures, XML, chunked bodies); the store below is ours. `s3s-fs`
//! was read and left out: of sixteen racing `If-None-Match: *` writers it lets several win, it
//! checks a checksum after the object is replaced, it answers `HeadObject` on a folder, makes a
//! missing bucket, keeps a stale checksum when a multipart upload or a person's editor replaces a
//! file, and its file names limit a key to some 120 bytes.
//!
//! Not there: versions, tags, ACLs. They answer `NotImplemented`. Of the checksums that S3 keeps, only the
//! CRC-64/NVME of a whole object is told again.

mod access;
mod condition;
mod copying;
mod deleting;
mod integrity;
mod listing;
mod multipart;
mod multipart_listing;
mod operations;
mod store;

use std::{io, path::Path, sync::Arc};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use jiff::Timestamp;
use s3s::{
    S3Result,
    auth::{S3Auth, SecretKey},
    s3_error,
    service::S3ServiceBuilder,
};
use serde::Serialize;
use tokio::sync::broadcast;

use crate::{
    credentials::Credentials,
    http::{Response, rest_error},
};
use access::{Access, WithoutListing};
use condition::Condition;
use store::{Attributes, Store};

/// What the ARN of a bucket, or of an object, begins with.
pub(crate) const OBJECTS_ARN: &str = "arn:aws:s3:::";

/// The S3 stand-in; clones share one store.
#[derive(Clone, Debug)]
pub struct S3 {
    store: Arc<Store>,
    without_listing: WithoutListing,
    service: s3s::service::S3Service,
}

/// Takes the key of every principal.
struct Auth(Credentials);

#[async_trait::async_trait]
impl S3Auth for Auth {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        match self.0.principal(access_key) {
            Some(_) => Ok(self.0.secret_access_key.clone().into()),
            None => Err(s3_error!(InvalidAccessKeyId)),
        }
    }
}

/// One object that was created or replaced, as EventBridge tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObjectCreated {
    /// The bucket's name.
    pub bucket: String,
    /// The whole key, not encoded.
    pub key: String,
    /// The object's size in bytes.
    pub size: u64,
    /// The entity tag, without quotes.
    pub etag: String,
    /// Hexadecimal; of two events on one key, the later has the greater one.
    pub sequencer: String,
    /// When the object appeared.
    pub time: Timestamp,
}

/// Why an object could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("`{bucket}/{key}`: {code}")]
pub struct ObjectError {
    /// The bucket's name.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// S3's error code, such as `NoSuchKey`.
    pub code: String,
    #[source]
    source: s3s::S3Error,
}

impl S3 {
    /// Opens the store under `root`, which is made when it is missing. Uploads that an earlier
    /// process left are dropped.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn open(root: &Path, credentials: &Credentials) -> io::Result<Self> {
        let store = Arc::new(Store::open(root)?);
        let mut builder = S3ServiceBuilder::new(operations::Operations::new(store.clone()));
        builder.set_auth(Auth(credentials.clone()));
        let without_listing = WithoutListing::default();
        builder
            .set_access(Access { store: store.clone(), without_listing: without_listing.clone() });
        let service = builder.build();
        Ok(Self { store, without_listing, service })
    }

    /// From now on whoever signs with this key has no `s3:ListBucket`: it cannot list, and a key that is not there is
    /// 403 `AccessDenied` to it.
    pub fn deny_listing(&self, access_key_id: &str) {
        self.without_listing.add(access_key_id);
    }

    /// Makes the bucket unless it is there.
    ///
    /// # Errors
    /// `InvalidBucketName`, or the file system's own.
    pub fn create_bucket(&self, bucket: &str) -> Result<(), ObjectError> {
        self.store.create_bucket(bucket).map(drop).map_err(failed(bucket, ""))
    }

    /// An object's content. Meant for small ones: it is read whole.
    ///
    /// # Errors
    /// `NoSuchBucket`, `NoSuchKey`, `EntityTooLarge` over `limit_bytes`.
    pub async fn get(
        &self,
        bucket: &str,
        key: &str,
        limit_bytes: u64,
    ) -> Result<Bytes, ObjectError> {
        self.store.read(bucket, key, limit_bytes).await.map_err(failed(bucket, key))
    }

    /// Writes an object whole, or replaces it.
    ///
    /// # Errors
    /// `NoSuchBucket`, or the file system's own.
    pub async fn put(
        &self,
        bucket: &str,
        key: &str,
        content_type: &str,
        content: Bytes,
    ) -> Result<(), ObjectError> {
        let attributes =
            Attributes { content_type: Some(content_type.to_owned()), ..Attributes::default() };
        self.store
            .write(bucket, key, attributes, content, Condition::Always)
            .await
            .map(drop)
            .map_err(failed(bucket, key))
    }

    /// What is created from now on. A receiver that falls 1,024 events behind loses the oldest.
    pub fn object_created(&self) -> broadcast::Receiver<ObjectCreated> {
        self.store.object_created()
    }

    pub(crate) async fn handle(&self, request: ::http::Request<Incoming>) -> Response {
        match self.service.call(request.map(s3s::Body::from)).await {
            Ok(response) => response.map(|body| body.map_err(io::Error::other).boxed_unsync()),
            Err(error) => rest_error(500, "InternalError", &format!("{error:?}")),
        }
    }
}

fn failed(bucket: &str, key: &str) -> impl FnOnce(s3s::S3Error) -> ObjectError {
    let (bucket, key) = (bucket.to_owned(), key.to_owned());
    move |source| ObjectError { bucket, key, code: source.code().as_str().to_owned(), source }
}
