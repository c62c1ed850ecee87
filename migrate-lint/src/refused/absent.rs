//! What `IF EXISTS` leaves out, because it is not there.
//!
//! ```sql
//! DROP TABLE orders;
//! DROP INDEX IF EXISTS orders_customer;   -- went with its table
//! ```
//!
//! In comes a statement and the schema before it, out comes the statement without these parts. The rules look only at
//! what is left, because the rest does nothing. A part is left out exactly where the same statement without IF EXISTS
//! would be refused: what no script made may have been made by others, so it stays.

use std::borrow::Cow;

use super::Place;
use crate::schema::Schema;
use crate::sql::{AlterTable, Change, ChangeAction, Drop, Kind, Name, ObjectKind, Statement};

/// The statement without what IF EXISTS finds to be absent.
pub(crate) fn without_absent<'a>(statement: &'a Statement, schema: &Schema) -> Cow<'a, Statement> {
    let place = Place::in_up(schema);
    let kind = match &statement.kind {
        Kind::Drop(drop) => place.present_of_drop(drop).map(Kind::Drop),
        Kind::AlterTable(alter) => place.present_of_alter(alter).map(Kind::AlterTable),
        _ => None,
    };
    match kind {
        Some(kind) => Cow::Owned(Statement { kind, ..statement.clone() }),
        None => Cow::Borrowed(statement),
    }
}

impl Place<'_> {
    /// A DROP without absent objects. `None` if there are none.
    fn present_of_drop(&self, drop: &Drop) -> Option<Drop> {
        if !drop.if_exists || !drop.names.iter().any(|name| self.is_absent(drop, name)) {
            return None;
        }
        let present = drop.names.iter().filter(|name| !self.is_absent(drop, name));
        Some(Drop { names: present.cloned().collect(), ..drop.clone() })
    }

    fn is_absent(&self, drop: &Drop, name: &Name) -> bool {
        let table =
            || self.schema.table(drop.table.as_ref()?).filter(|table| self.are_all_parts_known(table));
        if drop.table.as_ref().is_some_and(|table| self.gone(table).is_some()) {
            return true;
        }
        match drop.object {
            ObjectKind::Trigger => {
                table().is_some_and(|table| table.triggers.iter().all(|known| known.name != name.name))
            }
            ObjectKind::Policy => {
                table().is_some_and(|table| table.policies.iter().all(|known| known.name != name.name))
            }
            ObjectKind::Table
            | ObjectKind::ForeignTable
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Index
            | ObjectKind::Sequence => self.gone(name).is_some(),
            _ => false,
        }
    }

    /// An ALTER without absent columns and constraints, and without anything if the relation is absent. `None` if there
    /// are none.
    fn present_of_alter(&self, alter: &AlterTable) -> Option<AlterTable> {
        let is_absent = |change: &Change| self.is_dropped_in_vain(alter, change);
        let changes = if alter.if_exists && self.gone(&alter.name).is_some() {
            Vec::new()
        } else if alter.changes.iter().any(is_absent) {
            alter.changes.iter().filter(|change| !is_absent(change)).cloned().collect()
        } else {
            return None;
        };
        Some(AlterTable { changes, ..alter.clone() })
    }

    /// Whether an action drops with IF EXISTS what the table does not have.
    fn is_dropped_in_vain(&self, alter: &AlterTable, change: &Change) -> bool {
        let table = || self.with_known_columns(&alter.name);
        match &change.action {
            ChangeAction::DropColumn { column, if_exists: true, .. } => {
                table().is_some_and(|table| self.lacks(table, column).is_some())
            }
            ChangeAction::DropConstraint { name, if_exists: true, .. } => {
                table().is_some_and(|table| self.lacks_constraint(table, name))
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history, sqlite_history};

    const TABLES: &str = "CREATE TABLE t (id int PRIMARY KEY, a int, b int); CREATE INDEX t_a ON t (a);
        CREATE TABLE gone (id int); CREATE INDEX gone_id ON gone (id); DROP TABLE gone;
        CREATE TABLE IF NOT EXISTS older (id int);
        ALTER TABLE elsewhere ADD COLUMN n int";

    #[test]
    fn what_is_absent_is_not_dropped() {
        let history = history(TABLES);
        let silent = |sql: &str| case(&history, sql, &[]);
        silent("DROP TABLE IF EXISTS gone");
        silent("DROP INDEX IF EXISTS gone_id");
        silent("DROP TABLE IF EXISTS gone CASCADE; DROP INDEX IF EXISTS gone_id, public.gone_id");
        silent("ALTER TABLE t DROP COLUMN IF EXISTS c, DROP CONSTRAINT IF EXISTS t_u");
        silent("ALTER TABLE IF EXISTS gone DROP COLUMN id, ALTER COLUMN id TYPE bigint");
        silent("DROP TRIGGER IF EXISTS note ON t; DROP POLICY IF EXISTS own ON t");
        case(&history, "DROP TABLE t; DROP INDEX IF EXISTS t_a", &["drop-table high"]);
        case(&history, "ALTER TABLE t DROP COLUMN a; DROP INDEX IF EXISTS t_a", &["drop-column high"]);
        case(&history, "DROP TABLE IF EXISTS gone, t", &["drop-table high"]);
        case(&history, "DROP TABLE t; DROP INDEX t_a", &["drop-table high", "up-fails high"]);
    }

    #[test]
    fn what_may_be_there_is_reported() {
        let history = history(TABLES);
        // Others may have made it.
        case(&history, "DROP TABLE IF EXISTS unknown", &["drop-table high"]);
        case(&history, "DROP INDEX IF EXISTS unknown_a", &["index-drop controlled"]);
        case(&history, "ALTER TABLE elsewhere DROP COLUMN IF EXISTS c", &["drop-column high"]);
        case(&history, "ALTER TABLE older DROP COLUMN IF EXISTS c", &["drop-column high"]);
        case(&history, "ALTER TABLE older DROP CONSTRAINT IF EXISTS u", &["fk-two-tables controlled"]);
        case(&history, "DROP TRIGGER IF EXISTS note ON elsewhere", &["trigger controlled"]);
        // It is there again, or still.
        case(&history, "DROP INDEX IF EXISTS t_a", &["index-drop controlled"]);
        case(&history, "ALTER TABLE t DROP COLUMN IF EXISTS a", &["drop-column high"]);
        let again = "DO $$ BEGIN EXECUTE 'CREATE TABLE gone (id int)'; END $$; DROP TABLE IF EXISTS gone";
        case(&history, again, &["hidden-ddl high", "drop-table high"]);
        let kept = "SAVEPOINT s; DROP TABLE t; ROLLBACK TO s; DROP INDEX IF EXISTS t_a";
        case(&history, kept, &["drop-table high", "index-drop controlled"]);
        let perhaps =
            "DO $$ BEGIN IF random() > 0 THEN DROP TABLE t; END IF; END $$; DROP INDEX IF EXISTS t_a";
        case(&history, perhaps, &["hidden-ddl high", "drop-table high", "index-drop controlled"]);
    }

    #[test]
    fn the_table_is_locked_all_the_same() {
        let sql = "ALTER TABLE t DROP COLUMN IF EXISTS c; UPDATE other SET a = 1";
        let history = history(&format!("{TABLES}; CREATE TABLE other (a int)"));
        case(&history, sql, &["unbounded-dml high", "lock-then-work high"]);
    }

    #[test]
    fn on_sqlite() {
        let history = sqlite_history("CREATE TABLE t (id INTEGER PRIMARY KEY, a); CREATE INDEX t_a ON t (a)");
        case(&history, "DROP TABLE t; DROP INDEX IF EXISTS t_a", &["drop-table high"]);
        case(&history, "DROP TABLE t; DROP TABLE IF EXISTS t", &["drop-table high"]);
        case(&history, "DROP INDEX IF EXISTS t_a", &["index-drop controlled"]);
        let history = sqlite_history("CREATE TABLE new_t (a); ALTER TABLE new_t RENAME TO t");
        let rebuild =
            "DROP TABLE IF EXISTS new_t; CREATE TABLE new_t (a, b); INSERT INTO new_t (a) SELECT a FROM t;
            DROP TABLE t; ALTER TABLE new_t RENAME TO t";
        case(&history, rebuild, &[]);
    }
}
