//! A part of an upload, until it is up. It waits in a file, so that what is on its way to S3 takes no memory.
//!
//! The SDK does not sign what it reads from a file. What holds it to its bytes is TLS, and the checksum among the signed
//! headers, by which S3 refuses any others.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use aws_sdk_s3::primitives::ByteStream;
use crc_fast::{CrcAlgorithm, Digest};
use reporting::{Error, ErrorKind};
use tempfile::{NamedTempFile, TempPath};

/// Bytes that are written, and later read, at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// A part in a temporary file, which is deleted with it. Lambda gives a function 512 MB of `/tmp` at least and encrypts it:
/// "Configure ephemeral storage for Lambda functions" of the Lambda Developer Guide.
#[derive(Debug)]
pub(crate) struct Part {
    path: TempPath,
    file: BufWriter<File>,
    checksum: Digest,
    size_bytes: usize,
}

impl Part {
    /// An empty one.
    pub(crate) fn new() -> Result<Part, Error> {
        let (file, path) = NamedTempFile::new().map_err(unkept)?.into_parts();
        Ok(Part {
            path,
            file: BufWriter::with_capacity(CHUNK_BYTES, file),
            checksum: Digest::new(CrcAlgorithm::Crc64Nvme),
            size_bytes: 0,
        })
    }

    pub(crate) fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// CRC-64/NVME of what was written.
    pub(crate) fn checksum(&self) -> &Digest {
        &self.checksum
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.checksum.update(bytes);
        self.size_bytes += bytes.len();
        self.file.write_all(bytes).map_err(unkept)
    }

    /// What was written, from its start for each try to send it. Good as long as the part is.
    pub(crate) async fn body(&mut self) -> Result<ByteStream, Error> {
        self.file.flush().map_err(unkept)?;
        let body = ByteStream::read_from().path(&self.path).buffer_size(CHUNK_BYTES);
        body.build().await.map_err(|error| unkept(io::Error::other(error)))
    }
}

fn unkept(error: io::Error) -> Error {
    let folder = std::env::temp_dir();
    let message = format!("failed to keep a part of an upload in `{}`", folder.display());
    Error::new(ErrorKind::Internal, message).with_source(error)
}
