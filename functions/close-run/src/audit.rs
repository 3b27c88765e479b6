//! The audit table: one row an answer, one file a run.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use parquet_report::ReportWriter;
use reporting::close::{Answer, AuditEncoder, Run, Status};
use reporting::{Error, ErrorKind};

/// Writes a run's answers as Parquet.
pub(crate) struct AuditFile;

impl AuditEncoder for AuditFile {
    fn encode(&self, run: &Run) -> Result<Vec<u8>, Error> {
        let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
            Error::new(ErrorKind::Internal, "failed to write the audit rows").with_source(error)
        };
        let batch = rows(run).map_err(|error| failed(error.into()))?;
        let metadata = [("quaestor.version".to_owned(), env!("CARGO_PKG_VERSION").to_owned())];
        let mut writer = ReportWriter::new(Vec::new(), &batch.schema(), metadata)
            .map_err(|error| failed(error.into()))?;
        writer.write(&batch).map_err(|error| failed(error.into()))?;
        let (file, _) = writer.finish().map_err(|error| failed(error.into()))?;
        Ok(file)
    }
}

fn rows(run: &Run) -> Result<RecordBatch, arrow::error::ArrowError> {
    let answers = &run.answers;
    let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let as_of = TimestampMicrosecondArray::from(vec![
        run.as_of.timestamp().as_microsecond();
        answers.len()
    ]);
    let columns: [(Field, ArrayRef); 11] = [
        text("run_id", answers, |_| Some(run.run_id.clone())),
        text("cadence", answers, |_| Some(run.cadence.to_string())),
        (Field::new("as_of", instant, true), Arc::new(as_of.with_timezone("UTC"))),
        text("question_id", answers, |answer| Some(answer.id.clone())),
        text("status", answers, |answer| Some(status(answer.status).to_owned())),
        text("error_type", answers, |answer| answer.error_type.clone()),
        text("message", answers, |answer| answer.message.clone()),
        text("sql", answers, |answer| answer.sql.clone()),
        number("row_count", answers, |answer| answer.row_count),
        number("rounded_values", answers, |answer| answer.rounded_values),
        text("report_key", answers, |answer| answer.report_key.clone()),
    ];
    let (fields, arrays): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
}

fn text(
    name: &str,
    answers: &[Answer],
    cell: impl Fn(&Answer) -> Option<String>,
) -> (Field, ArrayRef) {
    let cells: StringArray = answers.iter().map(cell).collect();
    (Field::new(name, DataType::Utf8, true), Arc::new(cells))
}

fn number(
    name: &str,
    answers: &[Answer],
    cell: impl Fn(&Answer) -> Option<u64>,
) -> (Field, ArrayRef) {
    let cells: Int64Array = answers
        .iter()
        .map(|answer| cell(answer).and_then(|cell| i64::try_from(cell).ok()))
        .collect();
    (Field::new(name, DataType::Int64, true), Arc::new(cells))
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Answered => "answered",
        Status::Failed => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_an_answer() {
        let run = serde_json::json!({
            "run_id": "daily-1", "cadence": "daily", "as_of": "2026-11-22T06:00:00Z",
            "answers": [
                { "id": "a", "status": "answered", "row_count": 3, "sql": "SELECT 1" },
                { "id": "b", "status": "failed", "error_type": "lost", "message": "m" },
            ],
        });
        let run: Run = serde_json::from_value(run).expect("a run");
        let batch = rows(&run).expect("rows");
        assert_eq!((batch.num_rows(), batch.num_columns()), (2, 11));
        let file = AuditFile.encode(&run).expect("a file");
        assert_eq!(file, AuditFile.encode(&run).expect("a file"), "equal runs give equal files");
    }
}
