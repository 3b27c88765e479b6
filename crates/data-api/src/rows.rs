//! A whole result in memory, for previews and small catalog queries.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::SchemaRef;

use crate::{Column, DataApi, Error, ErrorKind, Limits};

/// A whole result in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// The result's columns, in order.
    pub columns: Vec<Column>,
    /// The schema of every batch.
    pub schema: SchemaRef,
    /// The rows, in order; none for a result without rows.
    pub batches: Vec<RecordBatch>,
    /// There were more rows than `Limits::max_rows`.
    pub is_truncated: bool,
    /// Numerics that had more digits than their column keeps.
    pub rounded_values: u64,
}

impl Rows {
    pub(crate) async fn read(api: &DataApi, sql: &str, limits: &Limits) -> Result<Rows, Error> {
        let mut cursor = api.open(sql, limits).await?;
        let mut batches = Vec::new();
        while let Some(batch) = cursor.next_batch().await? {
            batches.push(batch);
        }
        Ok(Rows {
            columns: cursor.columns().to_vec(),
            schema: cursor.schema(),
            batches,
            is_truncated: cursor.is_truncated(),
            rounded_values: cursor.rounded_values(),
        })
    }

    pub(crate) fn as_text(&self) -> Result<Vec<Vec<Option<String>>>, Error> {
        let mut rows = Vec::new();
        for batch in &self.batches {
            let texts = batch.columns().iter().zip(&self.columns).map(|(array, column)| {
                array.as_string_opt::<i32>().ok_or_else(|| {
                    let message =
                        format!("column `{}` is not text; cast it: `(…)::text`", column.name);
                    Error::new(ErrorKind::UnsupportedType, message)
                })
            });
            let texts = texts.collect::<Result<Vec<_>, _>>()?;
            let cell = |row| {
                texts.iter().map(move |text| text.is_valid(row).then(|| text.value(row).to_owned()))
            };
            rows.extend((0..batch.num_rows()).map(|row| cell(row).collect()));
        }
        Ok(rows)
    }
}
