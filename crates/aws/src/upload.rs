//! One object, written part by part, visible only when it is whole.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use reporting::{Error, ErrorKind, ObjectStore as _};

use crate::Bucket;
use crate::failure::sort;

/// The size of every part but the last. S3 takes parts of 5 MiB and more, 10,000 of them: 8 MiB each allows 78 GiB.
pub const PART_BYTES: usize = 8 * 1024 * 1024;

/// An object on its way. Small ones go up in one PutObject, larger ones as a multipart upload. A drop without
/// [`Upload::finish`] or [`Upload::abort`] leaves unfinished parts, which a lifecycle rule of the bucket ends.
#[derive(Debug)]
pub struct Upload {
    bucket: Bucket,
    key: String,
    upload_id: Option<String>,
    parts: Vec<CompletedPart>,
}

impl Upload {
    /// Nothing is sent yet.
    pub fn new(bucket: Bucket, key: impl Into<String>) -> Upload {
        Upload { bucket, key: key.into(), upload_id: None, parts: Vec::new() }
    }

    /// Sends the last part. Only now the object is there, in place of an earlier one.
    pub async fn finish(mut self, rest: Vec<u8>) -> Result<(), Error> {
        if self.upload_id.is_none() {
            return self.bucket.put(&self.key, rest).await;
        }
        let finished = match self.send_last(rest).await {
            Ok(()) => self.complete().await,
            Err(error) => Err(error),
        };
        if finished.is_err() {
            self.abort().await;
        }
        finished
    }

    /// Gives up: what was sent is deleted, and an earlier object stays. It cannot fail: the bucket's lifecycle
    /// rule ends what could not be ended here.
    pub async fn abort(self) {
        if let Some(upload_id) = &self.upload_id {
            let client = self.bucket.client();
            let abort = client
                .abort_multipart_upload()
                .bucket(self.bucket.name())
                .key(&self.key)
                .upload_id(upload_id);
            let _ = abort.send().await;
        }
    }

    async fn send_last(&mut self, rest: Vec<u8>) -> Result<(), Error> {
        if rest.is_empty() { Ok(()) } else { self.send(rest).await }
    }

    /// Sends one part of [`PART_BYTES`].
    pub async fn send(&mut self, part: Vec<u8>) -> Result<(), Error> {
        let upload_id = self.upload_id().await?;
        let number = i32::try_from(self.parts.len() + 1).map_err(|error| {
            Error::new(ErrorKind::Internal, "too many parts").with_source(error)
        })?;
        let sent = self
            .bucket
            .client()
            .upload_part()
            .bucket(self.bucket.name())
            .key(&self.key)
            .upload_id(&upload_id)
            .part_number(number)
            .body(ByteStream::from(part))
            .send()
            .await
            .map_err(|error| {
                sort(format!("failed to upload part {number} of `{}`", self.key), error)
            })?;
        self.parts.push(CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag).build());
        Ok(())
    }

    async fn upload_id(&mut self) -> Result<String, Error> {
        if let Some(upload_id) = &self.upload_id {
            return Ok(upload_id.clone());
        }
        let client = self.bucket.client();
        let created =
            client.create_multipart_upload().bucket(self.bucket.name()).key(&self.key).send().await;
        let created = created.map_err(|error| {
            sort(format!("failed to begin the upload of `{}`", self.key), error)
        })?;
        let upload_id = created
            .upload_id
            .ok_or_else(|| Error::new(ErrorKind::Internal, "S3 gave the upload no id"))?;
        self.upload_id = Some(upload_id.clone());
        Ok(upload_id)
    }

    async fn complete(&mut self) -> Result<(), Error> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(self.parts.clone())).build();
        let client = self.bucket.client();
        let complete = client.complete_multipart_upload().bucket(self.bucket.name()).key(&self.key);
        let completed =
            complete.set_upload_id(self.upload_id.clone()).multipart_upload(parts).send().await;
        completed.map(drop).map_err(|error| {
            sort(format!("failed to complete the upload of `{}`", self.key), error)
        })
    }
}
