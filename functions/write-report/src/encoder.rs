//! Parquet on a thread of its own: batches go in, parts of an upload come out.

use std::io::{self, Write};
use std::mem;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use aws::PART_BYTES;
use parquet_report::{ReportWriter, Summary};
use reporting::{Error, ErrorKind};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

/// Batches that wait while one is encoded.
const WAITING_BATCHES: usize = 2;

/// A running encoder.
pub(crate) struct Encoder {
    parts: mpsc::Receiver<Vec<u8>>,
    thread: JoinHandle<Result<Encoded, parquet_report::Error>>,
}

/// A file that is complete.
pub(crate) struct Encoded {
    pub(crate) summary: Summary,
    /// What follows the last full part.
    pub(crate) rest: Vec<u8>,
}

impl Encoder {
    /// Starts one for batches of that schema. The file is complete when the sender is dropped.
    pub(crate) fn start(
        schema: &Schema,
        metadata: Vec<(String, String)>,
    ) -> Result<(mpsc::Sender<RecordBatch>, Encoder), Error> {
        // One part may wait while another is sent.
        let (sender, parts) = mpsc::channel(1);
        let sink = Parts { full: sender, filling: Vec::new() };
        let mut file = ReportWriter::new(sink, schema, metadata).map_err(unwritable)?;
        let (batches, mut waiting) = mpsc::channel(WAITING_BATCHES);
        let thread = spawn_blocking(move || {
            while let Some(batch) = waiting.blocking_recv() {
                file.write(&batch)?;
            }
            let (sink, summary) = file.finish()?;
            Ok(Encoded { summary, rest: sink.filling })
        });
        Ok((batches, Encoder { parts, thread }))
    }

    /// The next part of [`PART_BYTES`]; `None` after the last, or when the encoder failed.
    pub(crate) async fn next_part(&mut self) -> Option<Vec<u8>> {
        self.parts.recv().await
    }

    /// How it ended.
    pub(crate) async fn finish(self) -> Result<Encoded, Error> {
        drop(self.parts);
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
        _ => (ErrorKind::Internal, "failed to write the report as Parquet".to_owned()),
    };
    Error::new(kind, message).with_source(error)
}

/// Cuts what the Parquet writer writes into parts, and waits while they are not taken.
struct Parts {
    full: mpsc::Sender<Vec<u8>>,
    filling: Vec<u8>,
}

impl Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PART_BYTES - self.filling.len());
        self.filling.extend_from_slice(&bytes[..taken]);
        if self.filling.len() == PART_BYTES {
            // Nobody receives any more when the upload has failed.
            self.full.blocking_send(mem::take(&mut self.filling)).map_err(io::Error::other)?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
