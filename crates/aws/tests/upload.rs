//! Uploads, against the stand-in of S3.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;

use aws::{Bucket, Clients, PART_BYTES, Upload};
use local::front::{Front, Listener, Services};
use local::s3::S3;
use local::{Credentials, REGION};
use reporting::ObjectStore as _;
use tempfile::TempDir;

const KEY: &str = "reports/q/as_of=2026-11-22/report.parquet";

struct Stand {
    bucket: Bucket,
    s3: S3,
    folder: TempDir,
    _front: Front,
}

impl Stand {
    async fn open() -> Stand {
        let folder = tempfile::tempdir().unwrap();
        let credentials = Credentials::random();
        let s3 = S3::open(folder.path(), &credentials).unwrap();
        s3.create_bucket("quaestor").unwrap();
        let mut services = Services::default();
        services.s3 = Some(s3.clone());
        let front = Listener::bind(0).await.unwrap().serve(services, &credentials).unwrap();
        let url = format!("http://{}", front.address());
        let Credentials { access_key_id, secret_access_key } = &credentials;
        let clients = Clients::at_endpoint(&url, REGION, access_key_id, secret_access_key);
        Stand { bucket: Bucket::new(clients.s3(), "quaestor"), s3, folder, _front: front }
    }

    /// Full parts of those bytes, and one byte behind them.
    async fn upload(&self, parts: &[u8], rest: u8) {
        let mut upload = Upload::new(self.bucket.clone(), KEY);
        for byte in parts {
            upload.write_all(&vec![*byte; PART_BYTES]).unwrap();
            upload.send_full().await.unwrap();
        }
        upload.write_all(&[rest]).unwrap();
        upload.finish().await.unwrap();
    }

    /// Files under the store that are no objects of the bucket: staged parts.
    fn leftovers(&self) -> usize {
        let mut folders = vec![self.folder.path().to_owned()];
        let mut files = 0;
        while let Some(folder) = folders.pop() {
            for entry in folder.read_dir().unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => files += usize::from(path.to_string_lossy().contains("part-")),
                }
            }
        }
        files
    }
}

#[tokio::test]
async fn an_equal_object_is_not_written_again() {
    for parts in [&b""[..], b"ab"] {
        let stand = Stand::open().await;
        let mut created = stand.s3.object_created();
        stand.upload(parts, b'x').await;
        assert_eq!(created.try_recv().unwrap().key, KEY);
        stand.upload(parts, b'x').await;
        assert!(created.try_recv().is_err(), "nothing is new");
        stand.upload(parts, b'y').await;
        assert_eq!(created.try_recv().unwrap().size as usize, parts.len() * PART_BYTES + 1);
        let body = stand.bucket.get(KEY).await.unwrap().unwrap();
        assert_eq!(body.last(), Some(&b'y'));
        assert_eq!(stand.leftovers(), 0);
    }
}

#[tokio::test]
async fn parts_that_nobody_sent_go_up_at_the_end() {
    let stand = Stand::open().await;
    let mut upload = Upload::new(stand.bucket.clone(), KEY);
    let bytes = [b'a', b'b', b'c'].map(|byte| vec![byte; PART_BYTES]).concat();
    for chunk in bytes.chunks(PART_BYTES) {
        upload.write_all(chunk).unwrap();
    }
    upload.finish().await.unwrap();
    assert!(stand.bucket.get(KEY).await.unwrap().unwrap() == bytes);
    assert_eq!(stand.leftovers(), 0);
}

#[tokio::test]
async fn an_aborted_upload_leaves_nothing() {
    let stand = Stand::open().await;
    let mut upload = Upload::new(stand.bucket.clone(), KEY);
    // The second goes up when the first is there.
    for byte in [b'a', b'b'] {
        upload.write_all(&vec![byte; PART_BYTES]).unwrap();
    }
    upload.send_full().await.unwrap();
    assert!(stand.leftovers() > 0);
    upload.abort().await;
    assert_eq!(stand.bucket.get(KEY).await.unwrap(), None);
    assert_eq!(stand.leftovers(), 0);
}
