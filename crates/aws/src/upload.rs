//! One object, written part by part, visible only when it is whole, and not written again when it is there.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::time::Duration;

use aws_sdk_s3::operation::head_object::HeadObjectError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc_fast::{CrcAlgorithm, Digest};
use reporting::{Error, ErrorKind};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::Bucket;
use crate::failure::sort;
use crate::part::Part;

/// Every part but the last has at least this. S3 takes no smaller ones, and 10,000 of them: an object of 48 GiB.
pub const PART_BYTES: usize = 5 * 1024 * 1024;

/// How long an upload that is given up waits for the part under way.
const LAST_PART: Duration = Duration::from_secs(3);

/// An object on its way. Small ones go up in one PutObject, larger ones as a multipart upload. A drop without
/// [`Upload::finish`] or [`Upload::abort`] leaves unfinished parts, which a lifecycle rule of the bucket ends.
///
/// What is written to it waits in temporary files until [`Upload::send_full`] or [`Upload::finish`]. An error of writing
/// has a [`reporting::Error`] inside.
#[derive(Debug)]
pub struct Upload {
    bucket: Bucket,
    key: String,
    upload_id: Option<String>,
    /// The part that fills.
    part: Option<Part>,
    /// Parts that have yet to go up.
    full: VecDeque<Part>,
    /// The part that goes up meanwhile.
    sending: Option<JoinHandle<Result<CompletedPart, Error>>>,
    parts: Vec<CompletedPart>,
    checksum: Digest,
    size_bytes: u64,
}

impl Upload {
    /// Nothing is sent yet.
    pub fn new(bucket: Bucket, key: impl Into<String>) -> Upload {
        Upload {
            bucket,
            key: key.into(),
            upload_id: None,
            part: None,
            full: VecDeque::new(),
            sending: None,
            parts: Vec::new(),
            checksum: Digest::new(CrcAlgorithm::Crc64Nvme),
            size_bytes: 0,
        }
    }

    /// Lets the parts that are full go up, each once the one before is there, so that one is still on its way when this
    /// returns. That it failed is told by a later call. After an error, or when it was dropped before it was done, only
    /// [`Upload::abort`] is left.
    pub async fn send_full(&mut self) -> Result<(), Error> {
        while let Some(part) = self.full.pop_front() {
            // Boxed, since this is called far more often than there is a part.
            Box::pin(self.send(part)).await?;
        }
        Ok(())
    }

    /// Sends what has not gone up. Only now the object is there, in place of an earlier one; an equal one, by size and
    /// checksum, stays as it is, so that nobody is told of a new version of the same.
    pub async fn finish(mut self) -> Result<(), Error> {
        match self.is_there().await {
            Ok(false) => {}
            told => {
                self.abort().await;
                return told.map(drop);
            }
        }
        if self.upload_id.is_none() && self.full.is_empty() {
            return self.put().await;
        }
        let finished = match self.send_rest().await {
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
    pub async fn abort(mut self) {
        if let Some(sending) = &mut self.sending {
            // One that comes after the end would stay: AbortMultipartUpload in the S3 API Reference.
            if timeout(LAST_PART, &mut *sending).await.is_err() {
                sending.abort();
            }
        }
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

    /// Whether the object has these bytes already. S3 keeps the checksum of a whole object as long as nobody
    /// declares another kind: "Checking object integrity" of the S3 User Guide.
    async fn is_there(&self) -> Result<bool, Error> {
        let head = self
            .bucket
            .client()
            .head_object()
            .bucket(self.bucket.name())
            .key(&self.key)
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await;
        match head {
            Ok(head) => Ok(head.content_length.and_then(|size| u64::try_from(size).ok())
                == Some(self.size_bytes)
                && head.checksum_crc64_nvme == Some(encoded(&self.checksum))),
            Err(error) if error.as_service_error().is_some_and(HeadObjectError::is_not_found) => {
                Ok(false)
            }
            Err(error) => Err(sort(format!("failed to look for `{}`", self.key), error)),
        }
    }

    async fn put(mut self) -> Result<(), Error> {
        let body = match &mut self.part {
            Some(part) => part.body().await?,
            None => ByteStream::default(),
        };
        let client = self.bucket.client();
        let put = client.put_object().bucket(self.bucket.name()).key(&self.key);
        let put = put.checksum_crc64_nvme(encoded(&self.checksum)).body(body).send().await;
        put.map(drop).map_err(|error| sort(format!("failed to write `{}`", self.key), error))
    }

    async fn send_rest(&mut self) -> Result<(), Error> {
        self.full.extend(self.part.take());
        self.send_full().await?;
        self.sent().await
    }

    /// Begins to send a part, once the one before is there.
    async fn send(&mut self, mut part: Part) -> Result<(), Error> {
        self.sent().await?;
        let upload_id = self.upload_id().await?;
        let number = i32::try_from(self.parts.len() + 1).map_err(|error| {
            Error::new(ErrorKind::Internal, "too many parts").with_source(error)
        })?;
        let body = part.body().await?;
        let (bucket, key) = (self.bucket.clone(), self.key.clone());
        self.sending = Some(tokio::spawn(async move {
            let client = bucket.client();
            let upload = client.upload_part().bucket(bucket.name()).key(&key).upload_id(upload_id);
            let upload = upload.checksum_crc64_nvme(encoded(part.checksum()));
            let sent = upload.part_number(number).body(body).send().await.map_err(|error| {
                sort(format!("failed to upload part {number} of `{key}`"), error)
            })?;
            Ok(CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag).build())
        }));
        Ok(())
    }

    /// Waits for the part under way.
    async fn sent(&mut self) -> Result<(), Error> {
        let Some(sending) = &mut self.sending else { return Ok(()) };
        let ended = sending.await;
        self.sending = None;
        let part = ended.map_err(|error| {
            let message = format!("the upload of a part of `{}` broke off", self.key);
            Error::new(ErrorKind::Internal, message).with_source(error)
        })?;
        self.parts.push(part?);
        Ok(())
    }

    async fn upload_id(&mut self) -> Result<String, Error> {
        if let Some(upload_id) = &self.upload_id {
            return Ok(upload_id.clone());
        }
        let client = self.bucket.client();
        let create = client.create_multipart_upload().bucket(self.bucket.name()).key(&self.key);
        let create = create
            .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
            .checksum_type(ChecksumType::FullObject);
        let created = create.send().await.map_err(|error| {
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
        let complete = complete
            .checksum_type(ChecksumType::FullObject)
            .checksum_crc64_nvme(encoded(&self.checksum));
        let completed =
            complete.set_upload_id(self.upload_id.clone()).multipart_upload(parts).send().await;
        completed.map(drop).map_err(|error| {
            sort(format!("failed to complete the upload of `{}`", self.key), error)
        })
    }
}

impl Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut part = match self.part.take() {
            Some(part) => part,
            None => Part::new().map_err(io::Error::other)?,
        };
        part.write(bytes).map_err(io::Error::other)?;
        self.checksum.update(bytes);
        self.size_bytes += bytes.len() as u64;
        if part.size_bytes() < PART_BYTES {
            self.part = Some(part);
        } else {
            self.full.push_back(part);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// As S3's headers have it: the base64 of the eight bytes, most significant first.
fn encoded(checksum: &Digest) -> String {
    STANDARD.encode(checksum.finalize().to_be_bytes())
}
