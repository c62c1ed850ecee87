//! What a statement calls, reads and names, anywhere in it.
//!
//! For `UPDATE t SET a = f(b) WHERE id IN (SELECT id FROM u)` a walk has the call `f`, the table `u` and the columns
//! `b` and `id`. A name that WITH defines is not a table, and only inside its query.
//!
//! Generated scripts have lists of thousands of values and conditions of thousands of ANDs, so sets find duplicates
//! and the depth is limited.

use std::collections::{HashMap, HashSet};

use sqlite3_parser::ast::{
    Expr, FromClause, FunctionCallOrder, FunctionTail, Id, InsertBody, JoinConstraint, Limit, Literal,
    OneSelect, Over, ResultColumn, Select, SelectTable, Set, SortedColumn, Stmt, TriggerCmd, Upsert,
    UpsertDo, With,
};

use super::name::{identifier, name, string, unquoted};
use crate::sql::{ColumnName, Name};

/// The depth to which expressions are followed. SQLite itself refuses more than 1000.
const MAX_DEPTH: usize = 1100;

/// What was found in a statement or expression.
#[derive(Default)]
pub(super) struct Walk {
    pub(super) calls: Vec<Name>,
    pub(super) reads: Vec<Name>,
    pub(super) columns: Vec<String>,
    /// Every occurrence of a column, with the table that qualifies it.
    pub(super) names: Vec<ColumnName>,
    /// Whether an aggregate function outside of subqueries makes one row of many.
    pub(super) aggregates: bool,
    pub(super) literals: Vec<String>,
    /// Whether the depth was reached, so that something may be missing.
    pub(super) is_too_deep: bool,
    seen: Seen,
    /// The visible names of WITH, which are not tables.
    with: Vec<String>,
    /// How often each of them is visible.
    with_names: HashMap<String, usize>,
    depth: usize,
    /// How many subqueries are open.
    queries: usize,
}

/// What has been found already. Searching the lists instead would take time in proportion to their square.
#[derive(Default)]
struct Seen {
    calls: HashSet<Name>,
    reads: HashSet<Name>,
    columns: HashSet<String>,
}

impl Walk {
    pub(super) fn of_expression(expression: &Expr<'_>) -> Walk {
        let mut walk = Walk::default();
        walk.expression(expression);
        walk
    }

    /// What a statement calls and reads when it runs. The body of a trigger and the defaults of a table run later, so they
    /// are left out.
    pub(super) fn of_statement(statement: &Stmt<'_>) -> Walk {
        let mut walk = Walk::default();
        match statement {
            Stmt::CreateView { select, .. } | Stmt::Select(select) => walk.select(select),
            Stmt::CreateTable { body: sqlite3_parser::ast::CreateTableBody::AsSelect(select), .. } => {
                walk.select(select);
            }
            Stmt::CreateIndex { columns, where_clause, .. } => {
                walk.sorted(Some(columns));
                walk.maybe(where_clause.as_ref());
            }
            Stmt::Insert { with, body, returning, .. } => {
                walk.with(with.as_ref());
                if let InsertBody::Select(select, upsert) = body {
                    walk.select(select);
                    walk.upsert(*upsert);
                }
                walk.results(returning.unwrap_or_default());
            }
            Stmt::Update { with, sets, from, where_clause, returning, order_by, limit, .. } => {
                walk.with(with.as_ref());
                walk.sets(sets);
                walk.from(from.as_ref());
                walk.maybe(where_clause.as_ref());
                walk.results(returning.unwrap_or_default());
                walk.sorted(*order_by);
                walk.limit(*limit);
            }
            Stmt::Delete { with, where_clause, returning, order_by, limit, .. } => {
                walk.with(with.as_ref());
                walk.maybe(where_clause.as_ref());
                walk.results(returning.unwrap_or_default());
                walk.sorted(*order_by);
                walk.limit(*limit);
            }
            _ => {}
        }
        walk
    }

    /// What the body of a trigger reads and writes when it fires.
    pub(super) fn of_trigger(commands: &[TriggerCmd<'_>]) -> Walk {
        let mut walk = Walk::default();
        for command in commands {
            match command {
                TriggerCmd::Update { tbl_name, sets, from, where_clause, .. } => {
                    walk.read(name(tbl_name));
                    walk.sets(sets);
                    walk.from(from.as_ref());
                    walk.maybe(where_clause.as_ref());
                }
                TriggerCmd::Insert { tbl_name, select, upsert, .. } => {
                    walk.read(name(tbl_name));
                    walk.select(select);
                    walk.upsert(*upsert);
                }
                TriggerCmd::Delete { tbl_name, where_clause } => {
                    walk.read(name(tbl_name));
                    walk.maybe(where_clause.as_ref());
                }
                TriggerCmd::Select(select) => walk.select(select),
            }
        }
        walk
    }

    fn expression(&mut self, expression: &Expr<'_>) {
        if self.depth == MAX_DEPTH {
            self.is_too_deep = true;
            return;
        }
        self.depth += 1;
        self.parts(expression);
        self.depth -= 1;
    }

    /// The parts of an expression. The match has no wildcard, so a new kind of expression has to be placed here.
    fn parts(&mut self, expression: &Expr<'_>) {
        match expression {
            Expr::Between { lhs, start, end, .. } => self.each([*lhs, *start, *end]),
            Expr::Binary(left, _, right) => self.each([*left, *right]),
            Expr::Case { base, when_then_pairs, else_expr } => {
                self.maybe(*base);
                when_then_pairs.iter().for_each(|(when, then)| self.each([when, then]));
                self.maybe(*else_expr);
            }
            Expr::Cast { expr, .. } | Expr::Collate(expr, _) => self.expression(expr),
            Expr::Exists(select) | Expr::Subquery(select) => self.select(select),
            Expr::FunctionCall { name, args, order_by, filter_over, .. } => {
                let arguments = args.map_or(0, <[_]>::len);
                self.note_aggregate(name, arguments, filter_over.as_ref());
                self.call(name);
                self.each(args.unwrap_or_default());
                if let Some(FunctionCallOrder::SortList(columns)) = order_by {
                    self.sorted(Some(columns));
                }
                self.tail(filter_over.as_ref());
            }
            Expr::FunctionCallStar { name, filter_over } => {
                self.note_aggregate(name, 1, filter_over.as_ref());
                self.call(name);
                self.tail(filter_over.as_ref());
            }
            Expr::Id(id) => self.column(None, unquoted(id.0)),
            Expr::Name(name) => self.column(None, identifier(name)),
            Expr::Qualified(table, name) | Expr::DoublyQualified(_, table, name) => {
                self.column(Some(identifier(table)), identifier(name));
            }
            Expr::InList { lhs, rhs, .. } => {
                self.expression(lhs);
                self.each(rhs.unwrap_or_default());
            }
            Expr::InSelect { lhs, rhs, .. } => {
                self.expression(lhs);
                self.select(rhs);
            }
            Expr::InTable { lhs, rhs, args, .. } => {
                self.expression(lhs);
                self.read(name(rhs));
                self.each(args.unwrap_or_default());
            }
            Expr::Like { lhs, rhs, escape, .. } => {
                self.each([*lhs, *rhs]);
                self.maybe(*escape);
            }
            Expr::IsNull(value) | Expr::NotNull(value) | Expr::Unary(_, value) => self.expression(value),
            Expr::Literal(Literal::String(literal)) => self.literals.push(string(literal)),
            Expr::Parenthesized(values) => self.each(values),
            Expr::Raise(_, value) => self.maybe(*value),
            Expr::Literal(_) | Expr::Variable(_) => {}
        }
    }

    fn each<'e, 'b: 'e>(&mut self, values: impl IntoIterator<Item = &'e Expr<'b>>) {
        values.into_iter().for_each(|value| self.expression(value));
    }

    fn maybe(&mut self, value: Option<&Expr<'_>>) {
        value.into_iter().for_each(|value| self.expression(value));
    }

    fn tail(&mut self, tail: Option<&FunctionTail<'_>>) {
        let Some(tail) = tail else { return };
        self.maybe(tail.filter_clause);
        if let Some(Over::Window(window)) = tail.over_clause {
            self.each(window.partition_by.unwrap_or_default());
            self.sorted(window.order_by);
        }
    }

    /// Walks through a query. Names of its WITH hide tables only inside it.
    fn select(&mut self, select: &Select<'_>) {
        if self.depth == MAX_DEPTH {
            self.is_too_deep = true;
            return;
        }
        self.depth += 1;
        self.queries += 1;
        let known = self.with.len();
        self.with(select.with.as_ref());
        self.one_select(&select.body.select);
        for compound in select.body.compounds.iter().flatten() {
            self.one_select(&compound.select);
        }
        self.sorted(select.order_by);
        self.limit(select.limit);
        for name in self.with.drain(known..) {
            if let Some(count) = self.with_names.get_mut(&name) {
                *count -= 1;
            }
        }
        self.queries -= 1;
        self.depth -= 1;
    }

    fn one_select(&mut self, select: &OneSelect<'_>) {
        match select {
            OneSelect::Select { columns, from, where_clause, group_by, having, .. } => {
                self.results(columns);
                self.from(from.as_ref());
                self.maybe(*where_clause);
                self.each(group_by.unwrap_or_default());
                self.maybe(*having);
            }
            OneSelect::Values(rows) => rows.iter().for_each(|row| self.each(row)),
        }
    }

    fn with(&mut self, with: Option<&With<'_>>) {
        let queries = with.map(|with| with.ctes).unwrap_or_default();
        for name in queries.iter().map(|query| identifier(&query.tbl_name)) {
            *self.with_names.entry(name.clone()).or_default() += 1;
            self.with.push(name);
        }
        queries.iter().for_each(|query| self.select(query.select));
    }

    fn from(&mut self, from: Option<&FromClause<'_>>) {
        let Some(from) = from else { return };
        from.select.into_iter().for_each(|table| self.table(table));
        for join in from.joins.iter().flatten() {
            self.table(&join.table);
            if let Some(JoinConstraint::On(condition)) = &join.constraint {
                self.expression(condition);
            }
        }
    }

    fn table(&mut self, table: &SelectTable<'_>) {
        match table {
            SelectTable::Table(table, ..) => self.read(name(table)),
            SelectTable::TableCall(function, arguments, _) => {
                self.calls.push(name(function));
                self.each(arguments.unwrap_or_default());
            }
            SelectTable::Select(select, _) => self.select(select),
            SelectTable::Sub(from, _) => self.from(Some(from)),
        }
    }

    fn results(&mut self, columns: &[ResultColumn<'_>]) {
        for column in columns {
            if let ResultColumn::Expr(value, _) = column {
                self.expression(value);
            }
        }
    }

    fn sorted(&mut self, columns: Option<&[SortedColumn<'_>]>) {
        self.each(columns.unwrap_or_default().iter().map(|column| &column.expr));
    }

    fn limit(&mut self, limit: Option<&Limit<'_>>) {
        let Some(limit) = limit else { return };
        self.expression(&limit.expr);
        self.maybe(limit.offset.as_ref());
    }

    fn sets(&mut self, sets: &[Set<'_>]) {
        self.each(sets.iter().map(|set| &set.expr));
    }

    fn upsert(&mut self, upsert: Option<&Upsert<'_>>) {
        let mut next = upsert;
        while let Some(upsert) = next {
            if let UpsertDo::Set { sets, where_clause } = &upsert.do_clause {
                self.sets(sets);
                self.maybe(where_clause.as_ref());
            }
            next = upsert.next;
        }
    }

    fn call(&mut self, function: &Id<'_>) {
        let function = Name::new(unquoted(function.0));
        if self.seen.calls.insert(function.clone()) {
            self.calls.push(function);
        }
    }

    fn read(&mut self, relation: Name) {
        let is_of_with =
            relation.schema.is_none() && self.with_names.get(&relation.name).is_some_and(|count| *count > 0);
        if !is_of_with && self.seen.reads.insert(relation.clone()) {
            self.reads.push(relation);
        }
    }

    /// Notes an aggregate function. `max` and `min` with several arguments are not aggregates.
    fn note_aggregate(&mut self, function: &Id<'_>, arguments: usize, tail: Option<&FunctionTail<'_>>) {
        let name = unquoted(function.0);
        let is_aggregate = match name.as_str() {
            "max" | "min" => arguments == 1,
            "avg" | "count" | "group_concat" | "string_agg" | "sum" | "total" | "json_group_array"
            | "json_group_object" | "jsonb_group_array" | "jsonb_group_object" => true,
            _ => false,
        };
        let is_window = tail.is_some_and(|tail| tail.over_clause.is_some());
        self.aggregates |= is_aggregate && !is_window && self.queries == 0;
    }

    /// Notes a column. TRUE and FALSE look like columns to the grammar.
    fn column(&mut self, table: Option<String>, column: String) {
        if matches!(column.as_str(), "true" | "false") {
            return;
        }
        if self.seen.columns.insert(column.clone()) {
            self.columns.push(column.clone());
        }
        self.names.push(ColumnName { table, column });
    }
}
