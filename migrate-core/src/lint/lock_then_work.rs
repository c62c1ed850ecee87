use std::collections::BTreeSet;

use super::analysis::inner;
use super::context::Context;
use super::finding::Finding;
use crate::sql::{ChangeAction, ColumnChange, ConstraintKind, Kind, Name, Reference, Statement};
use crate::{Engine, Hazard};

const SAFER: &str = "put the long work into a migration of its own, so that the lock is free before it begins";

/// The tables that earlier statements of a script locked so that others wait, until its transaction ends.
#[derive(Debug, Default)]
pub(super) struct Held(BTreeSet<Name>);

impl Held {
    /// Long work of a statement while such a lock is held.
    ///
    /// <https://www.postgresql.org/docs/current/explicit-locking.html>: "Once acquired, a lock is normally held until
    /// the end of the transaction."
    pub(super) fn check(&self, context: &Context<'_>, findings: &[Finding]) -> Option<Finding> {
        if context.engine != Engine::Postgres || !context.transaction {
            return None;
        }
        let mut held = self.0.clone();
        if works_behind_its_own_lock(context) {
            held.extend(strongly_locked(context));
        }
        let table = held.iter().next()?;
        if !works(context, findings) {
            return None;
        }
        let message = format!("long work while `{table}` is locked by this transaction: everybody waits for its end");
        Some(Finding::new(Hazard::LockThenWork, context.statement.span, message, SAFER))
    }

    /// Keeps what a statement locks.
    pub(super) fn add(&mut self, context: &Context<'_>) {
        self.0.extend(strongly_locked(context));
        for statement in inner(context.statement) {
            self.add(&Context { statement, ..*context });
        }
    }
}

/// Whether a statement runs in proportion to the rows of a table that was there before.
fn works(context: &Context<'_>, findings: &[Finding]) -> bool {
    const LONG: &[Hazard] = &[
        Hazard::AttachScan,
        Hazard::CheckValidate,
        Hazard::ConstrainedDomain,
        Hazard::DefaultPartitionScan,
        Hazard::DomainValidate,
        Hazard::ExcludeBuild,
        Hazard::FkValidate,
        Hazard::IndexBlocking,
        Hazard::IndexPartitioned,
        Hazard::InlineCheck,
        Hazard::InlineUnique,
        Hazard::LongValidate,
        Hazard::MatviewRefresh,
        Hazard::PkNullable,
        Hazard::ReindexBlocking,
        Hazard::SerialColumn,
        Hazard::StoredColumn,
        Hazard::TableRewrite,
        Hazard::TypeRecheck,
        Hazard::TypeReindex,
        Hazard::TypeRewrite,
        Hazard::UnboundedDml,
        Hazard::UniqueBuild,
        Hazard::VolatileDefault,
    ];
    findings.iter().any(|finding| LONG.contains(&finding.hazard))
        || changes_rows(context, context.statement)
        || inner(context.statement).iter().any(|statement| changes_rows(context, statement))
}

/// Whether it changes rows of a table that was there before, or fills one from such.
fn changes_rows(context: &Context<'_>, statement: &Statement) -> bool {
    match &statement.kind {
        Kind::Update(update) => context.is_old(&update.table),
        Kind::Delete(delete) => context.is_old(&delete.table),
        Kind::Merge { table } => context.is_old(table),
        Kind::Insert(insert) => insert.from_query && statement.reads.iter().any(|table| context.is_old(table)),
        _ => false,
    }
}

/// `ADD … NOT VALID` and `VALIDATE` in one ALTER TABLE: its own lock is held while it reads.
fn works_behind_its_own_lock(context: &Context<'_>) -> bool {
    let Kind::AlterTable(alter) = &context.statement.kind else { return false };
    let validates = |action: &ChangeAction| matches!(action, ChangeAction::ValidateConstraint { .. });
    alter.changes.iter().any(|change| validates(&change.action))
        && alter.changes.iter().any(|change| is_exclusive(&change.action))
}

/// The tables that were there before and that nobody else can write to, or not even read, until the statement's
/// transaction ends.
fn strongly_locked(context: &Context<'_>) -> Vec<Name> {
    let tables: Vec<&Name> = match &context.statement.kind {
        Kind::AlterTable(alter) => {
            let altered = alter.changes.iter().any(|change| is_exclusive(&change.action)).then_some(&alter.name);
            altered.into_iter().chain(alter.changes.iter().filter_map(|change| referenced(&change.action))).collect()
        }
        Kind::CreateTable(table) => {
            let own = table.constraints.iter();
            let of_columns = match &table.body {
                crate::sql::TableBody::Columns(columns) => columns.as_slice(),
                _ => &[],
            };
            let of_columns = of_columns.iter().flat_map(|column| &column.constraints);
            own.chain(of_columns).filter_map(|constraint| foreign_table(&constraint.kind)).collect()
        }
        Kind::CreateIndex(index) if !index.concurrently => vec![&index.table],
        Kind::CreateTrigger(trigger) => vec![&trigger.table],
        Kind::CreatePolicy(policy) => vec![&policy.table],
        Kind::AlterPolicy(policy) => vec![&policy.table],
        Kind::CreateRule { table } => vec![table],
        Kind::Truncate { tables, .. } => tables.iter().collect(),
        Kind::LockTable(lock) => lock.tables.iter().collect(),
        Kind::Drop(drop) => drop.table.iter().collect(),
        Kind::Reindex(reindex) => match &reindex.target {
            Reference::Table(table) if !reindex.concurrently => vec![table],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    let resolved = tables.into_iter().filter(|table| context.is_old(table));
    resolved.map(|table| context.schema.resolve(table)).collect()
}

/// Whether an action of ALTER TABLE locks the table against writers at least.
fn is_exclusive(action: &ChangeAction) -> bool {
    match action {
        ChangeAction::ValidateConstraint { .. } | ChangeAction::SetOptions => false,
        ChangeAction::AlterColumn { change, .. } => !matches!(change, ColumnChange::SetOptions),
        ChangeAction::DetachPartition { concurrently, .. } => !concurrently,
        // SHARE UPDATE EXCLUSIVE on the parent.
        ChangeAction::AttachPartition { .. } => false,
        _ => true,
    }
}

fn referenced(action: &ChangeAction) -> Option<&Name> {
    match action {
        ChangeAction::AddConstraint(constraint) => foreign_table(&constraint.kind),
        ChangeAction::AddColumn { column, .. } => {
            column.constraints.iter().find_map(|constraint| foreign_table(&constraint.kind))
        }
        _ => None,
    }
}

fn foreign_table(kind: &ConstraintKind) -> Option<&Name> {
    match kind {
        ConstraintKind::ForeignKey(key) => Some(&key.table),
        _ => None,
    }
}
