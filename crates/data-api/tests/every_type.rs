//! Every type that `pg_type` knows, through the stand-in of the service on a real PostgreSQL: each value arrives as
//! PostgreSQL prints it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "every_type/documented.rs"]
mod documented;
#[path = "every_type/samples.rs"]
mod samples;
mod service;
#[path = "every_type/value.rs"]
mod value;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use aws_sdk_rdsdata::types::Field;
use data_api::{DataApi, Limits};
use documented::Documented;
use local::postgres::Postgres;
use samples::SAMPLES;
use service::{DATABASE, api, service};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};
use value::{Text, told};

/// A type of the catalog.
struct Type {
    /// With its schema, quoted.
    name: String,
    samples: Vec<String>,
    has_array: bool,
    /// What stands between the elements of an array's text: a comma but for `box`.
    delimiter: String,
}

impl Type {
    /// The samples as literals.
    fn literals(&self) -> Vec<String> {
        self.samples.iter().map(|text| literal(text, &self.name)).collect()
    }

    /// An array of the samples and NULL; each in an array of its own if `nested`.
    fn array(&self, nested: bool) -> String {
        let quoted =
            |text: &String| format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""));
        let elements = self.samples.iter().map(quoted).chain(["NULL".to_owned()]);
        let elements: Vec<String> = match nested {
            true => elements.map(|element| format!("{{{element}}}")).collect(),
            false => elements.collect(),
        };
        let text = format!("{{{}}}", elements.join(&self.delimiter));
        literal(&text, &format!("{}[]", self.name))
    }
}

fn literal(text: &str, type_name: &str) -> String {
    format!("'{}'::{type_name}", text.replace('\'', "''"))
}

/// PostgreSQL itself, asked as the same session would be.
async fn postgresql(postgres: &Postgres) -> Client {
    let (client, connection) = postgres.superuser(DATABASE).connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(include_str!("every_type/types.sql")).await.unwrap();
    client.batch_execute("SET search_path = pg_catalog, public, pg_temp").await.unwrap();
    client
}

async fn types(client: &Client) -> Vec<Type> {
    let rows = client.query(include_str!("every_type/catalog.sql"), &[]).await.unwrap();
    let types = rows.iter().map(|row| {
        let (key, made_of): (String, Option<String>) = (row.get("key"), row.get("made_of"));
        let of = |key: &str| SAMPLES.iter().find(|(name, _)| *name == key).map(|(_, all)| *all);
        let samples = of(&key).or_else(|| of(made_of.as_deref()?));
        let samples = samples.unwrap_or_else(|| panic!("`{key}` has no sample in samples.rs"));
        let is_multirange = row.get("is_multirange");
        let text = |text: &&str| match is_multirange {
            true => format!("{{{text}}}"),
            false => (*text).to_owned(),
        };
        Type {
            name: row.get("name"),
            samples: samples.iter().map(text).collect(),
            has_array: row.get("has_array"),
            delimiter: row.get("delimiter"),
        }
    });
    types.collect()
}

/// The first column in PostgreSQL's own text.
async fn printed(client: &Client, sql: &str) -> Vec<Text> {
    let messages = client.simple_query(sql).await.unwrap_or_else(|why| panic!("{sql}: {why:?}"));
    let text = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => Some(row.get(0).map(str::to_owned)),
        _ => None,
    };
    messages.iter().filter_map(text).collect()
}

async fn read(api: &DataApi, sql: &str) -> RecordBatch {
    let rows = api.collect(sql, &Limits::default()).await;
    let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
    assert_eq!(rows.rounded_values, 0, "{sql}");
    arrow::compute::concat_batches(&rows.schema, &rows.batches).unwrap()
}

#[tokio::test]
async fn a_value_of_every_type_arrives_as_postgresql_prints_it() {
    let (api, postgres) = api().await;
    let client = postgresql(&postgres).await;
    for it in types(&client).await {
        let name = &it.name;
        let values = it.literals().join("), (");
        let values = if values.is_empty() { format!("NULL::{name}") } else { values };
        let sql = format!("SELECT v, NULL::{name} AS n FROM (VALUES ({values})) AS s (v)");
        let batch = read(&api, &sql).await;
        let found = told(batch.column(0));
        let printed = printed(&client, &sql).await;
        let expected = value::expected(batch.column(0).data_type(), &printed);
        assert_eq!(found, expected, "{sql}");
        assert_eq!(batch.column(1).null_count(), batch.num_rows(), "{sql}");
        assert_eq!(batch.column(1).data_type(), batch.column(0).data_type(), "{sql}");
    }
}

#[tokio::test]
async fn an_array_of_every_type_arrives_element_by_element() {
    let (api, postgres) = api().await;
    let client = postgresql(&postgres).await;
    for it in types(&client).await.iter().filter(|it| it.has_array) {
        let values = format!("({}), ('{{}}'), (NULL)", it.array(false));
        let sql = format!("SELECT v FROM (VALUES {values}) AS s (v)");
        let batch = read(&api, &sql).await;
        let lists = batch.column(0).as_list_opt::<i32>().unwrap_or_else(|| panic!("{sql}"));
        let elements = format!("SELECT unnest(v) FROM (VALUES {values}) AS s (v)");
        let elements = match it.name.as_str() {
            // An array of a domain over arrays is flat to unnest().
            "public.counts" => vec![Some("{-1,2}".to_owned()), Some("{}".to_owned()), None],
            // The service gives them in UTC and does not say so.
            "pg_catalog.timestamptz" => {
                printed(&client, &elements.replacen("(v)", "(v::timestamp[])", 1)).await
            }
            _ => printed(&client, &elements).await,
        };
        let expected = value::expected(&lists.value_type(), &elements);
        assert_eq!(told(&lists.value(0)), expected, "{sql}");
        assert!(lists.is_valid(1) && lists.value(1).is_empty(), "{sql}");
        assert!(lists.is_null(2), "{sql}");
    }
}

#[tokio::test]
async fn an_array_of_two_dimensions_of_every_type_arrives_as_text() {
    let (api, postgres) = api().await;
    let client = postgresql(&postgres).await;
    let types = types(&client).await;
    let arrays: Vec<String> =
        types.iter().filter(|it| it.has_array).map(|it| it.array(true)).collect();
    let batch = read(&api, &format!("SELECT {}", arrays.join(", "))).await;
    for (column, array) in batch.columns().iter().zip(&arrays) {
        assert_eq!(column.data_type(), &DataType::Utf8, "{array}");
        assert_eq!(told(column), printed(&client, &format!("SELECT {array}")).await, "{array}");
    }
}

#[tokio::test]
async fn the_documented_types_are_those_that_come() {
    let (api, postgres) = api().await;
    let client = postgresql(&postgres).await;
    let rows = documented::rows(include_str!("../../../docs/types.md"));
    assert!(rows.len() > 30, "the table names {} types", rows.len());
    for Documented { name, arrow, .. } in rows {
        let known = printed(&client, &format!("SELECT to_regtype('{name}')")).await;
        if known == [None] {
            continue;
        }
        let batch = read(&api, &format!("SELECT NULL::{name} AS v")).await;
        assert_eq!(documented::named(batch.column(0).data_type()), arrow, "{name}");
    }
}

#[tokio::test]
async fn the_documented_answers_are_the_services() {
    let (client, database, postgres) = service().await;
    let types = types(&postgresql(&postgres).await).await;
    let mut asked = 0;
    for Documented { name, data_api, .. } in
        documented::rows(include_str!("../../../docs/types.md"))
    {
        let (element, of_array) = (name.trim_start_matches('_'), name.starts_with('_'));
        let named = |it: &&Type| it.name.rsplit('.').next().unwrap().trim_matches('"') == element;
        let Some(it) = types.iter().find(named) else { continue };
        let Some(value) = it.literals().into_iter().next() else { continue };
        let sql = format!("SELECT {}", if of_array { it.array(false) } else { value });
        let call = client.execute_statement().sql(&sql).database(&database.name);
        let call = call.resource_arn(&database.cluster_arn).secret_arn(&database.secret_arn);
        let answer = match call.send().await {
            Ok(answer) => match &answer.records()[0][0] {
                Field::ArrayValue(_) => "arrayValue",
                Field::BlobValue(_) => "blobValue",
                Field::BooleanValue(_) => "booleanValue",
                Field::DoubleValue(_) => "doubleValue",
                Field::LongValue(_) => "longValue",
                Field::StringValue(_) => "stringValue",
                other => panic!("{sql}: {other:?}"),
            },
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_unsupported_result_exception()) =>
            {
                "refused"
            }
            Err(error) => panic!("{sql}: {error:?}"),
        };
        assert_eq!(data_api.split(';').next().unwrap(), answer, "{sql}");
        asked += 1;
    }
    assert!(asked > 60, "{asked} types were asked for");
}
