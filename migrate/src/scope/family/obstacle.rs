//! Rows that keep a family from being changed.
//!
//! What comes in are the levels; what goes out is a count for each obstacle, `SELECT count(*) …`, which the statement
//! of the family asks before it changes anything. So a soft delete with a restricting child changes no row of any
//! table.

use super::{Family, Kind, Level};
use crate::scope::error::Result;
use crate::scope::sql::Writer;
use crate::scope::table::{ForeignKey, Handle, OnSoftDelete};

/// A key by which rows may keep a level from being changed.
#[derive(Debug)]
pub(crate) struct Obstacle {
    pub(crate) key: &'static ForeignKey,
    pub(super) level: usize,
    kind: ObstacleKind,
}

/// On which side of the key the rows are that are in the way.
#[derive(Clone, Copy, Debug)]
enum ObstacleKind {
    /// Live children of the level that do not belong to the family.
    Children,
    /// Parents of the level that are not live.
    Parents,
}

/// Live children that are declared `restrict`.
pub(crate) fn restricting(levels: &[Level]) -> Vec<Obstacle> {
    let of = |(level, of): (usize, &Level)| {
        let keys = of.table.children.iter().filter(|key| key.on_soft_delete == OnSoftDelete::Restrict);
        keys.map(move |key| Obstacle { key, level, kind: ObstacleKind::Children }).collect::<Vec<_>>()
    };
    levels.iter().enumerate().flat_map(of).collect()
}

/// Deleted parents of the first level, for keys by which a child cannot be live without its parent.
pub(crate) fn bereft(levels: &[Level]) -> Vec<Obstacle> {
    let keys = levels[0].table.parents.iter();
    let binding =
        keys.filter(|key| matches!(key.on_soft_delete, OnSoftDelete::Cascade | OnSoftDelete::Restrict));
    binding.map(|key| Obstacle { key, level: 0, kind: ObstacleKind::Parents }).collect()
}

impl<K: Kind> Family<K> {
    /// The number of rows that are in the way.
    pub(super) fn write_obstacle(&self, obstacle: &Obstacle, w: &mut Writer) -> Result<()> {
        let key = obstacle.key;
        w.push("SELECT count(*) AS n FROM ");
        match obstacle.kind {
            ObstacleKind::Children => {
                w.witness(key.child);
                w.push(" WHERE ");
                let handle = Handle::new(key.child);
                if w.narrows(handle) {
                    w.rows(handle)?;
                    w.push(" AND ");
                }
                self.write_reference(key, obstacle.level, None, w);
                // A child that goes along is not in the way.
                let member = self.levels.iter().position(|level| std::ptr::eq(level.table, key.child));
                if let Some(member) = member {
                    w.push(" AND NOT (");
                    w.separated(", ", key.child.key, |w, column| w.column(key.child.name, column));
                    w.push(") IN (SELECT ");
                    w.identifiers(key.child.key);
                    w.push(" FROM migrate_level_");
                    w.number(member as u64);
                    w.push(")");
                }
            }
            // A parent that the scope cannot see at all, perhaps another tenant's, did not keep the row from being
            // live either.
            ObstacleKind::Parents => {
                w.push("migrate_level_");
                w.number(obstacle.level as u64);
                w.push(" AS migrate_child WHERE EXISTS (SELECT 1 FROM ");
                w.table(Handle::new(key.parent).with_alias("migrate_parent").only_deleted())?;
                w.push(" WHERE ");
                let columns = key.columns.iter().zip(key.parent_columns);
                w.separated(" AND ", columns, |w, (column, parent_column)| {
                    w.column("migrate_parent", parent_column);
                    w.push(" = ");
                    w.column("migrate_child", column);
                });
                if self.context.tenant.is_none() {
                    w.and_same_tenant(["migrate_parent", "migrate_child"], [key.parent, key.child]);
                }
                w.push(")");
                // In a tree a parent may be restored by the same statement.
                if key.is_circular() {
                    w.push(" AND NOT (");
                    w.separated(", ", key.columns, |w, column| w.column("migrate_child", column));
                    w.push(") IN (SELECT ");
                    w.identifiers(key.parent_columns);
                    w.push(" FROM migrate_level_");
                    w.number(obstacle.level as u64);
                    w.push(")");
                }
            }
        }
        Ok(())
    }
}
