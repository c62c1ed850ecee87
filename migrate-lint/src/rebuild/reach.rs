//! What the deletion of rows does to the rows that refer to them.
//!
//! With `c (t_id REFERENCES t ON DELETE CASCADE)` and `g (c_id REFERENCES c ON DELETE SET NULL)`, the deletion of rows of
//! `t` gives `deleted: {c}` and `changed: {g}`: the keys are followed through the schema until nothing new is reached.
//! Why does that matter for a rebuild, which only drops the old table?
//!
//! <https://www.sqlite.org/foreignkeys.html>, 5: "If foreign key constraints are enabled when it is prepared, then the
//! DROP TABLE command performs an implicit DELETE to remove all rows from the table before dropping it. The implicit
//! DELETE does not cause any SQL triggers to fire, but may invoke foreign key actions or constraint violations."

use std::collections::BTreeSet;

use crate::schema::{Schema, TableConstraintKind};
use crate::sql::{Name, OnDelete};

/// The tables that refer to a table, directly or through others, by what happens when its rows are deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// Rows of these are deleted as well.
    pub(super) deleted: BTreeSet<Name>,
    /// References in these become NULL or their default.
    pub(super) changed: BTreeSet<Name>,
    /// Rows of these make the statement fail.
    pub(super) refused: BTreeSet<Name>,
    /// Rows of these make the commit fail, unless the rows that they refer to exist again by then.
    pub(super) refused_later: BTreeSet<Name>,
}

/// How rows are deleted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deletion {
    /// Whether references are checked at the commit alone: `PRAGMA defer_foreign_keys = ON`.
    pub(super) deferred: bool,
    /// Whether all rows of the table are deleted, so that references within the table do not matter.
    pub(super) of_all: bool,
    /// Whether the statement runs in a transaction, which has a commit to defer to.
    pub(super) transaction: bool,
}

impl Reach {
    /// What the deletion of rows of `table` reaches. A table for which `has_rows` is false is skipped.
    pub(super) fn of(
        schema: &Schema,
        table: &Name,
        deletion: Deletion,
        has_rows: impl Fn(&Name) -> bool,
    ) -> Reach {
        let table = schema.resolve(table);
        let mut reach = Reach::default();
        let mut waiting = vec![table.clone()];
        let mut seen = BTreeSet::from([table.clone()]);
        while let Some(next) = waiting.pop() {
            for (owner, constraint) in schema.foreign_keys_to(&next) {
                let TableConstraintKind::ForeignKey { on_delete, deferred, .. } = &constraint.kind else {
                    continue;
                };
                let is_own = owner.name == table && next == table && deletion.of_all;
                if !has_rows(&owner.name) || is_own && *on_delete != OnDelete::Restrict {
                    continue;
                }
                match on_delete {
                    OnDelete::Cascade => {
                        reach.deleted.insert(owner.name.clone());
                        if seen.insert(owner.name.clone()) {
                            waiting.push(owner.name.clone());
                        }
                    }
                    OnDelete::SetNull | OnDelete::SetDefault => {
                        reach.changed.insert(owner.name.clone());
                    }
                    OnDelete::NoAction | OnDelete::Restrict => {
                        let is_deferred = deletion.deferred || *deferred && *on_delete == OnDelete::NoAction;
                        if is_own && is_deferred {
                            continue;
                        }
                        let refused = if deletion.transaction && is_deferred {
                            &mut reach.refused_later
                        } else {
                            &mut reach.refused
                        };
                        refused.insert(owner.name.clone());
                    }
                }
            }
        }
        reach
    }

    /// Without the tables that are dropped anyway.
    pub(super) fn without(mut self, is_gone: impl Fn(&Name) -> bool) -> Reach {
        for tables in [&mut self.deleted, &mut self.changed, &mut self.refused, &mut self.refused_later] {
            tables.retain(|table| !is_gone(table));
        }
        self
    }

    /// The rows and references of other tables that are lost, as words for a message.
    pub(super) fn losses(&self) -> Option<String> {
        let parts = [("deletes rows of", &self.deleted), ("clears references of", &self.changed)];
        sentence(&parts)
    }

    /// The same, and the tables that make the statement fail.
    pub(super) fn described(&self) -> Option<String> {
        let refused = self.refused.union(&self.refused_later).cloned().collect();
        sentence(&[
            ("deletes rows of", &self.deleted),
            ("clears references of", &self.changed),
            ("fails while rows refer to the table in", &refused),
        ])
    }
}

fn sentence(parts: &[(&str, &BTreeSet<Name>)]) -> Option<String> {
    let named = parts.iter().filter(|(_, tables)| !tables.is_empty());
    let named: Vec<String> = named
        .map(|(what, tables)| {
            let tables: Vec<String> = tables.iter().map(|table| format!("`{}`", table.name)).collect();
            format!("{what} {}", tables.join(", "))
        })
        .collect();
    (!named.is_empty()).then(|| named.join(", "))
}
