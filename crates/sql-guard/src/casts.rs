//! Casts, and the types one may cast to.

use pg_query::NodeEnum;
use pg_query::protobuf::{AConst, Integer, Node, TypeCast, TypeName, a_const};

use crate::anchor::Word;
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

/// Built-in types that are none of data. Any other name that is not in [`TYPES`] is a type of the database's owner, an
/// enum, a domain or an extension's: its input may fail, and is as harmless as the owner made it.
const SYSTEM_TYPES: &str = "aclitem anyarray anycompatible anycompatiblearray anycompatiblemultirange \
    anycompatiblenonarray anycompatiblerange anyelement anyenum anymultirange anynonarray anyrange cid cstring \
    event_trigger fdw_handler gtsvector index_am_handler int2vector internal language_handler oid oidvector record \
    refcursor table_am_handler tid trigger tsm_handler txid_snapshot unknown void xid xid8 xml";

fn is_system_type(name: &str) -> bool {
    TYPES.split_whitespace().chain(SYSTEM_TYPES.split_whitespace()).any(|known| known == name)
        || ["pg_", "reg", "_"].iter().any(|prefix| name.starts_with(prefix))
}

/// `char(n)` and `bit(n)` pad to `n`.
const MAX_TYPE_MODIFIER: i32 = 100_000;

impl Walk<'_> {
    pub(crate) fn cast(&mut self, cast: &TypeCast) -> Checked {
        let TypeCast { arg, type_name, location } = cast;
        let (Some(arg), Some(type_name)) = (arg, type_name) else {
            return Err(unknown(*location));
        };
        let name = self.type_name(type_name)?;
        if name == "timetz" && !says_its_offset(arg) {
            return Err(Refusal::new(
                name,
                *location,
                "its offset is that of the day on which it is run",
                "keep the timestamptz, cast to time, or write the offset: '12:00+00'",
            ));
        }
        self.cast_word(name, !type_name.array_bounds.is_empty(), arg)?;
        self.read_by_another(|walk| walk.expression(arg))
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
        let of_the_owners = || match names_of_type(names)?.as_slice() {
            _ if *setof || *pct_type => None,
            ["pg_catalog" | "information_schema", _] => None,
            [name] if is_system_type(name) => None,
            [name] | [_, name] => Some(*name),
            _ => None,
        };
        let Some(name) = known.or_else(of_the_owners) else {
            return Err(Refusal::new(
                dotted(names),
                *location,
                "it is a type of the system's own",
                "cast to a type of data such as text, numeric, date or timestamptz, or leave the cast out",
            ));
        };
        typmods.iter().try_for_each(|modifier| small(name, modifier, *location))?;
        Ok(name)
    }
}

/// A literal such as `'12:00+02'`, or a word that is anchored.
fn says_its_offset(arg: &Node) -> bool {
    let Some(NodeEnum::AConst(AConst { val: Some(a_const::Val::Sval(text)), .. })) = &arg.node
    else {
        return false;
    };
    let text = text.sval.trim();
    let after_sign = text.rsplit(['+', '-']).next().filter(|rest| rest.len() < text.len());
    Word::of(text).is_some()
        || text.ends_with(['Z', 'z'])
        || after_sign.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
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
