//! Why a report could not be written, for whoever asked for it.

use reporting::{Error, ErrorKind};

pub(crate) fn unwritable(mut error: parquet_report::Error) -> Error {
    if let parquet_report::Error::Io(source) = error {
        match source.downcast::<Error>() {
            // The upload's, which takes the file.
            Ok(of_upload) => return of_upload,
            Err(source) => error = parquet_report::Error::Io(source),
        }
    }
    let (kind, message) = match &error {
        parquet_report::Error::UnsupportedType { .. } => {
            (ErrorKind::UnsupportedType, error.to_string())
        }
        parquet_report::Error::NotKept { .. } => (ErrorKind::Internal, error.to_string()),
        _ => (ErrorKind::Internal, "failed to write the report as Parquet".to_owned()),
    };
    Error::new(kind, message).with_source(error)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::error::Error as _;
    use std::io;
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
        let ids: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let batch = RecordBatch::try_from_iter([("id", ids)]).unwrap();
        let mut report = ReportWriter::new(Full, &batch.schema(), []).unwrap();
        let error = report.write(&batch).and_then(|()| report.finish()).err().unwrap();
        let error = unwritable(error);
        assert!(error.source().is_none(), "it is told once");
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::Throttled, "no room for a part")
        );
    }
}
