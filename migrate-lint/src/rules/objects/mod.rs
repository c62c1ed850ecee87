//! The rules for tables, indexes and other objects as a whole, and for the rows in them: 34 files, one for each
//! hazard or family of hazards.
//!
//! In comes a [`Context`]: one statement, the script around it, and the schema before it. Out come findings. `DROP
//! TABLE invoices` with a schema that has `invoices` gives one `drop-table`, risk high; with an `invoices` that the
//! same script created it gives nothing.
//!
//! A new rule is a file here with a `check` function, a line in [`RULES`], a hazard in `hazard.rs` and its page in
//! `docs/hazards/`.

mod attach_scan;
mod checks_off;
mod default_partition_scan;
mod detach_blocking;
mod domain_validate;
mod drop_cascade;
mod drop_column;
mod drop_schema;
mod drop_table;
mod drop_view;
mod enum_add;
mod enum_rename;
mod enum_same_transaction;
mod explicit_lock;
mod grant_revoke;
mod hidden_ddl;
mod identifier_too_long;
mod index_blocking;
mod index_concurrent;
mod index_drop;
mod index_partitioned;
mod matview_refresh;
mod object;
mod partition_proof;
mod reindex_blocking;
mod rename;
mod rls_enable;
mod rls_policy;
mod sequence_reset;
mod short_exclusive;
mod table_rewrite;
mod timeout_disabled;
mod trigger;
mod truncate;
mod unanalyzed;
mod unbounded_dml;

use super::{Context, Rule};
use crate::sql::{AlterTable, Change, Kind};

pub(super) const RULES: &[Rule] = &[
    attach_scan::check,
    checks_off::check,
    default_partition_scan::check,
    detach_blocking::check,
    domain_validate::check,
    drop_cascade::check,
    drop_column::check,
    drop_schema::check,
    drop_table::check,
    drop_view::check,
    enum_add::check,
    enum_rename::check,
    enum_same_transaction::check,
    explicit_lock::check,
    grant_revoke::check,
    hidden_ddl::check,
    identifier_too_long::check,
    index_blocking::check,
    index_concurrent::check,
    index_drop::check,
    index_partitioned::check,
    matview_refresh::check,
    reindex_blocking::check,
    rename::check,
    rls_enable::check,
    rls_policy::check,
    sequence_reset::check,
    short_exclusive::check,
    table_rewrite::check,
    timeout_disabled::check,
    trigger::check,
    truncate::check,
    unanalyzed::check,
    unbounded_dml::check,
];

/// The actions of an ALTER TABLE. ALTER INDEX, ALTER VIEW, ALTER SEQUENCE and the like are parsed to the same type.
fn changes<'a>(context: &Context<'a>) -> impl Iterator<Item = (&'a AlterTable, &'a Change)> + use<'a> {
    let alter = match &context.statement.kind {
        Kind::AlterTable(alter) => Some(alter),
        _ => None,
    };
    alter.into_iter().flat_map(|alter| alter.changes.iter().map(move |change| (alter, change)))
}

/// The actions on an object that was there before this migration.
fn old_changes<'a>(context: &Context<'a>) -> impl Iterator<Item = (&'a AlterTable, &'a Change)> + use<'a> {
    let context = *context;
    changes(&context).filter(move |(alter, _)| context.is_old(&alter.name))
}
