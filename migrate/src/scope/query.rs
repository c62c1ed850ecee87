//! The parts of a select, and how they are written as SQL.
//!
//! What comes in is what the methods of [`Select`](super::Select) have collected: a table, joins, conditions, an
//! order, a page, a lock. What goes out is `SELECT … FROM (SELECT … FROM "orders" WHERE …) AS "orders" …`, with the
//! tenant's condition inside of each derived table. The columns are the caller's to write, because a struct, a tuple
//! and a count differ in them alone.

use super::error::{InvalidStatement, Result};
use super::expression::Node;
use super::order::{Order, write_after};
use super::sql::Writer;
use super::table::{ForeignKey, Handle};
use super::value::Parameter;

/// The parts of a select, for any choice of columns.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) root: Handle,
    pub(crate) joins: Vec<Join>,
    // Conditions are a list and not a tree: `filter` may be called often, and AND needs no parentheses between them.
    pub(crate) filter: Vec<Node>,
    pub(crate) is_distinct: bool,
    pub(crate) group: Vec<Node>,
    pub(crate) having: Vec<Node>,
    pub(crate) order: Vec<Order>,
    pub(crate) after: Option<Vec<Parameter>>,
    pub(crate) limit: Option<u64>,
    pub(crate) offset: Option<u64>,
    pub(crate) lock: Option<(Lock, Wait)>,
}

/// A table that is joined.
#[derive(Clone, Debug)]
pub(crate) struct Join {
    pub(crate) kind: JoinKind,
    pub(crate) handle: Handle,
    /// The condition; `None` to join along the declared foreign key.
    pub(crate) on: Option<Node>,
}

/// Which rows without a counterpart a join keeps. Their missing columns are NULL.
///
/// SQLite knows right and full joins since version 3.39.
///
/// Exhaustive: SQL has no other joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// Neither side's: a row without a counterpart is left out.
    Inner,
    /// The rows of the tables named before.
    Left,
    /// The rows of the table that is joined.
    Right,
    /// The rows of both sides.
    Full,
}

/// How strongly a select locks the rows that it reads, until the transaction ends (PostgreSQL manual, 13.3.2). The
/// variants are ordered from the strongest lock to the weakest. Plain reads of others are never blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lock {
    /// `FOR UPDATE`: other transactions can neither change, delete nor lock the rows, and cannot add rows that refer
    /// to them.
    Update,
    /// `FOR NO KEY UPDATE`: other transactions can still add rows that refer to these.
    NoKeyUpdate,
    /// `FOR SHARE`: other transactions can still lock the rows with `Share`, but cannot change them.
    Share,
    /// `FOR KEY SHARE`: other transactions can still change the rows, but not their key columns, and cannot delete
    /// them.
    KeyShare,
}

/// What a select does about rows that another transaction has locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wait {
    /// Waits for them, up to `lock_timeout`.
    Wait,
    /// Fails at once, with SQLSTATE 55P03.
    Fail,
    /// Leaves them out: for a queue that several workers read.
    Skip,
}

impl Query {
    /// All live rows of a table.
    pub(crate) fn new(root: Handle) -> Query {
        Query {
            root,
            joins: Vec::new(),
            filter: Vec::new(),
            is_distinct: false,
            group: Vec::new(),
            having: Vec::new(),
            order: Vec::new(),
            after: None,
            limit: None,
            offset: None,
            lock: None,
        }
    }

    /// Writes the select. Within it the columns of its tables may be named, and after it no longer.
    pub(crate) fn write(
        &self,
        w: &mut Writer,
        columns: impl FnOnce(&mut Writer) -> Result<()>,
    ) -> Result<()> {
        // The table of the query and those that are joined to it. Inside of a subquery those of the outer statement
        // come before.
        let handles = [self.root].into_iter().chain(self.joins.iter().map(|join| join.handle));
        w.within(handles, |w| self.write_inside(w, columns))
    }

    fn write_inside(&self, w: &mut Writer, columns: impl FnOnce(&mut Writer) -> Result<()>) -> Result<()> {
        w.push(if self.is_distinct { "SELECT DISTINCT " } else { "SELECT " });
        columns(w)?;
        self.write_from(w)?;
        self.write_where(w)?;
        if !self.group.is_empty() {
            w.push(" GROUP BY ");
            w.try_separated(", ", &self.group, |w, node| node.write(w))?;
        }
        if !self.having.is_empty() {
            w.push(" HAVING ");
            w.try_separated(" AND ", &self.having, |w, node| node.write(w))?;
        }
        if !self.order.is_empty() {
            w.push(" ORDER BY ");
            w.try_separated(", ", &self.order, |w, order| order.write(w))?;
        }
        self.write_page(w);
        self.write_lock(w)
    }

    /// Writes the tables and their joins.
    fn write_from(&self, w: &mut Writer) -> Result<()> {
        w.push(" FROM ");
        w.table(self.root)?;
        for (i, join) in self.joins.iter().enumerate() {
            w.push(match join.kind {
                JoinKind::Inner => " JOIN ",
                JoinKind::Left => " LEFT JOIN ",
                JoinKind::Right => " RIGHT JOIN ",
                JoinKind::Full => " FULL JOIN ",
            });
            w.table(join.handle)?;
            w.push(" ON ");
            match &join.on {
                // The condition of a join sees the tables up to this one: the later ones are not there yet in SQL
                // either.
                Some(on) => w.before(self.joins.len() - i - 1, |w| on.write(w))?,
                None => self.write_path(join.handle, &self.joins[..i], w)?,
            }
        }
        Ok(())
    }

    /// Writes the declared foreign key between a table and those before it. There has to be exactly one.
    fn write_path(&self, to: Handle, before: &[Join], w: &mut Writer) -> Result<()> {
        let before = || [self.root].into_iter().chain(before.iter().map(|join| join.handle));
        let up = to.table.parents.iter().flat_map(|key| {
            let parents = before().filter(|parent| std::ptr::eq(parent.table, key.parent));
            parents.map(move |parent| Path { key, child: to, parent })
        });
        let down = to.table.children.iter().flat_map(|key| {
            let children = before().filter(|child| std::ptr::eq(child.table, key.child));
            children.map(move |child| Path { key, child, parent: to })
        });
        // The first two are enough to know whether there is exactly one.
        let mut paths = up.chain(down);
        match (paths.next(), paths.next()) {
            (Some(path), None) => {
                path.write(w);
                Ok(())
            }
            (None, _) => Err(InvalidStatement::NoPath { table: to.table.name }.into()),
            (Some(_), Some(_)) => Err(InvalidStatement::ManyPaths { table: to.table.name }.into()),
        }
    }

    /// Writes the filters and the condition for the next page.
    pub(crate) fn write_where(&self, w: &mut Writer) -> Result<()> {
        // The tenant's condition is inside of the derived tables, so there may be nothing to write here.
        let mut keyword = " WHERE ";
        for node in &self.filter {
            w.push(keyword);
            node.write(w)?;
            keyword = " AND ";
        }
        match &self.after {
            None => Ok(()),
            Some(values) => {
                w.push(keyword);
                write_after(&self.order, values, w)
            }
        }
    }

    /// Writes LIMIT and OFFSET.
    fn write_page(&self, w: &mut Writer) {
        match (self.limit, self.offset) {
            (Some(limit), _) => {
                w.push(" LIMIT ");
                w.number(limit);
            }
            (None, Some(_)) if w.engine.needs_limit_for_offset() => w.push(" LIMIT -1"),
            (None, _) => {}
        }
        if let Some(offset) = self.offset {
            w.push(" OFFSET ");
            w.number(offset);
        }
    }

    /// Writes the lock, on the table of the query alone: `OF` keeps joined tables unlocked.
    fn write_lock(&self, w: &mut Writer) -> Result<()> {
        let Some((lock, wait)) = self.lock else { return Ok(()) };
        if !w.engine.locks_rows() {
            let help = "begin the transaction with `TransactionBehavior::Immediate`, which keeps all others from writing";
            return Err(InvalidStatement::Unsupported { what: "locking rows on SQLite", help }.into());
        }
        w.push(match lock {
            Lock::Update => " FOR UPDATE OF ",
            Lock::NoKeyUpdate => " FOR NO KEY UPDATE OF ",
            Lock::Share => " FOR SHARE OF ",
            Lock::KeyShare => " FOR KEY SHARE OF ",
        });
        // OF names the table by its alias: to the lock the derived table is that table (PostgreSQL manual, SELECT,
        // "The Locking Clause").
        w.identifier(self.root.alias);
        w.push(match wait {
            Wait::Wait => "",
            Wait::Fail => " NOWAIT",
            Wait::Skip => " SKIP LOCKED",
        });
        Ok(())
    }
}

/// Two tables of a statement, and the key along which they are joined.
struct Path {
    key: &'static ForeignKey,
    child: Handle,
    parent: Handle,
}

impl Path {
    fn write(&self, w: &mut Writer) {
        let columns = self.key.columns.iter().zip(self.key.parent_columns);
        w.separated(" AND ", columns, |w, (column, parent_column)| {
            w.column(self.child.alias, column);
            w.push(" = ");
            w.column(self.parent.alias, parent_column);
        });
        // Inside of a scope both sides are the tenant's already. Without a tenant, a key that does not include the
        // tenant column could lead to another tenant's row.
        if w.context().tenant.is_none() {
            w.and_same_tenant([self.child.alias, self.parent.alias], [self.child.table, self.parent.table]);
        }
    }
}
