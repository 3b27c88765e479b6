//! The tables that Athena would read: what the stand-in of Glue keeps.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use local::glue::Glue;
use local::system::GLUE_DATABASE;
use serde_json::{Value, json};

use crate::output;

/// Each with its columns and partitions; `json` as one array.
pub(crate) fn list(data_dir: &Path, json: bool) -> Result<()> {
    let folder = data_dir.join("glue");
    let place = data_dir.display();
    if !folder.is_dir() {
        bail!("no tables in `{place}`; `quaestor run daily` or `quaestor demo` makes some");
    }
    let glue =
        Glue::open(&folder).with_context(|| format!("failed to read the tables in `{place}`"))?;
    let tables: Vec<Value> =
        glue.tables(GLUE_DATABASE).iter().map(|table| described(&glue, table)).collect();
    if json {
        return output::line(serde_json::to_string_pretty(&tables)?);
    }
    let mut shown = crate::summary::table(["table", "columns", "partitions", "newest"]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for table in &tables {
        let columns = table["columns"].as_array().into_iter().flatten();
        let columns = columns.map(|it| format!("{} {}", text(&it["name"]), text(&it["type"])));
        let partitions = table["partitions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let newest = partitions.last().map(|it| text(&it["values"][0]));
        let is_view = table["view"] == true;
        shown.add_row([
            text(&table["name"]),
            columns.collect::<Vec<_>>().join("\n"),
            if is_view { "view".to_owned() } else { partitions.len().to_string() },
            newest.unwrap_or_default(),
        ]);
    }
    output::line(shown)
}

fn described(glue: &Glue, table: &Value) -> Value {
    let name = table["Name"].as_str().unwrap_or_default();
    let columns = table["StorageDescriptor"]["Columns"].as_array().into_iter().flatten();
    let columns = columns
        .map(|it| json!({ "name": it["Name"], "type": it["Type"], "comment": it["Comment"] }));
    let partitions = glue.partitions(GLUE_DATABASE, name).into_iter().map(
        |it| json!({ "values": it["Values"], "location": it["StorageDescriptor"]["Location"] }),
    );
    json!({
        "name": name,
        "description": table["Description"],
        "view": table["TableType"] == "VIRTUAL_VIEW",
        "columns": columns.collect::<Vec<_>>(),
        "partitions": partitions.collect::<Vec<_>>(),
    })
}
