//! `CopyObject`: a whole object in one call.

use std::io;

use s3s::{
    S3Result,
    crypto::{Checksum as _, Md5},
    dto::{
        CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, ETag, MetadataDirective,
    },
    s3_error,
};

use super::{
    condition::{Condition, check_read},
    integrity::hex,
    store::{Attributes, Store, internal},
};

/// Copies; the copy's entity tag is the MD5 of its content, also where the source came in parts.
///
/// # Errors
/// `NoSuchKey`, `NoSuchBucket`, `PreconditionFailed`; `InvalidRequest` for a copy onto itself that
/// changes nothing.
pub(super) fn copy(store: &Store, input: CopyObjectInput) -> S3Result<CopyObjectOutput> {
    let CopySource::Bucket { bucket, key, version_id: None } = &input.copy_source else {
        return Err(s3_error!(NotImplemented, "a copy is of a bucket's key, without a version"));
    };
    let replaces = input
        .metadata_directive
        .as_ref()
        .is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
    if !replaces && (&**bucket, &**key) == (&*input.bucket, &*input.key) {
        return Err(s3_error!(InvalidRequest, "a copy onto itself that changes nothing"));
    }
    let (mut source, record) = store.open_object(&store.place(bucket, key)?)?;
    let (matches, differs) = (&input.copy_source_if_match, &input.copy_source_if_none_match);
    check_read(matches.as_ref(), None, &record.etag)?;
    if check_read(None, differs.as_ref(), &record.etag).is_err() {
        return Err(s3_error!(PreconditionFailed));
    }
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
