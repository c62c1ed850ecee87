//! `lock-then-work`: a statement does long work while the lock of an earlier statement of its transaction stops
//! others.
//!
//! ```sql
//! ALTER TABLE orders ADD COLUMN region text;   -- instant, but ACCESS EXCLUSIVE on orders
//! UPDATE customers SET region = 'eu';          -- minutes, and no one can read or write orders until it ends
//! ```
//!
//! "Once acquired, a lock is normally held until the end of the transaction"
//! (<https://www.postgresql.org/docs/current/explicit-locking.html>). Each statement alone is known to the other
//! rules; together they are worse, which no rule for one statement can see.
//!
//! In come the statements of a script, one after the other, each with what the rules found in it. [`Held`] keeps,
//! for each table that was there before, the strongest lock so far: `{public.orders: All}` after the first statement
//! above. Work is recognised by its findings: the rules know already which statements take as long as a table is
//! large.
//!
//! Safer: the work in a migration of its own, where the lock is free by then.
//!
//! Exempt: SQLite; a script without a transaction, where each statement gives its locks back; locks on tables that
//! the script itself creates; and a table that the long statement locks as strongly itself, because its own finding
//! reports that.

use std::collections::BTreeMap;

use migrate_core::{Finding, Hazard, Risk};

use crate::context::Context;
use crate::schema::TableConstraintKind;
use crate::sql::{
    AlterDomain, AlterTable, ChangeAction, ColumnChange, Constraint, ConstraintKind, CreateTable, Drop, Kind,
    LockTable, Name, ObjectKind, Reference, TableBody,
};

const SAFER: &str =
    "put the long work into a migration of its own, so that the lock is released before it begins";

/// Whom a lock stops. The eight modes of PostgreSQL differ in more than this, but what matters here is who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Lock {
    /// SHARE, SHARE ROW EXCLUSIVE, EXCLUSIVE: others read.
    Writers,
    /// ACCESS EXCLUSIVE: others neither read nor write.
    All,
}

/// The tables that the statements of a transaction have locked so far. Others wait for them until the transaction ends.
#[derive(Debug, Default)]
pub(super) struct Held(BTreeMap<Name, Lock>);

impl Held {
    /// The finding for a statement that does long work, if earlier locks stop others whom the statement itself would
    /// not stop. `findings` are those of the statement.
    pub(super) fn check(&self, context: &Context<'_>, findings: &[Finding]) -> Option<Finding> {
        // SQLite locks the whole database for a writing transaction, whatever the statements are.
        if !context.engine.locks_tables() {
            return None;
        }
        let risk = findings
            .iter()
            .filter_map(work)
            .max()
            .or_else(|| fills_from_old(context).then_some(Risk::High))?;
        let own = locks(context);
        let mut stopped = self.0.clone();
        // Of a table that the statement itself locks as strongly, its own finding speaks.
        stopped.retain(|table, lock| own.get(table).is_none_or(|own| own < lock));
        if validates_under_its_own_lock(context) {
            stopped.extend(own);
        }
        let message = format!(
            "{} until this long work has ended, because the transaction holds the lock of an earlier statement",
            who_waits(&stopped)?
        );
        Some(Finding::new(Hazard::LockThenWork, context.statement.span, message, SAFER).with_risk(risk))
    }

    /// Adds the locks that a statement takes.
    pub(super) fn add(&mut self, context: &Context<'_>) {
        for (table, lock) in locks(context) {
            let held = self.0.entry(table).or_insert(lock);
            *held = lock.max(*held);
        }
    }
}

/// Who waits for which tables. `None` if there are no tables.
fn who_waits(stopped: &BTreeMap<Name, Lock>) -> Option<String> {
    let tables = |lock: Lock| {
        let tables: Vec<String> = stopped
            .iter()
            .filter(|(_, held)| **held == lock)
            .map(|(table, _)| format!("`{table}`"))
            .collect();
        (!tables.is_empty()).then(|| tables.join(", "))
    };
    Some(match (tables(Lock::All), tables(Lock::Writers)) {
        (Some(all), Some(writers)) => format!("no one can read or write {all} or write to {writers}"),
        (Some(all), None) => format!("no one can read or write {all}"),
        (None, Some(writers)) => format!("no one can write to {writers}"),
        (None, None) => return None,
    })
}

/// The risk of the work that a finding stands for, if it takes longer the more rows there are.
fn work(finding: &Finding) -> Option<Risk> {
    match finding.hazard {
        // These alone stop no one, so they are only controlled. Under an earlier lock they are as bad as any other work.
        Hazard::LongValidate | Hazard::MatviewRefresh => Some(Risk::High),
        // These may find few rows, or none to read.
        Hazard::UnboundedDml | Hazard::AttachScan | Hazard::DefaultPartitionScan => Some(finding.risk),
        Hazard::CheckValidate
        | Hazard::ConstrainedDomain
        | Hazard::DomainValidate
        | Hazard::ExcludeBuild
        | Hazard::FkValidate
        | Hazard::IndexBlocking
        | Hazard::IndexPartitioned
        | Hazard::InlineCheck
        | Hazard::InlineUnique
        | Hazard::PkNullable
        | Hazard::ReindexBlocking
        | Hazard::SerialColumn
        | Hazard::SetNotNull
        | Hazard::StoredColumn
        | Hazard::TableRewrite
        | Hazard::TypeRecheck
        | Hazard::TypeReindex
        | Hazard::TypeRewrite
        | Hazard::UniqueBuild
        | Hazard::VolatileDefault => (finding.risk == Risk::High).then_some(Risk::High),
        _ => None,
    }
}

/// Whether the statement copies rows of a table that was there before. No rule finds that alone: it stops no one.
fn fills_from_old(context: &Context<'_>) -> bool {
    let copies = match &context.statement.kind {
        Kind::Insert(insert) => insert.from_query,
        Kind::CreateTable(table) => table.body == TableBody::Query,
        Kind::CreateView(view) => view.materialized,
        _ => false,
    };
    copies && context.statement.reads.iter().any(|table| context.is_old(table))
}

/// Whether one ALTER TABLE has both `ADD … NOT VALID` and `VALIDATE`: the lock of the first action is held during the
/// second.
fn validates_under_its_own_lock(context: &Context<'_>) -> bool {
    let Kind::AlterTable(alter) = &context.statement.kind else { return false };
    alter.changes.iter().any(|change| matches!(change.action, ChangeAction::ValidateConstraint { .. }))
        && alter.changes.iter().any(|change| of_action(&change.action).is_some())
}

/// The locks of a statement on tables that were there before.
fn locks(context: &Context<'_>) -> BTreeMap<Name, Lock> {
    let mut locks = BTreeMap::new();
    for (table, lock) in taken(context) {
        if context.is_old(&table) {
            let held = locks.entry(context.schema.resolve(&table)).or_insert(lock);
            *held = lock.max(*held);
        }
    }
    locks
}

/// The locks of a statement on all tables, old and new.
fn taken(context: &Context<'_>) -> Vec<(Name, Lock)> {
    let all = |table: &Name| (table.clone(), Lock::All);
    let writers = |table: &Name| (table.clone(), Lock::Writers);
    match &context.statement.kind {
        Kind::AlterTable(alter) => of_alter(context, alter),
        Kind::CreateTable(table) => of_create(context, table),
        Kind::CreateIndex(index) if !index.concurrently => vec![writers(&index.table)],
        Kind::CreateTrigger(trigger) => vec![writers(&trigger.table)],
        Kind::CreatePolicy(policy) => vec![all(&policy.table)],
        Kind::AlterPolicy(policy) => vec![all(&policy.table)],
        Kind::CreateRule { table } => vec![all(table)],
        Kind::Cluster { table } => table.iter().map(all).collect(),
        Kind::Refresh(refresh) if !refresh.concurrently => vec![all(&refresh.name)],
        Kind::Truncate { tables, .. } => tables.iter().map(all).collect(),
        Kind::LockTable(lock) => of_lock(lock),
        Kind::Drop(drop) => of_drop(context, drop),
        Kind::Reindex(reindex) if !reindex.concurrently => match &reindex.target {
            Reference::Table(table) => vec![writers(table)],
            Reference::Index(index) => table_of(context, index).iter().map(writers).collect(),
            Reference::Many => Vec::new(),
        },
        Kind::AlterDomain(
            AlterDomain::AddConstraint { name, not_valid: false }
            | AlterDomain::SetNotNull { name }
            | AlterDomain::ValidateConstraint { name },
        ) => context.schema.columns_of_type(name).map(|(table, _)| writers(&table.name)).collect(),
        _ => Vec::new(),
    }
}

/// The locks of an ALTER TABLE: the strongest of its actions on the table itself, and those on other tables.
fn of_alter(context: &Context<'_>, alter: &AlterTable) -> Vec<(Name, Lock)> {
    if matches!(alter.kind, ObjectKind::Index | ObjectKind::Sequence) {
        return Vec::new();
    }
    let actions = || alter.changes.iter().map(|change| &change.action);
    let own = actions().filter_map(of_action).max().map(|lock| (alter.name.clone(), lock));
    own.into_iter().chain(actions().flat_map(|action| of_others(context, &alter.name, action))).collect()
}

/// The lock of an action of ALTER TABLE on the table itself.
fn of_action(action: &ChangeAction) -> Option<Lock> {
    match action {
        // SHARE UPDATE EXCLUSIVE, which stops neither readers nor writers.
        ChangeAction::ValidateConstraint { .. }
        | ChangeAction::SetOptions
        | ChangeAction::AttachPartition { .. }
        | ChangeAction::DetachPartition { concurrently: true, .. }
        | ChangeAction::AlterColumn { change: ColumnChange::SetOptions, .. } => None,
        ChangeAction::AddConstraint(Constraint { kind: ConstraintKind::ForeignKey(_), .. })
        | ChangeAction::SetTrigger => Some(Lock::Writers),
        _ => Some(Lock::All),
    }
}

/// The locks of an action of ALTER TABLE on other tables.
fn of_others(context: &Context<'_>, table: &Name, action: &ChangeAction) -> Vec<(Name, Lock)> {
    let all = |tables: Vec<Name>| tables.into_iter().map(|table| (table, Lock::All)).collect();
    match action {
        ChangeAction::AddConstraint(constraint) => referenced(std::slice::from_ref(constraint)),
        ChangeAction::AddColumn { column, .. } => referenced(&column.constraints),
        ChangeAction::DropColumn { column, .. } => {
            all(foreign_tables(context, table, |_, columns| columns.contains(column)))
        }
        ChangeAction::DropConstraint { name, .. } => {
            all(foreign_tables(context, table, |constraint, _| constraint == Some(name)))
        }
        ChangeAction::AttachPartition { partition, .. } => {
            let default = context.schema.default_partition(table).map(|default| default.name.clone());
            all([partition.clone()].into_iter().chain(default).collect())
        }
        ChangeAction::DetachPartition { partition, concurrently: false } => all(vec![partition.clone()]),
        _ => Vec::new(),
    }
}

/// The tables that foreign keys refer to. Creating the key takes SHARE ROW EXCLUSIVE on them.
fn referenced(constraints: &[Constraint]) -> Vec<(Name, Lock)> {
    let tables = constraints.iter().filter_map(|constraint| match &constraint.kind {
        ConstraintKind::ForeignKey(key) => Some(key.table.clone()),
        _ => None,
    });
    tables.map(|table| (table, Lock::Writers)).collect()
}

/// The tables that some foreign keys of `table` refer to. `is_meant` picks the keys by name and columns.
fn foreign_tables(
    context: &Context<'_>,
    table: &Name,
    is_meant: impl Fn(Option<&String>, &[String]) -> bool,
) -> Vec<Name> {
    let keys = context.schema.foreign_keys_of(table);
    keys.filter_map(|constraint| match &constraint.kind {
        TableConstraintKind::ForeignKey { columns, table, .. } => {
            is_meant(constraint.name.as_ref(), columns).then(|| table.clone())
        }
        _ => None,
    })
    .collect()
}

/// The locks of CREATE TABLE on other tables: those that its keys refer to, and for a partition its parent and the
/// default partition.
fn of_create(context: &Context<'_>, table: &CreateTable) -> Vec<(Name, Lock)> {
    let mut locks = referenced(&table.constraints);
    match &table.body {
        TableBody::Columns(columns) => {
            locks.extend(columns.iter().flat_map(|column| referenced(&column.constraints)));
        }
        TableBody::PartitionOf(parent, _) => {
            let default = context.schema.default_partition(parent).map(|default| default.name.clone());
            locks.extend([parent.clone()].into_iter().chain(default).map(|table| (table, Lock::All)));
        }
        TableBody::Query => {}
    }
    locks
}

/// The locks of LOCK TABLE, by its mode.
fn of_lock(lock: &LockTable) -> Vec<(Name, Lock)> {
    let stops = match lock.mode.as_str() {
        "ACCESS EXCLUSIVE" => Lock::All,
        "EXCLUSIVE" | "SHARE ROW EXCLUSIVE" | "SHARE" => Lock::Writers,
        _ => return Vec::new(),
    };
    lock.tables.iter().map(|table| (table.clone(), stops)).collect()
}

/// The locks of a DROP. No one can wait for the dropped object itself, but for the table of an index, trigger or policy,
/// and for the tables that foreign keys of a dropped table refer to.
fn of_drop(context: &Context<'_>, drop: &Drop) -> Vec<(Name, Lock)> {
    let tables: Vec<Name> = match drop.object {
        ObjectKind::Table => {
            drop.names.iter().flat_map(|table| foreign_tables(context, table, |_, _| true)).collect()
        }
        ObjectKind::Index if !drop.concurrently => {
            drop.names.iter().filter_map(|index| table_of(context, index)).collect()
        }
        _ => drop.table.iter().cloned().collect(),
    };
    tables.into_iter().map(|table| (table, Lock::All)).collect()
}

/// The table of an index.
fn table_of(context: &Context<'_>, index: &Name) -> Option<Name> {
    context.schema.index(index).map(|index| index.table.clone())
}

#[cfg(test)]
mod tests {
    use crate::testing::{History, case, history, messages, sqlite_history};

    const WORK: &str = "UPDATE other SET a = 1";

    fn tables() -> History {
        history(
            "CREATE DOMAIN score AS int; CREATE DOMAIN idle AS int;
             CREATE TABLE t (id int PRIMARY KEY, a int, b text, r score); CREATE INDEX t_a ON t (a);
             CREATE TABLE other (id int, a int); CREATE TABLE source (id int, a int);
             CREATE TABLE child (id int, t_id int CONSTRAINT child_t REFERENCES t);
             CREATE TABLE p (id int) PARTITION BY RANGE (id); CREATE TABLE pdef PARTITION OF p DEFAULT;
             CREATE TABLE q (id int) PARTITION BY RANGE (id);
             CREATE TABLE q1 PARTITION OF q FOR VALUES FROM (0) TO (9);
             CREATE MATERIALIZED VIEW mv AS SELECT id FROM t; CREATE UNIQUE INDEX ON mv (id);
             ALTER TABLE other ADD CONSTRAINT other_a CHECK (a > 0) NOT VALID;
             CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER t_note BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION note();",
        )
    }

    /// The findings about the second of two statements.
    #[track_caller]
    fn after(first: &str, first_finds: &[&str], found: bool) {
        let mut want = first_finds.to_vec();
        want.push("unbounded-dml high");
        want.extend(found.then_some("lock-then-work high"));
        case(&tables(), &format!("{first}; {WORK}"), &want);
    }

    #[test]
    fn what_locks() {
        after("ALTER TABLE t ADD COLUMN n int", &[], true);
        after("ALTER TABLE t ALTER COLUMN a SET DEFAULT 5", &[], true);
        after("ALTER TABLE t RENAME COLUMN a TO n", &["rename high"], true);
        after("ALTER TABLE t REPLICA IDENTITY FULL", &["short-ael controlled"], true);
        after("CREATE INDEX ON t (b)", &["index-blocking high"], true);
        after("REINDEX INDEX t_a", &["reindex-blocking high"], true);
        after("DROP INDEX t_a", &["index-drop controlled"], true);
        after("CREATE POLICY everyone ON t USING (true)", &[], true);
        after("DROP TRIGGER t_note ON t", &["trigger controlled"], true);
        after("ALTER TABLE child ALTER CONSTRAINT child_t DEFERRABLE", &["short-ael controlled"], true);
        after("TRUNCATE t", &["truncate high"], true);
        after("CLUSTER t USING t_a", &["table-rewrite high"], true);
        after("LOCK TABLE t", &["explicit-lock high"], true);
        after("LOCK TABLE t IN SHARE MODE", &["explicit-lock high"], true);
        after("REFRESH MATERIALIZED VIEW mv", &["matview-refresh high"], true);
        after("ALTER DOMAIN score SET NOT NULL", &["domain-validate high"], true);
        after("ALTER TABLE q DETACH PARTITION q1", &["detach-blocking controlled"], true);
        after("CREATE TABLE q2 PARTITION OF q FOR VALUES FROM (10) TO (20)", &["short-ael controlled"], true);
        // The default partition, not the parent.
        after(
            "CREATE TABLE new (id int); ALTER TABLE p ATTACH PARTITION new FOR VALUES FROM (10) TO (20)",
            &["default-partition-scan high"],
            true,
        );
        // The table that a foreign key refers to.
        after("CREATE TABLE new (t_id int PRIMARY KEY REFERENCES t)", &["fk-two-tables controlled"], true);
        after("DROP TABLE child", &["drop-table high"], true);
        after("ALTER TABLE child DROP CONSTRAINT child_t", &["fk-two-tables controlled"], true);
    }

    #[test]
    fn what_does_not_lock() {
        after("CREATE TABLE new (id int); CREATE INDEX ON new (id)", &[], false);
        after("COMMENT ON TABLE t IS 'x'", &[], false);
        after("ALTER TABLE t SET (fillfactor = 90)", &[], false);
        after("ALTER TABLE t ALTER COLUMN a SET STATISTICS 500", &[], false);
        after("LOCK TABLE t IN ROW EXCLUSIVE MODE", &[], false);
        after("INSERT INTO t (id) VALUES (1)", &[], false);
        after("ALTER DOMAIN idle SET NOT NULL", &[], false);
        after("ALTER INDEX t_a RENAME TO t_a_index", &[], false);
        after("DROP TABLE source", &["drop-table high"], false); // who wants it waits in vain anyhow
        after("REFRESH MATERIALIZED VIEW CONCURRENTLY mv", &["matview-refresh controlled"], false);
    }

    #[test]
    fn what_works() {
        let history = tables();
        let after = |work: &str, want: &[&str]| {
            case(&history, &format!("ALTER TABLE t ADD COLUMN n int; {work}"), want);
        };
        after("CREATE INDEX ON t (n)", &["index-blocking high", "lock-then-work high"]); // stops readers, too
        after("CREATE INDEX ON other (a)", &["index-blocking high", "lock-then-work high"]);
        after("INSERT INTO other SELECT id, a FROM t", &["lock-then-work high"]);
        after("CREATE TABLE copy AS SELECT * FROM t", &["lock-then-work high"]);
        after("CREATE MATERIALIZED VIEW w AS SELECT * FROM t", &["lock-then-work high"]);
        after(
            "REFRESH MATERIALIZED VIEW CONCURRENTLY mv",
            &["matview-refresh controlled", "lock-then-work high"],
        );
        after(
            "ALTER TABLE other VALIDATE CONSTRAINT other_a",
            &["lock-then-work high", "long-validate controlled"],
        );
        // How many rows it changes is unknown.
        after("UPDATE t SET n = 1 WHERE id = 5", &["unbounded-dml controlled", "lock-then-work controlled"]);
        // No work, or none on rows that were there.
        after("ALTER TABLE t ADD COLUMN m int", &[]);
        after("INSERT INTO other (id) VALUES (1)", &[]);
        after("CREATE TABLE new (id int); INSERT INTO new SELECT 1; UPDATE new SET id = 2", &[]);
        after("SELECT count(*) FROM t", &[]);
    }

    #[test]
    fn who_waits_for_the_statement_itself_is_reported_once() {
        let history = tables();
        case(
            &history,
            "ALTER TABLE t ADD COLUMN n int; ALTER TABLE t ADD CHECK (a > 0)",
            &["check-validate high"],
        );
        // Another table's readers wait for the same work.
        case(
            &history,
            "ALTER TABLE other ADD COLUMN n int; ALTER TABLE t ADD CHECK (a > 0)",
            &["lock-then-work high", "check-validate high"],
        );
    }

    #[test]
    fn validation_under_its_own_lock() {
        let history = tables();
        let add = "ADD CONSTRAINT t_positive CHECK (a > 0) NOT VALID";
        let found: &[&str] =
            &["new-write-limit controlled", "lock-then-work high", "long-validate controlled"];
        case(&history, &format!("ALTER TABLE t {add}; ALTER TABLE t VALIDATE CONSTRAINT t_positive"), found);
        case(
            &history,
            &format!("ALTER TABLE t {add}, VALIDATE CONSTRAINT t_positive"),
            &["lock-then-work high", "new-write-limit controlled", "long-validate controlled"],
        );
        // A transaction of its own for each.
        case(
            &history.without_transaction(),
            &format!("ALTER TABLE t {add}; ALTER TABLE t VALIDATE CONSTRAINT t_positive"),
            &["new-write-limit controlled", "long-validate controlled"],
        );
    }

    #[test]
    fn in_blocks() {
        let block = "DO $$ BEGIN ALTER TABLE t ADD COLUMN n int; UPDATE t SET n = 1; END $$";
        let found: &[&str] = &["hidden-ddl high", "unbounded-dml high", "lock-then-work high"];
        case(&tables(), block, found);
        // A block is one transaction, whatever the script is.
        case(&tables().without_transaction(), block, found);
        case(
            &tables().without_transaction(),
            "ALTER TABLE t ADD COLUMN n int; UPDATE t SET n = 1",
            &["unbounded-dml high"],
        );
    }

    #[test]
    fn it_says_who_waits() {
        let found = messages(
            &tables(),
            "CREATE TABLE new (t_id int PRIMARY KEY REFERENCES t); UPDATE other SET a = 1",
        );
        assert!(found[2].starts_with("no one can write to `public.t` until"), "{found:?}");
        let found = messages(&tables(), "ALTER TABLE t ADD COLUMN n int; UPDATE other SET a = 1");
        assert!(found[1].starts_with("no one can read or write `public.t` until"), "{found:?}");
        let found = messages(
            &tables(),
            "ALTER TABLE child ADD COLUMN n int, ADD CONSTRAINT n FOREIGN KEY (id) REFERENCES t NOT VALID;
             UPDATE other SET a = 1",
        );
        let both = "no one can read or write `public.child` or write to `public.t` until";
        assert!(found.iter().any(|message| message.starts_with(both)), "{found:?}");
    }

    #[test]
    fn sqlite_has_one_writer_anyhow() {
        let history = sqlite_history("CREATE TABLE t (id, a)");
        case(&history, "ALTER TABLE t ADD COLUMN n; UPDATE t SET n = 1", &["unbounded-dml high"]);
    }
}
