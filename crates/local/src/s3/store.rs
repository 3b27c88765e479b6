//! Objects on disk. An object is its plain file; what a file cannot hold (entity tag, content type,
//! metadata) is a record beside the buckets, believed only while the file has the size and time
//! that the record gives. So a person may edit, add or delete files by hand. Every change happens
//! at once, under one lock that is held for a rename and a small write.

use std::{
    collections::HashMap,
    fs::{self, File, Permissions},
    io::{self, Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use jiff::Timestamp;
use s3s::{
    S3Error, S3Result,
    crypto::{Checksum as _, Md5},
    s3_error,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use tokio::sync::broadcast;

use super::{ObjectCreated, condition::Condition, integrity::hex};

/// How far a receiver of events may fall behind.
const EVENTS_KEPT: usize = 1024;

/// Folders beside the buckets. A bucket's name never begins with a dot.
const RECORDS: &str = ".records";
const STAGED: &str = ".staged";
const UPLOADS: &str = ".uploads";

#[derive(Debug)]
pub(super) struct Store {
    root: PathBuf,
    change: RwLock<()>,
    created: broadcast::Sender<ObjectCreated>,
    sequence: AtomicU64,
}

/// What a client may say of an object beside its content.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Attributes {
    pub(super) content_type: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) metadata: Option<HashMap<String, String>>,
}

/// What is known of an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    bucket: String,
    key: String,
    pub(super) etag: String,
    pub(super) size: u64,
    modified_ns: u128,
    pub(super) attributes: Attributes,
}

/// Where an object lies.
#[derive(Clone, Debug)]
pub(super) struct Place {
    bucket: String,
    key: String,
    file: PathBuf,
    record: PathBuf,
}

impl Store {
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        fs::create_dir_all(root.join(RECORDS))?;
        for leftover in [STAGED, UPLOADS] {
            let folder = root.join(leftover);
            match fs::remove_dir_all(&folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => fs::create_dir(&folder)?,
            }
        }
        Ok(Self {
            root: root.canonicalize()?,
            change: RwLock::new(()),
            created: broadcast::Sender::new(EVENTS_KEPT),
            sequence: AtomicU64::new(since_epoch_ns(SystemTime::now()) as u64),
        })
    }

    pub(super) fn object_created(&self) -> broadcast::Receiver<ObjectCreated> {
        self.created.subscribe()
    }

    /// Whether the bucket is new.
    pub(super) fn create_bucket(&self, bucket: &str) -> S3Result<bool> {
        if !s3s::path::check_bucket_name(bucket) {
            return Err(s3_error!(InvalidBucketName));
        }
        match fs::create_dir(self.root.join(bucket)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(internal(error)),
        }
    }

    /// The bucket's folder.
    pub(super) fn bucket(&self, bucket: &str) -> S3Result<PathBuf> {
        let folder = self.root.join(bucket);
        if s3s::path::check_bucket_name(bucket) && folder.is_dir() {
            Ok(folder)
        } else {
            Err(s3_error!(NoSuchBucket, "there is no bucket `{bucket}`"))
        }
    }

    pub(super) fn buckets(&self) -> io::Result<Vec<(String, SystemTime)>> {
        let mut buckets = Vec::new();
        for entry in fs::read_dir(&self.root)? {
            let entry = entry?;
            if let Ok(name) = entry.file_name().into_string()
                && s3s::path::check_bucket_name(&name)
            {
                buckets.push((name, entry.metadata()?.modified()?));
            }
        }
        buckets.sort();
        Ok(buckets)
    }

    /// Where `key` lies. A key that is no plain file's path (`a//b`, `../a`, `a/`) is refused
    /// rather than bent.
    pub(super) fn place(&self, bucket: &str, key: &str) -> S3Result<Place> {
        let folder = self.bucket(bucket)?;
        for segment in key.split('/') {
            if matches!(segment, "" | "." | "..") || segment.contains('\0') {
                return Err(s3_error!(
                    InvalidArgument,
                    "the key `{key}` is no path of a plain file, which this store needs"
                ));
            }
            if segment.len() > 255 {
                return Err(s3_error!(KeyTooLongError));
            }
        }
        // Keys are long and nest, file names are short and do not: a record is found by its key's
        // hash.
        let hash = hex(&Sha256::digest(format!("{bucket}/{key}")));
        Ok(Place {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            file: folder.join(key),
            record: self.root.join(RECORDS).join(format!("{hash}.json")),
        })
    }

    /// The folder of a multipart upload.
    pub(super) fn upload_folder(&self, upload_id: uuid::Uuid) -> PathBuf {
        self.uploads_folder().join(upload_id.to_string())
    }

    /// The folder of all of them.
    pub(super) fn uploads_folder(&self) -> PathBuf {
        self.root.join(UPLOADS)
    }

    /// A file that will become an object, and vanishes unless it does.
    pub(super) fn stage(&self) -> io::Result<NamedTempFile> {
        tempfile::Builder::new()
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(self.root.join(STAGED))
    }

    /// Makes the staged file the object at `place`, if `condition` holds at that moment.
    ///
    /// # Errors
    /// `PreconditionFailed`; `NoSuchKey` for `If-Match` on nothing; `NoSuchBucket`.
    pub(super) fn publish(
        &self,
        place: &Place,
        staged: NamedTempFile,
        etag: String,
        attributes: Attributes,
        condition: &Condition,
    ) -> S3Result<Record> {
        let metadata = staged.as_file().metadata().map_err(internal)?;
        let record = Record {
            bucket: place.bucket.clone(),
            key: place.key.clone(),
            etag,
            size: metadata.len(),
            modified_ns: since_epoch_ns(metadata.modified().map_err(internal)?),
            attributes,
        };
        let _changing = self.change.write().unwrap_or_else(PoisonError::into_inner);
        condition.check(&place.key, || Ok(self.opened(place)?.1.etag))?;
        self.bucket(&place.bucket)?;
        if let Some(folder) = place.file.parent() {
            fs::create_dir_all(folder).map_err(|error| not_both(place, error))?;
        }
        staged.persist(&place.file).map_err(|error| not_both(place, error.error))?;
        fs::write(&place.record, serde_json::to_vec(&record).map_err(internal)?)
            .map_err(internal)?;
        // An error means that nobody listens.
        let _ = self.created.send(ObjectCreated {
            bucket: place.bucket.clone(),
            key: place.key.clone(),
            size: record.size,
            etag: record.etag.clone(),
            sequencer: format!("{:016X}", self.sequence.fetch_add(1, Ordering::Relaxed)),
            time: Timestamp::now(),
        });
        Ok(record)
    }

    /// The object's file, open, with what is known of it.
    ///
    /// # Errors
    /// `NoSuchKey`.
    pub(super) fn open_object(&self, place: &Place) -> S3Result<(File, Record)> {
        let _reading = self.change.read().unwrap_or_else(PoisonError::into_inner);
        self.opened(place)
    }

    /// As [`Store::open_object`], for one who holds the lock.
    fn opened(&self, place: &Place) -> S3Result<(File, Record)> {
        let missing = || s3_error!(NoSuchKey, "there is no key `{}`", place.key);
        let file = match File::open(&place.file) {
            Ok(file) => file,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Err(missing());
            }
            Err(error) => return Err(internal(error)),
        };
        let metadata = file.metadata().map_err(internal)?;
        if !metadata.is_file() {
            return Err(missing());
        }
        let modified_ns = since_epoch_ns(metadata.modified().map_err(internal)?);
        let recorded: Option<Record> =
            fs::read(&place.record).ok().and_then(|record| serde_json::from_slice(&record).ok());
        let record = match recorded {
            Some(record) if (record.size, record.modified_ns) == (metadata.len(), modified_ns) => {
                record
            }
            _ => Record {
                bucket: place.bucket.clone(),
                key: place.key.clone(),
                etag: md5_of(&place.file).map_err(internal)?,
                size: metadata.len(),
                modified_ns,
                attributes: Attributes::default(),
            },
        };
        Ok((file, record))
    }

    /// Removes the object, if it is there, and the folders that this leaves empty.
    pub(super) fn remove(&self, place: &Place) -> S3Result<()> {
        let _changing = self.change.write().unwrap_or_else(PoisonError::into_inner);
        if !place.file.is_file() {
            return Ok(());
        }
        fs::remove_file(&place.file).map_err(internal)?;
        // The file may have been put there by hand, without a record.
        let _ = fs::remove_file(&place.record);
        let bucket = self.root.join(&place.bucket);
        let mut folder = place.file.parent();
        while let Some(empty) = folder
            && empty != bucket
            && fs::remove_dir(empty).is_ok()
        {
            folder = empty.parent();
        }
        Ok(())
    }

    /// An object's content, up to `limit_bytes`.
    pub(super) async fn read(
        self: &Arc<Self>,
        bucket: &str,
        key: &str,
        limit_bytes: u64,
    ) -> S3Result<Bytes> {
        let place = self.place(bucket, key)?;
        let store = self.clone();
        blocking(move || {
            let (mut file, record) = store.open_object(&place)?;
            if record.size > limit_bytes {
                return Err(s3_error!(
                    EntityTooLarge,
                    "the object has {} bytes, over {limit_bytes}",
                    record.size
                ));
            }
            let mut content = Vec::new();
            file.read_to_end(&mut content).map_err(internal)?;
            Ok(content.into())
        })
        .await
    }

    /// Writes an object whole.
    pub(super) async fn write(
        self: &Arc<Self>,
        bucket: &str,
        key: &str,
        attributes: Attributes,
        content: Bytes,
        condition: Condition,
    ) -> S3Result<Record> {
        let place = self.place(bucket, key)?;
        let store = self.clone();
        blocking(move || {
            let mut staged = store.stage().map_err(internal)?;
            staged.write_all(&content).map_err(internal)?;
            let etag = hex(&Md5::checksum(&content));
            store.publish(&place, staged, etag, attributes, &condition)
        })
        .await
    }
}

impl Record {
    pub(super) fn modified(&self) -> SystemTime {
        UNIX_EPOCH + std::time::Duration::from_nanos(self.modified_ns as u64)
    }
}

/// Runs what touches the disk where it may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> S3Result<T> + Send + 'static,
) -> S3Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(internal)?
}

pub(super) fn internal(error: impl std::error::Error + Send + Sync + 'static) -> S3Error {
    S3Error::internal_error(error)
}

/// S3 holds `a` and `a/b` at once; a file system does not.
fn not_both(place: &Place, error: io::Error) -> S3Error {
    use io::ErrorKind::{AlreadyExists, DirectoryNotEmpty, IsADirectory, NotADirectory};
    if matches!(error.kind(), AlreadyExists | DirectoryNotEmpty | IsADirectory | NotADirectory) {
        s3_error!(
            error,
            InvalidArgument,
            "the key `{}` and another one cannot both be plain files",
            place.key
        )
    } else {
        internal(error)
    }
}

fn md5_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut md5 = Md5::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hex(&md5.finalize())),
            length => md5.update(&piece[..length]),
        }
    }
}

fn since_epoch_ns(time: SystemTime) -> u128 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()
}
