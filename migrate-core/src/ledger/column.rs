//! The columns of the history and of the log.
//!
//! These two lists are all that the SQL knows of them: what creates the tables, reads a row, claims, records and upgrades
//! one is made of them, so a column is added here and nowhere else. Example: of `name`, the list says that it is a text,
//! that it is of the migration, and that its value is the name of the step; so it is created as `name text NOT NULL`, bound
//! by the INSERT that claims a row and by the UPDATE of a repair, and read by `status`.

use super::table::older_binaries_word;
use crate::query::Value;
use crate::{Engine, Runner, Script, Step};

/// A column of the history or of the log.
pub(super) struct Column {
    pub(super) name: &'static str,
    kind: Kind,
    constraint: &'static str,
    pub(super) group: Group,
    /// The format that brought it.
    since: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Boolean,
    Time,
    Identity,
}

/// What a column is about, and what it holds of a step where a row is written for that.
#[derive(Clone, Copy)]
pub(super) enum Group {
    /// Which row it is.
    Key(Of),
    /// The migration, as the set holds it.
    Migration(Of),
    /// Who runs.
    Runner(Of),
    /// What became of it: each query says that for itself.
    Progress,
}

type Of = fn(&Written<'_>) -> Value;

/// What a row is written from.
pub(super) struct Written<'a> {
    pub(super) target: &'a str,
    pub(super) step: &'a Step,
    pub(super) runner: &'a Runner,
}

/// The columns of the history. One that comes later stands at the end, where ALTER TABLE puts it.
pub(super) const HISTORY: [Column; 20] = [
    column("set_name", Kind::Text, NOT_NULL, SET),
    column("version", Kind::Number, NOT_NULL, VERSION),
    column("name", Kind::Text, NOT_NULL, NAME),
    column("checksum", Kind::Text, NOT_NULL, CHECKSUM),
    column("chain", Kind::Text, NOT_NULL, Group::Migration(|row| text(&row.step.chain))),
    column(
        "state",
        Kind::Text,
        "NOT NULL CHECK (state IN ('applied', 'baseline', 'applying', 'rolling_back'))",
        Group::Progress,
    ),
    column("statements_done", Kind::Number, NOT_NULL, Group::Progress),
    column("statements_checksum", Kind::Text, "", Group::Progress),
    column("down_script", Kind::Text, "", Group::Migration(|row| down(row).map(Script::sql).into())),
    column(
        "down_checksum",
        Kind::Text,
        "",
        Group::Migration(|row| down(row).map(|down| down.checksum().to_string()).as_deref().into()),
    ),
    column(
        "down_transaction",
        Kind::Boolean,
        NOT_NULL,
        Group::Migration(|row| down(row).is_none_or(|down| down.execution().transaction).into()),
    ),
    column(
        "older_binaries",
        Kind::Text,
        "NOT NULL CHECK (older_binaries IN ('ok', 'refuse'))",
        Group::Migration(|row| older_binaries_word(row.step.older_binaries).into()),
    ),
    column("started_at", Kind::Time, NOT_NULL, Group::Progress),
    column("finished_at", Kind::Time, "", Group::Progress),
    column("elapsed_ms", Kind::Number, "", Group::Progress),
    column("applied_by", Kind::Text, "", Group::Progress),
    column("host", Kind::Text, "", HOST),
    column("application", Kind::Text, "", APPLICATION),
    column("format", Kind::Number, NOT_NULL, Group::Progress),
    // It has a default for the sake of older versions of the library: their rows fail at the check of the format, which says why.
    Column { since: 2, ..column("target", Kind::Text, "NOT NULL DEFAULT ''", TARGET) },
];

/// The columns of the log. Those of the key and of the migration are as in the history.
pub(super) const LOG: [Column; 13] = [
    column("id", Kind::Identity, "PRIMARY KEY", Group::Progress),
    column("logged_at", Kind::Time, NOT_NULL, Group::Progress),
    column("action", Kind::Text, NOT_NULL, Group::Progress),
    column("set_name", Kind::Text, NOT_NULL, SET),
    column("version", Kind::Number, NOT_NULL, VERSION),
    column("name", Kind::Text, NOT_NULL, NAME),
    column("checksum", Kind::Text, NOT_NULL, CHECKSUM),
    column("elapsed_ms", Kind::Number, "", Group::Progress),
    column("applied_by", Kind::Text, "", Group::Progress),
    column("host", Kind::Text, "", HOST),
    column("application", Kind::Text, "", APPLICATION),
    column("detail", Kind::Text, "", Group::Progress),
    // No default: an older version of the library cannot finish a step here.
    Column { since: 2, ..column("target", Kind::Text, NOT_NULL, TARGET) },
];

/// The key of the history.
pub(super) const KEY: &str = "target, set_name, version";

const NOT_NULL: &str = "NOT NULL";
const TARGET: Group = Group::Key(|row| row.target.into());
const SET: Group = Group::Key(|row| row.step.set.as_ref().into());
const VERSION: Group = Group::Key(|row| row.step.version.as_i64().into());
const NAME: Group = Group::Migration(|row| row.step.name.as_ref().into());
const CHECKSUM: Group = Group::Migration(|row| text(&row.step.checksum));
const HOST: Group = Group::Runner(|row| row.runner.host.as_deref().into());
const APPLICATION: Group = Group::Runner(|row| row.runner.application.as_deref().into());

const fn column(name: &'static str, kind: Kind, constraint: &'static str, group: Group) -> Column {
    Column { name, kind, constraint, group, since: 1 }
}

fn text(value: &impl ToString) -> Value {
    value.to_string().as_str().into()
}

fn down<'a>(row: &Written<'a>) -> Option<&'a Script> {
    row.step.down.as_ref()
}

impl Column {
    /// The value that is bound, unless it is of the progress.
    pub(super) fn value(&self, row: &Written<'_>) -> Option<Value> {
        match self.group {
            Group::Key(of) | Group::Migration(of) | Group::Runner(of) => Some(of(row)),
            Group::Progress => None,
        }
    }

    pub(super) fn is_key(&self) -> bool {
        matches!(self.group, Group::Key(_))
    }

    pub(super) fn is_of_migration(&self) -> bool {
        matches!(self.group, Group::Migration(_))
    }

    /// Whether a history of this format has it.
    pub(super) fn is_in(&self, format: i64) -> bool {
        self.since <= format
    }

    /// It as `CREATE TABLE` and `ADD COLUMN` want it.
    pub(super) fn definition(&self, engine: Engine) -> String {
        let kind = match (self.kind, engine) {
            (Kind::Text, _) | (Kind::Time, Engine::Sqlite) => "text",
            (Kind::Number, Engine::Postgres) => "bigint",
            (Kind::Number | Kind::Identity, Engine::Sqlite) => "integer",
            (Kind::Boolean, _) => "boolean",
            (Kind::Time, Engine::Postgres) => "timestamptz",
            (Kind::Identity, Engine::Postgres) => "bigint GENERATED ALWAYS AS IDENTITY",
        };
        let separator = if self.constraint.is_empty() { "" } else { " " };
        format!("{} {kind}{separator}{}", self.name, self.constraint)
    }

    /// The expression that reads it, as a text or a number on both engines.
    pub(super) fn read(&self, engine: Engine) -> String {
        match (self.kind, engine) {
            (Kind::Boolean, _) => format!("CASE WHEN {} THEN 1 ELSE 0 END", self.name),
            (Kind::Time, Engine::Postgres) => {
                format!("to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')", self.name)
            }
            _ => self.name.to_owned(),
        }
    }
}
