//! The bucket over S3.

use std::io::Write;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::ByteStream;
use reporting::{Error, ErrorKind, Listed, ObjectStore};

use crate::failure::sort;

/// Two writers of one key may get 409 from S3, which then wants the write again.
const CONFLICT_TRIES: usize = 5;

/// One bucket.
#[derive(Debug, Clone)]
pub struct Bucket {
    client: Client,
    name: String,
}

impl Bucket {
    /// The bucket of that name.
    pub fn new(client: Client, name: impl Into<String>) -> Bucket {
        Bucket { client, name: name.into() }
    }

    /// Its client.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Copies an object into `file`, in the memory of one piece of it.
    ///
    /// # Errors
    /// The service's own, a missing object among them; the file's.
    pub async fn download(&self, key: &str, file: &mut impl Write) -> Result<(), Error> {
        let got = self.client.get_object().bucket(&self.name).key(key).send().await;
        let mut body = got.map_err(|error| sort(format!("failed to read `{key}`"), error))?.body;
        let broke_off = |kind, error: Box<dyn std::error::Error + Send + Sync>| {
            Error::new(kind, format!("failed to read `{key}` to its end")).with_source(error)
        };
        loop {
            let piece = body.try_next().await;
            let piece = piece.map_err(|error| broke_off(ErrorKind::Unavailable, error.into()))?;
            let Some(piece) = piece else { return Ok(()) };
            file.write_all(&piece).map_err(|error| broke_off(ErrorKind::Internal, error.into()))?;
        }
    }

    /// Deletes an object; one that is not there counts as deleted.
    pub async fn delete(&self, key: &str) -> Result<(), Error> {
        let deleted = self.client.delete_object().bucket(&self.name).key(key).send().await;
        deleted.map(drop).map_err(|error| sort(format!("failed to delete `{key}`"), error))
    }
}

impl ObjectStore for Bucket {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let got = match self.client.get_object().bucket(&self.name).key(key).send().await {
            Ok(got) => got,
            Err(error) if error.code() == Some("NoSuchKey") => return Ok(None),
            Err(error) => return Err(sort(format!("failed to read `{key}`"), error)),
        };
        let body = got.body.collect().await.map_err(|error| {
            Error::new(ErrorKind::Unavailable, format!("failed to read `{key}` to its end"))
                .with_source(error)
        })?;
        Ok(Some(body.to_vec()))
    }

    async fn put(&self, key: &str, body: Vec<u8>) -> Result<(), Error> {
        let put = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(key)
            .body(ByteStream::from(body))
            .send()
            .await;
        put.map(drop).map_err(|error| sort(format!("failed to write `{key}`"), error))
    }

    async fn put_if_absent(&self, key: &str, body: Vec<u8>) -> Result<bool, Error> {
        for _ in 0..CONFLICT_TRIES {
            let body = ByteStream::from(body.clone());
            let put = self
                .client
                .put_object()
                .bucket(&self.name)
                .key(key)
                .if_none_match("*")
                .body(body)
                .send()
                .await;
            match put {
                Ok(_) => return Ok(true),
                Err(error) if error.code() == Some("PreconditionFailed") => return Ok(false),
                Err(error) if error.code() == Some("ConditionalRequestConflict") => {}
                Err(error) => return Err(sort(format!("failed to write `{key}`"), error)),
            }
        }
        Err(Error::new(
            ErrorKind::Throttled,
            format!("failed to write `{key}`: other writers came between each time"),
        ))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Listed>, Error> {
        let mut pages =
            self.client.list_objects_v2().bucket(&self.name).prefix(prefix).into_paginator().send();
        let mut listed = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| sort(format!("failed to list `{prefix}`"), error))?;
            for object in page.contents.unwrap_or_default() {
                let Some(key) = object.key else { continue };
                let size_bytes =
                    object.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
                listed.push(Listed { key, size_bytes });
            }
        }
        listed.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(listed)
    }
}
