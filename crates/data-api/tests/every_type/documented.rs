//! The table of types in `docs/types.md`.

use arrow::datatypes::DataType;

/// Each type that the table names in its first column, with its Arrow type.
pub(crate) fn rows(markdown: &str) -> Vec<(&str, &str)> {
    let table = markdown.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let (types, _, arrow) = (cells.next()?, cells.next()?, cells.next()?);
        Some(types.split('`').skip(1).step_by(2).map(move |name| (name, arrow)))
    });
    table.flatten().collect()
}

/// A type as the table has it.
pub(crate) fn named(data_type: &DataType) -> String {
    match data_type {
        DataType::List(element) => format!("List({})", element.data_type()),
        other => other.to_string(),
    }
}
