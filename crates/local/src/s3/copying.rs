//! `CopyObject`: a whole object in one call. `UploadPartCopy`: a range of one as a part of an upload.

use std::{
    io::{self, Read as _, Seek as _, SeekFrom},
    time::SystemTime,
};

use s3s::{
    S3Result,
    crypto::{Checksum as _, Md5},
    dto::{
        CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopyPartResult, CopySource, ETag,
        ETagCondition, MetadataDirective, UploadPartCopyInput, UploadPartCopyOutput,
    },
    s3_error,
};

use super::{
    condition::{Condition, check_read},
    integrity::hex,
    multipart,
    store::{Attributes, Store, internal},
};

/// Copies; the copy's entity tag is the MD5 of its content, also where the source came in parts.
///
/// # Errors
/// `NoSuchKey`, `NoSuchBucket`, `PreconditionFailed`; `InvalidRequest` for a copy onto itself that
/// changes nothing.
pub(super) fn copy(store: &Store, input: CopyObjectInput) -> S3Result<CopyObjectOutput> {
    let (bucket, key) = source_of(&input.copy_source)?;
    let replaces = input
        .metadata_directive
        .as_ref()
        .is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
    if !replaces && (bucket, key) == (&*input.bucket, &*input.key) {
        return Err(s3_error!(InvalidRequest, "a copy onto itself that changes nothing"));
    }
    let (mut source, record) = store.open_object(&store.place(bucket, key)?)?;
    let (matches, differs) = (&input.copy_source_if_match, &input.copy_source_if_none_match);
    check_source(matches.as_ref(), differs.as_ref(), &record.etag)?;
    let place = store.place(&input.bucket, &input.key)?;
    let mut staged = store.stage().map_err(internal)?;
    let mut md5 = Md5::new();
    io::copy(&mut source, &mut Both(staged.as_file_mut(), &mut md5)).map_err(internal)?;
    let attributes = if replaces {
        Attributes {
            content_type: input.content_type,
            content_encoding: input.content_encoding,
            metadata: input.metadata,
        }
    } else {
        record.attributes
    };
    let etag = hex(&md5.finalize());
    let record = store.publish(&place, staged, etag, attributes, &Condition::Always)?;
    Ok(CopyObjectOutput {
        copy_object_result: Some(CopyObjectResult {
            last_modified: Some(record.modified().into()),
            e_tag: Some(ETag::Strong(record.etag)),
            ..CopyObjectResult::default()
        }),
        ..CopyObjectOutput::default()
    })
}

/// One part of an upload, copied from a range of an object (all of it without one): how clients copy what is
/// large.
///
/// # Errors
/// As [`copy`]; `NoSuchUpload`; `InvalidRange` for a range that is not inside the source.
pub(super) fn copy_part(
    store: &Store,
    input: &UploadPartCopyInput,
) -> S3Result<UploadPartCopyOutput> {
    let (bucket, key) = source_of(&input.copy_source)?;
    let part =
        multipart::part(store, &input.bucket, &input.key, &input.upload_id, input.part_number)?;
    let (mut source, record) = store.open_object(&store.place(bucket, key)?)?;
    let (matches, differs) = (&input.copy_source_if_match, &input.copy_source_if_none_match);
    check_source(matches.as_ref(), differs.as_ref(), &record.etag)?;
    let range = match &input.copy_source_range {
        Some(range) => span(range, record.size)?,
        None => 0..record.size,
    };
    source.seek(SeekFrom::Start(range.start)).map_err(internal)?;
    let mut staged = store.stage().map_err(internal)?;
    let mut md5 = Md5::new();
    let mut wanted = source.take(range.end - range.start);
    io::copy(&mut wanted, &mut Both(staged.as_file_mut(), &mut md5)).map_err(internal)?;
    multipart::keep(staged, &part)?;
    Ok(UploadPartCopyOutput {
        copy_part_result: Some(CopyPartResult {
            last_modified: Some(SystemTime::now().into()),
            e_tag: Some(ETag::Strong(hex(&md5.finalize()))),
            ..CopyPartResult::default()
        }),
        ..UploadPartCopyOutput::default()
    })
}

fn source_of(source: &CopySource) -> S3Result<(&str, &str)> {
    match source {
        CopySource::Bucket { bucket, key, version_id: None } => Ok((bucket, key)),
        _ => Err(s3_error!(NotImplemented, "a copy is of a bucket's key, without a version")),
    }
}

/// Unlike a read, a copy of what has not changed is no success.
fn check_source(
    matches: Option<&ETagCondition>,
    differs: Option<&ETagCondition>,
    etag: &str,
) -> S3Result<()> {
    check_read(matches, differs, etag).map_err(|_| s3_error!(PreconditionFailed))
}

/// `bytes=first-last`, both given.
fn span(range: &str, size: u64) -> S3Result<std::ops::Range<u64>> {
    let ends = range.strip_prefix("bytes=").and_then(|range| range.split_once('-'));
    let ends = ends.and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
    match ends {
        Some((first, last)) if first <= last && last < size => Ok(first..last + 1),
        Some(_) => Err(s3_error!(InvalidRange)),
        None => Err(s3_error!(InvalidArgument, "a source's range is `bytes=first-last`")),
    }
}

/// Writes to a file and counts it into a digest.
struct Both<'a>(&'a mut std::fs::File, &'a mut Md5);

impl io::Write for Both<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let written = self.0.write(piece)?;
        self.1.update(&piece[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
