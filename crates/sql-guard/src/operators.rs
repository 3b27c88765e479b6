//! The operators of `pg_catalog`, by name.

use pg_query::protobuf::Node;

use crate::refusal::Refusal;
use crate::walk::{Checked, Walk, built_in, dotted};

/// Every operator name of PostgreSQL 15 to 18 (`SELECT DISTINCT oprname FROM pg_operator`); all
/// their functions are pure.
const OPERATORS: &str = "!! !~ !~* !~~ !~~* # ## #- #> #>> % & && &< &<| &> * *< *<= *<> *= *> *>= \
    + - -> ->> -|- / < <-> << <<= <<| <= <> <@ <^ = > >= >> >>= >^ ? ?# ?& ?- ?-| ?| ?|| @ @-@ @> @? \
    @@ @@@ ^ ^@ | |&> |/ |>> || ||/ ~ ~* ~<=~ ~<~ ~= ~>=~ ~>~ ~~ ~~*";

impl Walk<'_> {
    pub(crate) fn operator(&mut self, name: &[Node], location: i32) -> Checked {
        let known = built_in(name)
            .is_some_and(|name| OPERATORS.split_whitespace().any(|operator| operator == name));
        if known {
            return Ok(());
        }
        Err(Refusal::new(
            dotted(name),
            location,
            "only PostgreSQL's built-in operators are known",
            "use a built-in operator or function",
        ))
    }
}
