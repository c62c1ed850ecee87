//! Rows with what hangs on them: what a soft delete, a restore and a purge work on.
//!
//! A family has a level for each table, parents first. Which rows belong to a level is said once, as a chain of common
//! table expressions. On PostgreSQL all levels are changed by one statement around that chain. SQLite changes nothing
//! inside of a common table expression, so there the rows are looked up first, and then changed one by one in a
//! transaction. What these texts name begins with `migrate_`, so that it does not hide a table of the caller's filter.

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

/// Rows of one table, and what hangs on them.
#[derive(Debug)]
pub struct Family<K> {
    pub(crate) context: Context,
    pub(crate) kind: K,
    /// What the caller chose of the first level.
    pub(crate) filter: Vec<Node>,
    pub(crate) levels: Vec<Level>,
    pub(crate) obstacles: Vec<Obstacle>,
    /// What is asked when no row was chosen.
    pub(crate) probe: Option<Probe>,
}

/// What is done to a family.
pub trait Kind: Send + Sync {
    /// What holds for a row of the level, whatever it hangs on; the table goes by its own name.
    fn write_rows(&self, level: &Level, is_first: bool, w: &mut Writer) -> Result<()>;

    /// What still has to hold for it when it is changed, as somebody else may have been faster.
    fn write_still(&self, level: &Level, w: &mut Writer) -> Result<()>;

    /// What a row has in common with the one that it hangs on, beside the key.
    fn shared_column(&self, table: &'static Definition) -> Option<&'static str>;

    /// How the first level is limited and locked.
    fn write_end(&self, w: &mut Writer);

    /// `UPDATE … SET …` or `DELETE FROM …`, up to the condition.
    fn write_change(&self, level: &Level, w: &mut Writer) -> Result<()>;

    /// How many rows of the first level there may be at once. It is then done again until none is left.
    fn batch(&self) -> Option<u64> {
        None
    }

    /// The keys by which rows may hold a row of the first level back, and what is asked to count those, if that is to be
    /// told.
    fn holding(&self, _: &Level) -> &'static [ForeignKey] {
        &[]
    }

    /// ` AND EXISTS (…)`: that rows hold one of the first level back by this key.
    fn write_held_by(&self, _: &'static ForeignKey, _: &Level, _: &mut Writer) -> Result<()> {
        Ok(())
    }

    /// Leaves out what keeps a batch from being changed, after a foreign key has refused it: first by smaller batches, then
    /// row by row. False where there are no batches.
    fn spare(&mut self) -> bool {
        false
    }

    /// Whether so much is left out that the rest waits for another time: each row costs a statement that fails.
    fn has_spared_enough(&self) -> bool {
        false
    }

    /// Notes that a batch went well after one that was refused.
    fn go_on_after_spared(&mut self) -> bool {
        false
    }

    /// Whether the children are changed before their parents, where that is not done at once.
    fn is_children_first(&self) -> bool {
        false
    }
}

impl<K: Kind> Family<K> {
    /// One statement that changes all levels and gives how many rows were chosen, how many it changed of each level, and
    /// how many are in the way by each obstacle. If there are any, it changes nothing.
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
                w.push(" AND (SELECT n FROM migrate_obstacle_");
                w.number(i as u64);
                w.push(") = 0");
            }
            w.push(" RETURNING 1)");
        }
        w.push(" SELECT (SELECT count(*) FROM ");
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
        let mut w = Writer::new(engine, self.context.clone());
        self.write_chain(&mut w)?;
        for obstacle in &self.obstacles {
            self.write_obstacle(obstacle, &mut w)?;
        }
        Ok(w.into_tables())
    }

    /// How many rows of the first level are held back, by one key after the other; nothing where no one asks.
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

    /// ` AND …`: what the caller chose of the first level.
    fn write_filter(&self, level: &Level, w: &mut Writer) -> Result<()> {
        for node in &self.filter {
            w.push(" AND ");
            w.within([Handle::new(level.table)], |w| node.write(w))?;
        }
        Ok(())
    }

    /// `, level_0 AS (… seed_0 UNION …)`: with all that hangs on rows of the same table.
    fn write_tree(&self, level: &Level, i: usize, w: &mut Writer) -> Result<()> {
        let table = level.table;
        let columns = self.columns(level);
        w.push(", migrate_level_");
        w.number(i as u64);
        w.push(" AS (SELECT * FROM migrate_seed_");
        w.number(i as u64);
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

    /// The columns of a level by which others refer to it.
    fn columns(&self, level: &Level) -> Vec<&'static str> {
        let table = level.table;
        let keys = table.children.iter().flat_map(|key| key.parent_columns);
        let own = table.parents.iter().flat_map(|key| key.columns);
        let shared = self.kind.shared_column(table);
        let mut columns: Vec<&'static str> = Vec::new();
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

    /// That a row of the child refers to one of the level. Without a tenant it has to be that of the same one.
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

    /// The numbers of the statement's answer, one after the other.
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

/// The family, if its use could be recorded.
pub(super) fn recorded<S: Access, K: Kind>(
    scope: &S,
    verb: &'static str,
    engine: Engine,
    family: Result<Family<K>>,
) -> Result<Family<K>> {
    let family = family?;
    if family.context.reach == Reach::All {
        scope.record(verb, &family.tables(engine)?)?;
    }
    Ok(family)
}

/// The columns in which a child and its parent are equal, without the tenants.
fn pairs(
    key: &'static ForeignKey,
    more: Option<(&'static str, &'static str)>,
) -> impl Iterator<Item = (&'static str, &'static str)> {
    key.columns.iter().copied().zip(key.parent_columns.iter().copied()).chain(more)
}

/// The answer of a family's statement.
#[derive(Debug, Default)]
pub struct Counts {
    /// How many rows the caller chose: without what hangs on them, which may be of the same table.
    chosen: i64,
    pub(crate) levels: Vec<i64>,
    pub(crate) obstacles: Vec<i64>,
    /// How many rows of the first level are held back, by each key of [`Kind::holding`].
    pub(crate) held: Vec<i64>,
}

impl Counts {
    pub(crate) fn add(&mut self, more: &Counts) {
        let added = |all: &mut Vec<i64>, more: &[i64]| {
            all.resize(more.len(), 0);
            all.iter_mut().zip(more).for_each(|(count, more)| *count += more);
        };
        self.chosen += more.chosen;
        added(&mut self.levels, &more.levels);
        added(&mut self.obstacles, &more.obstacles);
    }

    /// The first obstacle, and how many rows are in the way.
    pub(crate) fn obstacle<'o>(&self, obstacles: &'o [Obstacle]) -> Option<(&'o Obstacle, u64)> {
        let rows = self.obstacles.iter().map(|rows| rows.unsigned_abs());
        obstacles.iter().zip(rows).find(|(_, rows)| *rows > 0)
    }

    pub(crate) fn chosen(&self) -> u64 {
        self.chosen.unsigned_abs()
    }

    /// Whether nothing was chosen, and nothing kept it from being chosen.
    pub(super) fn is_of_nothing(&self) -> bool {
        self.chosen == 0 && self.obstacles.iter().all(|rows| *rows == 0)
    }

    /// How many rows of each table were changed.
    pub(crate) fn by_table<K>(&self, family: &Family<K>) -> Vec<(&'static str, u64)> {
        let tables = family.levels.iter().map(|level| level.table.name);
        // Where not even one batch went through, nothing was counted.
        let rows = self.levels.iter().map(|rows| rows.unsigned_abs()).chain(std::iter::repeat(0));
        tables.zip(rows).collect()
    }
}

/// A row of numbers.
pub(crate) fn numbers(row: &Row<'_>) -> Result<Vec<i64>> {
    (0..row.len()).map(|column| row.get(column)).collect()
}
