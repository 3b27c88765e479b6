//! Where the pages of a row group wait until it is whole: in a temporary file, so that memory does not grow with it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use parquet::arrow::arrow_writer::{PageKey, PageStore, PageStoreArgs, PageStoreFactory};
use parquet::errors::{ParquetError, Result};

use crate::Error;

/// One file for each row group, deleted when the next begins. Its columns share the file, since a process may have fewer
/// files open than a report has columns: 1,024 in Lambda ("Lambda quotas" of the Lambda Developer Guide), 1,600 in
/// PostgreSQL.
#[derive(Debug, Default)]
pub(crate) struct PageFiles(Mutex<Option<PageFile>>);

impl PageStoreFactory for PageFiles {
    fn create(&self, args: &PageStoreArgs<'_>) -> Result<Box<dyn PageStore>> {
        let mut of_row_group = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match of_row_group.take() {
            Some(file) if args.column_index() > 0 => file,
            // A row group begins with its first column.
            _ => PageFile::new()?,
        };
        *of_row_group = Some(file.clone());
        Ok(Box::new(Pages { file, places: Vec::new() }))
    }
}

/// The file, and where it ends.
#[derive(Debug, Clone)]
struct PageFile {
    file: Arc<File>,
    end: Arc<Mutex<u64>>,
}

impl PageFile {
    fn new() -> Result<PageFile> {
        let file = tempfile::tempfile().map_err(unkept)?;
        Ok(PageFile { file: Arc::new(file), end: Arc::default() })
    }
}

/// The pages of one column.
struct Pages {
    file: PageFile,
    /// Offset and length in bytes, by key.
    places: Vec<(u64, usize)>,
}

impl PageStore for Pages {
    fn put(&mut self, page: Bytes) -> Result<PageKey> {
        let mut end = self.file.end.lock().unwrap_or_else(PoisonError::into_inner);
        self.file.file.write_all_at(&page, *end).map_err(unkept)?;
        let key = PageKey::new(self.places.len() as u64);
        self.places.push((*end, page.len()));
        *end += page.len() as u64;
        Ok(key)
    }

    fn take(&mut self, key: PageKey) -> Result<Bytes> {
        let place = usize::try_from(key.get()).ok().and_then(|key| self.places.get(key));
        let &(offset, size_bytes) =
            place.ok_or_else(|| ParquetError::General("a page that was not kept".to_owned()))?;
        let mut page = vec![0; size_bytes];
        self.file.file.read_exact_at(&mut page, offset).map_err(unkept)?;
        Ok(page.into())
    }
}

fn unkept(source: io::Error) -> ParquetError {
    ParquetError::External(Box::new(Error::NotKept { folder: std::env::temp_dir(), source }))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn pages_of_two_columns_come_back_whatever_the_order() {
        let file = PageFile::new().unwrap();
        let mut columns = [0, 1].map(|_| Pages { file: file.clone(), places: Vec::new() });
        let pages: Vec<Bytes> = (0..40_u8).map(|n| vec![n; usize::from(n) * 100].into()).collect();
        let keys: Vec<PageKey> = pages
            .iter()
            .zip(0..)
            .map(|(page, n)| columns[n % 2].put(page.clone()).unwrap())
            .collect();
        for (n, (key, page)) in keys.into_iter().zip(pages).enumerate().rev() {
            assert_eq!(columns[n % 2].take(key).unwrap(), page);
        }
        assert!(columns[0].take(PageKey::new(20)).is_err());
    }

    #[test]
    fn a_full_disk_is_told() {
        let full = File::options().read(true).write(true).open("/dev/full").unwrap();
        let file = PageFile { file: Arc::new(full), end: Arc::default() };
        let error =
            Pages { file, places: Vec::new() }.put(Bytes::from_static(b"page")).unwrap_err();
        assert!(matches!(Error::from(error), Error::NotKept { .. }));
    }
}
