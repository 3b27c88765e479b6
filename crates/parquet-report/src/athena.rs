//! Names and types as Athena has them.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, TimeUnit};

/// The partition key of every report's table. No column may have its name.
pub const PARTITION_KEY: &str = "as_of";

/// Athena's limit for a column's name, in characters.
const MAX_NAME: usize = 255;

/// Valid Athena names for a report's columns, in order: letters `a` to `z`, digits and underscores, 1 to 255
/// of them, each name once.
///
/// The rule, from left to right:
/// 1. A name is lower-cased, and each run of other characters becomes one underscore; none at the ends,
///    unless the name has it there. What is longer than 255 is cut.
/// 2. A name of which nothing is left is `column_<position>`, counted from 1.
/// 3. The first column of a name keeps it; each further one gets the first free of `_2`, `_3` and so on,
///    never one that another column has by itself. [`PARTITION_KEY`] counts as taken.
///
/// So a name that is valid and alone stays as it is, and a column's name does not change when another with
/// another name is added.
pub fn athena_names(originals: &[&str]) -> Vec<String> {
    let plain: Vec<String> = originals
        .iter()
        .enumerate()
        .map(|(index, original)| {
            Some(plain(original))
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| format!("column_{}", index + 1))
        })
        .collect();
    let by_itself: HashSet<&str> = plain.iter().map(String::as_str).collect();
    let mut taken = HashSet::from([PARTITION_KEY.to_owned()]);
    plain
        .iter()
        .map(|name| {
            let mut unique = name.clone();
            let mut number = 1;
            while taken.contains(&unique) || (number > 1 && by_itself.contains(unique.as_str())) {
                number += 1;
                let suffix = format!("_{number}");
                unique = format!("{}{suffix}", &name[..name.len().min(MAX_NAME - suffix.len())]);
            }
            taken.insert(unique.clone());
            unique
        })
        .collect()
}

/// The name in ASCII, perhaps empty.
fn plain(original: &str) -> String {
    let is_kept = |c: char| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit();
    let lower = original.to_lowercase();
    let mut name = String::new();
    for run in
        lower.trim_matches(|c| !is_kept(c)).split(|c| !is_kept(c)).filter(|run| !run.is_empty())
    {
        if !name.is_empty() {
            name.push('_');
        }
        name.push_str(run);
    }
    name.truncate(MAX_NAME);
    name
}

/// The type in Athena's DDL, or `None` where Athena has none (unsigned integers, times, nanoseconds …).
pub fn athena_type(data_type: &DataType) -> Option<String> {
    Some(match data_type {
        DataType::Boolean => "boolean".to_owned(),
        DataType::Int8 => "tinyint".to_owned(),
        DataType::Int16 => "smallint".to_owned(),
        DataType::Int32 => "int".to_owned(),
        DataType::Int64 => "bigint".to_owned(),
        DataType::Float32 => "float".to_owned(),
        DataType::Float64 => "double".to_owned(),
        DataType::Decimal128(precision, scale) if (0..=*precision as i8).contains(scale) => {
            format!("decimal({precision},{scale})")
        }
        DataType::Utf8 | DataType::LargeUtf8 => "string".to_owned(),
        DataType::Binary | DataType::LargeBinary => "binary".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Timestamp(TimeUnit::Microsecond | TimeUnit::Millisecond, _) => {
            "timestamp".to_owned()
        }
        DataType::List(element) => format!("array<{}>", athena_type(element.data_type())?),
        _ => return None,
    })
}

/// The Arrow type of a type in Athena's DDL: the one of which [`athena_type`] makes it.
pub(crate) fn arrow_type(athena_type: &str) -> Option<DataType> {
    Some(match athena_type {
        "boolean" => DataType::Boolean,
        "tinyint" => DataType::Int8,
        "smallint" => DataType::Int16,
        "int" => DataType::Int32,
        "bigint" => DataType::Int64,
        "float" => DataType::Float32,
        "double" => DataType::Float64,
        "string" => DataType::Utf8,
        "binary" => DataType::Binary,
        "date" => DataType::Date32,
        "timestamp" => DataType::Timestamp(TimeUnit::Microsecond, None),
        _ => match athena_type.strip_suffix(['>', ')'])?.split_once(['<', '(']) {
            Some(("array", element)) => {
                DataType::List(Arc::new(Field::new_list_field(arrow_type(element)?, true)))
            }
            Some(("decimal", digits)) => {
                let (precision, scale) = digits.split_once(',')?;
                DataType::Decimal128(precision.parse().ok()?, scale.parse().ok()?)
            }
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_follow_the_rule() {
        let check = |originals: &[&str], expected: &[&str]| {
            assert_eq!(athena_names(originals), expected, "{originals:?}");
        };
        check(&["id", "first_name", "_x", "2026"], &["id", "first_name", "_x", "2026"]);
        check(&["Total", "Net Amount (EUR)", "?column?"], &["total", "net_amount_eur", "column"]);
        check(&["naïve", "Größe", "学生", ""], &["na_ve", "gr_e", "column_3", "column_4"]);
        check(&["a", "A", "a"], &["a", "a_2", "a_3"]);
        check(&["count", "count", "count_2"], &["count", "count_3", "count_2"]);
        check(&["", "column_1"], &["column_1", "column_1_2"]);
        check(&["as_of", "AS OF"], &["as_of_2", "as_of_3"]);
        check(&[], &[]);
        let long = "x".repeat(300);
        let cut = "x".repeat(255);
        let second = format!("{}_2", "x".repeat(253));
        check(&[&long, &long], &[&cut, &second]);
    }

    #[test]
    fn types_are_athenas() {
        let list = |of| DataType::List(Arc::new(Field::new("element", of, true)));
        let check = |data_type: DataType, expected: Option<&str>| {
            assert_eq!(athena_type(&data_type).as_deref(), expected, "{data_type}");
            let back = expected.and_then(arrow_type).as_ref().and_then(athena_type);
            assert_eq!(back.as_deref(), expected, "{data_type} there and back");
        };
        check(DataType::Boolean, Some("boolean"));
        check(DataType::Int16, Some("smallint"));
        check(DataType::Int32, Some("int"));
        check(DataType::Int64, Some("bigint"));
        check(DataType::Float32, Some("float"));
        check(DataType::Float64, Some("double"));
        check(DataType::Decimal128(38, 18), Some("decimal(38,18)"));
        check(DataType::Decimal128(38, 38), Some("decimal(38,38)"));
        check(DataType::Decimal128(5, -2), None);
        check(DataType::Utf8, Some("string"));
        check(DataType::Binary, Some("binary"));
        check(DataType::Date32, Some("date"));
        check(DataType::Timestamp(TimeUnit::Microsecond, None), Some("timestamp"));
        check(DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), Some("timestamp"));
        check(DataType::Timestamp(TimeUnit::Nanosecond, None), None);
        check(list(list(DataType::Int64)), Some("array<array<bigint>>"));
        check(list(DataType::UInt8), None);
        check(DataType::Time64(TimeUnit::Microsecond), None);
    }

    fn names() -> impl Strategy<Value = Vec<String>> {
        let name =
            prop_oneof!["\\PC{0,12}", "[aA_2]{0,3}", "a{250,260}", Just(PARTITION_KEY.to_owned())];
        prop::collection::vec(name, 0..12)
    }

    proptest! {
        #[test]
        fn names_are_valid_unique_and_stay_when_named_again(originals in names()) {
            let originals: Vec<&str> = originals.iter().map(String::as_str).collect();
            let first = athena_names(&originals);
            prop_assert_eq!(first.len(), originals.len());
            let valid = |name: &str| {
                (1..=255).contains(&name.len())
                    && name.bytes().all(|b| b == b'_' || b.is_ascii_lowercase() || b.is_ascii_digit())
            };
            prop_assert!(first.iter().all(|name| valid(name)), "{:?}", first);
            prop_assert!(!first.iter().any(|name| name == PARTITION_KEY));
            prop_assert_eq!(first.iter().collect::<HashSet<_>>().len(), first.len());
            let again = athena_names(&first.iter().map(String::as_str).collect::<Vec<_>>());
            prop_assert_eq!(again, first);
        }
    }
}
