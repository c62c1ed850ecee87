//! The names of the history's tables, quoted and with their schema, and the expressions that differ between the engines.
//! `read`, `claim`, `record` and `create` make queries of them.

use super::bindings::Bindings;
use super::column::{HISTORY, Written};
use crate::fingerprint::{self, Dump, Fingerprint, Selection};
use crate::history::Begun;
use crate::query::{Query, Value};
use crate::{Checksum, Engine, OlderBinaries, Step, Version};

/// The format of the history that this version of the library writes. It reads this one and all before it.
pub const HISTORY_FORMAT: i64 = 2;

/// Where the history lies, and the SQL that reads and writes it.
///
/// It is always named with its schema, because a script may `SET search_path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryTable {
    pub(super) engine: Engine,
    pub(super) schema: Option<String>,
    pub(super) prefix: String,
    /// Which of the places that a history is about; nothing for the database itself, the one place there is today.
    pub(super) target: String,
    pub(super) history: String,
    pub(super) log: String,
    /// Where the schema is kept.
    pub(super) kept: String,
    pub(super) settings: String,
}

/// Who runs migrations: recorded in the history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runner {
    /// The host that the application runs on.
    pub host: Option<String>,
    /// The application and its version.
    pub application: Option<String>,
}

impl HistoryTable {
    /// The history of PostgreSQL in `schema`, in the tables `migrate_history` and `migrate_log` when `prefix`
    /// is `migrate`.
    pub fn postgres(schema: &str, prefix: &str) -> HistoryTable {
        HistoryTable::new(Engine::Postgres, Some(schema), prefix)
    }

    /// The history of SQLite.
    pub fn sqlite(prefix: &str) -> HistoryTable {
        HistoryTable::new(Engine::Sqlite, None, prefix)
    }

    fn new(engine: Engine, schema: Option<&str>, prefix: &str) -> HistoryTable {
        let qualified = |table: &str| match schema {
            Some(schema) => format!("{}.{}", quoted(schema), quoted(table)),
            None => format!("main.{}", quoted(table)),
        };
        HistoryTable {
            engine,
            schema: schema.map(str::to_owned),
            prefix: prefix.to_owned(),
            target: String::new(),
            history: qualified(&format!("{prefix}_history")),
            log: qualified(&format!("{prefix}_log")),
            kept: qualified(&format!("{prefix}_schema")),
            settings: qualified(&format!("{prefix}_settings")),
        }
    }

    /// Why no history can be here, if that is so.
    ///
    /// PostgreSQL cuts off a name after 63 bytes (manual, 4.1.1), so that two prefixes would be one table; and `pg_temp` is
    /// another schema in each session.
    pub fn unfit(&self) -> Option<String> {
        let limit = self.engine.name_limit().unwrap_or(usize::MAX);
        let longest_prefix = limit - "_settings".len();
        let schema = self.schema.as_deref();
        if self.prefix.is_empty() {
            Some("its prefix is empty".to_owned())
        } else if self.prefix.contains('\0') || schema.is_some_and(|schema| schema.contains('\0')) {
            Some("a name cannot hold the character NUL".to_owned())
        } else if schema.is_some_and(str::is_empty) {
            Some("its schema has no name".to_owned())
        } else if schema.is_some_and(|schema| schema.starts_with("pg_") || schema == "information_schema") {
            Some("this schema belongs to the server, and does not keep what is in it".to_owned())
        } else if schema.is_some_and(|schema| schema.len() > limit) {
            Some(format!("the name of a schema has at most {limit} bytes"))
        } else if self.prefix.len() > longest_prefix {
            Some(format!("its prefix has {} bytes, and may have {longest_prefix}", self.prefix.len()))
        } else {
            None
        }
    }

    /// The quoted name of the history table, with its schema.
    pub fn name(&self) -> &str {
        &self.history
    }

    /// The quoted name of the table that keeps the schema, with its schema.
    pub fn kept_name(&self) -> &str {
        &self.kept
    }

    /// The quoted names of all tables that may be there, with their schema.
    pub fn names(&self) -> [&str; 4] {
        [&self.history, &self.log, &self.kept, &self.settings]
    }

    /// Asks for what [`HistoryTable::fingerprint_rows`] makes the rows of a [`Fingerprint`] of: all
    /// that is in the database but these tables. On PostgreSQL it belongs into a transaction that begins with
    /// [`HistoryTable::FINGERPRINT_SETTINGS`].
    pub fn fingerprint(&self) -> Query {
        match &self.schema {
            Some(schema) => fingerprint::postgres::query(schema, &self.prefix),
            None => fingerprint::sqlite::query(&self.prefix),
        }
    }

    /// What makes the answer the same in every session.
    pub const FINGERPRINT_SETTINGS: &str = fingerprint::postgres::SETTINGS;

    /// The SQL that makes the part of the schema that is looked at.
    ///
    /// # Errors
    ///
    /// When a row is not one that this version of the library understands; with what is wrong in it.
    pub fn dump(&self, answer: &[Vec<Value>], selection: &Selection) -> Result<Dump, String> {
        match self.engine {
            Engine::Postgres => {
                let rows = answer.iter().map(Vec::as_slice);
                let schema = Fingerprint::from_rows(self.engine, rows)?.selected(selection);
                Ok(fingerprint::dump::postgres(&schema, selection))
            }
            Engine::Sqlite => Ok(fingerprint::dump::sqlite(answer, selection)),
        }
    }

    /// The rows of a fingerprint.
    pub fn fingerprint_rows(&self, answer: Vec<Vec<Value>>) -> Vec<Vec<Value>> {
        match self.engine {
            Engine::Postgres => answer,
            Engine::Sqlite => fingerprint::sqlite::rows(&answer),
        }
    }

    /// The key of the lock under which runs write this history.
    pub fn lock_key(&self) -> i64 {
        let bytes = *Checksum::of(&format!("migrate {}", self.history)).as_bytes();
        i64::from_be_bytes(bytes[..8].try_into().expect("8 of 32 bytes"))
    }

    /// The name of a table as `row_security_active` takes it: another role sees other rows of such a table, or none.
    pub(super) fn security_of(&self, table: &str) -> Option<Value> {
        self.engine.has_row_security().then(|| table.into())
    }

    /// What a row of a step is written from.
    pub(super) fn written<'a>(&'a self, step: &'a Step, runner: &'a Runner) -> Written<'a> {
        Written { target: &self.target, step, runner }
    }

    /// That a row is one of a set.
    pub(super) fn is_of_set(&self, bindings: &mut Bindings, set: &str) -> String {
        let target = bindings.bind(self.target.as_str());
        format!("target = {target} AND set_name = {}", bindings.bind(set))
    }

    /// That a row is the one of a version.
    pub(super) fn is_of_version(&self, bindings: &mut Bindings, set: &str, version: Version) -> String {
        let of_set = self.is_of_set(bindings, set);
        format!("{of_set} AND version = {}", bindings.bind(version.as_i64()))
    }

    /// That a row is the one of a step.
    pub(super) fn is_of_step(&self, bindings: &mut Bindings, step: &Step) -> String {
        self.is_of_version(bindings, &step.set, step.version)
    }

    /// That a row is the one of a step, with the chain value that the plan saw.
    pub(super) fn is_as_planned(&self, bindings: &mut Bindings, step: &Step) -> String {
        let of_step = self.is_of_step(bindings, step);
        format!("{of_step} AND chain = {}", bindings.bind(step.chain.to_string().as_str()))
    }

    /// What a row holds of a migration, as `name = $1`, in the order of the columns.
    pub(super) fn of_migration(&self, bindings: &mut Bindings, step: &Step) -> Vec<(&'static str, String)> {
        let unknown = Runner::default();
        let row = self.written(step, &unknown);
        let columns = HISTORY.iter().filter(|column| column.is_of_migration());
        columns.filter_map(|column| Some((column.name, bindings.bind(column.value(&row)?)))).collect()
    }

    pub(super) fn now(&self) -> &'static str {
        match self.engine {
            Engine::Postgres => "clock_timestamp()",
            Engine::Sqlite => "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
        }
    }

    /// Milliseconds since `started_at`.
    pub(super) fn elapsed(&self) -> &'static str {
        match self.engine {
            Engine::Postgres => "(extract(epoch FROM clock_timestamp() - started_at) * 1000)::bigint",
            Engine::Sqlite => "CAST(round((julianday('now') - julianday(started_at)) * 86400000) AS integer)",
        }
    }

    pub(super) fn role(&self) -> &'static str {
        match self.engine {
            Engine::Postgres => "current_user",
            Engine::Sqlite => "NULL",
        }
    }
}

/// That a row holds these values.
pub(super) fn holds(values: &[(&str, String)]) -> String {
    let is_same = |(column, value): &(&str, String)| format!("{column} IS NOT DISTINCT FROM {value}");
    values.iter().map(is_same).collect::<Vec<_>>().join(" AND ")
}

/// The progress of a script of which `done` statements are done, and the next was begun by the run with this mark.
pub(super) fn under_way(step: &Step, done: usize, by: &str) -> String {
    let checksum = step.work.checksum_of_first(done + 1);
    format!("{} {}", step.work.checksum_of_first(done), Begun { checksum, by: Some(by.to_owned()) })
}

pub(super) fn count(statements: usize) -> i64 {
    i64::try_from(statements).unwrap_or(i64::MAX)
}

pub(super) fn older_binaries_word(older_binaries: OlderBinaries) -> &'static str {
    match older_binaries {
        OlderBinaries::Ok => "ok",
        OlderBinaries::Refuse => "refuse",
    }
}

/// An SQL identifier, safe whatever it holds.
pub(super) fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_quoted() {
        assert_eq!(HistoryTable::postgres("a\"b", "my app").name(), r#""a""b"."my app_history""#);
    }
}
