//! What stands in `FROM`: tables, joins, subqueries, functions, samples, `JSON_TABLE`.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::{
    ColumnDef, JoinExpr, Node, RangeFunction, RangeSubselect, RangeTableSample, RangeVar,
};

use crate::accepted::Relation;
use crate::refusal::Refusal;
use crate::walk::{Checked, Walk, built_in, dotted, unknown};
use crate::{anchor, anchoring};

/// The names in a list of names or of column definitions.
pub(crate) fn names_of(nodes: &[Node]) -> Vec<String> {
    let name = |node: &Node| match &node.node {
        Some(NodeEnum::String(name)) => Some(name.sval.clone()),
        Some(NodeEnum::ColumnDef(column)) => Some(column.colname.clone()),
        _ => None,
    };
    nodes.iter().filter_map(name).collect()
}

/// Views of the SQL standard that show a role what it may read, and no more than the schema says.
const INFORMATION: [&str; 8] = [
    "columns",
    "constraint_column_usage",
    "key_column_usage",
    "referential_constraints",
    "schemata",
    "table_constraints",
    "tables",
    "views",
];

/// Whether a definition of columns names a type of time: then JSON and rows are cast to it.
fn has_times(columns: &[Node]) -> bool {
    columns.iter().any(|column| match &column.node {
        Some(NodeEnum::ColumnDef(column)) => column
            .type_name
            .as_ref()
            .and_then(|name| built_in(&name.names))
            .is_some_and(anchoring::is_temporal),
        _ => false,
    })
}

const OWN_TABLES: &str = "read the tables that the schema names";

impl Walk<'_> {
    pub(crate) fn table_reference(&mut self, node: &Node) -> Checked {
        self.nested(|walk| match node.node.as_ref() {
            Some(NodeEnum::RangeVar(table)) => walk.table(table),
            Some(NodeEnum::JoinExpr(join)) => walk.join(join),
            Some(NodeEnum::RangeSubselect(subselect)) => {
                let RangeSubselect { lateral: _, subquery, alias } = subselect.as_ref();
                walk.subquery(subquery.as_deref(), -1)?;
                walk.scopes.subquery(alias.as_ref());
                Ok(())
            }
            Some(NodeEnum::RangeFunction(function)) => walk.function_item(function),
            Some(NodeEnum::RangeTableSample(sample)) => walk.sample(sample),
            Some(NodeEnum::JsonTable(table)) => walk.json_table(table),
            Some(NodeEnum::RangeTableFunc(table)) => Err(Refusal::new(
                "XMLTABLE",
                table.location,
                "the guard knows no XML",
                "read XML elsewhere, or use JSON",
            )),
            _ => Err(unknown(-1)),
        })
    }

    fn table(&mut self, table: &RangeVar) -> Checked {
        let RangeVar {
            catalogname,
            schemaname,
            relname,
            inh: _,
            relpersistence: _,
            alias: _,
            location,
        } = table;
        if !catalogname.is_empty() {
            let name = format!("{catalogname}.{schemaname}.{relname}");
            let reason = "a database cannot be named in a query";
            return Err(Refusal::new(name, *location, reason, "write schema.table"));
        }
        if schemaname.is_empty() {
            if self.ctes.contains(relname) {
                return self.table_item(table, true);
            }
            if relname.starts_with("pg_") {
                let reason = "names that begin with pg_ belong to the system's catalogs";
                return Err(Refusal::new(relname, *location, reason, OWN_TABLES));
            }
        }
        let harmless =
            schemaname == "information_schema" && INFORMATION.contains(&relname.as_str());
        if (schemaname == "information_schema" && !harmless) || schemaname.starts_with("pg_") {
            let name = format!("{schemaname}.{relname}");
            let reason = "the system's catalogs are closed";
            return Err(Refusal::new(name, *location, reason, OWN_TABLES));
        }
        let schema = (!schemaname.is_empty()).then(|| schemaname.clone());
        self.accepted.relations.insert(Relation { schema, name: relname.clone() });
        self.table_item(table, false)
    }

    fn join(&mut self, join: &JoinExpr) -> Checked {
        let JoinExpr {
            jointype: _,
            is_natural: _,
            larg,
            rarg,
            using_clause: _,
            join_using_alias,
            quals,
            alias,
            rtindex: _,
        } = join;
        for alias in [join_using_alias, alias].into_iter().flatten() {
            self.scopes.opaque(&alias.aliasname);
        }
        for side in [larg, rarg] {
            self.table_reference(side.as_deref().ok_or_else(|| unknown(-1))?)?;
        }
        self.optional(quals.as_deref())
    }

    /// `FROM f(…)` and `ROWS FROM (f(…), g(…))`: a list of pairs of a function and its columns.
    fn function_item(&mut self, item: &RangeFunction) -> Checked {
        let RangeFunction { lateral: _, ordinality: _, is_rowsfrom, functions, alias, coldeflist } =
            item;
        self.columns(coldeflist)?;
        if has_times(coldeflist) {
            self.casts_to_time = true;
            functions.iter().try_for_each(|function| self.no_time_words_deep_in(function))?;
        }
        let mut names = names_of(coldeflist);
        let mut called = BTreeSet::new();
        if let Some(alias) = alias {
            names.extend(names_of(&alias.colnames));
            called.insert(alias.aliasname.clone());
        }
        for pair in functions {
            let Some(NodeEnum::List(pair)) = &pair.node else {
                return Err(unknown(-1));
            };
            let [function, columns] = pair.items.as_slice() else {
                return Err(unknown(-1));
            };
            // Its column takes its name, and a literal has none, unless an alias gives one.
            if let Some(name) = anchor::column_name(function)
                && (alias.is_none() || *is_rowsfrom)
            {
                return Err(Refusal::new(
                    name,
                    anchor::location(function),
                    "as a table without a name it cannot be anchored to the time of the run",
                    format!("write (SELECT {name} AS moment) AS t"),
                ));
            }
            self.expression(function)?;
            if let Some(NodeEnum::FuncCall(call)) = &function.node {
                called.extend(names_of(&call.funcname).into_iter().last());
            }
            match &columns.node {
                None => {}
                Some(NodeEnum::List(columns)) => {
                    names.extend(names_of(&columns.items));
                    self.columns(&columns.items)?;
                    if has_times(&columns.items) {
                        self.casts_to_time = true;
                        self.no_time_words_deep_in(function)?;
                    }
                }
                Some(_) => return Err(unknown(-1)),
            }
        }
        // A function of one column gives it its own name, or that of the alias.
        names.extend(called.iter().cloned());
        if called.is_empty() {
            self.scopes.opaque("");
        }
        for item in called {
            self.scopes.opaque(&item);
            self.function_items.entry(item).or_default().extend(names.iter().cloned());
        }
        Ok(())
    }

    /// `AS t (a integer, b text)`.
    fn columns(&mut self, nodes: &[Node]) -> Checked {
        nodes.iter().try_for_each(|node| {
            let Some(NodeEnum::ColumnDef(column)) = &node.node else {
                return Err(unknown(-1));
            };
            let ColumnDef {
                colname: _,
                type_name,
                compression: _,
                inhcount: _,
                is_local: _,
                is_not_null: _,
                is_from_type: _,
                storage: _,
                storage_name: _,
                raw_default,
                cooked_default,
                identity: _,
                identity_sequence,
                generated: _,
                coll_clause,
                coll_oid: _,
                constraints,
                fdwoptions,
                location,
            } = column.as_ref();
            let plain = raw_default.is_none()
                && cooked_default.is_none()
                && identity_sequence.is_none()
                && constraints.is_empty()
                && fdwoptions.is_empty();
            let (Some(type_name), true) = (type_name, plain) else {
                return Err(unknown(*location));
            };
            if let Some(collation) = coll_clause {
                self.collation(collation)?;
            }
            self.type_name(type_name).map(drop)
        })
    }

    fn sample(&mut self, sample: &RangeTableSample) -> Checked {
        let RangeTableSample { relation, method, args, repeatable, location } = sample;
        if !matches!(built_in(method), Some("system" | "bernoulli")) {
            return Err(Refusal::new(
                dotted(method),
                *location,
                "only the built-in ways of sampling are known",
                "use TABLESAMPLE SYSTEM (percent) or BERNOULLI (percent)",
            ));
        }
        self.accepted.repeatable &= repeatable.is_some();
        self.expressions(args)?;
        self.optional(repeatable.as_deref())?;
        self.table_reference(relation.as_deref().ok_or_else(|| unknown(*location))?)
    }
}
