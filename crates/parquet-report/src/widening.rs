//! Columns cast to wider types, so that a file has the types of the files beside it.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::Error;
use crate::athena::{arrow_type, athena_type};

/// Casts batches so that their columns have given Athena types. Nothing is lost: a value that does not fit is an
/// error.
#[derive(Debug, Clone)]
pub struct Widening {
    schema: SchemaRef,
    /// The places of the columns that are cast.
    cast: Vec<usize>,
}

impl Widening {
    /// From the batches' schema to the Athena types, in the order of the columns.
    ///
    /// # Errors
    /// When a type has no counterpart in Arrow, or there is no cast to it.
    pub fn new<'a>(
        from: &Schema,
        athena_types: impl IntoIterator<Item = &'a str>,
    ) -> Result<Widening, Error> {
        let mut cast = Vec::new();
        let mut fields = Vec::new();
        for ((place, field), wanted) in from.fields().iter().enumerate().zip(athena_types) {
            if athena_type(field.data_type()).as_deref() == Some(wanted) {
                fields.push(Arc::clone(field));
                continue;
            }
            let wide = arrow_type(wanted)
                .filter(|wide| arrow::compute::can_cast_types(field.data_type(), wide))
                .ok_or_else(|| Error::NotWidened {
                    column: field.name().clone(),
                    data_type: field.data_type().clone(),
                    athena_type: wanted.to_owned(),
                })?;
            fields.push(Arc::new(Field::new(field.name(), wide, field.is_nullable())));
            cast.push(place);
        }
        Ok(Widening { schema: Arc::new(Schema::new(fields)), cast })
    }

    /// The schema of what comes out.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The batch with its columns cast.
    ///
    /// # Errors
    /// When a value does not fit.
    pub fn apply(&self, batch: RecordBatch) -> Result<RecordBatch, Error> {
        if self.cast.is_empty() {
            return Ok(batch);
        }
        let exact = CastOptions { safe: false, ..CastOptions::default() };
        let mut columns = batch.columns().to_vec();
        for &place in &self.cast {
            let wide: &DataType = self.schema.field(place).data_type();
            columns[place] =
                cast_with_options(&columns[place], wide, &exact).map_err(Error::Batch)?;
        }
        RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(Error::Batch)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{
        Array as _, ArrayRef, AsArray as _, Decimal128Array, Float32Array, Int16Array, Int32Array,
        ListArray, StringArray,
    };
    use arrow::datatypes::{Decimal128Type, Float64Type, Int32Type, Int64Type};

    use super::*;

    fn widen(column: ArrayRef, to: &str) -> Result<ArrayRef, Error> {
        let schema = Schema::new(vec![Field::new("c", column.data_type().clone(), true)]);
        let widening = Widening::new(&schema, [to])?;
        assert_eq!(athena_type(widening.schema().field(0).data_type()).as_deref(), Some(to));
        let batch = RecordBatch::try_new(Arc::new(schema), vec![column]).expect("a batch");
        Ok(Arc::clone(widening.apply(batch)?.column(0)))
    }

    #[test]
    fn every_value_stays_what_it_is() {
        let smalls = || Arc::new(Int16Array::from(vec![Some(i16::MIN), None, Some(i16::MAX)]));
        let wide = widen(smalls(), "bigint").expect("wide");
        let wide = wide.as_primitive::<Int64Type>();
        assert_eq!((wide.value(0), wide.is_null(1), wide.value(2)), (-32768, true, 32767));
        let wide = widen(smalls(), "decimal(38,18)").expect("wide");
        let wide = wide.as_primitive::<Decimal128Type>();
        assert_eq!((wide.value(0), wide.is_null(1)), (-32768 * 10_i128.pow(18), true));

        let longest = 10_i128.pow(10) - 1;
        let decimal =
            Decimal128Array::from(vec![longest, -longest]).with_precision_and_scale(10, 2);
        let wide = widen(Arc::new(decimal.expect("it fits")), "decimal(12,4)").expect("wide");
        assert_eq!(
            wide.as_primitive::<Decimal128Type>().values()[..],
            [longest * 100, -longest * 100]
        );

        let floats = Float32Array::from(vec![0.1, f32::MAX, f32::MIN_POSITIVE]);
        let wide = widen(Arc::new(floats.clone()), "double").expect("wide");
        let wide = wide.as_primitive::<Float64Type>().values().iter();
        assert!(wide.zip(floats.values()).all(|(wide, narrow)| *wide == f64::from(*narrow)));

        let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([
            Some(vec![Some(1), None]),
            None,
            Some(vec![]),
        ]);
        let wide = widen(Arc::new(lists), "array<bigint>").expect("wide");
        let wide = wide.as_list::<i32>();
        assert_eq!(wide.value(0).as_primitive::<Int64Type>().value(0), 1);
        assert!(wide.value(0).is_null(1) && wide.is_null(1) && wide.value(2).is_empty());
    }

    #[test]
    fn what_is_not_wider_is_an_error() {
        let wrong = widen(Arc::new(Int32Array::from(vec![70_000])), "smallint");
        assert!(matches!(wrong, Err(Error::Batch(_))), "{wrong:?}");
        let wrong = widen(Arc::new(StringArray::from(vec!["a"])), "struct<a:int>");
        assert!(matches!(wrong, Err(Error::NotWidened { .. })), "{wrong:?}");
    }

    #[test]
    fn a_batch_of_the_tables_types_is_not_touched() {
        let column: ArrayRef = Arc::new(Int32Array::from(vec![1]));
        let same = widen(Arc::clone(&column), "int").expect("the same");
        assert!(Arc::ptr_eq(&column, &same));
    }
}
