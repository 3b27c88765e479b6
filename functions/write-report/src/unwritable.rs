//! Why a report could not be written, for whoever asked for it.

use std::error::Error as _;
use std::io;
use std::iter;

use reporting::{Error, ErrorKind};

pub(crate) fn unwritable(error: parquet_report::Error) -> Error {
    let (kind, message) = match &error {
        parquet_report::Error::UnsupportedType { .. } => {
            (ErrorKind::UnsupportedType, error.to_string())
        }
        parquet_report::Error::NotKept { .. } => (ErrorKind::Internal, error.to_string()),
        _ => match of_upload(&error) {
            Some(error) => (error.kind(), error.to_string()),
            None => (ErrorKind::Internal, "failed to write the report as Parquet".to_owned()),
        },
    };
    Error::new(kind, message).with_source(error)
}

/// What the upload said, which took the file, and handed on as an error of writing.
fn of_upload(error: &parquet_report::Error) -> Option<&Error> {
    let of_writing = iter::successors(error.source(), |&error| error.source())
        .find_map(|error| error.downcast_ref::<io::Error>())?;
    of_writing.get_ref()?.downcast_ref()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    use parquet_report::ReportWriter;

    use super::*;

    /// A sink that takes nothing.
    struct Full;

    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other(Error::new(ErrorKind::Throttled, "no room for a part")))
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_the_upload_said_is_told() {
        // More than Parquet's writer holds back to the end, at which it would make a text of the error.
        let ids: Int64Array = (0_i64..4096).map(|n| n.wrapping_pow(9)).collect();
        let ids: ArrayRef = Arc::new(ids);
        let batch = RecordBatch::try_from_iter([("id", ids)]).unwrap();
        let mut report = ReportWriter::new(Full, &batch.schema(), []).unwrap();
        let error = report.write(&batch).and_then(|()| report.finish()).err().unwrap();
        let error = unwritable(error);
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::Throttled, "no room for a part")
        );
    }
}
