//! `ListObjectsV2` and `ListObjects` over a folder tree: keys in byte order, rolled up at the delimiter, in pages.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use s3s::{
    S3Result,
    dto::{
        CommonPrefix, ETag, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
        ListObjectsV2Output, Object,
    },
    s3_error,
};

use super::store::{Store, internal};

/// A page has at most this many keys and common prefixes.
const MAX_KEYS: i32 = 1000;

pub(super) fn list(store: &Store, input: ListObjectsV2Input) -> S3Result<ListObjectsV2Output> {
    let bucket = store.bucket(&input.bucket)?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let delimiter = input.delimiter.clone().filter(|text| !text.is_empty());
    let max_keys = input.max_keys.unwrap_or(MAX_KEYS);
    if max_keys < 0 {
        return Err(s3_error!(InvalidArgument, "`max-keys` is negative"));
    }
    let max_keys = max_keys.min(MAX_KEYS);
    let after = match &input.continuation_token {
        Some(token) => Some(decode(token)?),
        None => input.start_after.clone(),
    };

    let mut names: BTreeSet<Name> = keys(&bucket, &prefix)
        .map_err(internal)?
        .into_iter()
        .map(|key| roll_up(key, &prefix, delimiter.as_deref()))
        .filter(|name| after.as_deref().is_none_or(|after| name.text() > after))
        .collect();
    let rest = names.iter().nth(max_keys as usize).cloned();
    if let Some(rest) = &rest {
        drop(names.split_off(rest));
    }
    let next = rest.and_then(|_| names.last().map(|last| URL_SAFE_NO_PAD.encode(last.text())));

    let key_count = names.len() as i32;
    let mut contents = Vec::new();
    let mut common_prefixes = Vec::new();
    for name in names {
        match name {
            Name::Prefix(prefix) => common_prefixes.push(CommonPrefix { prefix: Some(prefix) }),
            Name::Key(key) => contents.extend(describe(store, &input.bucket, key)?),
        }
    }
    Ok(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: input.prefix,
        delimiter: input.delimiter,
        start_after: input.start_after,
        continuation_token: input.continuation_token,
        max_keys: Some(max_keys),
        key_count: Some(key_count),
        is_truncated: Some(next.is_some()),
        next_continuation_token: next,
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        ..ListObjectsV2Output::default()
    })
}

/// The listing of old: its pages go on after a name instead of a token.
pub(super) fn list_by_marker(
    store: &Store,
    mut input: ListObjectsInput,
) -> S3Result<ListObjectsOutput> {
    let marker = input.marker.take();
    let newer = ListObjectsV2Input { start_after: marker.clone(), ..input.into() };
    let page = list(store, newer)?;
    Ok(ListObjectsOutput {
        name: page.name,
        prefix: page.prefix,
        delimiter: page.delimiter,
        marker,
        max_keys: page.max_keys,
        is_truncated: page.is_truncated,
        next_marker: page.next_continuation_token.as_deref().map(decode).transpose()?,
        contents: page.contents,
        common_prefixes: page.common_prefixes,
        ..ListObjectsOutput::default()
    })
}

/// What a listing shows; ordered by its text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    Key(String),
    Prefix(String),
}

impl Name {
    fn text(&self) -> &str {
        match self {
            Self::Key(text) | Self::Prefix(text) => text,
        }
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text().cmp(other.text())
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

fn roll_up(key: String, prefix: &str, delimiter: Option<&str>) -> Name {
    let end = delimiter.and_then(|delimiter| {
        let at = key[prefix.len()..].find(delimiter)?;
        Some(prefix.len() + at + delimiter.len())
    });
    match end {
        Some(end) => Name::Prefix(key[..end].to_owned()),
        None => Name::Key(key),
    }
}

/// Every key under `prefix`, in no order. Reads only the folders that can hold one.
fn keys(bucket: &Path, prefix: &str) -> io::Result<Vec<String>> {
    let mut keys = Vec::new();
    let mut folders: Vec<(PathBuf, String)> = vec![(bucket.to_owned(), String::new())];
    while let Some((folder, base)) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            // Removed with its last object meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                let base = format!("{base}{name}/");
                if base.starts_with(prefix) || prefix.starts_with(&base) {
                    folders.push((entry.path(), base));
                }
            } else if kind.is_file() {
                let key = format!("{base}{name}");
                if key.starts_with(prefix) {
                    keys.push(key);
                }
            }
        }
    }
    Ok(keys)
}

/// Nothing, if the object was deleted meanwhile.
fn describe(store: &Store, bucket: &str, key: String) -> S3Result<Option<Object>> {
    let Ok((_, record)) = store.open_object(&store.place(bucket, &key)?) else {
        return Ok(None);
    };
    Ok(Some(Object {
        last_modified: Some(record.modified().into()),
        size: Some(record.size as i64),
        e_tag: Some(ETag::Strong(record.etag)),
        key: Some(key),
        ..Object::default()
    }))
}

fn decode(token: &str) -> S3Result<String> {
    URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|text| String::from_utf8(text).ok())
        .ok_or_else(|| s3_error!(InvalidArgument, "the continuation token is not ours"))
}
