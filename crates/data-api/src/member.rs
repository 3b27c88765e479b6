//! The value of one field: which kind it is of, and into its column's builder with it.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::cells::{CellBuilder, Misfit};

/// The members of the service's `Field`, of which each field has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Kind {
    IsNull,
    BooleanValue,
    LongValue,
    DoubleValue,
    StringValue,
    BlobValue,
    ArrayValue,
    #[serde(other)]
    Unknown,
}

/// A field's member, to be put into `cell`.
pub(crate) struct Member<'a> {
    pub(crate) kind: Kind,
    pub(crate) cell: &'a mut CellBuilder,
}

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = Result<(), Misfit>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Result<(), Misfit>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(match self.kind {
            Kind::IsNull if value => {
                self.cell.append_null();
                Ok(())
            }
            Kind::BooleanValue => self.cell.append_boolean(value),
            _ => Err(Misfit::Kind),
        })
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(match self.kind {
            Kind::LongValue => self.cell.append_long(value),
            Kind::DoubleValue => self.cell.append_double(value as f64),
            _ => Err(Misfit::Kind),
        })
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        match (self.kind, i64::try_from(value)) {
            (Kind::DoubleValue, _) => Ok(self.cell.append_double(value as f64)),
            (_, Ok(value)) => self.visit_i64(value),
            (_, Err(_)) => Ok(Err(Misfit::Kind)),
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(match self.kind {
            Kind::DoubleValue => self.cell.append_double(value),
            _ => Err(Misfit::Kind),
        })
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(match self.kind {
            Kind::StringValue => self.cell.append_text(value),
            Kind::BlobValue => self.cell.append_base64(value),
            Kind::DoubleValue => match not_a_number(value) {
                Some(value) => self.cell.append_double(value),
                None => Err(Misfit::Kind),
            },
            _ => Err(Misfit::Kind),
        })
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Err(Misfit::Kind))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
        while values.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Err(Misfit::Kind))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Some(elements) = map.next_key::<Elements>()? else { return Ok(Err(Misfit::Kind)) };
        let taken = match (self.kind, elements, &mut *self.cell) {
            (Kind::ArrayValue, Elements::LongValues, CellBuilder::Longs(lists)) => {
                lists.append_value(map.next_value::<Vec<Option<i64>>>()?);
                Ok(())
            }
            (Kind::ArrayValue, Elements::DoubleValues, CellBuilder::Doubles(lists)) => {
                let values = map.next_value::<Vec<Option<Double>>>()?;
                lists
                    .append_value(values.into_iter().map(|value| value.map(|Double(value)| value)));
                Ok(())
            }
            (Kind::ArrayValue, Elements::BooleanValues, CellBuilder::Booleans(lists)) => {
                lists.append_value(map.next_value::<Vec<Option<bool>>>()?);
                Ok(())
            }
            (Kind::ArrayValue, Elements::StringValues, CellBuilder::Strings(lists)) => {
                lists.append_value(map.next_value::<Vec<Option<String>>>()?);
                Ok(())
            }
            _ => {
                map.next_value::<IgnoredAny>()?;
                Err(Misfit::Kind)
            }
        };
        let alone = map.next_entry::<IgnoredAny, IgnoredAny>()?.is_none();
        Ok(if alone { taken } else { Err(Misfit::Kind) })
    }
}

/// The members of the service's `ArrayValue`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Elements {
    LongValues,
    DoubleValues,
    BooleanValues,
    StringValues,
    #[serde(other)]
    Unknown,
}

/// A number that may be none: the service's protocol writes those as strings.
struct Double(f64);

impl<'de> Deserialize<'de> for Double {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written<'a> {
            Number(f64),
            Name(&'a str),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(value) => Some(value),
            Written::Name(name) => not_a_number(name),
        }
        .map(Double)
        .ok_or_else(|| D::Error::custom("no number"))
    }
}

/// "Timestamps and numbers" of the restJson1 protocol: what JSON has no number for.
fn not_a_number(name: &str) -> Option<f64> {
    Some(match name {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        _ => return None,
    })
}
