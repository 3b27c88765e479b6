//! The operations of S3 that this store has, in `s3s`'s terms.

use std::{io::SeekFrom, sync::Arc};

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _, stream};
use http::HeaderMap;
use s3s::{
    S3, S3Request, S3Response, S3Result, TrailingHeaders,
    dto::{
        AbortMultipartUploadInput, AbortMultipartUploadOutput, Bucket, ChecksumMode, ChecksumType,
        CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CopyObjectInput,
        CopyObjectOutput, CreateBucketInput, CreateBucketOutput, CreateMultipartUploadInput,
        CreateMultipartUploadOutput, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput,
        DeleteObjectsOutput, ETag, GetBucketLocationInput, GetBucketLocationOutput, GetObjectInput,
        GetObjectOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput,
        ListBucketsInput, ListBucketsOutput, ListMultipartUploadsInput, ListMultipartUploadsOutput,
        ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output,
        ListPartsInput, ListPartsOutput, PutObjectInput, PutObjectOutput, StreamingBlob,
        UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
    },
    s3_error,
};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};

use super::{
    condition::{Condition, check_read},
    copying, deleting,
    integrity::{self, Digests, hex},
    listing, multipart, multipart_listing,
    store::{Attributes, Store, blocking, internal},
};

/// What one read from an object's file takes at most.
const PIECE_BYTES: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Operations {
    store: Arc<Store>,
}

impl Operations {
    pub(super) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }
}

/// Streams a body to a staged file; gives the file and its MD5, once the declared checksums are
/// found true.
pub(super) async fn receive(
    store: &Store,
    body: Option<StreamingBlob>,
    headers: &HeaderMap,
    trailers: Option<TrailingHeaders>,
) -> S3Result<(NamedTempFile, [u8; 16])> {
    let staged = store.stage().map_err(internal)?;
    let mut file = tokio::fs::File::from_std(staged.reopen().map_err(internal)?);
    let mut digests = Digests::declared_by(headers);
    if let Some(mut body) = body {
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|_| s3_error!(IncompleteBody))?;
            digests.update(&piece);
            file.write_all(&piece).await.map_err(internal)?;
        }
    }
    file.flush().await.map_err(internal)?;
    let md5 = digests.finish(headers, trailers)?;
    Ok((staged, md5))
}

#[async_trait::async_trait]
impl S3 for Operations {
    async fn create_bucket(
        &self,
        request: S3Request<CreateBucketInput>,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        if !self.store.create_bucket(&request.input.bucket)? {
            return Err(s3_error!(BucketAlreadyOwnedByYou));
        }
        Ok(S3Response::new(CreateBucketOutput::default()))
    }

    async fn head_bucket(
        &self,
        request: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        self.store.bucket(&request.input.bucket)?;
        Ok(S3Response::new(HeadBucketOutput::default()))
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        self.store.bucket(&request.input.bucket)?;
        // No constraint means us-east-1.
        Ok(S3Response::new(GetBucketLocationOutput::default()))
    }

    async fn list_buckets(
        &self,
        _: S3Request<ListBucketsInput>,
    ) -> S3Result<S3Response<ListBucketsOutput>> {
        let buckets = self.store.buckets().map_err(internal)?;
        let buckets = buckets.into_iter().map(|(name, created)| Bucket {
            name: Some(name),
            creation_date: Some(created.into()),
            ..Bucket::default()
        });
        Ok(S3Response::new(ListBucketsOutput {
            buckets: Some(buckets.collect()),
            ..ListBucketsOutput::default()
        }))
    }

    async fn put_object(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let input = request.input;
        let condition = Condition::of(input.if_match, input.if_none_match)?;
        let place = self.store.place(&input.bucket, &input.key)?;
        let (staged, md5) =
            receive(&self.store, input.body, &request.headers, request.trailing_headers).await?;
        let attributes = Attributes {
            content_type: input.content_type,
            content_encoding: input.content_encoding,
            metadata: input.metadata,
        };
        let store = self.store.clone();
        let record =
            blocking(move || store.publish(&place, staged, hex(&md5), attributes, &condition))
                .await?;
        Ok(S3Response::new(PutObjectOutput {
            e_tag: Some(ETag::Strong(record.etag)),
            ..PutObjectOutput::default()
        }))
    }

    async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        let place = self.store.place(&input.bucket, &input.key)?;
        let store = self.store.clone();
        let (file, record) = blocking(move || store.open_object(&place)).await?;
        check_read(input.if_match.as_ref(), input.if_none_match.as_ref(), &record.etag)?;
        let (span, content_range) = match input.range {
            None => (0..record.size, None),
            Some(range) => {
                let span = range.check(record.size)?;
                let text = format!("bytes {}-{}/{}", span.start, span.end - 1, record.size);
                (span, Some(text))
            }
        };
        let mut file = tokio::fs::File::from_std(file);
        if span.start > 0 {
            file.seek(SeekFrom::Start(span.start)).await.map_err(internal)?;
        }
        let length = span.end - span.start;
        Ok(S3Response::new(GetObjectOutput {
            last_modified: Some(record.modified().into()),
            accept_ranges: Some("bytes".to_owned()),
            body: Some(StreamingBlob::wrap(pieces(file, length))),
            content_length: Some(length as i64),
            content_range,
            e_tag: Some(ETag::Strong(record.etag)),
            content_type: record.attributes.content_type,
            content_encoding: record.attributes.content_encoding,
            metadata: record.attributes.metadata,
            ..GetObjectOutput::default()
        }))
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = request.input;
        let place = self.store.place(&input.bucket, &input.key)?;
        let store = self.store.clone();
        let (file, record) = blocking(move || store.open_object(&place)).await?;
        check_read(input.if_match.as_ref(), input.if_none_match.as_ref(), &record.etag)?;
        let wants_checksum =
            input.checksum_mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED);
        let checksum = if wants_checksum {
            Some(blocking(move || integrity::crc64_of(file).map_err(internal)).await?)
        } else {
            None
        };
        Ok(S3Response::new(HeadObjectOutput {
            checksum_type: checksum
                .as_ref()
                .map(|_| ChecksumType::from_static(ChecksumType::FULL_OBJECT)),
            checksum_crc64nvme: checksum,
            last_modified: Some(record.modified().into()),
            accept_ranges: Some("bytes".to_owned()),
            content_length: Some(record.size as i64),
            e_tag: Some(ETag::Strong(record.etag)),
            content_type: record.attributes.content_type,
            content_encoding: record.attributes.content_encoding,
            metadata: record.attributes.metadata,
            ..HeadObjectOutput::default()
        }))
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let place = self.store.place(&request.input.bucket, &request.input.key)?;
        let store = self.store.clone();
        blocking(move || store.remove(&place)).await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let store = self.store.clone();
        let output = blocking(move || deleting::delete(&store, request.input)).await?;
        Ok(S3Response::new(output))
    }

    async fn copy_object(
        &self,
        request: S3Request<CopyObjectInput>,
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        let store = self.store.clone();
        let output = blocking(move || copying::copy(&store, request.input)).await?;
        Ok(S3Response::new(output))
    }

    async fn list_objects(
        &self,
        request: S3Request<ListObjectsInput>,
    ) -> S3Result<S3Response<ListObjectsOutput>> {
        let store = self.store.clone();
        let output = blocking(move || listing::list_by_marker(&store, request.input)).await?;
        Ok(S3Response::new(output))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let store = self.store.clone();
        let output = blocking(move || listing::list(&store, request.input)).await?;
        Ok(S3Response::new(output))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        multipart::create(&self.store, request.input).map(S3Response::new)
    }

    async fn upload_part(
        &self,
        request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        multipart::upload_part(&self.store, request).await.map(S3Response::new)
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let store = self.store.clone();
        let output = blocking(move || multipart::complete(&store, request.input)).await?;
        Ok(S3Response::new(output))
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        multipart::abort(&self.store, &request.input).map(S3Response::new)
    }

    async fn upload_part_copy(
        &self,
        request: S3Request<UploadPartCopyInput>,
    ) -> S3Result<S3Response<UploadPartCopyOutput>> {
        let store = self.store.clone();
        let output = blocking(move || copying::copy_part(&store, &request.input)).await?;
        Ok(S3Response::new(output))
    }

    async fn list_parts(
        &self,
        request: S3Request<ListPartsInput>,
    ) -> S3Result<S3Response<ListPartsOutput>> {
        let store = self.store.clone();
        let output = blocking(move || multipart_listing::parts(&store, request.input)).await?;
        Ok(S3Response::new(output))
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        let store = self.store.clone();
        let output = blocking(move || multipart_listing::uploads(&store, request.input)).await?;
        Ok(S3Response::new(output))
    }
}

/// The next `length` bytes of the file. The file stays readable when the object is replaced or
/// deleted meanwhile.
fn pieces(
    file: tokio::fs::File,
    length: u64,
) -> impl Stream<Item = std::io::Result<Bytes>> + Send + Sync + 'static {
    stream::try_unfold(file.take(length), |mut rest| async move {
        let mut piece = BytesMut::with_capacity(PIECE_BYTES);
        let read = rest.read_buf(&mut piece).await?;
        Ok((read > 0).then(|| (piece.freeze(), rest)))
    })
}
