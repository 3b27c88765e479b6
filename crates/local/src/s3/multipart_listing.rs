//! `ListParts` and `ListMultipartUploads`: what an interrupted client finds to go on with, or to clear away.

use std::{
    fs::{self, File},
    io,
    path::Path,
    time::SystemTime,
};

use s3s::{
    S3Result,
    crypto::{Checksum as _, Md5},
    dto::{
        ETag, ListMultipartUploadsInput, ListMultipartUploadsOutput, ListPartsInput,
        ListPartsOutput, MultipartUpload, Part,
    },
    s3_error,
};

use super::{
    integrity::hex,
    multipart::{UPLOAD, Upload, find, part_number},
    store::{Store, internal},
};

/// A page has at most this many parts or uploads.
const MAX_ENTRIES: i32 = 1000;

pub(super) fn parts(store: &Store, input: ListPartsInput) -> S3Result<ListPartsOutput> {
    let (folder, _) = find(store, &input.bucket, &input.key, &input.upload_id)?;
    let max_parts = page(input.max_parts)?;
    let after = input.part_number_marker.unwrap_or_default();
    let mut numbers: Vec<(i32, String)> = names(&folder)
        .map_err(internal)?
        .into_iter()
        .filter_map(|name| Some((part_number(&name)?, name)))
        .filter(|(number, _)| *number > after)
        .collect();
    numbers.sort();
    let is_truncated = numbers.len() > max_parts;
    numbers.truncate(max_parts);
    let parts = numbers.iter().map(|(number, name)| part(&folder.join(name), *number));
    Ok(ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        part_number_marker: Some(after),
        next_part_number_marker: numbers.last().filter(|_| is_truncated).map(|(last, _)| *last),
        max_parts: Some(max_parts as i32),
        is_truncated: Some(is_truncated),
        parts: Some(parts.collect::<io::Result<_>>().map_err(internal)?),
        ..ListPartsOutput::default()
    })
}

/// By key, and one key's by their beginning. Without roll-up at a delimiter.
pub(super) fn uploads(
    store: &Store,
    input: ListMultipartUploadsInput,
) -> S3Result<ListMultipartUploadsOutput> {
    store.bucket(&input.bucket)?;
    if input.delimiter.is_some() {
        return Err(s3_error!(NotImplemented, "uploads are not rolled up at a delimiter"));
    }
    let max_uploads = page(input.max_uploads)?;
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let mut found = Vec::new();
    for id in names(&store.uploads_folder()).map_err(internal)? {
        let file = store.uploads_folder().join(&id).join(UPLOAD);
        // Completed or aborted meanwhile.
        let (Ok(text), Ok(about)) = (fs::read(&file), fs::metadata(&file)) else { continue };
        let upload: Upload = serde_json::from_slice(&text).map_err(internal)?;
        if upload.bucket == input.bucket && upload.key.starts_with(prefix) {
            found.push((upload.key, about.modified().map_err(internal)?, id));
        }
    }
    found.sort();
    let told = match input.key_marker.as_deref() {
        None => 0,
        Some(marker) => {
            let marked = input.upload_id_marker.as_deref();
            let marked = found.iter().position(|(_, _, id)| marked == Some(id.as_str()));
            marked.map_or_else(
                || found.partition_point(|(key, ..)| key.as_str() <= marker),
                |at| at + 1,
            )
        }
    };
    let mut rest = found.split_off(told);
    let is_truncated = rest.len() > max_uploads;
    rest.truncate(max_uploads);
    let last = rest.last().filter(|_| is_truncated);
    Ok(ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        prefix: input.prefix,
        key_marker: input.key_marker,
        upload_id_marker: input.upload_id_marker,
        next_key_marker: last.map(|(key, ..)| key.clone()),
        next_upload_id_marker: last.map(|(_, _, id)| id.clone()),
        max_uploads: Some(max_uploads as i32),
        is_truncated: Some(is_truncated),
        uploads: Some(rest.into_iter().map(described).collect()),
        ..ListMultipartUploadsOutput::default()
    })
}

fn page(wanted: Option<i32>) -> S3Result<usize> {
    let wanted = wanted.unwrap_or(MAX_ENTRIES).min(MAX_ENTRIES);
    usize::try_from(wanted).map_err(|_| s3_error!(InvalidArgument, "a page's size is negative"))
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = fs::read_dir(folder)?;
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

/// The entity tag of a part is the MD5 of its content, which nothing else keeps.
fn part(file: &Path, number: i32) -> io::Result<Part> {
    let mut file = File::open(file)?;
    let about = file.metadata()?;
    let mut md5 = Digest(Md5::new());
    io::copy(&mut file, &mut md5)?;
    Ok(Part {
        part_number: Some(number),
        size: Some(about.len() as i64),
        last_modified: Some(about.modified()?.into()),
        e_tag: Some(ETag::Strong(hex(&md5.0.finalize()))),
        ..Part::default()
    })
}

fn described((key, began, id): (String, SystemTime, String)) -> MultipartUpload {
    MultipartUpload {
        key: Some(key),
        upload_id: Some(id),
        initiated: Some(began.into()),
        ..MultipartUpload::default()
    }
}

struct Digest(Md5);

impl io::Write for Digest {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.0.update(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
