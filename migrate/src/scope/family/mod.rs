//! Rows and the rows below them: what a soft delete, a restore and a purge work on.
//!
//! What comes in is a table, the caller's filter and a [`Kind`] of change; what goes out are numbers, [`Counts`],
//! such as `chosen: 1, levels: [1, 2]` for a customer with two orders.
//!
//! A family has a level for each table, parents first. A chain of common table expressions says which rows belong to
//! each level. On PostgreSQL one statement around that chain changes all levels. SQLite changes nothing inside of a
//! common table expression, so there the rows are looked up first, and then changed one by one in a transaction. The
//! names in these texts begin with `migrate_`, so that none hides a table of the caller's filter.

mod level;
mod obstacle;
#[cfg(feature = "sqlite")]
mod sqlite;

use migrate_core::Engine;

use super::access::{Access, Context, Reach};
use super::error::Result;
use super::expression::Node;
use super::row::Row;
use super::sql::{Probe, Statement, Writer};
use super::table::{Definition, ForeignKey, Handle};

use level::Link;
pub(super) use level::{Level, levels};
pub(super) use obstacle::{Obstacle, bereft, restricting};

/// Chosen rows of one table with the rows below them, and what is done to them.
#[derive(Debug)]
pub struct Family<K> {
    pub(crate) context: Context,
    pub(crate) kind: K,
    /// The caller's conditions on the first level.
    pub(crate) filter: Vec<Node>,
    pub(crate) levels: Vec<Level>,
    pub(crate) obstacles: Vec<Obstacle>,
    /// The question that is asked if no row was chosen.
    pub(crate) probe: Option<Probe>,
}

/// What is done to a family: a stamp, its removal, or a purge.
pub trait Kind: Send + Sync {
    /// The condition for a row of the level, whatever it hangs on. The table goes by its own name.
    fn write_rows(&self, level: &Level, is_first: bool, w: &mut Writer) -> Result<()>;

    /// The condition that still has to hold for a row at the moment of its change, since another writer may have been
    /// faster.
    fn write_still(&self, level: &Level, w: &mut Writer) -> Result<()>;

    /// The column, besides the key, in which a row equals the one that it hangs on.
    fn shared_column(&self, table: &'static Definition) -> Option<&'static str>;

    /// How the first level is limited and locked.
    fn write_end(&self, w: &mut Writer);

    /// `UPDATE … SET …` or `DELETE FROM …`, up to the condition.
    fn write_change(&self, level: &Level, w: &mut Writer) -> Result<()>;

    /// The most rows of the first level at a time; the change is then repeated until none is left. `None` for all at
    /// once.
    fn batch(&self) -> Option<u64> {
        None
    }

    /// The keys by which rows may hold a row of the first level back, if those are counted for the caller.
    fn holding(&self, _: &Level) -> &'static [ForeignKey] {
        &[]
    }

    /// ` AND EXISTS (…)`: rows hold one of the first level back by this key.
    fn write_held_by(&self, _: &'static ForeignKey, _: &Level, _: &mut Writer) -> Result<()> {
        Ok(())
    }

    /// Leaves out what keeps a batch from being changed, after a foreign key has refused it: first by smaller
    /// batches, then row by row. Returns false if there are no batches.
    fn spare(&mut self) -> bool {
        false
    }

    /// Whether enough rows are left out to end the work: each of them costs a statement that fails.
    fn has_spared_enough(&self) -> bool {
        false
    }

    /// Notes that a batch succeeded after one that was refused. Returns whether the statement has changed.
    fn go_on_after_spared(&mut self) -> bool {
        false
    }

    /// Whether children are changed before their parents, if that is not done in one statement.
    fn is_children_first(&self) -> bool {
        false
    }
}

impl<K: Kind> Family<K> {
    /// One statement that changes all levels. It returns how many rows were chosen, how many it changed of each
    /// level, and how many rows are in the way by each obstacle. If there are any, it changes nothing.
    pub(crate) fn statement(&self) -> Result<Statement> {
        let mut w = Writer::new(Engine::Postgres, self.context.clone());
        self.write_chain(&mut w)?;
        for (i, obstacle) in self.obstacles.iter().enumerate() {
            w.push(", migrate_obstacle_");
            w.number(i as u64);
            w.push(" AS (");
            self.write_obstacle(obstacle, &mut w)?;
            w.push(")");
        }
        for (i, level) in self.levels.iter().enumerate() {
            w.push(", migrate_changed_");
            w.number(i as u64);
            w.push(" AS (");
            self.kind.write_change(level, &mut w)?;
            self.write_target(level, &mut w)?;
            w.push(" IN (SELECT ");
            w.identifiers(level.table.key);
            w.push(" FROM migrate_level_");
            w.number(i as u64);
            w.push(")");
            for i in 0..self.obstacles.len() {
                // The obstacles are counted in the same snapshot as the rows are changed in, so none can come in
                // between.
                w.push(" AND (SELECT n FROM migrate_obstacle_");
                w.number(i as u64);
                w.push(") = 0");
            }
            w.push(" RETURNING 1)");
        }
        w.push(" SELECT (SELECT count(*) FROM ");
        // In a tree the first level also holds rows that the caller did not choose, so the seeds are counted.
        w.push(if self.is_tree() { "migrate_seed_0)" } else { "migrate_changed_0)" });
        for i in 0..self.levels.len() {
            w.push(", (SELECT count(*) FROM migrate_changed_");
            w.number(i as u64);
            w.push(")");
        }
        for i in 0..self.obstacles.len() {
            w.push(", (SELECT n FROM migrate_obstacle_");
            w.number(i as u64);
            w.push(")");
        }
        w.finish()
    }

    /// The tables that its statements name.
    pub(crate) fn tables(&self, engine: Engine) -> Result<Vec<&'static str>> {
        // Written only to learn the names: the statements themselves are written once the engine is chosen.
        let mut w = Writer::new(engine, self.context.clone());
        self.write_chain(&mut w)?;
        for obstacle in &self.obstacles {
            self.write_obstacle(obstacle, &mut w)?;
        }
        Ok(w.into_tables())
    }

    /// Counts the rows of the first level that are held back, by each key; `None` if the caller does not ask for
    /// them.
    pub(crate) fn held_statement(&self, engine: Engine) -> Result<Option<Statement>> {
        let level = &self.levels[0];
        let keys = self.kind.holding(level);
        if keys.is_empty() {
            return Ok(None);
        }
        let mut w = Writer::new(engine, self.context.clone());
        w.push("SELECT ");
        w.try_separated(", ", keys, |w, key| {
            w.push("(SELECT count(*) FROM ");
            w.target(level.table)?;
            w.push(" WHERE ");
            self.kind.write_held_by(key, level, w)?;
            self.write_filter(level, w)?;
            w.push(")");
            Ok(())
        })?;
        w.finish().map(Some)
    }

    /// `WITH RECURSIVE level_0 AS (…), level_1 AS (…)`
    fn write_chain(&self, w: &mut Writer) -> Result<()> {
        w.push("WITH RECURSIVE ");
        for (i, level) in self.levels.iter().enumerate() {
            w.push(if i == 0 { "" } else { ", " });
            w.push(if level.own.is_empty() { "migrate_level_" } else { "migrate_seed_" });
            w.number(i as u64);
            w.push(" AS (");
            self.write_level(level, i, w)?;
            w.push(")");
            if !level.own.is_empty() {
                self.write_tree(level, i, w)?;
            }
        }
        Ok(())
    }

    /// The rows that the caller chose, or those that hang on earlier levels.
    fn write_level(&self, level: &Level, i: usize, w: &mut Writer) -> Result<()> {
        w.push("SELECT ");
        w.identifiers(&self.columns(level));
        w.push(" FROM ");
        w.target(level.table)?;
        w.push(" WHERE ");
        self.kind.write_rows(level, i == 0, w)?;
        if i == 0 {
            self.write_filter(level, w)?;
            self.kind.write_end(w);
        } else {
            w.push(" AND (");
            w.separated(" OR ", &level.links, |w, link| self.write_link(link, w));
            w.push(")");
        }
        Ok(())
    }

    /// ` AND …`: the caller's conditions on the first level.
    fn write_filter(&self, level: &Level, w: &mut Writer) -> Result<()> {
        for node in &self.filter {
            w.push(" AND ");
            w.within([Handle::new(level.table)], |w| node.write(w))?;
        }
        Ok(())
    }

    /// `, level_0 AS (… seed_0 UNION …)`: a level with the rows of the same table below its own.
    fn write_tree(&self, level: &Level, i: usize, w: &mut Writer) -> Result<()> {
        let table = level.table;
        let columns = self.columns(level);
        w.push(", migrate_level_");
        w.number(i as u64);
        w.push(" AS (SELECT * FROM migrate_seed_");
        w.number(i as u64);
        // UNION and not UNION ALL: a row that refers to itself would never end the recursion (PostgreSQL manual,
        // 7.8.2).
        w.push(" UNION SELECT ");
        w.separated(", ", &columns, |w, column| w.column(table.name, column));
        w.push(" FROM migrate_level_");
        w.number(i as u64);
        w.push(" AS migrate_parent JOIN ");
        w.target(table)?;
        w.push(" ON (");
        w.separated(" OR ", &level.own, |w, key| {
            let shared = self.kind.shared_column(table).map(|column| (column, column));
            w.push("(");
            w.separated(" AND ", pairs(key, shared), |w, (column, of_parent)| {
                w.column(table.name, column);
                w.push(" = ");
                w.column("migrate_parent", of_parent);
            });
            if self.context.tenant.is_none() {
                w.and_same_tenant([table.name, "migrate_parent"], [table, table]);
            }
            w.push(")");
        });
        w.push(") WHERE ");
        self.kind.write_rows(level, false, w)?;
        w.push(")");
        Ok(())
    }

    /// The columns of a level by which other rows refer to it.
    fn columns(&self, level: &Level) -> Vec<&'static str> {
        let table = level.table;
        let keys = table.children.iter().flat_map(|key| key.parent_columns);
        let own = table.parents.iter().flat_map(|key| key.columns);
        let shared = self.kind.shared_column(table);
        let mut columns: Vec<&'static str> = Vec::new();
        // Each column once: a key is often both the primary key and what children refer to.
        for column in table.key.iter().chain(keys).chain(own).chain(&shared).chain(&table.tenant) {
            if !columns.contains(column) {
                columns.push(column);
            }
        }
        columns
    }

    /// `("order_lines"."order_id") IN (SELECT "id" FROM level_0)`
    fn write_link(&self, link: &Link, w: &mut Writer) {
        let key = link.key;
        let shared = [self.kind.shared_column(key.child), self.kind.shared_column(key.parent)];
        let more = match shared {
            [Some(child), Some(parent)] => Some((child, parent)),
            _ => None,
        };
        self.write_reference(key, link.parent, more, w);
    }

    /// That a row of the child refers to one of the level. Without a tenant it also has to belong to the same one.
    fn write_reference(
        &self,
        key: &'static ForeignKey,
        level: usize,
        more: Option<(&'static str, &'static str)>,
        w: &mut Writer,
    ) {
        w.push("(");
        w.separated(", ", pairs(key, more), |w, (column, _)| w.column(key.child.name, column));
        let tenants = key.child.tenant.zip(key.parent.tenant).filter(|_| self.context.tenant.is_none());
        let is_exact = key.child.is_tenant_text || key.parent.is_tenant_text;
        if let Some((of_child, _)) = tenants {
            w.push(", ");
            w.column(key.child.name, of_child);
            if is_exact {
                w.push(", ");
                w.exact_column(Some(key.child.name), of_child);
            }
        }
        w.push(") IN (SELECT ");
        w.separated(", ", pairs(key, more), |w, (_, column)| w.identifier(column));
        if let Some((_, of_parent)) = tenants {
            w.push(", ");
            w.identifier(of_parent);
            if is_exact {
                w.push(", ");
                w.exact_column(None, of_parent);
            }
        }
        w.push(" FROM migrate_level_");
        w.number(level as u64);
        w.push(")");
    }

    /// ` WHERE … AND (key)`
    fn write_target(&self, level: &Level, w: &mut Writer) -> Result<()> {
        w.push(" WHERE ");
        self.kind.write_still(level, w)?;
        w.push(" AND (");
        w.separated(", ", level.table.key, |w, column| w.column(level.table.name, column));
        w.push(")");
        Ok(())
    }

    /// Whether rows of the first level hang on others of it.
    fn is_tree(&self) -> bool {
        !self.levels[0].own.is_empty()
    }

    /// The answer of the statement, from its numbers in order.
    #[cfg(feature = "postgres")]
    pub(crate) fn counts(&self, mut numbers: Vec<i64>) -> Counts {
        let obstacles = numbers.split_off(1 + self.levels.len());
        let levels = numbers.split_off(1);
        Counts { chosen: numbers[0], levels, obstacles, held: Vec::new() }
    }

    /// Whether another batch may find something.
    pub(crate) fn goes_on(&self, batch: &Counts) -> bool {
        self.kind.batch().is_some() && batch.levels[0] > 0
    }
}

/// The family, once its use is recorded.
pub(super) fn recorded<S: Access, K: Kind>(
    scope: &S,
    verb: &'static str,
    engine: Engine,
    family: Result<Family<K>>,
) -> Result<Family<K>> {
    let family = family?;
    // Only `Unscoped` records, and only then the tables are collected.
    if family.context.reach == Reach::All {
        scope.record(verb, &family.tables(engine)?)?;
    }
    Ok(family)
}

/// The columns in which a child and its parent are equal, the tenants left out.
fn pairs(
    key: &'static ForeignKey,
    more: Option<(&'static str, &'static str)>,
) -> impl Iterator<Item = (&'static str, &'static str)> {
    key.columns.iter().copied().zip(key.parent_columns.iter().copied()).chain(more)
}

/// The answer of a family's statements.
#[derive(Debug, Default)]
pub struct Counts {
    /// The number of rows that the caller chose: without the rows below them, which may be of the same table.
    chosen: i64,
    /// The number of changed rows of each level.
    pub(crate) levels: Vec<i64>,
    /// The number of rows that are in the way, for each obstacle.
    pub(crate) obstacles: Vec<i64>,
    /// The number of rows of the first level that are held back, by each key of [`Kind::holding`].
    pub(crate) held: Vec<i64>,
}

impl Counts {
    /// Adds the numbers of another batch.
    pub(crate) fn add(&mut self, more: &Counts) {
        let added = |all: &mut Vec<i64>, more: &[i64]| {
            all.resize(more.len(), 0);
            all.iter_mut().zip(more).for_each(|(count, more)| *count += more);
        };
        self.chosen += more.chosen;
        added(&mut self.levels, &more.levels);
        added(&mut self.obstacles, &more.obstacles);
    }

    /// The first obstacle in the way, and its number of rows.
    pub(crate) fn obstacle<'o>(&self, obstacles: &'o [Obstacle]) -> Option<(&'o Obstacle, u64)> {
        let rows = self.obstacles.iter().map(|rows| rows.unsigned_abs());
        obstacles.iter().zip(rows).find(|(_, rows)| *rows > 0)
    }

    pub(crate) fn chosen(&self) -> u64 {
        self.chosen.unsigned_abs()
    }

    /// Whether no row was chosen, and no obstacle kept one from being chosen.
    pub(super) fn is_of_nothing(&self) -> bool {
        self.chosen == 0 && self.obstacles.iter().all(|rows| *rows == 0)
    }

    /// The number of changed rows of each table.
    pub(crate) fn by_table<K>(&self, family: &Family<K>) -> Vec<(&'static str, u64)> {
        let tables = family.levels.iter().map(|level| level.table.name);
        // If not even one batch succeeded, no level was counted.
        let rows = self.levels.iter().map(|rows| rows.unsigned_abs()).chain(std::iter::repeat(0));
        tables.zip(rows).collect()
    }
}

/// A row of numbers.
pub(crate) fn numbers(row: &Row<'_>) -> Result<Vec<i64>> {
    (0..row.len()).map(|column| row.get(column)).collect()
}
