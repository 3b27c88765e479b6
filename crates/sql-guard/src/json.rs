//! The JSON constructs of the SQL standard.

use pg_query::NodeEnum as N;
use pg_query::protobuf::{
    JsonAggConstructor, JsonArgument, JsonArrayAgg, JsonArrayConstructor,
    JsonArrayQueryConstructor, JsonBehavior, JsonFuncExpr, JsonIsPredicate, JsonKeyValue,
    JsonObjectAgg, JsonObjectConstructor, JsonOutput, JsonParseExpr, JsonReturning, JsonScalarExpr,
    JsonSerializeExpr, JsonTable, JsonTableColumn, JsonTablePathSpec, JsonValueExpr,
};

use crate::walk::{Checked, Walk, unknown};

impl Walk<'_> {
    pub(crate) fn json(&mut self, kind: &N) -> Checked {
        match kind {
            N::JsonValueExpr(value) => self.json_value(value),
            N::JsonIsPredicate(predicate) => {
                let JsonIsPredicate { expr, format: _, item_type: _, unique_keys: _, location } =
                    predicate.as_ref();
                self.required(expr.as_deref(), *location)
            }
            N::JsonFuncExpr(function) => self.json_function(function),
            N::JsonParseExpr(parse) => {
                let JsonParseExpr { expr, output, unique_keys: _, location: _ } = parse.as_ref();
                self.json_optional_value(expr.as_deref())?;
                self.json_output(output.as_ref())
            }
            N::JsonScalarExpr(scalar) => {
                let JsonScalarExpr { expr, output, location } = scalar.as_ref();
                self.required(expr.as_deref(), *location)?;
                self.json_output(output.as_ref())
            }
            N::JsonSerializeExpr(serialize) => {
                let JsonSerializeExpr { expr, output, location: _ } = serialize.as_ref();
                self.json_optional_value(expr.as_deref())?;
                self.json_output(output.as_ref())
            }
            N::JsonObjectConstructor(object) => {
                let JsonObjectConstructor {
                    exprs,
                    output,
                    absent_on_null: _,
                    unique: _,
                    location: _,
                } = object;
                self.expressions(exprs)?;
                self.json_output(output.as_ref())
            }
            N::JsonArrayConstructor(array) => {
                let JsonArrayConstructor { exprs, output, absent_on_null: _, location: _ } = array;
                self.expressions(exprs)?;
                self.json_output(output.as_ref())
            }
            N::JsonArrayQueryConstructor(array) => {
                let JsonArrayQueryConstructor {
                    query,
                    output,
                    format: _,
                    absent_on_null: _,
                    location,
                } = array.as_ref();
                self.json_output(output.as_ref())?;
                self.subquery(query.as_deref(), *location)
            }
            N::JsonKeyValue(pair) => self.json_pair(pair),
            N::JsonObjectAgg(aggregate) => {
                let JsonObjectAgg { constructor, arg, absent_on_null: _, unique: _ } =
                    aggregate.as_ref();
                arg.as_deref().map_or(Ok(()), |pair| self.json_pair(pair))?;
                self.json_aggregate(constructor.as_deref())
            }
            N::JsonArrayAgg(aggregate) => {
                let JsonArrayAgg { constructor, arg, absent_on_null: _ } = aggregate.as_ref();
                self.json_optional_value(arg.as_deref())?;
                self.json_aggregate(constructor.as_deref())
            }
            _ => Err(unknown(-1)),
        }
    }

    /// `JSON_TABLE (…)` in `FROM`.
    pub(crate) fn json_table(&mut self, table: &JsonTable) -> Checked {
        let JsonTable {
            context_item,
            pathspec,
            passing,
            columns,
            on_error,
            alias,
            lateral: _,
            location: _,
        } = table;
        self.scopes.opaque(alias.as_ref().map_or("", |alias| &alias.aliasname));
        self.json_optional_value(context_item.as_deref())?;
        self.json_path(pathspec.as_deref())?;
        self.json_passing(passing)?;
        self.json_columns(columns)?;
        self.json_behavior(on_error.as_deref())
    }

    fn json_columns(&mut self, columns: &[pg_query::Node]) -> Checked {
        self.nested(|walk| {
            columns.iter().try_for_each(|node| {
                let Some(N::JsonTableColumn(column)) = &node.node else {
                    return Err(unknown(-1));
                };
                let JsonTableColumn {
                    coltype: _,
                    name: _,
                    type_name,
                    pathspec,
                    format: _,
                    wrapper: _,
                    quotes: _,
                    columns,
                    on_empty,
                    on_error,
                    location: _,
                } = column.as_ref();
                if let Some(type_name) = type_name {
                    walk.type_name(type_name)?;
                }
                walk.json_path(pathspec.as_deref())?;
                walk.json_behavior(on_empty.as_deref())?;
                walk.json_behavior(on_error.as_deref())?;
                walk.json_columns(columns)
            })
        })
    }

    fn json_function(&mut self, function: &JsonFuncExpr) -> Checked {
        let JsonFuncExpr {
            op: _,
            column_name: _,
            context_item,
            pathspec,
            passing,
            output,
            on_empty,
            on_error,
            wrapper: _,
            quotes: _,
            location: _,
        } = function;
        self.json_optional_value(context_item.as_deref())?;
        self.optional(pathspec.as_deref())?;
        self.json_passing(passing)?;
        self.json_output(output.as_ref())?;
        self.json_behavior(on_empty.as_deref())?;
        self.json_behavior(on_error.as_deref())
    }

    fn json_passing(&mut self, arguments: &[pg_query::Node]) -> Checked {
        arguments.iter().try_for_each(|node| {
            let Some(N::JsonArgument(argument)) = &node.node else {
                return Err(unknown(-1));
            };
            let JsonArgument { val, name: _ } = argument.as_ref();
            self.json_optional_value(val.as_deref())
        })
    }

    fn json_path(&mut self, path: Option<&JsonTablePathSpec>) -> Checked {
        let Some(JsonTablePathSpec { string, name: _, name_location: _, location: _ }) = path
        else {
            return Ok(());
        };
        self.optional(string.as_deref())
    }

    fn json_behavior(&mut self, behavior: Option<&JsonBehavior>) -> Checked {
        let Some(JsonBehavior { btype: _, expr, coerce: _, location: _ }) = behavior else {
            return Ok(());
        };
        self.optional(expr.as_deref())
    }

    fn json_output(&mut self, output: Option<&JsonOutput>) -> Checked {
        let Some(JsonOutput { type_name, returning }) = output else {
            return Ok(());
        };
        if let Some(JsonReturning { format: _, typid: _, typmod: _ }) = returning {}
        type_name.as_ref().map_or(Ok(()), |name| self.type_name(name).map(drop))
    }

    fn json_pair(&mut self, pair: &JsonKeyValue) -> Checked {
        let JsonKeyValue { key, value } = pair;
        self.required(key.as_deref(), -1)?;
        self.json_optional_value(value.as_deref())
    }

    fn json_optional_value(&mut self, value: Option<&JsonValueExpr>) -> Checked {
        value.map_or(Ok(()), |value| self.json_value(value))
    }

    fn json_value(&mut self, value: &JsonValueExpr) -> Checked {
        let JsonValueExpr { raw_expr, formatted_expr, format: _ } = value;
        self.optional(raw_expr.as_deref())?;
        self.optional(formatted_expr.as_deref())
    }

    fn json_aggregate(&mut self, constructor: Option<&JsonAggConstructor>) -> Checked {
        let Some(constructor) = constructor else {
            return Err(unknown(-1));
        };
        let JsonAggConstructor { output, agg_filter, agg_order, over, location: _ } = constructor;
        self.json_output(output.as_ref())?;
        self.optional(agg_filter.as_deref())?;
        self.sort(agg_order)?;
        over.as_deref().map_or(Ok(()), |window| self.window(window))
    }
}
