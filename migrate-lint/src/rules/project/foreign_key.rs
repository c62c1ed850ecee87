//! The foreign keys that a script adds, for `fk-index`, `tenant-foreign-key` and `soft-delete-cascade`.
//!
//! Unlike `columns/foreign_key`, it does not ask which rows the server reads: these rules compare the key with the
//! tables as the whole script leaves them.

use migrate_core::Span;

use super::constraint;
use crate::WholeScript;
use crate::schema::Table;
use crate::sql::{ConstraintKind, ForeignKey};

/// A foreign key that a script adds.
pub(super) struct Added<'a> {
    pub(super) table: &'a Table,
    pub(super) columns: Vec<&'a str>,
    pub(super) key: &'a ForeignKey,
    pub(super) span: Span,
    /// Whether the server enforces it. A NOT ENFORCED key (PostgreSQL 18) is only documentation.
    pub(super) is_enforced: bool,
}

/// The foreign keys that a script adds.
pub(super) fn added<'a>(whole: &WholeScript<'a>) -> Vec<Added<'a>> {
    let added = constraint::added(whole).into_iter().filter_map(|added| {
        let ConstraintKind::ForeignKey(key) = &added.constraint.kind else { return None };
        let columns = added.columns(&key.columns)?;
        let is_enforced = !added.constraint.not_enforced;
        Some(Added { table: added.table, columns, key, span: added.span, is_enforced })
    });
    added.collect()
}
