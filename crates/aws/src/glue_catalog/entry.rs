//! A table as Glue has it.

use aws_sdk_glue::error::BuildError;
use aws_sdk_glue::types::{Column, SerDeInfo, StorageDescriptor, Table as GlueTable, TableInput};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reporting::table::{Found, Rows, Table, TableColumn};
use reporting::{Error, ErrorKind};
use serde_json::{Value, json};

/// The parameter by which a table is known as ours; its value is the owner.
const OWNER: &str = "quaestor.question";

const INPUT_FORMAT: &str = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat";
const OUTPUT_FORMAT: &str = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat";
const SERIALIZATION: &str = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe";

/// Athena keeps a view as a table whose original text is a comment: the base64 of the query and its columns, with the
/// types of its own SQL. It is what `CREATE VIEW` leaves in the catalog; AWS documents it nowhere.
const VIEW_BEGINS: &str = "/* Presto View: ";
const VIEW_ENDS: &str = " */";
const VIEW_EXPANDED: &str = "/* Presto View */";

/// What a table is to us.
pub(super) fn found(table: GlueTable, bucket: &str) -> Found {
    let Some(owner) = table.parameters.as_ref().and_then(|it| it.get(OWNER)).cloned() else {
        return Found::Foreign;
    };
    let storage = table.storage_descriptor.unwrap_or_else(|| StorageDescriptor::builder().build());
    let rows = match table.view_original_text.as_deref().and_then(query) {
        Some(query) => Rows::Query(query),
        None => Rows::Files {
            folder: folder(storage.location.as_deref().unwrap_or_default(), bucket),
            partition_key: (table.partition_keys.as_deref().unwrap_or_default().first())
                .map(|key| key.name.clone())
                .unwrap_or_default(),
        },
    };
    let column = |column: Column| TableColumn {
        name: column.name,
        athena_type: column.r#type.unwrap_or_default(),
        comment: column.comment.filter(|comment| !comment.is_empty()),
    };
    Found::Ours {
        version: table.version_id.unwrap_or_default(),
        table: Table {
            name: table.name,
            owner,
            description: table.description.unwrap_or_default(),
            columns: storage.columns.unwrap_or_default().into_iter().map(column).collect(),
            rows,
        },
    }
}

/// What Glue is to have of a table.
pub(super) fn table_input(
    table: &Table,
    database: &str,
    bucket: &str,
) -> Result<TableInput, Error> {
    let input = TableInput::builder()
        .name(&table.name)
        .description(&table.description)
        .parameters(OWNER, &table.owner);
    let input = match &table.rows {
        Rows::Files { folder, partition_key } => input
            .table_type("EXTERNAL_TABLE")
            .parameters("EXTERNAL", "TRUE")
            .parameters("classification", "parquet")
            .partition_keys(column(partition_key, "string", None)?)
            .storage_descriptor(files(columns(&table.columns)?, bucket, folder)),
        Rows::Query(query) => input
            .table_type("VIRTUAL_VIEW")
            .parameters("presto_view", "true")
            .parameters("comment", "Presto View")
            .set_partition_keys(Some(Vec::new()))
            .view_original_text(view_text(query, database, &table.columns))
            .view_expanded_text(VIEW_EXPANDED)
            .storage_descriptor(
                StorageDescriptor::builder()
                    .set_columns(Some(columns(&table.columns)?))
                    .location("")
                    .serde_info(SerDeInfo::builder().build())
                    .build(),
            ),
    };
    input.build().map_err(unbuilt)
}

/// The files of a partition. Its columns have no comments: only the table's are read.
pub(super) fn file_storage(
    table_columns: &[TableColumn],
    bucket: &str,
    folder: &str,
) -> Result<StorageDescriptor, Error> {
    let bare = table_columns.iter().map(|it| column(&it.name, &it.athena_type, None));
    Ok(files(bare.collect::<Result<_, _>>()?, bucket, folder))
}

/// Whether a partition is registered as it should be.
pub(super) fn is_same_storage(there: &StorageDescriptor, wanted: &StorageDescriptor) -> bool {
    let told = |storage: &StorageDescriptor| {
        let columns = storage.columns.clone().unwrap_or_default().into_iter();
        let columns: Vec<_> = columns.map(|column| (column.name, column.r#type)).collect();
        let serde = storage.serde_info.clone().and_then(|it| it.serialization_library);
        let formats = (storage.input_format.clone(), storage.output_format.clone());
        (columns, storage.location.clone(), formats, serde)
    };
    told(there) == told(wanted)
}

fn files(columns: Vec<Column>, bucket: &str, folder: &str) -> StorageDescriptor {
    StorageDescriptor::builder()
        .set_columns(Some(columns))
        .location(format!("s3://{bucket}/{folder}"))
        .input_format(INPUT_FORMAT)
        .output_format(OUTPUT_FORMAT)
        .serde_info(SerDeInfo::builder().serialization_library(SERIALIZATION).build())
        .build()
}

/// The folder of a location, with its slash; of another bucket, the location as it is, which equals no folder.
fn folder(location: &str, bucket: &str) -> String {
    let own = location.strip_prefix("s3://").and_then(|rest| rest.strip_prefix(bucket));
    own.and_then(|rest| rest.strip_prefix('/')).unwrap_or(location).to_owned()
}

fn columns(columns: &[TableColumn]) -> Result<Vec<Column>, Error> {
    columns.iter().map(|it| column(&it.name, &it.athena_type, it.comment.clone())).collect()
}

fn column(name: &str, athena_type: &str, comment: Option<String>) -> Result<Column, Error> {
    let column = Column::builder().name(name).r#type(athena_type).set_comment(comment);
    column.build().map_err(unbuilt)
}

fn unbuilt(error: BuildError) -> Error {
    Error::new(ErrorKind::Internal, "the request could not be made").with_source(error)
}

fn view_text(query: &str, database: &str, columns: &[TableColumn]) -> String {
    let columns = columns
        .iter()
        .map(|column| json!({ "name": column.name, "type": presto_type(&column.athena_type) }));
    let view = json!({
        "originalSql": query,
        "catalog": "awsdatacatalog",
        "schema": database,
        "columns": columns.collect::<Vec<_>>(),
    });
    format!("{VIEW_BEGINS}{}{VIEW_ENDS}", STANDARD.encode(view.to_string()))
}

/// The query of a view.
fn query(text: &str) -> Option<String> {
    let encoded = text.strip_prefix(VIEW_BEGINS)?.strip_suffix(VIEW_ENDS)?;
    let view: Value = serde_json::from_slice(&STANDARD.decode(encoded).ok()?).ok()?;
    Some(view["originalSql"].as_str()?.to_owned())
}

/// A type of Athena's DDL as its queries call it ("Data types in Athena").
fn presto_type(athena_type: &str) -> String {
    match athena_type {
        "string" => "varchar".to_owned(),
        "int" => "integer".to_owned(),
        "float" => "real".to_owned(),
        "binary" => "varbinary".to_owned(),
        other => match other.strip_prefix("array<").and_then(|rest| rest.strip_suffix('>')) {
            Some(element) => format!("array({})", presto_type(element)),
            None => other.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_kept_as_athena_keeps_it() {
        let columns = [
            ("a", "string", "varchar"),
            ("b", "int", "integer"),
            ("c", "float", "real"),
            ("d", "binary", "varbinary"),
            ("e", "array<array<string>>", "array(array(varchar))"),
            ("f", "decimal(38,18)", "decimal(38,18)"),
            ("g", "timestamp", "timestamp"),
        ];
        let table_columns: Vec<TableColumn> = columns
            .iter()
            .map(|(name, athena_type, _)| TableColumn {
                name: (*name).to_owned(),
                athena_type: (*athena_type).to_owned(),
                comment: None,
            })
            .collect();
        let text = view_text("SELECT 1", "reports", &table_columns);
        assert_eq!(query(&text).as_deref(), Some("SELECT 1"));
        let encoded = text.trim_start_matches(VIEW_BEGINS).trim_end_matches(VIEW_ENDS);
        let view: Value =
            serde_json::from_slice(&STANDARD.decode(encoded).expect("base64")).expect("JSON");
        assert_eq!(view["catalog"], "awsdatacatalog");
        assert_eq!(view["schema"], "reports");
        let expected: Vec<Value> =
            columns.iter().map(|(name, _, it)| json!({ "name": name, "type": it })).collect();
        assert_eq!(view["columns"], json!(expected));
        assert_eq!(query("/* Presto View: ?? */"), None);
    }
}
