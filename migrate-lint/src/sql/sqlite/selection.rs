//! Queries whose rows go into a table, as [`Selection`]s.
//!
//! `INSERT INTO new_t SELECT DISTINCT a FROM t JOIN u USING (id)` has two sources, both marked as joined because
//! either may lose rows, one column, and the cut DISTINCT. The queries of WITH are put in where they are used, up to
//! a limit: thirty lines of WITH can describe a million queries.

use sqlite3_parser::ast::{
    As, CompoundOperator, Distinctness, Expr, FromClause, JoinOperator, JoinType, JoinedSelectTable, Limit,
    OneSelect, ResultColumn, Select, SelectTable, UnaryOperator, With,
};

use super::expression::{bare, column, expression};
use super::name::{identifier, name, names};
use super::walk::Walk;
use crate::sql::{Cut, From, Selected, Selection, Source};

/// The most queries that are followed in one statement. A query of WITH counts, with those inside it, each time it is used.
const MAX_QUERIES: usize = 100;

/// The characters of an expression that a message shows.
const SHOWN: usize = 60;

/// The selection of a query that follows the WITH of its statement.
pub(super) fn selection(with: Option<&With<'_>>, select: &Select<'_>) -> Option<Selection> {
    let mut lowering = Lowering { known: Vec::new(), queries: 0 };
    lowering.with(with);
    lowering.select(select)
}

/// The queries of WITH that are visible, and the number of queries so far.
struct Lowering {
    known: Vec<Known>,
    queries: usize,
}

/// A query of WITH.
struct Known {
    name: String,
    /// The query. `None` if it uses itself, or is over the limit.
    selection: Option<Selection>,
    /// The number of queries that it counts as.
    queries: usize,
}

impl Lowering {
    fn with(&mut self, with: Option<&With<'_>>) {
        for query in with.map(|with| with.ctes).unwrap_or_default() {
            let own = identifier(&query.tbl_name);
            // If it uses itself, it has more rows than its tables, so it is not followed.
            self.known.push(Known { name: own, selection: None, queries: 0 });
            let at = self.known.len() - 1;
            let before = self.queries;
            let mut selection = self.select(query.select);
            if let (Some(selection), Some(columns)) = (&mut selection, query.columns) {
                rename(selection, names(columns));
            }
            self.known[at].queries = self.queries - before;
            self.known[at].selection = selection;
        }
    }

    fn select(&mut self, select: &Select<'_>) -> Option<Selection> {
        self.queries += 1;
        if self.queries > MAX_QUERIES {
            return None;
        }
        let outside = self.known.len();
        self.with(select.with.as_ref());
        let selection = self.body(select);
        self.known.truncate(outside);
        selection
    }

    /// A SELECT with its UNION, EXCEPT and LIMIT.
    fn body(&mut self, select: &Select<'_>) -> Option<Selection> {
        let mut selection = self.one(&select.body.select)?;
        let compounds: &[_] = select.body.compounds.as_ref().map_or(&[], |compounds| compounds.as_slice());
        if !compounds.is_empty() {
            let mut parts = vec![selection];
            let mut cuts = Vec::new();
            for compound in compounds {
                let (cut, adds) = match compound.operator {
                    CompoundOperator::UnionAll => (None, true),
                    CompoundOperator::Union => (Some(Cut::Distinct), true),
                    CompoundOperator::Except => (Some(Cut::Other("EXCEPT")), false),
                    CompoundOperator::Intersect => (Some(Cut::Other("INTERSECT")), false),
                };
                cuts.extend(cut);
                parts.extend(adds.then(|| self.one(&compound.select)).flatten());
            }
            let from = vec![From { source: Source::Union(parts), alias: None, joined: false }];
            selection = Selection { from, columns: vec![Selected::All(None)], cuts };
        }
        if select.limit.is_some_and(limits) {
            selection.cuts.push(Cut::Other("LIMIT"));
        }
        Some(selection)
    }

    /// A SELECT without these. VALUES has no source, so it is not followed.
    fn one(&mut self, select: &OneSelect<'_>) -> Option<Selection> {
        let OneSelect::Select { distinctness, columns, from, where_clause, group_by, having, .. } = select
        else {
            return None;
        };
        let mut cuts = Vec::new();
        if let Some(condition) = where_clause.map(expression).filter(|condition| !condition.is_always_true) {
            cuts.push(Cut::Condition(shown(&condition.text)));
        }
        if *distinctness == Some(Distinctness::Distinct) {
            cuts.push(Cut::Distinct);
        }
        match group_by {
            Some(keys) => cuts.push(Cut::Group(keys.iter().filter_map(column).collect())),
            None if columns.iter().any(is_aggregate) => cuts.push(Cut::Other("an aggregate function")),
            None => {}
        }
        if having.is_some() {
            cuts.push(Cut::Other("HAVING"));
        }
        let from = from.as_ref().map(|from| self.from(from)).unwrap_or_default();
        Some(Selection { from, columns: columns.iter().map(selected).collect(), cuts })
    }

    fn from(&mut self, from: &FromClause<'_>) -> Vec<From> {
        let mut found = from.select.map(|table| self.table(table)).unwrap_or_default();
        for join in from.joins.iter().flatten() {
            let mut joined = self.table(&join.table);
            let (keeps_left, keeps_right) = kept(join);
            found.iter_mut().for_each(|one| one.joined |= !keeps_left);
            joined.iter_mut().for_each(|one| one.joined |= !keeps_right);
            found.append(&mut joined);
        }
        found
    }

    fn table(&mut self, table: &SelectTable<'_>) -> Vec<From> {
        let one = |source, alias: &Option<As<'_>>, own: Option<String>| {
            let alias = alias.as_ref().map(|(As::As(alias) | As::Elided(alias))| identifier(alias)).or(own);
            vec![From { source, alias, joined: false }]
        };
        match table {
            SelectTable::Table(table, alias, _) => {
                let table = name(table);
                let known = self.known.iter().rev().find(|known| known.name == table.name);
                let source = match known.filter(|_| table.schema.is_none()) {
                    Some(known) => {
                        self.queries += known.queries.max(1);
                        let query = known.selection.as_ref().filter(|_| self.queries <= MAX_QUERIES);
                        query.map_or(Source::Other, |query| Source::Query(Box::new(query.clone())))
                    }
                    None => Source::Table(table.clone()),
                };
                one(source, alias, Some(table.name))
            }
            SelectTable::TableCall(_, _, alias) => one(Source::Other, alias, None),
            SelectTable::Select(select, alias) => {
                let source =
                    self.select(select).map_or(Source::Other, |select| Source::Query(Box::new(select)));
                one(source, alias, None)
            }
            SelectTable::Sub(from, _) => self.from(from),
        }
    }
}

/// Whether a join keeps all rows of its left side and of its right side.
fn kept(join: &JoinedSelectTable<'_>) -> (bool, bool) {
    let JoinOperator::TypedJoin(Some(kind)) = &join.operator else { return (false, false) };
    (kind.contains(JoinType::LEFT), kind.contains(JoinType::RIGHT))
}

/// Whether a LIMIT may leave out rows. A negative one means no limit.
fn limits(limit: &Limit<'_>) -> bool {
    limit.offset.is_some() || !matches!(bare(&limit.expr), Expr::Unary(UnaryOperator::Negative, _))
}

/// Whether a column has an aggregate function, which without GROUP BY makes one row of all.
fn is_aggregate(column: &ResultColumn<'_>) -> bool {
    matches!(column, ResultColumn::Expr(value, _) if Walk::of_expression(value).aggregates)
}

fn selected(result: &ResultColumn<'_>) -> Selected {
    match result {
        ResultColumn::Star => Selected::All(None),
        ResultColumn::TableStar(table) => Selected::All(Some(identifier(table))),
        ResultColumn::Expr(value, alias) => {
            let own = column(value);
            let alias = alias.as_ref().map(|(As::As(alias) | As::Elided(alias))| identifier(alias));
            let walk = Walk::of_expression(value);
            let text = if walk.is_too_deep { String::new() } else { shown(&value.to_string()) };
            Selected::Value { is_column: own.is_some(), name: alias.or(own), reads: walk.names, text }
        }
    }
}

/// Gives the columns of a query the names that WITH lists.
fn rename(selection: &mut Selection, names: Vec<String>) {
    let inner =
        std::mem::replace(selection, Selection { from: Vec::new(), columns: Vec::new(), cuts: Vec::new() });
    let source = Source::Named(Box::new(inner), names);
    selection.from = vec![From { source, alias: None, joined: false }];
    selection.columns = vec![Selected::All(None)];
}

fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text.to_owned(),
    }
}
