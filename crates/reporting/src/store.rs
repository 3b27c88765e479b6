//! The port to the bucket.

use crate::Error;

/// The bucket in which questions, plans, outcomes and reports lie.
///
/// Keys are whole keys, `/`-separated. Reads see every write that returned before them (S3 is strongly
/// consistent). A write that failed may still have happened: each caller writes what it would write
/// again.
pub trait ObjectStore: Send + Sync {
    /// The object's bytes, or `None` when there is none.
    fn get(&self, key: &str) -> impl Future<Output = Result<Option<Vec<u8>>, Error>> + Send;

    /// Writes the object, replacing what is there.
    fn put(&self, key: &str, body: Vec<u8>) -> impl Future<Output = Result<(), Error>> + Send;

    /// Writes the object unless one is there, atomically. `false` when one was there: of any number of
    /// racing writers, one gets `true`.
    fn put_if_absent(
        &self,
        key: &str,
        body: Vec<u8>,
    ) -> impl Future<Output = Result<bool, Error>> + Send;

    /// The objects whose keys begin with `prefix`, by key.
    fn list(&self, prefix: &str) -> impl Future<Output = Result<Vec<Listed>, Error>> + Send;
}

/// One object of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The whole key.
    pub key: String,
    /// Its size.
    pub size_bytes: u64,
}
