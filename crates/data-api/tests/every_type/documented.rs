//! The table of types in `docs/types.md`.

use arrow::datatypes::DataType;

/// A type that the table names in its first column.
pub(crate) struct Documented<'a> {
    pub(crate) name: &'a str,
    pub(crate) data_api: &'a str,
    pub(crate) arrow: &'a str,
}

pub(crate) fn rows(markdown: &str) -> Vec<Documented<'_>> {
    let table = markdown.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let (types, data_api, arrow) = (cells.next()?, cells.next()?, cells.next()?);
        let names = types.split('`').skip(1).step_by(2);
        Some(names.map(move |name| Documented { name, data_api, arrow }))
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
