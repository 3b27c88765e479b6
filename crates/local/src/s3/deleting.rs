//! `DeleteObjects`: many keys in one call, each with its own outcome.

use s3s::{
    S3Result,
    dto::{DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, Error},
    s3_error,
};

use super::store::Store;

/// One call takes at most this many keys.
const MAX_KEYS: usize = 1000;

/// Deletes; a key that is not there counts as deleted, as S3 has it.
///
/// # Errors
/// `NoSuchBucket`; `MalformedXML` over a thousand keys. A key's own error is told beside it.
pub(super) fn delete(store: &Store, input: DeleteObjectsInput) -> S3Result<DeleteObjectsOutput> {
    store.bucket(&input.bucket)?;
    if input.delete.objects.len() > MAX_KEYS {
        return Err(s3_error!(MalformedXML, "one call deletes at most {MAX_KEYS} keys"));
    }
    let mut deleted = Vec::new();
    let mut errors = Vec::new();
    for object in input.delete.objects {
        let key = Some(object.key.clone());
        match store.place(&input.bucket, &object.key).and_then(|place| store.remove(&place)) {
            Ok(()) => deleted.push(DeletedObject { key, ..DeletedObject::default() }),
            Err(error) => errors.push(Error {
                key,
                code: Some(error.code().as_str().to_owned()),
                message: error.message().map(str::to_owned),
                ..Error::default()
            }),
        }
    }
    let quiet = input.delete.quiet.unwrap_or_default();
    Ok(DeleteObjectsOutput {
        deleted: (!quiet).then_some(deleted),
        errors: Some(errors),
        ..DeleteObjectsOutput::default()
    })
}
