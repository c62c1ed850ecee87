//! Statements that do more than can be seen.
//!
//! `SELECT f()` calls a function that may create and drop anything; `DROP TABLE t CASCADE` drops what no script names.
//! After the first nothing about the schema is certain; after the second tables and columns still are.

use super::{AlterTable, ChangeAction, Kind, Name, ObjectKind, Statement};

/// Whether a statement may change more than can be seen.
pub(crate) fn may_do_anything(statement: &Statement) -> bool {
    match &statement.kind {
        Kind::Unknown(_) | Kind::Call { .. } | Kind::Owned { .. } | Kind::ImportSchema => true,
        Kind::Do(block) => block.is_opaque || !block.statements.is_empty(),
        Kind::Query(_) => !statement.calls.iter().all(is_harmless),
        Kind::AlterTable(AlterTable { changes, .. }) => {
            changes.iter().any(|change| matches!(change.action, ChangeAction::Other(_)))
        }
        // These are not in the schema, so what CASCADE drops with them is not known either.
        Kind::Drop(drop) => {
            drop.cascade
                && matches!(drop.object, ObjectKind::Extension | ObjectKind::Other | ObjectKind::Role)
        }
        _ => false,
    }
}

/// Whether a function changes no object of the schema.
fn is_harmless(function: &Name) -> bool {
    ["setval", "nextval", "max", "min", "count", "coalesce", "now", "set_config"]
        .iter()
        .any(|known| function.is_builtin(known))
}

/// Whether a statement drops with CASCADE.
pub(crate) fn cascades(statement: &Statement) -> bool {
    match &statement.kind {
        Kind::Drop(drop) => drop.cascade,
        Kind::AlterTable(alter) => alter.changes.iter().any(|change| {
            matches!(
                change.action,
                ChangeAction::DropColumn { cascade: true, .. }
                    | ChangeAction::DropConstraint { cascade: true, .. }
            )
        }),
        _ => false,
    }
}
