//! Athena's types, as far as one holds another.

/// Whether every value of the type `narrow` is exactly one of the type `wide`, so that a cast loses nothing. Both are in
/// the words of Athena's DDL.
pub fn holds(wide: &str, narrow: &str) -> bool {
    wide == narrow
        || parse(wide).zip(parse(narrow)).is_some_and(|(wide, narrow)| wide.holds(&narrow))
}

/// The types that hold others, or are held.
#[derive(Debug, PartialEq)]
enum Type {
    Integer {
        bits: u32,
    },
    Decimal {
        precision: u32,
        scale: u32,
    },
    /// With as many bits for the digits.
    Float {
        bits: u32,
    },
    Array(String),
}

fn parse(text: &str) -> Option<Type> {
    Some(match text {
        "tinyint" => Type::Integer { bits: 8 },
        "smallint" => Type::Integer { bits: 16 },
        "int" => Type::Integer { bits: 32 },
        "bigint" => Type::Integer { bits: 64 },
        "float" => Type::Float { bits: 24 },
        "double" => Type::Float { bits: 53 },
        _ => match text.strip_suffix(['>', ')'])?.split_once(['<', '(']) {
            Some(("array", element)) => Type::Array(element.to_owned()),
            Some(("decimal", digits)) => {
                let (precision, scale) = digits.split_once(',')?;
                Type::Decimal { precision: precision.parse().ok()?, scale: scale.parse().ok()? }
            }
            _ => return None,
        },
    })
}

impl Type {
    fn holds(&self, narrow: &Type) -> bool {
        match (self, narrow) {
            (Type::Integer { bits: wide }, Type::Integer { bits })
            | (Type::Float { bits: wide }, Type::Integer { bits } | Type::Float { bits }) => {
                wide >= bits
            }
            (Type::Decimal { precision, scale }, Type::Integer { bits }) => {
                precision - scale >= digits(*bits)
            }
            (
                Type::Decimal { precision: wide, scale: fine },
                Type::Decimal { precision, scale },
            ) => fine >= scale && wide - fine >= precision - scale,
            (Type::Array(wide), Type::Array(narrow)) => holds(wide, narrow),
            _ => false,
        }
    }
}

/// The decimal digits of the longest integer of so many bits.
fn digits(bits: u32) -> u32 {
    (1_u128 << (bits - 1)).to_string().len() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_holds_what_it_can_hold_exactly() {
        for (wide, narrow) in [
            ("string", "string"),
            ("timestamp", "timestamp"),
            ("int", "smallint"),
            ("bigint", "int"),
            ("bigint", "tinyint"),
            ("decimal(5,0)", "smallint"),
            ("decimal(10,0)", "int"),
            ("decimal(38,18)", "bigint"),
            ("decimal(19,0)", "bigint"),
            ("decimal(12,2)", "decimal(10,2)"),
            ("decimal(12,4)", "decimal(10,2)"),
            ("double", "float"),
            ("double", "int"),
            ("float", "smallint"),
            ("array<bigint>", "array<int>"),
            ("array<array<double>>", "array<array<float>>"),
        ] {
            assert!(holds(wide, narrow), "{wide} {narrow}");
            assert!(wide == narrow || !holds(narrow, wide), "{narrow} {wide}");
        }
        for (wide, narrow) in [
            ("double", "bigint"),
            ("float", "int"),
            ("decimal(18,0)", "bigint"),
            ("decimal(4,0)", "smallint"),
            ("decimal(12,3)", "int"),
            ("decimal(11,4)", "decimal(10,2)"),
            ("decimal(38,18)", "decimal(38,2)"),
            ("double", "decimal(4,2)"),
            ("bigint", "decimal(4,0)"),
            ("string", "int"),
            ("string", "date"),
            ("timestamp", "date"),
            ("boolean", "tinyint"),
            ("array<bigint>", "bigint"),
            ("array<string>", "array<int>"),
            ("struct<a:bigint>", "struct<a:int>"),
        ] {
            assert!(!holds(wide, narrow), "{wide} {narrow}");
        }
    }
}
