use migrate_core::Engine;

use super::error::{InvalidStatement, Result};
use super::expression::Node;
use super::order::{Order, write_after};
use super::sql::Writer;
use super::table::{ForeignKey, Handle};
use super::value::Parameter;

/// What a select has, whatever its columns are.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) root: Handle,
    pub(crate) joins: Vec<Join>,
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
    /// None: by the declared foreign key.
    pub(crate) on: Option<Node>,
}

/// Which rows a join keeps that have no counterpart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// None.
    Inner,
    /// Those of the tables before.
    Left,
    /// Those of the table that is joined.
    Right,
    /// All.
    Full,
}

/// What others may not do with the rows that were read, until the transaction ends (PostgreSQL manual, 13.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Nothing.
    Update,
    /// Nothing but refer to them.
    NoKeyUpdate,
    /// Change them.
    Share,
    /// Change what others refer to.
    KeyShare,
}

/// What to do about rows that somebody else has locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Wait for them.
    Wait,
    /// Fail.
    Fail,
    /// Leave them out.
    Skip,
}

impl Query {
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

    pub(crate) fn write(
        &self,
        w: &mut Writer,
        columns: impl FnOnce(&mut Writer) -> Result<()>,
    ) -> Result<()> {
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
                Some(on) => w.before(self.joins.len() - i - 1, |w| on.write(w))?,
                None => self.write_path(join.handle, &self.joins[..i], w)?,
            }
        }
        Ok(())
    }

    /// The declared foreign key between a table and those before it.
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

    pub(crate) fn write_where(&self, w: &mut Writer) -> Result<()> {
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

    fn write_page(&self, w: &mut Writer) {
        match (self.limit, self.offset, w.engine) {
            (Some(limit), ..) => {
                w.push(" LIMIT ");
                w.number(limit);
            }
            (None, Some(_), Engine::Sqlite) => w.push(" LIMIT -1"),
            (None, ..) => {}
        }
        if let Some(offset) = self.offset {
            w.push(" OFFSET ");
            w.number(offset);
        }
    }

    fn write_lock(&self, w: &mut Writer) -> Result<()> {
        let Some((lock, wait)) = self.lock else { return Ok(()) };
        if w.engine == Engine::Sqlite {
            let help = "begin the transaction with `TransactionBehavior::Immediate`, which keeps all others from writing";
            return Err(InvalidStatement::Unsupported { what: "locking rows on SQLite", help }.into());
        }
        w.push(match lock {
            Lock::Update => " FOR UPDATE OF ",
            Lock::NoKeyUpdate => " FOR NO KEY UPDATE OF ",
            Lock::Share => " FOR SHARE OF ",
            Lock::KeyShare => " FOR KEY SHARE OF ",
        });
        w.identifier(self.root.alias);
        w.push(match wait {
            Wait::Wait => "",
            Wait::Fail => " NOWAIT",
            Wait::Skip => " SKIP LOCKED",
        });
        Ok(())
    }
}

/// Along which key two tables of a statement are joined.
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
        // Inside of a scope both are the tenant's; without one, a key that is not composite may lead to another's row.
        if w.context().tenant.is_none() {
            w.and_same_tenant([self.child.alias, self.parent.alias], [self.child.table, self.parent.table]);
        }
    }
}
