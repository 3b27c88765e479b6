//! Queries: `SELECT`, `VALUES`, set operations, `WITH`, and their clauses.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    CommonTableExpr, CteCycleClause, CteSearchClause, Node, ResTarget, SelectStmt, SortBy,
    WindowDef, WithClause,
};

use crate::anchor;
use crate::parse::not_a_read;
use crate::refusal::Refusal;
use crate::walk::{Checked, Walk, unknown};

impl Walk<'_> {
    pub(crate) fn select(&mut self, select: &SelectStmt) -> Checked {
        let visible = self.ctes.len();
        self.scopes.enter();
        let checked = self
            .read_by_another(|walk| walk.nested(|walk| walk.clauses(select)))
            .and_then(|()| self.leave_scope(select));
        self.ctes.truncate(visible);
        checked
    }

    fn clauses(&mut self, select: &SelectStmt) -> Checked {
        let SelectStmt {
            distinct_clause,
            into_clause,
            target_list,
            from_clause,
            where_clause,
            group_clause,
            group_distinct: _,
            having_clause,
            window_clause,
            values_lists,
            sort_clause,
            limit_offset,
            limit_count,
            limit_option: _,
            locking_clause,
            with_clause,
            op: _,
            all: _,
            larg,
            rarg,
        } = select;
        if let Some(into) = into_clause {
            let location = into.rel.as_ref().map_or(-1, |table| table.location);
            return Err(Refusal::new("INTO", location, "it makes a table", "leave INTO out"));
        }
        if !locking_clause.is_empty() {
            return Err(Refusal::new(
                "FOR UPDATE",
                self.source.locking(),
                "a locking clause (FOR UPDATE, FOR SHARE and their kin) locks rows",
                "leave the locking clause out",
            ));
        }
        let outermost = std::mem::take(&mut self.outermost);
        let is_arm = std::mem::take(&mut self.next_is_arm);
        if let Some(with) = with_clause {
            self.with(with)?;
        }
        // Once for a whole set operation, at its top.
        if !is_arm && (larg.is_some() || !values_lists.is_empty()) {
            self.no_time_words_in_columns(&rows_of(select))?;
        }
        for arm in [larg, rarg].into_iter().flatten() {
            self.next_is_arm = true;
            self.select(arm)?;
            self.scopes.arm();
        }
        // A bare DISTINCT is a list of one absent node.
        let distinct = distinct_clause.iter().filter(|node| node.node.is_some());
        distinct.into_iter().try_for_each(|node| self.expression(node))?;
        self.goes_nowhere = outermost;
        target_list.iter().try_for_each(|node| self.target(node))?;
        self.goes_nowhere = false;
        from_clause.iter().try_for_each(|node| self.table_reference(node))?;
        self.optional(where_clause.as_deref())?;
        self.expressions(group_clause)?;
        self.optional(having_clause.as_deref())?;
        window_clause.iter().try_for_each(|node| match &node.node {
            Some(NodeEnum::WindowDef(window)) => self.window(window),
            _ => Err(unknown(-1)),
        })?;
        self.expressions(values_lists)?;
        self.sort(sort_clause)?;
        self.optional(limit_offset.as_deref())?;
        self.optional(limit_count.as_deref())
    }

    fn with(&mut self, with: &WithClause) -> Checked {
        let WithClause { ctes, recursive, location } = with;
        let mut queries = Vec::with_capacity(ctes.len());
        for node in ctes {
            match &node.node {
                Some(NodeEnum::CommonTableExpr(cte)) => queries.push(cte),
                _ => return Err(unknown(*location)),
            }
        }
        // RECURSIVE makes every name visible to every query of the list, later ones included.
        if *recursive {
            self.ctes.extend(queries.iter().map(|cte| cte.ctename.clone()));
            queries.iter().for_each(|cte| self.scopes.with(&cte.ctename, None));
        }
        for cte in queries {
            self.common_table(cte)?;
            let more = cte.search_clause.is_some() || cte.cycle_clause.is_some();
            self.scopes.with(&cte.ctename, (!more).then_some(&cte.aliascolnames));
            if !recursive {
                self.ctes.push(cte.ctename.clone());
            }
        }
        Ok(())
    }

    fn common_table(&mut self, cte: &CommonTableExpr) -> Checked {
        let CommonTableExpr {
            ctename: _,
            aliascolnames: _,
            ctematerialized: _,
            ctequery,
            search_clause,
            cycle_clause,
            location,
            // Filled by PostgreSQL's analysis, never by its grammar.
            cterecursive: _,
            cterefcount: _,
            ctecolnames: _,
            ctecoltypes: _,
            ctecoltypmods: _,
            ctecolcollations: _,
        } = cte;
        if let Some(search) = search_clause {
            let CteSearchClause {
                search_col_list: _,
                search_breadth_first: _,
                search_seq_column: _,
                location: _,
            } = search;
        }
        if let Some(cycle) = cycle_clause {
            let CteCycleClause {
                cycle_col_list: _,
                cycle_mark_column: _,
                cycle_mark_value,
                cycle_mark_default,
                cycle_path_column: _,
                location: _,
                cycle_mark_type: _,
                cycle_mark_typmod: _,
                cycle_mark_collation: _,
                cycle_mark_neop: _,
            } = cycle.as_ref();
            self.optional(cycle_mark_value.as_deref())?;
            self.optional(cycle_mark_default.as_deref())?;
        }
        match ctequery.as_ref().and_then(|node| node.node.as_ref()) {
            Some(NodeEnum::SelectStmt(select)) => self.select(select),
            Some(other) => Err(not_a_read(other, *location)),
            None => Err(unknown(*location)),
        }
    }

    fn target(&mut self, node: &Node) -> Checked {
        let Some(NodeEnum::ResTarget(target)) = &node.node else {
            return Err(unknown(-1));
        };
        let ResTarget { name, indirection, val, location } = target.as_ref();
        let (Some(value), true) = (val, indirection.is_empty()) else {
            return Err(unknown(*location));
        };
        if name.is_empty()
            && let Some(column) = anchor::column_name(value)
        {
            let end = self
                .source
                .item_end(*location)
                .ok_or_else(|| anchor::unplaced(column, *location))?;
            self.accepted.aliases.push((end, column));
        }
        self.expression(value)
    }

    pub(crate) fn sort(&mut self, nodes: &[Node]) -> Checked {
        nodes.iter().try_for_each(|node| {
            let Some(NodeEnum::SortBy(sort)) = &node.node else {
                return Err(unknown(-1));
            };
            let SortBy { node, sortby_dir: _, sortby_nulls: _, use_op, location } = sort.as_ref();
            if !use_op.is_empty() {
                self.operator(use_op, *location)?;
            }
            self.required(node.as_deref(), *location)
        })
    }

    pub(crate) fn window(&mut self, window: &WindowDef) -> Checked {
        let WindowDef {
            name: _,
            refname: _,
            partition_clause,
            order_clause,
            frame_options: _,
            start_offset,
            end_offset,
            location: _,
        } = window;
        self.expressions(partition_clause)?;
        self.sort(order_clause)?;
        self.optional(start_offset.as_deref())?;
        self.optional(end_offset.as_deref())
    }
}

/// The expressions of each row of VALUES and of each arm of a set operation: in a column, one gives all the others
/// its type. Where an arm has a `*` the columns cannot be told apart, and all stand in one.
fn rows_of(select: &SelectStmt) -> Vec<Vec<&Node>> {
    let mut rows = Vec::new();
    let mut open = vec![select];
    while let Some(select) = open.pop() {
        rows.extend(select.values_lists.iter().filter_map(|row| match &row.node {
            Some(NodeEnum::List(row)) => Some(row.items.iter().collect()),
            _ => None,
        }));
        if !select.target_list.is_empty() {
            rows.push(select.target_list.iter().filter_map(value).collect());
        }
        open.extend([&select.larg, &select.rarg].into_iter().flatten().map(Box::as_ref));
    }
    if rows.iter().flatten().copied().any(is_star) {
        return rows.into_iter().flatten().map(|value| vec![value]).collect();
    }
    rows
}

fn value(target: &Node) -> Option<&Node> {
    match &target.node {
        Some(NodeEnum::ResTarget(target)) => target.val.as_deref(),
        _ => None,
    }
}

fn is_star(value: &Node) -> bool {
    let Some(NodeEnum::ColumnRef(column)) = &value.node else { return false };
    matches!(column.fields.last(), Some(Node { node: Some(NodeEnum::AStar(_)) }))
}
