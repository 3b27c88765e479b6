//! The operators of `pg_catalog`, by name.

use std::collections::HashSet;
use std::sync::LazyLock;

use pg_query::protobuf::Node;

use crate::refusal::Refusal;
use crate::walk::{Checked, Walk, built_in, dotted};

/// Every operator name of PostgreSQL 15 to 18 (`SELECT DISTINCT oprname FROM pg_operator`); all
/// their functions are pure.
const NAMES: &str = "!! !~ !~* !~~ !~~* # ## #- #> #>> % & && &< &<| &> * *< *<= *<> *= *> *>= \
    + - -> ->> -|- / < <-> << <<= <<| <= <> <@ <^ = > >= >> >>= >^ ? ?# ?& ?- ?-| ?| ?|| @ @-@ @> @? \
    @@ @@@ ^ ^@ | |&> |/ |>> || ||/ ~ ~* ~<=~ ~<~ ~= ~>=~ ~>~ ~~ ~~*";

static OPERATORS: LazyLock<HashSet<&str>> = LazyLock::new(|| NAMES.split_whitespace().collect());

impl Walk<'_> {
    pub(crate) fn operator(&mut self, name: &[Node], location: i32) -> Checked {
        if built_in(name).is_some_and(|name| OPERATORS.contains(name)) {
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
