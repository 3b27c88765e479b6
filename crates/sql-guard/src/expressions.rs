//! Expressions: one match over every kind of node that may stand in one.

use std::collections::HashSet;
use std::sync::LazyLock;

use pg_query::NodeEnum as N;
use pg_query::protobuf::{
    AArrayExpr, AConst, AExpr, AExprKind, AIndices, AIndirection, BoolExpr, BooleanTest, CaseExpr,
    CaseWhen, CoalesceExpr, CollateClause, ColumnRef, FuncCall, GroupingFunc, GroupingSet, List,
    MinMaxExpr, NamedArgExpr, Node, NullTest, RowExpr, SubLink, a_const,
};

use crate::refusal::Refusal;
use crate::walk::{Checked, Walk, built_in, dotted, unknown};
use crate::{amplifier, anchor, functions, regex};

/// Called on a row or a value by `alias.name` and `(expression).name` when no such column exists:
/// `g.pg_sleep` over `generate_series(1, 9) g` waits. Only names of one argument matter.
const CALLED_AS_COLUMNS: &str = "aclexplode brin_summarize_new_values current_setting currval \
    gin_clean_pending_list lo_close lo_creat lo_create lo_get lo_import lo_open lo_tell lo_tell64 \
    lo_truncate lo_unlink nextval obj_description random_normal row_security_active setseed ts_stat \
    txid_status uuidv7";
const CALLED_AS_FIELDS: &str = "aclitem age current_schemas date datemultirange daterange mxid_age time \
    timestamp timestamptz timetz ts_debug ts_token_type tsmultirange tsrange tstzmultirange tstzrange xml";
const CALLED_AS_COLUMNS_PREFIXES: [&str; 4] = ["pg_", "dblink", "binary_upgrade_", "to_reg"];

/// No table can have a column of its own by these names.
/// <https://www.postgresql.org/docs/current/ddl-system-columns.html>
const SYSTEM_COLUMNS: [&str; 6] = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

/// What may be taken of any value: the fields that set-returning functions of JSON give.
const FIELDS: [&str; 3] = ["key", "value", "ordinality"];

impl Walk<'_> {
    /// The whole row of a function in `FROM` is a plain value, so that `g.name` calls the function or cast of
    /// that name where no column has it.
    pub(crate) fn no_calls_of_functions_items(&self) -> Checked {
        self.qualified.iter().try_for_each(|(qualifier, name, location)| {
            match self.function_items.get(qualifier) {
                Some(columns) if !columns.contains(name) && !FIELDS.contains(&name.as_str()) => {
                    Err(called(name, *location))
                }
                _ => Ok(()),
            }
        })
    }

    pub(crate) fn expressions(&mut self, nodes: &[Node]) -> Checked {
        nodes.iter().try_for_each(|node| self.expression(node))
    }

    pub(crate) fn optional(&mut self, node: Option<&Node>) -> Checked {
        node.map_or(Ok(()), |node| self.expression(node))
    }

    pub(crate) fn required(&mut self, node: Option<&Node>, location: i32) -> Checked {
        self.expression(node.ok_or_else(|| unknown(location))?)
    }

    pub(crate) fn expression(&mut self, node: &Node) -> Checked {
        let kind = node.node.as_ref().ok_or_else(|| unknown(-1))?;
        self.nested(|walk| walk.kind(kind))
    }

    fn kind(&mut self, kind: &N) -> Checked {
        match kind {
            N::AConst(constant) => self.constant(constant),
            N::ColumnRef(column) => self.column(column),
            N::TypeCast(cast) => self.cast(cast),
            N::FuncCall(call) => self.call(call),
            N::SqlvalueFunction(function) => self.value_function(function),
            N::NamedArgExpr(argument) => {
                let NamedArgExpr { xpr: _, arg, name: _, argnumber: _, location } =
                    argument.as_ref();
                self.required(arg.as_deref(), *location)
            }
            N::AExpr(operation) => self.operation(operation),
            N::BoolExpr(logic) => {
                let BoolExpr { xpr: _, boolop: _, args, location: _ } = logic.as_ref();
                self.expressions(args)
            }
            N::NullTest(test) => {
                let NullTest { xpr: _, arg, nulltesttype: _, argisrow: _, location } =
                    test.as_ref();
                self.required(arg.as_deref(), *location)
            }
            N::BooleanTest(test) => {
                let BooleanTest { xpr: _, arg, booltesttype: _, location } = test.as_ref();
                self.required(arg.as_deref(), *location)
            }
            N::SubLink(link) => self.sublink(link),
            N::CaseExpr(case) => self.case(case),
            N::CoalesceExpr(coalesce) => {
                let CoalesceExpr { xpr: _, coalescetype: _, coalescecollid: _, args, location: _ } =
                    coalesce.as_ref();
                self.no_time_words_in(args)?;
                self.expressions(args)
            }
            N::MinMaxExpr(extreme) => self.extreme(extreme),
            N::RowExpr(row) => {
                let RowExpr {
                    xpr: _,
                    args,
                    row_typeid: _,
                    row_format: _,
                    colnames: _,
                    location: _,
                } = row.as_ref();
                self.expressions(args)
            }
            N::AArrayExpr(array) => {
                let AArrayExpr { elements, list_start: _, list_end: _, location: _ } = array;
                self.no_time_words_among(elements.iter())?;
                self.expressions(elements)
            }
            N::List(list) => {
                let List { items } = list;
                self.expressions(items)
            }
            N::AIndirection(indirection) => self.indirection(indirection),
            N::CollateClause(collation) => self.collation(collation),
            N::GroupingFunc(grouping) => {
                let GroupingFunc { xpr: _, args, refs: _, agglevelsup: _, location: _ } =
                    grouping.as_ref();
                self.expressions(args)
            }
            N::GroupingSet(set) => {
                let GroupingSet { kind: _, content, location: _ } = set;
                self.expressions(content)
            }
            N::ParamRef(parameter) => Err(Refusal::new(
                format!("${}", parameter.number),
                parameter.location,
                "no value is given for it",
                "write the value as a literal",
            )),
            N::XmlExpr(xml) => Err(no_xml(xml.location)),
            N::XmlSerialize(xml) => Err(no_xml(xml.location)),
            N::SetToDefault(default) => Err(Refusal::new(
                "DEFAULT",
                default.location,
                "it is for INSERT",
                "write the value",
            )),
            other => self.json(other),
        }
    }

    pub(crate) fn constant(&mut self, constant: &AConst) -> Checked {
        let AConst { isnull: _, location, val } = constant;
        if let Some(a_const::Val::Sval(text)) = val {
            regex::check(&text.sval, *location)?;
            self.note_date(&text.sval, *location);
        }
        Ok(())
    }

    fn column(&mut self, column: &ColumnRef) -> Checked {
        let ColumnRef { fields, location } = column;
        if let Some(Node { node: Some(N::String(name)) }) = fields.last()
            && SYSTEM_COLUMNS.contains(&name.sval.as_str())
        {
            return Err(Refusal::new(
                &name.sval,
                *location,
                "a system column tells where and by whom a row was written, which changes without the data",
                "name the table's own columns",
            ));
        }
        self.scopes.name(column);
        fields.iter().enumerate().try_for_each(|(index, field)| match &field.node {
            Some(N::String(name)) if index > 0 => {
                if let Some(N::String(qualifier)) = &fields[index - 1].node {
                    self.qualified.push((qualifier.sval.clone(), name.sval.clone(), *location));
                }
                not_a_call(&name.sval, *location)
            }
            Some(N::String(_) | N::AStar(_)) => Ok(()),
            _ => Err(unknown(*location)),
        })
    }

    fn call(&mut self, call: &FuncCall) -> Checked {
        let FuncCall {
            funcname,
            args,
            agg_order,
            agg_filter,
            over,
            agg_within_group: _,
            agg_star: _,
            agg_distinct: _,
            func_variadic,
            funcformat: _,
            location,
        } = call;
        let differs =
            self.guard.unrepeatable.then(|| functions::unrepeatable(funcname, args.len()));
        let name = match differs.flatten() {
            Some(name) => {
                self.accepted.repeatable = false;
                name
            }
            None => functions::allowed(funcname, args.len(), *func_variadic, *location)?,
        };
        self.accepted.functions.insert(name.to_owned());
        amplifier::check_call(name, call)?;
        if anchor::is_instant(name) && (over.is_some() || agg_filter.is_some()) {
            return Err(anchor::unplaced(name, *location));
        }
        self.time_function(name, args, *location)?;
        self.read_by_another(|walk| walk.expressions(args))?;
        self.sort(agg_order)?;
        self.optional(agg_filter.as_deref())?;
        over.as_deref().map_or(Ok(()), |window| self.window(window))
    }

    fn operation(&mut self, operation: &AExpr) -> Checked {
        let AExpr { kind: _, name, lexpr, rexpr, rexpr_list_start: _, rexpr_list_end: _, location } =
            operation;
        use AExprKind as Kind;
        match operation.kind() {
            Kind::AexprBetween
            | Kind::AexprNotBetween
            | Kind::AexprBetweenSym
            | Kind::AexprNotBetweenSym => {}
            Kind::AexprOp
            | Kind::AexprOpAny
            | Kind::AexprOpAll
            | Kind::AexprDistinct
            | Kind::AexprNotDistinct
            | Kind::AexprNullif
            | Kind::AexprIn
            | Kind::AexprLike
            | Kind::AexprIlike
            | Kind::AexprSimilar => self.operator(name, *location)?,
            Kind::Undefined => return Err(unknown(*location)),
        }
        let joins = built_in(name) == Some("||");
        // A chain of `||` was measured as a whole at its top.
        if !(std::mem::take(&mut self.within_chain) && joins) {
            amplifier::check_operation(operation)?;
        }
        self.no_time_words(operation)?;
        [lexpr, rexpr].into_iter().flatten().try_for_each(|side| {
            self.within_chain = joins && matches!(side.node, Some(N::AExpr(_)));
            self.expression(side)
        })
    }

    fn sublink(&mut self, link: &SubLink) -> Checked {
        let SubLink {
            xpr: _,
            sub_link_type: _,
            sub_link_id: _,
            testexpr,
            oper_name,
            subselect,
            location,
        } = link;
        if !oper_name.is_empty() {
            self.operator(oper_name, *location)?;
        }
        if let Some(tested) = testexpr.as_deref() {
            self.no_time_words_in(std::slice::from_ref(tested))?;
            self.expression(tested)?;
        }
        self.subquery(subselect.as_deref(), *location)
    }

    pub(crate) fn subquery(&mut self, node: Option<&Node>, location: i32) -> Checked {
        match node.and_then(|node| node.node.as_ref()) {
            Some(N::SelectStmt(select)) => self.select(select),
            _ => Err(unknown(location)),
        }
    }

    fn case(&mut self, case: &CaseExpr) -> Checked {
        let CaseExpr { xpr: _, casetype: _, casecollid: _, arg, args, defresult, location } = case;
        self.no_time_words_among(results(case))?;
        self.optional(arg.as_deref())?;
        for when in args {
            let Some(N::CaseWhen(when)) = &when.node else {
                return Err(unknown(*location));
            };
            let CaseWhen { xpr: _, expr, result, location } = when.as_ref();
            let compared = arg.is_some().then_some(expr.as_deref()).flatten();
            self.no_time_words_in(compared.map_or(&[], std::slice::from_ref))?;
            self.required(expr.as_deref(), *location)?;
            self.required(result.as_deref(), *location)?;
        }
        self.optional(defresult.as_deref())
    }

    fn extreme(&mut self, extreme: &MinMaxExpr) -> Checked {
        let MinMaxExpr {
            xpr: _,
            minmaxtype: _,
            minmaxcollid: _,
            inputcollid: _,
            op: _,
            args,
            location: _,
        } = extreme;
        self.no_time_words_in(args)?;
        self.expressions(args)
    }

    fn indirection(&mut self, indirection: &AIndirection) -> Checked {
        let AIndirection { arg, indirection } = indirection;
        let of_column =
            matches!(arg.as_deref().and_then(|arg| arg.node.as_ref()), Some(N::ColumnRef(_)));
        let item = match arg.as_deref().and_then(|arg| arg.node.as_ref()) {
            Some(N::ColumnRef(column)) => whole_row(column),
            _ => None,
        };
        self.required(arg.as_deref(), -1)?;
        for step in indirection {
            if let (Some(N::ColumnRef(column)), Some(N::String(name))) =
                (arg.as_deref().and_then(|arg| arg.node.as_ref()), &step.node)
            {
                self.scopes.field(column, &name.sval);
            }
            if let (Some(item), Some(N::String(name))) = (item, &step.node) {
                self.qualified.push((item.to_owned(), name.sval.clone(), -1));
            }
        }
        indirection.iter().try_for_each(|step| match &step.node {
            Some(N::AIndices(indices)) => {
                let AIndices { is_slice: _, lidx, uidx } = indices.as_ref();
                self.optional(lidx.as_deref())?;
                self.optional(uidx.as_deref())
            }
            Some(N::String(name)) if FIELDS.contains(&name.sval.as_str()) => Ok(()),
            Some(N::String(name)) if of_column && is_field(&name.sval) => Ok(()),
            Some(N::String(name)) => Err(called(&name.sval, -1)),
            Some(N::AStar(_)) => Ok(()),
            _ => Err(unknown(-1)),
        })
    }

    /// Collations only order and compare, so any unqualified or built-in one will do.
    pub(crate) fn collation(&mut self, collation: &CollateClause) -> Checked {
        let CollateClause { arg, collname, location } = collation;
        if built_in(collname).is_none() {
            let reason = "only built-in collations are known";
            return Err(Refusal::new(dotted(collname), *location, reason, "write COLLATE \"C\""));
        }
        self.optional(arg.as_deref())
    }
}

/// What a CASE may give.
fn results(case: &CaseExpr) -> impl Iterator<Item = &Node> + Clone {
    fn of_when(when: &Node) -> Option<&Node> {
        match &when.node {
            Some(N::CaseWhen(when)) => when.result.as_deref(),
            _ => None,
        }
    }
    case.args.iter().filter_map(of_when).chain(case.defresult.as_deref())
}

/// Whether `(column).name` is let through as a field of a composite type: not where a plain value would make it a
/// call that tells of the catalog, the session or the present time.
fn is_field(name: &str) -> bool {
    let prefixes = ["reg", "_", "crosstab", "connectby"].iter().chain(&CALLED_AS_COLUMNS_PREFIXES);
    let prefixed = prefixes.into_iter().any(|prefix| name.starts_with(prefix));
    let listed = [CALLED_AS_FIELDS, CALLED_AS_COLUMNS]
        .iter()
        .any(|list| list.split_whitespace().any(|called| called == name));
    !prefixed && !listed && !name.ends_with("_in")
}

/// The name that stands alone, which may be that of an item in `FROM`.
fn whole_row(column: &ColumnRef) -> Option<&str> {
    match column.fields.as_slice() {
        [Node { node: Some(N::String(name)) }] => Some(&name.sval),
        _ => None,
    }
}

fn called(name: &str, location: i32) -> Refusal {
    Refusal::new(
        name,
        location,
        "behind a dot PostgreSQL may read it as a call of the function or cast of that name",
        "name the columns of a function in FROM, f(…) AS t (a, b), and select those",
    )
}

fn not_a_call(name: &str, location: i32) -> Checked {
    let prefixed = CALLED_AS_COLUMNS_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    static CALLED: LazyLock<HashSet<&str>> =
        LazyLock::new(|| CALLED_AS_COLUMNS.split_whitespace().collect());
    if prefixed || CALLED.contains(name) {
        return Err(Refusal::new(
            name,
            location,
            "behind a dot PostgreSQL may read it as a call of the function of that name",
            "name the column alone, without a table in front",
        ));
    }
    Ok(())
}

fn no_xml(location: i32) -> Refusal {
    Refusal::new("XML", location, "the guard knows no XML", "use text or JSON functions")
}
