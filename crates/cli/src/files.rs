//! The objects of a bucket, where they lie: in a folder of this machine, or in S3.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use aws::Bucket;
use reporting::ObjectStore as _;

/// A bucket's objects, to be read.
pub(crate) enum Files {
    /// As plain files.
    Folder(PathBuf),
    /// Over S3.
    Bucket(Bucket),
}

impl Files {
    /// Those of the system that works, or worked, in that data folder.
    pub(crate) fn of_data_dir(data_dir: &Path) -> Files {
        Files::Folder(data_dir.join("s3").join(local::system::BUCKET))
    }

    /// Every key that starts with `prefix`, a folder's name with its slash; in order.
    pub(crate) async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        match self {
            Files::Folder(folder) => {
                let mut keys = Vec::new();
                collect(&folder.join(prefix), prefix, &mut keys)?;
                keys.sort();
                Ok(keys)
            }
            Files::Bucket(bucket) => {
                Ok(bucket.list(prefix).await?.into_iter().map(|object| object.key).collect())
            }
        }
    }

    /// The object as a file, of which one from S3 is a copy that is gone with its handle.
    pub(crate) async fn open(&self, key: &str) -> Result<File> {
        match self {
            Files::Folder(folder) => {
                let path = folder.join(key);
                File::open(&path).with_context(|| format!("failed to read `{}`", path.display()))
            }
            Files::Bucket(bucket) => {
                let mut copy = tempfile::tempfile().context("failed to make a temporary file")?;
                bucket.download(key, &mut copy).await?;
                Ok(copy)
            }
        }
    }

    /// Where the object lies, for people; of an empty key, where all of them do.
    pub(crate) fn place(&self, key: &str) -> String {
        match self {
            Files::Folder(folder) if key.is_empty() => folder.display().to_string(),
            Files::Folder(folder) => folder.join(key).display().to_string(),
            Files::Bucket(bucket) => format!("s3://{}/{key}", bucket.name()),
        }
    }
}

/// A folder that is not there has no files.
fn collect(folder: &Path, prefix: &str, keys: &mut Vec<String>) -> Result<()> {
    for entry in folder.read_dir().into_iter().flatten() {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{prefix}{name}/"), keys)?;
        } else {
            keys.push(format!("{prefix}{name}"));
        }
    }
    Ok(())
}
