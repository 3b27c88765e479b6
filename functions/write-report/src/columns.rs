//! The result's columns as the table has them.

use arrow::datatypes::Schema;
use data_api::Cursor;
use parquet_report::{Widening, report_columns};
use reporting::report::WriteRequest;
use reporting::table::{Origin, Table, TableColumn, described};
use reporting::{Error, ErrorKind};

use crate::unwritable::unwritable;

/// The table that the report alone would make, with what the database says of its columns.
pub(crate) fn table(request: &WriteRequest, cursor: &Cursor) -> Result<Table, Error> {
    let columns = report_columns(&cursor.schema()).map_err(unwritable)?;
    let columns = columns.into_iter().zip(cursor.columns()).map(|(column, of_result)| {
        let origin = of_result.origin.as_ref().map(|(schema, table)| Origin {
            schema: schema.as_deref(),
            table,
            column: &of_result.name,
        });
        TableColumn {
            name: column.name,
            athena_type: column.athena_type,
            comment: origin.and_then(|origin| described(&request.schema, origin)),
        }
    });
    Ok(Table { columns: columns.collect(), ..request.table.clone() })
}

/// From the result's types to those of the table that was claimed for it.
pub(crate) fn widening(
    schema: &Schema,
    wanted: &Table,
    claimed: &Table,
) -> Result<Widening, Error> {
    let types: Option<Vec<&str>> =
        wanted.columns.iter().map(|column| claimed.type_of(&column.name)).collect();
    let types = types.ok_or_else(|| {
        let message = format!("the table `{}` lacks a column that was claimed", claimed.name);
        Error::new(ErrorKind::Internal, message)
    })?;
    Widening::new(schema, types).map_err(unwritable)
}
