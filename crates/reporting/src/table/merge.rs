//! What becomes of a table when a report comes that may have other columns.

use super::{Table, TableColumn, types};
use crate::{Error, ErrorKind};

/// The table as it shall be: its columns as they were, what the wanted table has more behind them. A column says what
/// the newest report says of it; one that the report lacks stays, and is null there.
///
/// # Errors
/// `schema_changed`, when a type does not hold the report's.
pub(super) fn merge(existing: Option<&Table>, wanted: &Table) -> Result<Table, Error> {
    let mut columns = existing.map(|table| table.columns.clone()).unwrap_or_default();
    for column in &wanted.columns {
        match columns.iter_mut().find(|it| it.name == column.name) {
            Some(there) if types::holds(&there.athena_type, &column.athena_type) => {
                there.comment.clone_from(&column.comment);
            }
            Some(there) => return Err(changed(wanted, there, column)),
            None => columns.push(column.clone()),
        }
    }
    Ok(Table { columns, ..wanted.clone() })
}

fn changed(table: &Table, there: &TableColumn, column: &TableColumn) -> Error {
    let Table { name: table, owner, .. } = table;
    let TableColumn { name, athena_type: old, .. } = there;
    let new = &column.athena_type;
    Error::new(
        ErrorKind::SchemaChanged,
        format!(
            "column `{name}` is of type `{new}` in this report and of type `{old}` in the table `{table}`, where a type \
             never changes; cast it in the SQL to what `{old}` holds, or name it otherwise there, or give the question \
             another id than `{owner}`, or drop the table `{table}` to begin anew without its earlier reports"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[(&str, &str, Option<&str>)]) -> Table {
        let column = |&(name, athena_type, comment): &(&str, &str, Option<&str>)| TableColumn {
            name: name.to_owned(),
            athena_type: athena_type.to_owned(),
            comment: comment.map(str::to_owned),
        };
        let columns = columns.iter().map(column).collect();
        Table { columns, ..Table::of_question("big-orders", "d") }
    }

    #[test]
    fn columns_are_added_at_the_end_and_types_stay() {
        let check = |existing: &[_], report: &[_], expected: Result<&[_], [&str; 3]>| {
            let existing = (!existing.is_empty()).then(|| table(existing));
            let merged = merge(existing.as_ref(), &table(report));
            match expected {
                Ok(columns) => assert_eq!(merged.expect("a table"), table(columns)),
                Err(parts) => {
                    let error = merged.expect_err("a change");
                    assert_eq!(error.kind(), ErrorKind::SchemaChanged);
                    for part in parts {
                        assert!(error.to_string().contains(part), "{part}: {error}");
                    }
                }
            }
        };
        let id = ("id", "bigint", None);
        let of = ("id", "bigint", Some("of the order"));
        let total = ("total", "decimal(10,2)", None);
        check(&[], &[id, total], Ok(&[id, total]));
        check(&[id, total], &[id, total], Ok(&[id, total]));
        check(&[id], &[total, id], Ok(&[id, total]));
        check(&[id, total], &[total], Ok(&[id, total]));
        check(&[id], &[("id", "int", None)], Ok(&[id]));
        check(&[id], &[of], Ok(&[of]));
        check(&[of], &[id], Ok(&[id]));
        check(&[of], &[total], Ok(&[of, total]));
        check(
            &[("id", "int", None)],
            &[id],
            Err(["column `id`", "type `bigint` in this report", "`int` in the table `big_orders`"]),
        );
        check(
            &[total],
            &[("total", "string", None)],
            Err(["column `total`", "`string`", "`decimal(10,2)`"]),
        );
    }
}
