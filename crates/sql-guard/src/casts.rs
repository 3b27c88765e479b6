//! Casts, and the types one may cast to.

use pg_query::NodeEnum;
use pg_query::protobuf::{AConst, Integer, Node, TypeCast, TypeName, a_const};

use crate::refusal::Refusal;
use crate::walk::{Checked, Walk, built_in, dotted, names as names_of_type, unknown};

/// Built-in types whose input does nothing but read the text. No `reg…` type but `regconfig` (the
/// name of a text search configuration): they and `oid` turn numbers into names of the catalog and
/// back. No `xml`, `refcursor`, `record`, nor types of the system's own.
const TYPES: &str = "bit bool box bpchar bytea char cidr circle date datemultirange daterange float4 \
    float8 inet int2 int4 int4multirange int4range int8 int8multirange int8range interval json jsonb \
    jsonpath line lseg macaddr macaddr8 money name numeric nummultirange numrange path point polygon \
    regconfig text time timestamp timestamptz timetz tsmultirange tsquery tsrange tstzmultirange \
    tstzrange tsvector uuid varbit varchar";

/// `char(n)` and `bit(n)` pad to `n`.
const MAX_TYPE_MODIFIER: i32 = 100_000;

impl Walk<'_> {
    pub(crate) fn cast(&mut self, cast: &TypeCast) -> Checked {
        let TypeCast { arg, type_name, location } = cast;
        let (Some(arg), Some(type_name)) = (arg, type_name) else {
            return Err(unknown(*location));
        };
        let name = self.type_name(type_name)?;
        self.cast_word(name, !type_name.array_bounds.is_empty(), arg)?;
        self.expression(arg)
    }

    /// The bare name of an allowed type.
    pub(crate) fn type_name<'t>(&mut self, type_name: &'t TypeName) -> Result<&'t str, Refusal> {
        let TypeName {
            names,
            type_oid: _,
            setof,
            pct_type,
            typmods,
            typemod: _,
            array_bounds: _,
            location,
        } = type_name;
        let known = built_in(names).filter(|name| {
            !setof && !pct_type && TYPES.split_whitespace().any(|known| known == *name)
        });
        let of_the_users = names_of_type(names).filter(|names| {
            let schema = self.guard.schema.as_ref();
            !setof && !pct_type && schema.is_some_and(|schema| schema.is_enum(names))
        });
        let Some(name) = known.or_else(|| of_the_users?.last().copied()) else {
            return Err(Refusal::new(
                dotted(names),
                *location,
                "only PostgreSQL's built-in types of data are known",
                "cast to a built-in type such as text, numeric, date or timestamptz, or leave the cast out",
            ));
        };
        typmods.iter().try_for_each(|modifier| small(name, modifier, *location))?;
        Ok(name)
    }
}

fn small(name: &str, modifier: &Node, location: i32) -> Checked {
    match &modifier.node {
        Some(NodeEnum::AConst(AConst {
            val: Some(a_const::Val::Ival(Integer { ival })), ..
        })) if *ival <= MAX_TYPE_MODIFIER || name == "interval" => Ok(()),
        _ => Err(Refusal::new(
            name,
            location,
            "its modifier makes values too large",
            format!("write a number of at most {MAX_TYPE_MODIFIER}"),
        )),
    }
}
