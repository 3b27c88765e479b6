//! Finds the anchors, and refuses what means "now" in a way that no literal can replace.

use pg_query::NodeEnum as N;
use pg_query::protobuf::{
    AConst, AExpr, Node, SqlValueFunction, SqlValueFunctionOp as Op, a_const,
};

use crate::accepted::DateLiteral;
use crate::anchor::{Anchor, AnchorKind, DateType, Word, unplaced};
use crate::functions;
use crate::refusal::Refusal;
use crate::walk::{Checked, Walk, built_in, unknown};

/// Operators that turn a bare string on one side into the type of the other.
const COMPARISONS: [&str; 17] = [
    "=", "<>", "<", "<=", ">", ">=", "+", "-", "&&", "@>", "<@", "<<", ">>", "&<", "&>", "-|-", "*",
];

/// Functions that make text of text.
const OF_TEXT: &str = "btrim concat concat_ws format initcap left lower lpad ltrim overlay regexp_replace \
    repeat replace reverse right rpad rtrim split_part substr substring translate trim upper chr";

impl Walk<'_> {
    /// `now()`, `transaction_timestamp()`, `age(x)`, and casts written as calls, `date('today')`.
    pub(crate) fn time_function(&mut self, name: &str, args: &[Node], location: i32) -> Checked {
        let span = |walk: &Self| walk.source.call(location).ok_or_else(|| unplaced(name, location));
        match (name, args) {
            ("now" | "transaction_timestamp", []) => {
                let (call, _) = span(self)?;
                self.anchor(AnchorKind::Instant { precision: None }, call);
                Ok(())
            }
            ("age", [of]) => {
                self.no_time_words_in(std::slice::from_ref(of))?;
                let (_, arguments) = span(self)?;
                self.anchor(AnchorKind::Age, arguments.start..arguments.start);
                Ok(())
            }
            ("timezone", [_, of]) if is_current_time(of) => Err(Refusal::new(
                "current_time",
                location,
                "in another zone its offset is that of the day on which it is run",
                "write (current_timestamp AT TIME ZONE …)::time",
            )),
            (_, [of]) if date_type(name).is_some() => self.cast_word(name, false, of),
            _ if functions::of_times(name) => self.no_time_words_in(args),
            _ => Ok(()),
        }
    }

    /// `CURRENT_DATE` and its kin, and the harmless `CURRENT_USER` and its.
    pub(crate) fn value_function(&mut self, function: &SqlValueFunction) -> Checked {
        let SqlValueFunction { xpr: _, op: _, r#type: _, typmod, location } = function;
        // PostgreSQL takes more than six digits for six.
        let precision = u8::try_from((*typmod).min(6)).ok();
        let kind = match function.op() {
            Op::SvfopCurrentDate => AnchorKind::Date,
            Op::SvfopCurrentTime | Op::SvfopCurrentTimeN => AnchorKind::Time { precision },
            Op::SvfopCurrentTimestamp | Op::SvfopCurrentTimestampN => {
                AnchorKind::Instant { precision }
            }
            Op::SvfopLocaltime | Op::SvfopLocaltimeN => AnchorKind::LocalTime { precision },
            Op::SvfopLocaltimestamp | Op::SvfopLocaltimestampN => {
                AnchorKind::LocalTimestamp { precision }
            }
            Op::SvfopCurrentRole
            | Op::SvfopCurrentUser
            | Op::SvfopUser
            | Op::SvfopSessionUser
            | Op::SvfopCurrentCatalog
            | Op::SvfopCurrentSchema => return Ok(()),
            Op::SqlvalueFunctionOpUndefined => return Err(unknown(*location)),
        };
        let place = match precision {
            Some(_) => self.source.call(*location).map(|(call, _)| call),
            None => self.source.token(*location).map(|(token, _)| token),
        };
        self.anchor(kind, place.ok_or_else(|| unplaced("current_timestamp", *location))?);
        Ok(())
    }

    /// A string cast to the type `name`: `'today'::date` is an anchor.
    pub(crate) fn cast_word(&mut self, name: &str, array: bool, arg: &Node) -> Checked {
        if !is_temporal(name) {
            return Ok(());
        }
        if !matches!(&arg.node, Some(N::AConst(_))) {
            self.casts_to_time = true;
            if makes_text(arg) && of_constants(arg) {
                return Err(Refusal::new(
                    name,
                    -1,
                    "a time made of pieces of text cannot be told from the time of the run",
                    "write the time as one literal, or with make_date and make_timestamp",
                ));
            }
        }
        let mut texts = Vec::new();
        strings(arg, &mut texts);
        for &(text, location) in &texts {
            if !Word::within(text) {
                self.push_date(text, location);
                continue;
            }
            let direct = matches!(&arg.node, Some(N::AConst(_))) && !array;
            let place =
                self.source.token(location).filter(|(_, token)| *token == format!("'{text}'"));
            let word = Word::of(text);
            match (date_type(name), word, place) {
                (Some(DateType::Time | DateType::TimeTz), Some(Word::Day { .. }), _) => {
                    let reason = "a time of day has no such value";
                    return Err(Refusal::new(
                        text,
                        location,
                        reason,
                        "write current_time or '00:00'",
                    ));
                }
                (Some(date_type), Some(word), Some((range, _))) if direct => {
                    self.anchor(AnchorKind::Word(word, date_type), range);
                }
                _ => return Err(time_word(text, location)),
            }
        }
        Ok(())
    }

    /// A bare `'today'` beside a column of dates means a day, beside a column of texts a word.
    pub(crate) fn no_time_words(&mut self, operation: &AExpr) -> Checked {
        use pg_query::protobuf::AExprKind as Kind;
        let compares = match operation.kind() {
            Kind::AexprOp | Kind::AexprOpAny | Kind::AexprOpAll => {
                built_in(&operation.name).is_some_and(|name| COMPARISONS.contains(&name))
            }
            Kind::AexprLike | Kind::AexprIlike | Kind::AexprSimilar | Kind::Undefined => false,
            _ => true,
        };
        let sides = [&operation.lexpr, &operation.rexpr].into_iter().flatten();
        sides
            .filter(|_| compares)
            .try_for_each(|side| self.no_time_words_in(std::slice::from_ref(side)))
    }

    pub(crate) fn no_time_words_in(&self, nodes: &[Node]) -> Checked {
        nodes.iter().try_for_each(|node| match &node.node {
            Some(N::List(list)) => self.no_time_words_in(&list.items),
            Some(N::RowExpr(row)) => self.no_time_words_in(&row.args),
            Some(N::AConst(constant)) => match string(constant) {
                Some((text, location)) if Word::time_like(text) => Err(time_word(text, location)),
                _ => Ok(()),
            },
            _ => Ok(()),
        })
    }

    /// The same for values of which one gives all the others its type: texts alone stay texts.
    pub(crate) fn no_time_words_among<'n>(
        &self,
        mut nodes: impl Iterator<Item = &'n Node> + Clone,
    ) -> Checked {
        if nodes.clone().all(is_text) {
            return Ok(());
        }
        nodes.try_for_each(|node| self.no_time_words_in(std::slice::from_ref(node)))
    }

    /// The same for the rows of VALUES and the arms of a set operation, column by column.
    pub(crate) fn no_time_words_in_columns(&self, rows: &[Vec<&Node>]) -> Checked {
        let width = rows.iter().map(Vec::len).max().unwrap_or_default();
        (0..width).try_for_each(|column| {
            self.no_time_words_among(rows.iter().filter_map(|row| row.get(column).copied()))
        })
    }

    /// No literal below the node has a time word, such as the `now` in `'{"since": "now"}'`.
    pub(crate) fn no_time_words_deep_in(&self, node: &Node) -> Checked {
        let found = match node.node.as_ref() {
            Some(N::AConst(constant)) => string(constant).filter(|(text, _)| Word::within(text)),
            Some(N::FuncCall(call)) => {
                return call.args.iter().try_for_each(|it| self.no_time_words_deep_in(it));
            }
            Some(N::List(list)) => {
                return list.items.iter().try_for_each(|it| self.no_time_words_deep_in(it));
            }
            Some(N::TypeCast(cast)) => {
                return cast.arg.iter().try_for_each(|it| self.no_time_words_deep_in(it));
            }
            _ => None,
        };
        found.map_or(Ok(()), |(text, location)| Err(time_word(text, location)))
    }

    /// A word that is no anchor may reach a cast by way of a column, a subquery or a function. What the outermost
    /// query gives, and no cast takes, goes nowhere.
    pub(crate) fn no_loose_time_words(&self) -> Checked {
        if !self.casts_to_time {
            return Ok(());
        }
        let anchored = |location: i32| {
            let at = usize::try_from(location).unwrap_or(usize::MAX);
            self.accepted.anchors.iter().any(|anchor| anchor.range.contains(&at))
        };
        match self.time_words.iter().find(|(_, location)| !anchored(*location)) {
            Some((text, location)) => Err(Refusal::new(
                format!("'{text}'"),
                *location,
                "beside a cast to a time it may become the time of the run",
                "write now() or current_date with an interval, or name the label otherwise",
            )),
            None => Ok(()),
        }
    }

    /// Notes a string that holds a date such as 2026-11-22, or a time word.
    pub(crate) fn note_date(&mut self, text: &str, location: i32) {
        if Word::time_like(text) && !self.goes_nowhere {
            self.time_words.push((text.to_owned(), location));
        }
        let shape = |window: &[u8]| {
            window.iter().enumerate().all(|(index, byte)| match index {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            })
        };
        if text.as_bytes().windows(10).any(shape) {
            self.push_date(text, location);
        }
    }

    fn push_date(&mut self, text: &str, location: i32) {
        let Ok(position) = usize::try_from(location) else {
            return;
        };
        if self.accepted.date_literals.iter().all(|literal| literal.position != position) {
            self.accepted.date_literals.push(DateLiteral { text: text.to_owned(), position });
        }
    }

    fn anchor(&mut self, kind: AnchorKind, range: std::ops::Range<usize>) {
        self.accepted.anchors.push(Anchor { kind, range });
    }
}

/// Whether a type of that name is of dates or times, or of ranges of them.
pub(crate) fn is_temporal(name: &str) -> bool {
    ["date", "time", "ts"].iter().any(|prefix| name.starts_with(prefix))
        && !matches!(name, "tsquery" | "tsvector")
}

fn is_current_time(node: &Node) -> bool {
    let Some(N::SqlvalueFunction(function)) = &node.node else { return false };
    matches!(function.op(), Op::SvfopCurrentTime | Op::SvfopCurrentTimeN)
}

fn makes_text(node: &Node) -> bool {
    match &node.node {
        Some(N::AExpr(operation)) => built_in(&operation.name) == Some("||"),
        Some(N::FuncCall(call)) => built_in(&call.funcname)
            .is_some_and(|name| OF_TEXT.split_whitespace().any(|known| known == name)),
        _ => false,
    }
}

/// Whether nothing but constants goes in.
fn of_constants(node: &Node) -> bool {
    let all = |nodes: &[Node]| nodes.iter().all(of_constants);
    match &node.node {
        Some(N::AConst(_)) => true,
        Some(N::AExpr(operation)) => [&operation.lexpr, &operation.rexpr]
            .into_iter()
            .flatten()
            .all(|side| of_constants(side)),
        Some(N::FuncCall(call)) => all(&call.args),
        Some(N::TypeCast(cast)) => cast.arg.as_deref().is_none_or(of_constants),
        _ => false,
    }
}

fn date_type(name: &str) -> Option<DateType> {
    match name {
        "date" => Some(DateType::Date),
        "timestamp" => Some(DateType::Timestamp),
        "timestamptz" => Some(DateType::TimestampTz),
        "time" => Some(DateType::Time),
        "timetz" => Some(DateType::TimeTz),
        _ => None,
    }
}

fn is_text(node: &Node) -> bool {
    matches!(&node.node, Some(N::AConst(constant)) if string(constant).is_some())
}

fn string(constant: &AConst) -> Option<(&str, i32)> {
    match &constant.val {
        Some(a_const::Val::Sval(text)) => Some((&text.sval, constant.location)),
        _ => None,
    }
}

/// The strings that a cast reads: its argument, through casts to text and arrays.
fn strings<'n>(node: &'n Node, found: &mut Vec<(&'n str, i32)>) {
    match &node.node {
        Some(N::AConst(constant)) => found.extend(string(constant)),
        Some(N::TypeCast(cast)) => {
            let target = cast.type_name.as_ref().and_then(|name| built_in(&name.names));
            if matches!(target, Some("text" | "varchar" | "bpchar" | "name")) {
                cast.arg.iter().for_each(|arg| strings(arg, found));
            }
        }
        Some(N::AArrayExpr(array)) => array.elements.iter().for_each(|item| strings(item, found)),
        _ => {}
    }
}

fn time_word(text: &str, location: i32) -> Refusal {
    Refusal::new(
        format!("'{text}'"),
        location,
        "it may mean the time of the run, in a place where that cannot be seen",
        "write now() or current_date with an interval, or cast the word to text",
    )
}
