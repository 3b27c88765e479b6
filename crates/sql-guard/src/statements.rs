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
        let checked =
            self.nested(|walk| walk.clauses(select)).and_then(|()| self.leave_scope(select));
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
        if let Some(with) = with_clause {
            self.with(with)?;
        }
        for arm in [larg, rarg].into_iter().flatten() {
            self.select(arm)?;
            self.scopes.arm();
        }
        // A bare DISTINCT is a list of one absent node.
        let distinct = distinct_clause.iter().filter(|node| node.node.is_some());
        distinct.into_iter().try_for_each(|node| self.expression(node))?;
        target_list.iter().try_for_each(|node| self.target(node))?;
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
