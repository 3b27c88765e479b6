//! What a caller knows of the database, for [`Guard::knowing`](crate::Guard::knowing).

/// The tables and views that may be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// In any order.
    pub tables: Vec<Table>,
    /// Where a table named without its schema is looked for, in order; `public` by default.
    pub search_path: Vec<String>,
}

/// A table or view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The schema it is in.
    pub schema: String,
    /// Its bare name.
    pub name: String,
    /// In any order.
    pub columns: Vec<Column>,
    /// The columns of its primary key, or of another key without nulls; empty for none.
    pub primary_key: Vec<String>,
}

/// A column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as PostgreSQL's `format_type` prints it.
    pub data_type: String,
}

impl Default for Schema {
    fn default() -> Self {
        let search_path = vec!["public".to_owned()];
        Self { tables: Vec::new(), search_path }
    }
}

impl Schema {
    pub(crate) fn table(&self, schema: Option<&str>, name: &str) -> Option<&Table> {
        let within = |schema: &str| {
            self.tables.iter().find(|table| table.schema == schema && table.name == name)
        };
        match schema {
            Some(schema) => within(schema),
            None => self.search_path.iter().find_map(|schema| within(schema)),
        }
    }

    /// The table whose name is most like that one, with its schema where that is needed.
    pub(crate) fn nearest_table(&self, schema: Option<&str>, name: &str) -> Option<String> {
        let wanted = schema.map_or_else(|| name.to_owned(), |schema| format!("{schema}.{name}"));
        let shown = |table: &Table| {
            let bare = schema.is_none() && self.search_path.contains(&table.schema);
            if bare { table.name.clone() } else { format!("{}.{}", table.schema, table.name) }
        };
        // A right name in a wrong or missing schema comes before any like it.
        let same = self.tables.iter().find(|table| table.name == name).map(shown);
        same.or_else(|| nearest(&wanted, self.tables.iter().map(shown)))
    }
}

/// Built-in types without fields, as `format_type` prints them; their names without what is in brackets.
const PLAIN: [&str; 35] = [
    "bigint",
    "bit",
    "bit varying",
    "boolean",
    "bytea",
    "character",
    "character varying",
    "cidr",
    "date",
    "daterange",
    "double precision",
    "inet",
    "int4range",
    "int8range",
    "integer",
    "interval",
    "json",
    "jsonb",
    "money",
    "name",
    "numeric",
    "numrange",
    "oid",
    "real",
    "smallint",
    "text",
    "time with time zone",
    "time without time zone",
    "timestamp with time zone",
    "timestamp without time zone",
    "tsrange",
    "tstzrange",
    "tsvector",
    "uuid",
    "xml",
];

/// Whether a value of that type surely has no fields.
pub(crate) fn is_plain(data_type: &str) -> bool {
    let bare: String = match (data_type.split_once('('), data_type.split_once(')')) {
        (Some((before, _)), Some((_, after))) => format!("{before}{after}"),
        _ => data_type.trim_end_matches("[]").to_owned(),
    };
    PLAIN.contains(&bare.trim_end_matches("[]"))
}

/// The candidate most like `name`, if any is like it at all.
pub(crate) fn nearest(name: &str, candidates: impl Iterator<Item = String>) -> Option<String> {
    let scored = candidates.map(|it| (strsim::jaro_winkler(name, &it), it));
    scored
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, it)| it)
}
