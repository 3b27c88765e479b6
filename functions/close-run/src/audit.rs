//! The audit table: one row an answer, one file a run.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet_report::{ReportWriter, report_columns};
use reporting::close::{Answer, AuditEncoder, Run, Status};
use reporting::table::TableColumn;
use reporting::{Error, ErrorKind};

/// Writes a run's answers as Parquet.
pub(crate) struct AuditFile;

impl AuditEncoder for AuditFile {
    fn encode(&self, run: &Run) -> Result<Vec<u8>, Error> {
        let batch = rows(run).map_err(|error| failed(error.into()))?;
        let metadata = [("quaestor.version".to_owned(), env!("CARGO_PKG_VERSION").to_owned())];
        let mut writer = ReportWriter::new(Vec::new(), &batch.schema(), metadata)
            .map_err(|error| failed(error.into()))?;
        writer.write(&batch).map_err(|error| failed(error.into()))?;
        let (file, _) = writer.finish().map_err(|error| failed(error.into()))?;
        Ok(file)
    }

    fn columns(&self) -> Result<Vec<TableColumn>, Error> {
        let columns = report_columns(&schema()).map_err(|error| failed(error.into()))?;
        let columns = columns.into_iter().zip(COLUMNS).map(|(column, (_, _, says))| TableColumn {
            name: column.name,
            athena_type: column.athena_type,
            comment: Some(says.to_owned()),
        });
        Ok(columns.collect())
    }
}

fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::new(ErrorKind::Internal, "failed to write the audit rows").with_source(error)
}

/// Name, type and what Athena says of it. A type never changes, and a new column comes at the end.
const COLUMNS: [(&str, Kind, &str); 11] = [
    ("run_id", Kind::Text, "The run, which is the name of its execution"),
    ("cadence", Kind::Text, "hourly, daily, weekly, monthly or adhoc"),
    ("as_of_time", Kind::Instant, "The time that was \"now\" in the question, in UTC"),
    ("question_id", Kind::Text, "The question, which is the name of its file"),
    ("status", Kind::Text, "answered or failed"),
    ("error_type", Kind::Text, "Why it failed, by name"),
    ("message", Kind::Text, "Why it failed, and what to do"),
    ("sql", Kind::Text, "The query that it settled on"),
    ("row_count", Kind::Number, "The rows of its report"),
    ("rounded_values", Kind::Number, "Numerics that had more digits than the report keeps"),
    ("report_key", Kind::Text, "The key of its report in the bucket"),
];

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Instant,
}

fn schema() -> SchemaRef {
    let fields = COLUMNS.map(|(name, kind, _)| {
        let data_type = match kind {
            Kind::Text => DataType::Utf8,
            Kind::Number => DataType::Int64,
            Kind::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        };
        Field::new(name, data_type, true)
    });
    Arc::new(Schema::new(fields.to_vec()))
}

fn rows(run: &Run) -> Result<RecordBatch, arrow::error::ArrowError> {
    let answers = &run.answers;
    let as_of = TimestampMicrosecondArray::from(vec![
        run.as_of.timestamp().as_microsecond();
        answers.len()
    ]);
    let columns: [ArrayRef; COLUMNS.len()] = [
        text(answers, |_| Some(run.run_id.clone())),
        text(answers, |_| Some(run.cadence.to_string())),
        Arc::new(as_of.with_timezone("UTC")),
        text(answers, |answer| Some(answer.id.clone())),
        text(answers, |answer| Some(status(answer.status).to_owned())),
        text(answers, |answer| answer.error_type.clone()),
        text(answers, |answer| answer.message.clone()),
        text(answers, |answer| answer.sql.clone()),
        number(answers, |answer| answer.row_count),
        number(answers, |answer| answer.rounded_values),
        text(answers, |answer| answer.report_key.clone()),
    ];
    RecordBatch::try_new(schema(), columns.to_vec())
}

fn text(answers: &[Answer], cell: impl Fn(&Answer) -> Option<String>) -> ArrayRef {
    Arc::new(answers.iter().map(cell).collect::<StringArray>())
}

fn number(answers: &[Answer], cell: impl Fn(&Answer) -> Option<u64>) -> ArrayRef {
    let cell = |answer| cell(answer).and_then(|cell| i64::try_from(cell).ok());
    Arc::new(answers.iter().map(cell).collect::<Int64Array>())
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
        let columns = AuditFile.columns().expect("columns");
        // As they stand in the file: none is renamed.
        let named: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(named, batch.schema().fields().iter().map(|it| it.name()).collect::<Vec<_>>());
        let file = AuditFile.encode(&run).expect("a file");
        assert_eq!(file, AuditFile.encode(&run).expect("a file"), "equal runs give equal files");
    }
}
