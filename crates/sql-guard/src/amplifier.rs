//! Short texts that make large values: `repeat('x', 1000000000)`. One such call is not cancelled by
//! a statement's time-out, so what its literals amount to is bounded here.

use pg_query::NodeEnum as N;
use pg_query::protobuf::{AExpr, FuncCall, MinMaxOp, Node, SubLink, a_const};

use crate::refusal::Refusal;
use crate::walk::{Checked, built_in, names};

/// The longest value, in characters or elements, that literals may ask for.
const MAX_SIZE: f64 = 10_000.0;

/// The same for a chain of `||`, in which each column counts: 500 of them pass.
const MAX_CHAIN_SIZE: f64 = 40_000.0;

/// What a value that is not written in the text counts for, in characters.
const UNKNOWN_SIZE: f64 = 64.0;

/// The most rows that a series between literal bounds may have.
const MAX_SERIES_ROWS: f64 = 10_000_000.0;

/// The greatest literal exponent and factorial: more has too many digits.
const MAX_EXPONENT: f64 = 1_000.0;

/// Refuses a call whose literals ask for too much.
pub(crate) fn check_call(name: &str, call: &FuncCall) -> Checked {
    let args = call.args.as_slice();
    match name {
        "generate_series" if rows(args) > MAX_SERIES_ROWS => {
            Err(too_large(name, call.location, MAX_SERIES_ROWS, "rows", "a shorter series"))
        }
        "power" | "pow" => exponent(name, args.get(1), call.location),
        "factorial" => exponent(name, args.first(), call.location),
        "format" if !args.first().is_some_and(plain_format) => Err(Refusal::new(
            name,
            call.location,
            "its widths must be seen to be small",
            "write the format as one string literal, without * as a width",
        )),
        "array_fill" if !args.get(1).is_some_and(plain_dimensions) => Err(Refusal::new(
            name,
            call.location,
            "its dimensions must be seen to be small",
            "write them as numbers, ARRAY[10, 10]",
        )),
        _ if exceeds(call_size(name, args), MAX_SIZE) => {
            Err(too_large(name, call.location, MAX_SIZE, "characters", "smaller literals"))
        }
        _ => Ok(()),
    }
}

/// Refuses an operation whose literals ask for too much.
pub(crate) fn check_operation(operation: &AExpr) -> Checked {
    match built_in(&operation.name) {
        Some("^") => exponent("^", operation.rexpr.as_deref(), operation.location),
        Some("||") if exceeds(operation_size(operation), MAX_CHAIN_SIZE) => {
            let limit = MAX_CHAIN_SIZE;
            Err(too_large("||", operation.location, limit, "characters", "smaller literals"))
        }
        _ => Ok(()),
    }
}

fn exponent(construct: &str, node: Option<&Node>, location: i32) -> Checked {
    if node.map_or(0.0, magnitude) <= MAX_EXPONENT {
        return Ok(());
    }
    Err(too_large(construct, location, MAX_EXPONENT, "as its exponent", "a smaller number"))
}

/// A size that is no number (none times without end) is too much as well.
fn exceeds(size: f64, limit: f64) -> bool {
    size.is_nan() || size > limit
}

fn too_large(construct: &str, location: i32, limit: f64, unit: &str, instead: &str) -> Refusal {
    let reason = format!("its literals amount to more than {limit} {unit}");
    Refusal::new(construct, location, reason, format!("write {instead}"))
}

fn kind(node: &Node) -> Option<&N> {
    match node.node.as_ref()? {
        N::TypeCast(cast) => kind(cast.arg.as_deref()?),
        N::CollateClause(collation) => kind(collation.arg.as_deref()?),
        N::NamedArgExpr(argument) => kind(argument.arg.as_deref()?),
        other => Some(other),
    }
}

/// The most characters a value may have, a column counting as [`UNKNOWN_SIZE`].
fn size(node: &Node) -> f64 {
    match kind(node) {
        Some(N::AConst(constant)) => match &constant.val {
            Some(a_const::Val::Sval(text)) => length(&text.sval),
            _ => UNKNOWN_SIZE,
        },
        Some(N::AExpr(operation)) => operation_size(operation),
        Some(N::FuncCall(call)) => {
            let name = names(&call.funcname).and_then(|names| names.last().copied());
            call_size(name.unwrap_or_default(), &call.args)
        }
        Some(N::CaseExpr(case)) => {
            let results = case.args.iter().filter_map(|when| match &when.node {
                Some(N::CaseWhen(when)) => when.result.as_deref(),
                _ => None,
            });
            results.chain(case.defresult.as_deref()).map(size).fold(UNKNOWN_SIZE, f64::max)
        }
        Some(N::CoalesceExpr(coalesce)) => {
            coalesce.args.iter().map(size).fold(UNKNOWN_SIZE, f64::max)
        }
        Some(N::AArrayExpr(array)) => sum(&array.elements),
        Some(N::SubLink(link)) => targets(link).map(size).fold(UNKNOWN_SIZE, f64::max),
        _ => UNKNOWN_SIZE,
    }
}

fn operation_size(operation: &AExpr) -> f64 {
    [&operation.lexpr, &operation.rexpr].into_iter().flatten().map(|side| size(side)).sum()
}

fn call_size(name: &str, args: &[Node]) -> f64 {
    let size_of = |index: usize| args.get(index).map_or(0.0, size);
    let number = |index: usize| args.get(index).map_or(1.0, magnitude);
    match name {
        "repeat" => size_of(0) * number(1),
        "lpad" | "rpad" => number(1),
        // It sorts combining marks by insertion: 10,000 of them take over a second.
        "normalize" => sum(args) * 5.0,
        // Each match may be a single character.
        "regexp_replace" => size_of(0) * size_of(2).max(1.0),
        "replace" => {
            let from = match args.get(1).and_then(kind) {
                Some(N::AConst(_)) => size_of(1).max(1.0),
                _ => 1.0,
            };
            size_of(0) * (size_of(2) / from).max(1.0)
        }
        "format" => args.first().map_or(0.0, widths) + sum(args),
        "array_fill" => match args.get(1).and_then(kind) {
            Some(N::AArrayExpr(dims)) => dims.elements.iter().map(magnitude).product(),
            _ => f64::INFINITY,
        },
        _ => sum(args).max(UNKNOWN_SIZE),
    }
}

fn sum(nodes: &[Node]) -> f64 {
    nodes.iter().map(size).sum()
}

#[expect(clippy::cast_precision_loss, reason = "a text has at most 64 KiB")]
fn length(text: &str) -> f64 {
    text.len() as f64
}

/// What the literals of a number amount to, a column counting as 1.
fn magnitude(node: &Node) -> f64 {
    match kind(node) {
        Some(N::AConst(constant)) => match &constant.val {
            Some(a_const::Val::Ival(number)) => f64::from(number.ival).abs(),
            Some(a_const::Val::Fval(number)) => digits(&number.fval),
            Some(a_const::Val::Sval(text)) => digits(&text.sval),
            _ => 1.0,
        },
        Some(N::AExpr(operation)) => {
            let side = |node: &Option<Box<Node>>| node.as_deref().map_or(0.0, magnitude);
            let (left, right) = (side(&operation.lexpr), side(&operation.rexpr));
            match built_in(&operation.name) {
                Some("+" | "-") => left + right,
                Some("*") => left.max(1.0) * right.max(1.0),
                Some("/") => left / operation.rexpr.as_deref().map_or(1.0, divisor),
                Some("^") => raised(left, right),
                Some("<<") => left * right.exp2(),
                _ => left.max(right),
            }
        }
        Some(N::FuncCall(call)) => {
            let name = names(&call.funcname).and_then(|names| names.last().copied());
            let numbers: Vec<_> = call.args.iter().map(magnitude).collect();
            match (name.unwrap_or_default(), numbers.as_slice()) {
                ("power" | "pow", [base, exponent]) => raised(*base, *exponent),
                ("exp", [exponent]) => exponent.exp(),
                ("factorial", [number]) => number.powf(*number),
                (_, numbers) => numbers.iter().copied().fold(1.0, f64::max),
            }
        }
        Some(N::MinMaxExpr(extreme)) => {
            let numbers = extreme.args.iter().map(magnitude);
            match extreme.op() {
                // The smallest bound holds, but a column is no bound.
                MinMaxOp::IsLeast => numbers.fold(f64::INFINITY, f64::min),
                _ => numbers.fold(0.0, f64::max),
            }
        }
        Some(N::CoalesceExpr(coalesce)) => coalesce.args.iter().map(magnitude).fold(1.0, f64::max),
        Some(N::CaseExpr(case)) => {
            let results = case.args.iter().filter_map(|when| match &when.node {
                Some(N::CaseWhen(when)) => when.result.as_deref(),
                _ => None,
            });
            results.chain(case.defresult.as_deref()).map(magnitude).fold(1.0, f64::max)
        }
        Some(N::SubLink(link)) => targets(link).map(magnitude).fold(1.0, f64::max),
        _ => 1.0,
    }
}

/// Calls whose answer may be next to nothing whatever their arguments are: `1 / exp(-20)`.
const FRACTIONS: [&str; 17] = [
    "cos", "cosd", "cot", "cotd", "erf", "erfc", "exp", "lgamma", "ln", "log", "log10", "pow",
    "power", "sin", "sind", "tan", "tand",
];

/// The least that a divisor may be. Of an expression no more than 1, since integers are cut and casts round: a chain of
/// `/ (199 / 100)` divides by 1 each time. Zero counts as 1: what it divides fails.
fn divisor(node: &Node) -> f64 {
    let value = match literal(node).map(f64::abs) {
        Some(0.0) => 1.0,
        Some(value) => value,
        None => divisor_expression(node),
    };
    if matches!(node.node, Some(N::AConst(_))) { value } else { value.min(1.0) }
}

fn divisor_expression(node: &Node) -> f64 {
    let least = |nodes: &[Node]| nodes.iter().map(divisor).fold(1.0, f64::min);
    match kind(node) {
        Some(N::AExpr(operation)) => {
            let side = |node: &Option<Box<Node>>| node.as_deref().map_or(0.0, divisor);
            let (left, right) = (side(&operation.lexpr), side(&operation.rexpr));
            match built_in(&operation.name) {
                Some("+" | "-") => left.max(right),
                _ => left.min(right),
            }
        }
        Some(N::FuncCall(call)) => {
            let name = names(&call.funcname).and_then(|names| names.last().copied());
            let is_fraction = name.is_some_and(|name| FRACTIONS.contains(&name));
            if is_fraction { 0.0 } else { least(&call.args) }
        }
        Some(N::CoalesceExpr(coalesce)) => least(&coalesce.args),
        Some(N::MinMaxExpr(extreme)) => least(&extreme.args),
        _ => 1.0,
    }
}

/// A power whose exponent may be negative: `0.1 ^ -9`.
fn raised(base: f64, exponent: f64) -> f64 {
    base.max(base.recip()).powf(exponent)
}

fn digits(text: &str) -> f64 {
    text.trim().replace('_', "").parse().map_or(1.0, f64::abs)
}

/// The select list of a scalar subquery.
fn targets(link: &SubLink) -> impl Iterator<Item = &Node> {
    let select = match link.subselect.as_ref().and_then(|node| node.node.as_ref()) {
        Some(N::SelectStmt(select)) => Some(select),
        _ => None,
    };
    select.into_iter().flat_map(|select| &select.target_list).filter_map(|target| {
        match &target.node {
            Some(N::ResTarget(target)) => target.val.as_deref(),
            _ => None,
        }
    })
}

/// The rows of a series whose bounds are literal numbers; 0 where they are not.
fn rows(args: &[Node]) -> f64 {
    let bound = |index: usize| args.get(index).and_then(literal);
    match (bound(0), bound(1), args.get(2)) {
        (Some(from), Some(to), None) => (to - from).abs(),
        (Some(from), Some(to), Some(step)) => ((to - from) / literal(step).unwrap_or(1.0)).abs(),
        _ => 0.0,
    }
}

/// The value of a constant expression.
fn literal(node: &Node) -> Option<f64> {
    match kind(node)? {
        N::AConst(constant) => match constant.val.as_ref()? {
            a_const::Val::Ival(number) => Some(f64::from(number.ival)),
            a_const::Val::Fval(number) => number.fval.replace('_', "").parse().ok(),
            a_const::Val::Sval(text) => text.sval.trim().parse().ok(),
            _ => None,
        },
        N::AExpr(operation) => {
            let right = literal(operation.rexpr.as_deref()?)?;
            let left = operation.lexpr.as_deref().map_or(Some(0.0), literal)?;
            match built_in(&operation.name)? {
                "+" => Some(left + right),
                "-" => Some(left - right),
                "*" => Some(left * right),
                "/" => Some(left / right),
                "^" => Some(left.powf(right)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Dimensions that are written as numbers.
fn plain_dimensions(node: &Node) -> bool {
    match kind(node) {
        Some(N::AArrayExpr(dims)) => dims.elements.iter().all(|dim| literal(dim).is_some()),
        _ => false,
    }
}

fn format_text(node: &Node) -> Option<&str> {
    match kind(node)? {
        N::AConst(constant) => match constant.val.as_ref()? {
            a_const::Val::Sval(text) => Some(&text.sval),
            _ => None,
        },
        _ => None,
    }
}

/// A format whose widths can be read: one literal, no `%*s`.
fn plain_format(node: &Node) -> bool {
    format_text(node).is_some_and(|text| {
        text.split('%').skip(1).all(|after| {
            let flags = |c: char| c.is_ascii_digit() || "$- +".contains(c);
            !after.trim_start_matches(flags).starts_with('*')
        })
    })
}

/// The sum of the widths of a format, `%10s` or `%2$-10s`.
fn widths(node: &Node) -> f64 {
    let specifiers = format_text(node).unwrap_or_default().split('%').skip(1);
    specifiers
        .map(|after| {
            let end = after.find(|c: char| !c.is_ascii_digit() && !"$-".contains(c));
            let flags = after.get(..end.unwrap_or(after.len())).unwrap_or_default();
            digits(flags.rsplit(['$', '-']).next().unwrap_or_default())
        })
        .sum()
}
