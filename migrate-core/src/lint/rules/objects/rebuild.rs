//! The rebuild of a table on SQLite, which has no other way to change a column or a constraint.
//!
//! <https://www.sqlite.org/lang_altertable.html#otheralter>: create a table of the new form, copy the rows, drop the
//! old table, rename the new one; or the old table is renamed first and dropped last.

use super::object::{earlier, later, renamed};
use crate::Engine;
use crate::lint::Context;
use crate::sql::{ChangeAction, Kind, Name, Statement};

/// The table that takes the place of `dropped`, under the name that it has at this place of the script.
pub(super) fn successor(context: &Context<'_>, dropped: &Name) -> Option<Name> {
    if context.engine != Engine::Sqlite {
        return None;
    }
    let takes_the_name = |statement| rename(statement).filter(|(_, to)| same(context, to, dropped));
    let renamed_later = later(context).filter_map(takes_the_name).map(|(from, _)| from);
    let renamed_before = earlier(context).filter_map(takes_the_name).map(|(from, _)| from);
    renamed_later.chain(renamed_before).find(|successor| !context.is_old(successor))
}

/// Whether the table that is renamed here is one that a new one takes the place of.
pub(super) fn makes_room(context: &Context<'_>, table: &Name) -> bool {
    context.engine == Engine::Sqlite
        && later(context).any(|statement| {
            let Kind::CreateTable(created) = &statement.kind else { return false };
            same(context, &created.name, table)
        })
}

fn rename(statement: &Statement) -> Option<(Name, Name)> {
    let Kind::AlterTable(alter) = &statement.kind else { return None };
    alter.changes.iter().find_map(|change| match &change.action {
        ChangeAction::RenameTo(to) => Some((alter.name.clone(), renamed(&alter.name, &to.name))),
        _ => None,
    })
}

fn same(context: &Context<'_>, one: &Name, other: &Name) -> bool {
    context.schema.resolve(one) == context.schema.resolve(other)
}
