//! Random tables of the types that people store.

use std::fmt::Write as _;

use proptest::{
    collection::vec,
    num, option,
    prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof},
    sample::select,
};

/// A type as `CREATE TABLE` takes it, and its values as PostgreSQL reads them.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    values: BoxedStrategy<String>,
}

/// A column's type, by its place in [`kinds`], and its values.
type Column = (usize, Vec<Option<String>>);

/// Columns of equal length.
pub(crate) fn columns() -> impl Strategy<Value = Vec<Column>> {
    (2_usize..=8, prop_oneof![1 => Just(0_usize), 9 => 1_usize..=200]).prop_flat_map(
        |(columns, rows)| {
            let column = (0..kinds().len()).prop_flat_map(move |at| {
                let values = option::weighted(0.9, kinds().swap_remove(at).values);
                (Just(at), vec(values, rows))
            });
            vec(column, columns)
        },
    )
}

/// Every kind of number that Parquet keeps as an integer, with more values than its dictionary takes.
pub(crate) fn long_columns() -> impl Strategy<Value = Vec<Column>> {
    const ROWS: usize = 3_000;
    let is_integer = |kind: &Kind| {
        ["smallint", "integer", "bigint", "numeric(9,2)", "numeric(18,4)", "date"]
            .contains(&kind.name)
            || kind.name.starts_with("timestamp")
    };
    let kinds = kinds().into_iter().enumerate().filter(|(_, kind)| is_integer(kind));
    kinds
        .map(|(at, kind)| (Just(at), vec(option::weighted(0.9, kind.values), ROWS)))
        .collect::<Vec<_>>()
}

/// What makes the table `name` of these columns, beside `n`, which counts its rows.
pub(crate) fn script(name: &str, columns: &[Column]) -> String {
    let kinds = kinds();
    let mut script = format!("CREATE TABLE {name} (n integer");
    for (place, (kind, _)) in columns.iter().enumerate() {
        write!(script, ", {} {}", column_name(place), kinds[*kind].name).expect("a string");
    }
    script.push_str(");\n");
    for row in 0..columns[0].1.len() {
        write!(script, "INSERT INTO {name} VALUES ({row}").expect("a string");
        for (_, values) in columns {
            match &values[row] {
                Some(text) => write!(script, ", '{}'", text.replace('\'', "''")),
                None => write!(script, ", NULL"),
            }
            .expect("a string");
        }
        script.push_str(");\n");
    }
    script
}

/// The name of a column, as SQL has it: nothing that Athena would take.
pub(crate) fn column_name(place: usize) -> String {
    format!("\"Größe {place}\"")
}

/// Every type.
pub(crate) fn kinds() -> Vec<Kind> {
    let kind = |name, values| Kind { name, values };
    vec![
        kind("boolean", any::<bool>().prop_map(|it| it.to_string()).boxed()),
        kind("smallint", any::<i16>().prop_map(|it| it.to_string()).boxed()),
        kind("integer", any::<i32>().prop_map(|it| it.to_string()).boxed()),
        kind(
            "bigint",
            prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX)]
                .prop_map(|it| it.to_string())
                .boxed(),
        ),
        kind("real", num::f32::ANY.prop_map(|it| format!("{it:?}")).boxed()),
        kind("double precision", num::f64::ANY.prop_map(|it| format!("{it:?}")).boxed()),
        kind("numeric(9,2)", units(9, 2)),
        kind("numeric(18,4)", units(18, 4)),
        kind("numeric(20,4)", digits(4..=4)),
        kind("numeric", digits(0..=18)),
        kind("text", text()),
        kind("bytea", vec(any::<u8>(), 0..20).prop_map(|bytes| hex(&bytes)).boxed()),
        kind("date", date()),
        kind("timestamp", timestamp()),
        kind("timestamptz", timestamp()),
        kind("time", micros().boxed()),
        kind("uuid", any::<u128>().prop_map(|it| format!("{it:032x}")).boxed()),
        kind(
            "jsonb",
            text().prop_map(|it| serde_json::json!({ "a": [it, null] }).to_string()).boxed(),
        ),
        kind(
            "interval",
            any::<i32>().prop_map(|it| format!("{it} seconds {} days", it / 7)).boxed(),
        ),
        kind("daterange", date().prop_map(|it| format!("[{it},)")).boxed()),
        kind("integer[]", list(any::<i32>().prop_map(|it| it.to_string()).boxed())),
        kind("text[]", list(text())),
    ]
}

/// As many digits as a numeric of that precision has.
fn units(precision: u32, scale: u8) -> BoxedStrategy<String> {
    let most = 10_i64.pow(precision) - 1;
    (-most..=most).prop_map(move |units| format!("{units}e-{scale}")).boxed()
}

fn digits(scale: std::ops::RangeInclusive<u8>) -> BoxedStrategy<String> {
    let units = prop_oneof![num::i64::ANY, Just(0), Just(i64::MIN)];
    (units, scale).prop_map(|(units, scale)| format!("{units}e-{scale}")).boxed()
}

/// Anything but NUL, which PostgreSQL has no text for.
fn text() -> BoxedStrategy<String> {
    const AWKWARD: [&str; 12] =
        ["", "NULL", "null", "it's", "\"", "\\", "{}", "a,b", "\r\n\t", "\u{1}\u{7f}", "☃𝄞", " a "];
    let any_text = any::<String>().prop_map(|text| text.replace('\0', "0"));
    prop_oneof![1 => select(&AWKWARD[..]).prop_map(str::to_owned), 2 => any_text].boxed()
}

fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\\x{digits}")
}

/// Of the years 1 to 9999.
fn date() -> BoxedStrategy<String> {
    let first = jiff::civil::date(1, 1, 1);
    (0..3_652_059_i64)
        .prop_map(move |days| first.saturating_add(jiff::Span::new().days(days)).to_string())
        .boxed()
}

fn timestamp() -> BoxedStrategy<String> {
    (date(), micros()).prop_map(|(date, time)| format!("{date} {time}")).boxed()
}

/// A time of the day. PostgreSQL prints no zeros at its end and the service none or three, so that the last digit is
/// none, but for full seconds.
fn micros() -> impl Strategy<Value = String> {
    let fraction = prop_oneof![Just(None), (0..100_000_u32, 1..10_u32).prop_map(Some)];
    (0..86_400_u32, fraction).prop_map(|(seconds, fraction)| {
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let fraction = fraction.map(|(five, last)| format!(".{five:05}{last}"));
        format!("{hour:02}:{minute:02}:{second:02}{}", fraction.unwrap_or_default())
    })
}

fn list(element: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let quoted = |text: String| format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""));
    let element = option::weighted(0.8, element.prop_map(quoted));
    let element = element.prop_map(|text| text.unwrap_or("NULL".to_owned()));
    vec(element, 0..5).prop_map(|elements| format!("{{{}}}", elements.join(","))).boxed()
}
