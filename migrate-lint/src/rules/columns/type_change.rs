//! `type-rewrite`, `type-reindex`, `type-recheck`: ALTER COLUMN … TYPE.
//!
//! ```sql
//! ALTER TABLE orders ALTER COLUMN total TYPE numeric;   -- it was int8
//! ```
//!
//! All of it happens under ACCESS EXCLUSIVE (<https://www.postgresql.org/docs/current/sql-altertable.html>,
//! "Notes"). Three kinds of work are possible, and the worst of them is the finding: the rows are rewritten, an
//! index is rebuilt, or a CHECK is read again. Measured on PostgreSQL 15: an index with an expression or a WHERE
//! that uses the column is rebuilt, and a CHECK on it is read again, even if the type only becomes wider; a foreign
//! key of the column, in either direction, locks the other table too.
//!
//! Safer: a new column, filled in batches. Where only an index or a CHECK is in the way, drop that first.
//!
//! Exempt: `varchar(20)` to `text` and the like, where `heap` knows that the rows stay, if no index and no CHECK
//! needs work. If code sees another type, it is controlled.

use migrate_core::{Finding, Hazard, Risk, Span};

use super::column_type::{base, is_constrained_domain, is_domain};
use super::heap::{Heap, keeps_heap, reads_otherwise};
use super::locking_changes;
use crate::Context;
use crate::schema::{Index, Schema, Table, TableColumn, TableConstraintKind};
use crate::sql::{ChangeAction, ColumnChange, Expression, Kind, Name, SettingScope, Type};

const NEW_COLUMN: &str = "add a column of the new type, keep both equal with a trigger, fill it in batches, let the code \
                          use it, then drop the old column";
const SAFER_UTC: &str =
    "if the values without a time zone are in UTC, `SET LOCAL TimeZone = 'UTC'` before it keeps the rows";
const SAFER_REINDEX: &str = "drop the index CONCURRENTLY before it and build it CONCURRENTLY after it, each in a migration of \
                             its own; if queries need the index, add a column of the new type instead";
const SAFER_RECHECK: &str = "drop the CHECK first, change the type, add the CHECK again NOT VALID, and VALIDATE it in a \
                             later migration";
const SAFER_TWO_TABLES: &str = "keep it alone in its migration, so that both locks last an instant";

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let changes = locking_changes(context).filter_map(|(table, change)| match &change.action {
        ChangeAction::AlterColumn { column, change: ColumnChange::Type { to, using, collation } } => {
            let using = using.as_ref();
            Some(TypeChange { table, column, to, using, collation: collation.as_deref(), span: change.span })
        }
        _ => None,
    });
    changes.filter_map(|change| change.finding(context)).collect()
}

/// One `ALTER COLUMN … TYPE` clause, as the statement has it.
struct TypeChange<'a> {
    table: &'a Name,
    column: &'a str,
    to: &'a Type,
    using: Option<&'a Expression>,
    collation: Option<&'a str>,
    span: Span,
}

impl TypeChange<'_> {
    /// The worst thing that the change does.
    fn finding(&self, context: &Context<'_>) -> Option<Finding> {
        let (schema, column) = (context.schema, self.column);
        let Some((table, now, from)) = self.present(context) else {
            return Some(self.rewrite(&format!("no migration shows which type `{column}` has now")));
        };
        if self.using.is_some_and(|using| !self.is_plain_cast(using)) {
            return Some(self.rewrite(&format!("USING computes `{column}` again in every row")));
        }
        let to = schema.resolve_type(self.to);
        if *from != to && is_constrained_domain(schema, &to) {
            return Some(self.rewrite(&format!(
                "the server checks every `{column}` against the constraint of `{}`",
                self.to
            )));
        }
        let heap =
            if *from == to { Heap::Kept } else { keeps_heap(&cast_base(schema, from), &base(schema, &to)) };
        match heap {
            Heap::Rewritten => Some(self.rewrite(&format!("`{column}` changes from {from} to {}", self.to))),
            Heap::KeptInUtc if !is_in_utc(context) => {
                let finding = self.rewrite(&format!("`{column}` changes from {from} to {}", self.to));
                Some(Finding { safer: format!("{SAFER_UTC}; otherwise {NEW_COLUMN}"), ..finding })
            }
            heap => self.beside_the_rows(context, table, now, from, heap),
        }
    }

    /// The column before the statement, with its table and type. `None` if no migration shows them.
    fn present<'s>(&self, context: &Context<'s>) -> Option<(&'s Table, &'s TableColumn, &'s Type)> {
        let table = context.schema.table(self.table)?;
        let column = table.column(self.column)?;
        Some((table, column, column.data_type.as_ref()?))
    }

    /// Whether it is `USING c` or `USING c::type`, which do what the server does without USING.
    fn is_plain_cast(&self, using: &Expression) -> bool {
        using.text == self.column || using.text == format!("{}::{}", self.column, self.to)
    }

    /// What else the change does if the rows stay.
    fn beside_the_rows(
        &self,
        context: &Context<'_>,
        known: &Table,
        now: &TableColumn,
        from: &Type,
        heap: Heap,
    ) -> Option<Finding> {
        let schema = context.schema;
        // With another collation the rows stay, but the order of an index on the column is another.
        let compares_anew = heap != Heap::Kept || now.collation.as_deref() != self.collation;
        let to = base(schema, &schema.resolve_type(self.to));
        let reads_otherwise = reads_otherwise(&base(schema, from), &to);
        let index = schema.indexes_of(self.table).find(|index| self.rebuilds(index, compares_anew));
        let check = known.constraints.iter().find(|constraint| match &constraint.kind {
            TableConstraintKind::Check(check) => constraint.validated && self.is_in(&check.columns),
            _ => false,
        });
        let mut finding = if let Some(index) = index {
            self.reindex(index)
        } else if let Some(check) = check {
            self.recheck(check.name.as_deref().unwrap_or("a CHECK"))
        } else if reads_otherwise {
            self.other_type(from)
        } else {
            self.two_tables(&self.other_table(context)?)
        };
        finding.breaks_older_binaries = reads_otherwise;
        Some(finding)
    }

    /// Whether the server rebuilds an index. It rebuilds every one that has an expression or a WHERE and uses the column.
    fn rebuilds(&self, index: &Index, compares_anew: bool) -> bool {
        let uses = |value: &Expression| self.is_in(&value.columns);
        let is_key = index.keys.iter().any(|key| key.column.as_deref() == Some(self.column));
        let is_used = is_key
            || self.is_in(&index.include)
            || index.keys.iter().any(|key| uses(&key.value))
            || index.filter.as_ref().is_some_and(uses);
        let is_plain = index.filter.is_none() && index.keys.iter().all(|key| key.column.is_some());
        (is_used && !is_plain) || (compares_anew && is_key)
    }

    /// The table at the other end of a foreign key with the column.
    fn other_table(&self, context: &Context<'_>) -> Option<Name> {
        let schema = context.schema;
        let own = schema.foreign_keys_of(self.table).filter_map(|constraint| match &constraint.kind {
            TableConstraintKind::ForeignKey { columns, table, .. } if self.is_in(columns) => Some(table),
            _ => None,
        });
        let of_others =
            schema.foreign_keys_to(self.table).filter_map(|(owner, constraint)| match &constraint.kind {
                TableConstraintKind::ForeignKey { referenced, .. }
                    if referenced.is_empty() || self.is_in(referenced) =>
                {
                    Some(&owner.name)
                }
                _ => None,
            });
        let this = schema.resolve(self.table);
        own.chain(of_others).find(|other| **other != this && context.is_old(other)).cloned()
    }

    /// Whether the changed column is one of these.
    fn is_in(&self, columns: &[String]) -> bool {
        columns.iter().any(|column| column == self.column)
    }

    /// The finding if the table is rewritten.
    fn rewrite(&self, why: &str) -> Finding {
        let table = self.table;
        let message = format!(
            "{why}: the server rewrites `{table}` and its indexes, and no one can read or write it until that is done"
        );
        Finding::new(Hazard::TypeRewrite, self.span, message, NEW_COLUMN).breaking_older_binaries()
    }

    /// The finding if an index is rebuilt.
    fn reindex(&self, index: &Index) -> Finding {
        let (table, column, index) = (self.table, self.column, &index.name.name);
        let message = format!(
            "changing the type of `{column}` rebuilds the index `{index}`, and no one can read or write `{table}` until \
             that is done"
        );
        Finding::new(Hazard::TypeReindex, self.span, message, SAFER_REINDEX)
    }

    /// The finding if a CHECK is read again.
    fn recheck(&self, check: &str) -> Finding {
        let (table, column) = (self.table, self.column);
        let message = format!(
            "changing the type of `{column}` checks `{check}` in all rows of `{table}` again, and no one can read or \
             write it until that is done"
        );
        Finding::new(Hazard::TypeRecheck, self.span, message, SAFER_RECHECK)
    }

    /// The change costs nothing, but running code sees another type.
    fn other_type(&self, from: &Type) -> Finding {
        let (table, column, to) = (self.table, self.column, self.to);
        let message = format!(
            "`{table}.{column}` becomes {to} in an instant, but running code that reads or writes it as {from} may fail"
        );
        let safer = "first deploy code that can read and write both types";
        Finding::new(Hazard::TypeRewrite, self.span, message, safer).with_risk(Risk::Controlled)
    }

    /// The finding if the only cost is the lock on the table at the other end of a foreign key.
    fn two_tables(&self, other: &Name) -> Finding {
        let (table, column) = (self.table, self.column);
        let message = format!(
            "changing the type of `{column}` creates its foreign key again: for an instant no one can read or write \
             `{table}` and `{other}`"
        );
        Finding::new(Hazard::FkTwoTables, self.span, message, SAFER_TWO_TABLES)
    }
}

/// The type that a cast starts from. The length in a domain's base type does not count there: the server compares the
/// types alone when it decides about a rewrite.
fn cast_base(schema: &Schema, from: &Type) -> Type {
    let base = base(schema, from);
    if is_domain(schema, from) { Type { modifiers: Vec::new(), ..base } } else { base }
}

/// Whether the script has set the session's time zone to UTC.
fn is_in_utc(context: &Context<'_>) -> bool {
    const UTC: &[&str] = &["utc", "etc/utc", "gmt", "etc/gmt", "zulu", "0"];
    let before = context.script[..context.index].iter().rev();
    let last = before.filter_map(|statement| match &statement.kind {
        Kind::Set(setting) if setting.name == "timezone" || setting.name.is_empty() => Some(setting),
        _ => None,
    });
    let holds = |scope| scope == SettingScope::Session || context.transaction;
    last.take(1).any(|setting| {
        let is_utc = |value: &String| UTC.contains(&value.to_ascii_lowercase().as_str());
        !setting.reset && holds(setting.scope) && setting.values.iter().any(is_utc)
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, findings, history, messages};

    const HISTORY: &str = r#"
        CREATE DOMAIN positive AS int CHECK (VALUE > 0);
        CREATE DOMAIN score AS int;
        CREATE DOMAIN title AS varchar(100);
        CREATE TYPE mood AS ENUM ('good');
        CREATE TABLE r (code varchar(20) PRIMARY KEY);
        CREATE TABLE t (
            id bigint PRIMARY KEY, a int, b text, c varchar(50), k int NOT NULL, price numeric(10, 2), doc json,
            at timestamp, rating score, own positive, feels mood, head title, net cidr, word text COLLATE "C",
            r_code varchar(20) REFERENCES r, parent varchar(20), code varchar(20) UNIQUE
        );
        ALTER TABLE t ADD FOREIGN KEY (parent) REFERENCES t (code);
        CREATE INDEX t_a ON t (a);
        CREATE INDEX t_c ON t (c) INCLUDE (b);
        CREATE TABLE checked (b varchar(50) CHECK (b <> ''), c varchar(50), d int);
        ALTER TABLE checked ADD CHECK (c <> '') NOT VALID;
        CREATE TABLE folded (a varchar(50), b varchar(50), c varchar(50), d varchar(50));
        CREATE INDEX folded_a ON folded (lower(a));
        CREATE INDEX folded_b ON folded (d) WHERE b <> '';
        CREATE TABLE booked (note text, room varchar(50), EXCLUDE USING gist (room WITH =));
    "#;

    #[test]
    fn rewrites() {
        let history = history(HISTORY);
        let case = |sql: &str, want: &[&str]| case(&history, &format!("ALTER TABLE {sql}"), want);
        let high: &[&str] = &["type-rewrite high"];
        case("t ALTER COLUMN k TYPE bigint", high);
        case("t ALTER COLUMN c TYPE varchar(20)", high);
        case("t ALTER COLUMN price TYPE numeric(10, 4)", high);
        case("t ALTER COLUMN doc TYPE jsonb", high);
        case("t ALTER COLUMN doc TYPE jsonb USING doc::jsonb", high);
        case("t ALTER COLUMN c TYPE text USING lower(c)", high);
        case("t ALTER COLUMN a TYPE positive", high); // the domain's CHECK is held against all rows
        case("t ALTER COLUMN head TYPE varchar(200)", high); // a domain's length is not known of its values
        case("t ALTER COLUMN unknown TYPE text", &["type-rewrite high", "up-fails high"]); // added by hand
        case("elsewhere ALTER COLUMN c TYPE text", high); // a table of others
        case(
            "t ALTER COLUMN k TYPE bigint, ALTER COLUMN a TYPE bigint",
            &["type-rewrite high", "type-rewrite high"],
        );
    }

    #[test]
    fn widenings_are_safe() {
        let history = history(HISTORY);
        let case = |sql: &str| case(&history, &format!("ALTER TABLE {sql}"), &[]);
        case("t ALTER COLUMN c TYPE varchar(100)");
        case("t ALTER COLUMN c TYPE text");
        case("t ALTER COLUMN c TYPE text USING c::text");
        case("t ALTER COLUMN c TYPE text USING c");
        case("t ALTER COLUMN b TYPE varchar");
        case("t ALTER COLUMN price TYPE numeric(12, 2)");
        case("t ALTER COLUMN a TYPE score");
        case("t ALTER COLUMN rating TYPE int");
        case("t ALTER COLUMN own TYPE positive"); // nothing changes
        case("t ALTER COLUMN feels TYPE mood");
        case("t ALTER COLUMN feels TYPE public.mood");
        case("t ALTER COLUMN own TYPE int");
        case("t ALTER COLUMN head TYPE text");
        case("t ALTER COLUMN c TYPE title");
        case("t ALTER COLUMN parent TYPE text"); // the foreign key is to its own table
        case("checked ALTER COLUMN c TYPE text"); // its CHECK is not valid yet
        case("checked ALTER COLUMN d TYPE int");
        case("folded ALTER COLUMN c TYPE text"); // other columns' expressions
        case("booked ALTER COLUMN room TYPE text");
    }

    #[test]
    fn a_table_of_this_migration_has_no_readers_yet() {
        let history = history(HISTORY);
        case(&history, "CREATE TABLE n (a int); ALTER TABLE n ALTER COLUMN a TYPE bigint", &[]);
        case(
            &history,
            "CREATE TABLE app.t (k int); ALTER TABLE t ALTER COLUMN k TYPE bigint",
            &["type-rewrite high"],
        );
    }

    #[test]
    fn indexes_and_checks_beside_the_rows() {
        let history = history(HISTORY);
        let case = |sql: &str, want: &[&str]| case(&history, &format!("ALTER TABLE {sql}"), want);
        case(r#"t ALTER COLUMN c TYPE text COLLATE "C""#, &["type-reindex high"]);
        case(r#"t ALTER COLUMN b TYPE text COLLATE "C""#, &[]); // no key of an index
        case(r#"t ALTER COLUMN word TYPE text COLLATE "C""#, &[]); // the one that it has
        case("t ALTER COLUMN a TYPE oid", &["type-reindex high"]);
        case("t ALTER COLUMN c TYPE citext", &["type-reindex high"]);
        case("t ALTER COLUMN b TYPE citext", &[]);
        case("folded ALTER COLUMN a TYPE text", &["type-reindex high"]);
        case("folded ALTER COLUMN b TYPE varchar(100)", &["type-reindex high"]);
        case("folded ALTER COLUMN d TYPE varchar(100)", &["type-reindex high"]);
        case("booked ALTER COLUMN room TYPE citext", &["type-reindex high"]);
        case("booked ALTER COLUMN note TYPE citext", &[]);
        case("checked ALTER COLUMN b TYPE varchar(100)", &["type-recheck high"]);
        case("checked ALTER COLUMN b TYPE text", &["type-recheck high"]);
    }

    #[test]
    fn what_remains_when_nothing_is_read() {
        let history = history(HISTORY);
        case(&history, "ALTER TABLE t ALTER COLUMN r_code TYPE varchar(30)", &["fk-two-tables controlled"]);
        case(&history, "ALTER TABLE r ALTER COLUMN code TYPE varchar(30)", &["fk-two-tables controlled"]);
        case(&history, "ALTER TABLE t ALTER COLUMN k TYPE oid", &["type-rewrite controlled"]);
        case(&history, "ALTER TABLE t ALTER COLUMN net TYPE inet", &["type-rewrite controlled"]);
    }

    #[test]
    fn time_zones() {
        let history = history(HISTORY);
        let change = "ALTER TABLE t ALTER COLUMN at TYPE timestamptz";
        let (rewritten, kept) = (["type-rewrite high"], ["type-rewrite controlled"]);
        case(&history, change, &rewritten);
        case(&history, &format!("SET LOCAL TimeZone = 'UTC'; {change}"), &kept);
        case(&history, &format!("SET LOCAL TIME ZONE 'utc'; {change}"), &kept);
        case(&history, &format!("SET LOCAL TimeZone = 'Europe/Berlin'; {change}"), &rewritten);
        case(
            &history,
            &format!("SET LOCAL TimeZone = 'UTC'; SET LOCAL TimeZone = 'Asia/Tokyo'; {change}"),
            &rewritten,
        );
        let alone = history.without_transaction();
        case(&alone, &format!("SET LOCAL TimeZone = 'UTC'; {change}"), &rewritten); // it ends with its own statement
    }

    #[test]
    fn messages_name_what_is_in_the_way() {
        let history = history(HISTORY);
        let says = |sql: &str, words: &str| {
            let messages = messages(&history, &format!("ALTER TABLE {sql}"));
            assert!(messages.iter().any(|message| message.contains(words)), "{messages:?}");
        };
        says("t ALTER COLUMN c TYPE varchar(20)", "from varchar(50) to varchar(20)");
        says("t ALTER COLUMN c TYPE citext", "index `t_c`");
        says("checked ALTER COLUMN b TYPE text", "`checked_b_check`");
        says("t ALTER COLUMN r_code TYPE text", "`t` and `public.r`");
        says("elsewhere ALTER COLUMN c TYPE text", "no migration shows which type `c` has");
        says("t ALTER COLUMN c TYPE text USING lower(c)", "USING computes `c`");
        says("t ALTER COLUMN a TYPE positive", "constraint of `positive`");
        let found = findings(&history, "ALTER TABLE t ALTER COLUMN at TYPE timestamptz");
        assert!(found[0].safer.contains("TimeZone = 'UTC'"), "{found:?}");
    }
}
