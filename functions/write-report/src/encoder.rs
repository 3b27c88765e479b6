//! Parquet on a thread of its own: batches go in, the file comes out.

use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use parquet_report::{ReportWriter, Summary};
use reporting::{Error, ErrorKind};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

/// Batches that wait while one is encoded.
const WAITING_BATCHES: usize = 1;

/// The file goes in pieces of so many bytes at most: a page of it has half a megabyte.
const PIECE_BYTES: usize = 64 * 1024;

/// Pieces of the file that wait while one is written.
const WAITING_PIECES: usize = 1;

/// A running encoder.
pub(crate) struct Encoder {
    file: mpsc::Receiver<Vec<u8>>,
    thread: JoinHandle<Result<Summary, parquet_report::Error>>,
}

impl Encoder {
    /// Starts one for batches of that schema. The file is complete when the sender is dropped.
    pub(crate) fn start(
        schema: &Schema,
        metadata: Vec<(String, String)>,
    ) -> Result<(mpsc::Sender<RecordBatch>, Encoder), Error> {
        let (sender, file) = mpsc::channel(WAITING_PIECES);
        let mut report = ReportWriter::new(Sink(sender), schema, metadata).map_err(unwritable)?;
        let (batches, mut waiting) = mpsc::channel(WAITING_BATCHES);
        let thread = spawn_blocking(move || {
            while let Some(batch) = waiting.blocking_recv() {
                report.write(&batch)?;
            }
            Ok(report.finish()?.1)
        });
        Ok((batches, Encoder { file, thread }))
    }

    /// The next bytes of the file; `None` after the last, or when the encoder failed.
    pub(crate) async fn next(&mut self) -> Option<Vec<u8>> {
        self.file.recv().await
    }

    /// How it ended.
    pub(crate) async fn finish(self) -> Result<Summary, Error> {
        drop(self.file);
        let ended = self.thread.await.map_err(|error| {
            Error::new(ErrorKind::Internal, "the encoder broke off").with_source(error)
        })?;
        ended.map_err(unwritable)
    }
}

pub(crate) fn unwritable(error: parquet_report::Error) -> Error {
    let (kind, message) = match &error {
        parquet_report::Error::UnsupportedType { .. } => {
            (ErrorKind::UnsupportedType, error.to_string())
        }
        parquet_report::Error::NotKept { .. } => (ErrorKind::Internal, error.to_string()),
        _ => (ErrorKind::Internal, "failed to write the report as Parquet".to_owned()),
    };
    Error::new(kind, message).with_source(error)
}

/// Hands the file on as it is written, and waits while it is not taken.
struct Sink(mpsc::Sender<Vec<u8>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = bytes[..bytes.len().min(PIECE_BYTES)].to_vec();
        let size_bytes = piece.len();
        // Nobody receives any more when the upload has failed.
        self.0.blocking_send(piece).map_err(io::Error::other)?;
        Ok(size_bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
