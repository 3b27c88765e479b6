//! Multipart uploads: parts lie beside the buckets until the upload completes, which makes them one
//! object at once.

use std::{
    fs::{self, File},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
};

use s3s::{
    S3Request, S3Result,
    crypto::{Checksum as _, Md5},
    dto::{
        AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
        CompleteMultipartUploadOutput, CompletedPart, CreateMultipartUploadInput,
        CreateMultipartUploadOutput, ETag, UploadPartInput, UploadPartOutput,
    },
    s3_error,
};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use uuid::Uuid;

use super::{
    condition::Condition,
    integrity::{crc64_of, hex},
    operations::receive,
    store::{Attributes, Store, internal},
};

/// Every part but the last has at least this many bytes.
const MIN_PART_BYTES: u64 = 5 * 1024 * 1024;

/// Part numbers go from 1 to this.
const MAX_PART_NUMBER: i32 = 10_000;

/// What was said when the upload began.
#[derive(Serialize, Deserialize)]
pub(super) struct Upload {
    pub(super) bucket: String,
    pub(super) key: String,
    attributes: Attributes,
}

/// The file that says it, beside the parts.
pub(super) const UPLOAD: &str = "upload.json";

pub(super) fn create(
    store: &Store,
    input: CreateMultipartUploadInput,
) -> S3Result<CreateMultipartUploadOutput> {
    store.place(&input.bucket, &input.key)?;
    let upload_id = Uuid::new_v4();
    let folder = store.upload_folder(upload_id);
    let upload = Upload {
        bucket: input.bucket.clone(),
        key: input.key.clone(),
        attributes: Attributes {
            content_type: input.content_type,
            content_encoding: input.content_encoding,
            metadata: input.metadata,
        },
    };
    fs::create_dir(&folder).map_err(internal)?;
    fs::write(folder.join(UPLOAD), serde_json::to_vec(&upload).map_err(internal)?)
        .map_err(internal)?;
    Ok(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(upload_id.to_string()),
        ..CreateMultipartUploadOutput::default()
    })
}

pub(super) async fn upload_part(
    store: &Store,
    request: S3Request<UploadPartInput>,
) -> S3Result<UploadPartOutput> {
    let input = request.input;
    let part = part(store, &input.bucket, &input.key, &input.upload_id, input.part_number)?;
    let (staged, md5) =
        receive(store, input.body, &request.headers, request.trailing_headers).await?;
    keep(staged, &part)?;
    Ok(UploadPartOutput { e_tag: Some(ETag::Strong(hex(&md5))), ..UploadPartOutput::default() })
}

/// Where a part of an upload lies.
///
/// # Errors
/// `InvalidArgument` for a number that no part has; `NoSuchUpload`.
pub(super) fn part(
    store: &Store,
    bucket: &str,
    key: &str,
    upload_id: &str,
    number: i32,
) -> S3Result<PathBuf> {
    if !(1..=MAX_PART_NUMBER).contains(&number) {
        return Err(s3_error!(InvalidArgument, "a part's number is from 1 to {MAX_PART_NUMBER}"));
    }
    let (folder, _) = find(store, bucket, key, upload_id)?;
    Ok(folder.join(part_name(number)))
}

/// Makes the staged file that part, or replaces it.
pub(super) fn keep(staged: NamedTempFile, part: &Path) -> S3Result<()> {
    let kept = staged.persist(part).map_err(|error| match error.error.kind() {
        // Aborted meanwhile.
        io::ErrorKind::NotFound => s3_error!(NoSuchUpload),
        _ => internal(error.error),
    });
    kept.map(drop)
}

pub(super) fn complete(
    store: &Store,
    input: CompleteMultipartUploadInput,
) -> S3Result<CompleteMultipartUploadOutput> {
    let condition = Condition::of(input.if_match, input.if_none_match)?;
    let place = store.place(&input.bucket, &input.key)?;
    let (folder, upload) = find(store, &input.bucket, &input.key, &input.upload_id)?;
    let parts = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
    if parts.is_empty() {
        return Err(s3_error!(MalformedXML));
    }
    if !parts.is_sorted_by(|one, next| one.part_number < next.part_number) {
        return Err(s3_error!(InvalidPartOrder));
    }
    let mut staged = store.stage().map_err(internal)?;
    let mut digests = Md5::new();
    let last = parts.len() - 1;
    for (index, part) in parts.iter().enumerate() {
        let (md5, size) = append(&folder, part, staged.as_file_mut())?;
        if index != last && size < MIN_PART_BYTES {
            return Err(s3_error!(EntityTooSmall));
        }
        digests.update(&md5);
    }
    if let Some(declared) = input.checksum_crc64nvme {
        let mut whole = staged.as_file();
        whole.rewind().map_err(internal)?;
        if declared != crc64_of(whole).map_err(internal)? {
            return Err(s3_error!(
                BadDigest,
                "the object does not have the CRC64NVME that was declared"
            ));
        }
    }
    // So S3 does: the MD5 of the parts' MD5s, and how many there were.
    let etag = format!("{}-{}", hex(&digests.finalize()), parts.len());
    let record = store.publish(&place, staged, etag, upload.attributes, &condition)?;
    fs::remove_dir_all(&folder).map_err(internal)?;
    Ok(CompleteMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        e_tag: Some(ETag::Strong(record.etag)),
        ..CompleteMultipartUploadOutput::default()
    })
}

pub(super) fn abort(
    store: &Store,
    input: &AbortMultipartUploadInput,
) -> S3Result<AbortMultipartUploadOutput> {
    let (folder, _) = find(store, &input.bucket, &input.key, &input.upload_id)?;
    fs::remove_dir_all(&folder).map_err(internal)?;
    Ok(AbortMultipartUploadOutput::default())
}

pub(super) fn find(
    store: &Store,
    bucket: &str,
    key: &str,
    upload_id: &str,
) -> S3Result<(PathBuf, Upload)> {
    // Parsed, so that no upload id is a path.
    let upload_id: Uuid = upload_id.parse().map_err(|_| s3_error!(NoSuchUpload))?;
    let folder = store.upload_folder(upload_id);
    let upload = fs::read(folder.join(UPLOAD)).map_err(|_| s3_error!(NoSuchUpload))?;
    let upload: Upload = serde_json::from_slice(&upload).map_err(internal)?;
    if (upload.bucket.as_str(), upload.key.as_str()) == (bucket, key) {
        Ok((folder, upload))
    } else {
        Err(s3_error!(NoSuchUpload))
    }
}

/// Copies one part to the end of `whole`, if it is there and is the one meant; gives its MD5 and
/// size.
fn append(folder: &Path, part: &CompletedPart, whole: &mut File) -> S3Result<([u8; 16], u64)> {
    let number = part.part_number.unwrap_or_default();
    let invalid = || s3_error!(InvalidPart, "part {number} is missing or another one");
    let mut file = File::open(folder.join(part_name(number))).map_err(|_| invalid())?;
    let mut md5 = Md5::new();
    let mut size = 0;
    let mut piece = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut piece).map_err(internal)?;
        if read == 0 {
            break;
        }
        md5.update(&piece[..read]);
        whole.write_all(&piece[..read]).map_err(internal)?;
        size += read as u64;
    }
    let md5 = md5.finalize();
    match &part.e_tag {
        Some(etag) if etag.value() == hex(&md5) => Ok((md5, size)),
        _ => Err(invalid()),
    }
}

/// The name of a part's file: the order of names is that of numbers.
fn part_name(number: i32) -> String {
    format!("part-{number:05}")
}

/// The number in a part's file name.
pub(super) fn part_number(name: &str) -> Option<i32> {
    name.strip_prefix("part-")?.parse().ok()
}
