use std::time::Duration;

use super::written::{fails_otherwise_unless, fails_unless};
use crate::fingerprint::{self, Dump, Fingerprint};
use crate::history::{AppliedMigration, AppliedState, RecordedDown};
use crate::plan::Head;
use crate::query::{Query, Value};
use crate::{
    Action, Checksum, Direction, Engine, MigrationSet, OlderBinaries, OneLine, Script, Step, Version,
};

/// The format of the history that this version of the library writes.
pub const HISTORY_FORMAT: i64 = 1;

/// Where the history lies, and the SQL that reads and writes it.
///
/// It is always named with its schema, because a script may `SET search_path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryTable {
    pub(super) engine: Engine,
    pub(super) schema: Option<String>,
    pub(super) prefix: String,
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

/// What one row says of the whole history of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    rows: i64,
    settled: i64,
    format: Option<i64>,
    chain: Option<String>,
}

impl Proof {
    /// Reads the answer to [`HistoryTable::proof`].
    pub fn from_row(row: &[Value]) -> Option<Proof> {
        let [rows, settled, format, chain] = row else { return None };
        Some(Proof {
            rows: rows.as_integer()?,
            settled: settled.as_integer()?,
            format: format.as_integer(),
            chain: chain.as_text().map(str::to_owned),
        })
    }

    /// Whether exactly the migrations of `set` are applied, all as they are in it.
    pub fn proves(&self, set: &MigrationSet) -> bool {
        let chain = set.chain().map(|chain| chain.to_string());
        let is_complete = i64::try_from(set.count()) == Ok(self.rows) && self.rows == self.settled;
        is_complete && self.chain == chain && self.format.is_none_or(|format| format <= HISTORY_FORMAT)
    }
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
            history: qualified(&format!("{prefix}_history")),
            log: qualified(&format!("{prefix}_log")),
            kept: qualified(&format!("{prefix}_schema")),
            settings: qualified(&format!("{prefix}_settings")),
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

    /// The SQL that makes the schema.
    ///
    /// # Errors
    ///
    /// When a row is not one that this version of the library understands; with what is wrong in it.
    pub fn dump(&self, answer: &[Vec<Value>]) -> Result<Dump, String> {
        match self.engine {
            Engine::Postgres => {
                let rows = answer.iter().map(Vec::as_slice);
                Fingerprint::from_rows(self.engine, rows).map(|schema| fingerprint::dump::postgres(&schema))
            }
            Engine::Sqlite => Ok(fingerprint::dump::sqlite(answer)),
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

    /// What creates the schema of the history, where the engine has schemas.
    pub fn create_schema(&self) -> Option<String> {
        self.schema.as_ref().map(|schema| format!("CREATE SCHEMA IF NOT EXISTS {};", quoted(schema)))
    }

    /// What creates the tables. It fails when they exist: then another runner was faster.
    pub fn create(&self) -> String {
        let (bigint, timestamp, identity) = match self.engine {
            Engine::Postgres => ("bigint", "timestamptz", "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
            Engine::Sqlite => ("integer", "text", "integer PRIMARY KEY"),
        };
        let HistoryTable { history, log, .. } = self;
        format!(
            "CREATE TABLE {history} (
    set_name text NOT NULL,
    version {bigint} NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    chain text NOT NULL,
    state text NOT NULL CHECK (state IN ('applied', 'baseline', 'applying', 'rolling_back')),
    statements_done {bigint} NOT NULL,
    statements_checksum text,
    down_script text,
    down_checksum text,
    down_transaction boolean NOT NULL,
    older_binaries text NOT NULL CHECK (older_binaries IN ('ok', 'refuse')),
    started_at {timestamp} NOT NULL,
    finished_at {timestamp},
    elapsed_ms {bigint},
    applied_by text,
    host text,
    application text,
    format {bigint} NOT NULL,
    PRIMARY KEY (set_name, version)
);
CREATE TABLE {log} (
    id {identity},
    logged_at {timestamp} NOT NULL,
    action text NOT NULL,
    set_name text NOT NULL,
    version {bigint} NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    elapsed_ms {bigint},
    applied_by text,
    host text,
    application text,
    detail text
);
{}",
            self.create_kept()
        )
    }

    /// Asks for the [`Proof`] of a set: an answer of one row, whatever the number of migrations. Rows that are hidden prove
    /// nothing.
    pub fn proof(&self, set: &MigrationSet) -> Query {
        let history = &self.history;
        let rows = match self.engine {
            Engine::Postgres => "CASE WHEN row_security_active($3) THEN -1 ELSE count(*) END",
            Engine::Sqlite => "count(*)",
        };
        let sql = format!(
            "SELECT {rows}, count(CASE WHEN state IN ('applied', 'baseline') THEN 1 END), max(format), \
             (SELECT chain FROM {history} WHERE set_name = $1 AND version = $2) FROM {history} WHERE set_name = $1"
        );
        let latest = set.latest().map(Version::as_i64);
        let mut values = vec![set.name().into(), Value::Integer(latest)];
        values.extend(self.security_of(history));
        Query { sql, values }
    }

    /// Asks for all rows of a set; [`HistoryTable::read_row`] reads each. One more says that row-level security hides some.
    pub fn rows(&self, set: &str) -> Query {
        let (started_at, hidden) = match self.engine {
            Engine::Postgres => (
                "to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')",
                " UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL \
                 WHERE row_security_active($2)",
            ),
            Engine::Sqlite => ("started_at", ""),
        };
        let sql = format!(
            "SELECT format, version, name, checksum, chain, state, statements_done, statements_checksum, \
             down_script, \
             CASE WHEN down_transaction THEN 1 ELSE 0 END, older_binaries, {started_at}, elapsed_ms, applied_by \
             FROM {} WHERE set_name = $1{hidden}",
            self.history
        );
        Query { sql, values: [set.into()].into_iter().chain(self.security_of(&self.history)).collect() }
    }

    /// Whether an answer to [`HistoryTable::rows`] says that there are others, which row-level security hides.
    pub fn hides_rows(&self, answer: &[Vec<Value>]) -> bool {
        let is_mark = |row: &Vec<Value>| matches!(row.first(), Some(Value::Integer(None)));
        self.engine == Engine::Postgres && answer.iter().any(is_mark)
    }

    /// The name of a table as `row_security_active` takes it: another role sees other rows of such a table, or none.
    pub(super) fn security_of(&self, table: &str) -> Option<Value> {
        (self.engine == Engine::Postgres).then(|| table.into())
    }

    /// Reads a row that [`HistoryTable::rows`] asked for.
    ///
    /// # Errors
    ///
    /// When the row is not one that this version of the library understands; with what is wrong in it.
    pub fn read_row(&self, row: &[Value]) -> Result<AppliedMigration, String> {
        let [format, row @ ..] = row else { return Err("it is empty".to_owned()) };
        match format.as_integer() {
            Some(format) if format <= HISTORY_FORMAT => {
                read_row(row).ok_or_else(|| format!("it reads {row:?}"))
            }
            Some(format) => Err(format!(
                "it has format {format}, written by a newer version of the library; this one knows {HISTORY_FORMAT}"
            )),
            None => Err("it has no format".to_owned()),
        }
    }

    /// What claims a step's row before its script runs, and fails when the history is no longer what the plan
    /// was made from.
    ///
    /// Scripts are sent without waiting for the answers of earlier ones, so this must *fail*: a count of zero
    /// divides by zero in PostgreSQL, and gives NULL for a NOT NULL column in SQLite.
    pub fn claim(&self, set: &str, step: &Step, runner: &Runner) -> Vec<Query> {
        match (step.action, step.was) {
            (Action::Apply, _) if step.resumes => {
                let is_ours = "statements_done = $3 AND state = 'applying'";
                vec![
                    self.row_is(set, step, is_ours, vec![count(step.done).into()]),
                    self.claim_resumed(set, step),
                ]
            }
            (Action::Apply, _) => {
                vec![self.insert(set, step, runner, AppliedState::Interrupted(Direction::Apply))]
            }
            (Action::Baseline, _) => vec![self.insert(set, step, runner, AppliedState::Baseline)],
            (Action::ResolveApplied, None) => vec![self.insert(set, step, runner, AppliedState::Applied)],
            (Action::ResolveApplied, Some(was)) => {
                vec![self.row_was(set, step, was), self.settle(set, step)]
            }
            (Action::Repair, was) => {
                vec![self.row_was(set, step, was.unwrap_or(step.chain)), self.rewrite(set, step, "", "true")]
            }
            (Action::StatementDone | Action::StatementUndone, _) => {
                vec![self.stands_at(set, step, step.done)]
            }
            (Action::Rollback | Action::ResolveRolledBack, _) => {
                let gone = step.gone.map(|version| self.guard_gone(set, version));
                gone.into_iter()
                    .chain([self.may_roll_back(set, step), self.claim_rollback(set, step)])
                    .collect()
            }
        }
    }

    fn insert(&self, set: &str, step: &Step, runner: &Runner, state: AppliedState) -> Query {
        let HistoryTable { history, .. } = self;
        let (now, role, state) = (self.now(), self.role(), state.as_str());
        let mut values: Vec<Value> = vec![set.into(), step.version.as_i64().into()];
        values.extend(recorded(step));
        values.extend([runner.host.as_deref().into(), runner.application.as_deref().into()]);
        let guard = match step.before {
            Some(Head { version, chain }) => {
                values.extend([version.as_i64().into(), chain.to_string().as_str().into()]);
                // What only writes the history may come after an interrupted script.
                let state =
                    if step.action.runs_script() { " AND state IN ('applied', 'baseline')" } else { "" };
                format!(
                    "SELECT 0 / count(*) FROM {history} WHERE set_name = $1 AND version = $12 AND chain = $13{state}"
                )
            }
            None if step.rechain.is_empty() => {
                format!(
                    "SELECT 0 / (CASE count(*) WHEN 0 THEN 1 ELSE 0 END) FROM {history} WHERE set_name = $1"
                )
            }
            None => "0".to_owned(),
        };
        let sql = format!(
            "INSERT INTO {history} (set_name, version, name, checksum, chain, down_script, down_checksum, \
             down_transaction, older_binaries, host, application, applied_by, state, started_at, format, \
             statements_done) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, {role}, '{state}', {now}, \
             {HISTORY_FORMAT}, ({guard}))"
        );
        let write = Query { sql, values };
        if step.action == Action::Apply && step.script.execution().transaction {
            // The record of it, in the same transaction, finds the row and looks at all of it.
            return write;
        }
        let holds = format!(
            "set_name = $1 AND version = $2 AND {} AND state = '{state}' AND format = {HISTORY_FORMAT} \
             AND statements_done = 0",
            holds_recorded(3)
        );
        self.one_row(write, &holds, None)
    }

    /// Takes over the row of an interrupted script. What is left of the script may
    /// have been corrected since.
    fn claim_resumed(&self, set: &str, step: &Step) -> Query {
        let also = format!(", started_at = {}", self.now());
        self.rewrite(set, step, &also, "state = 'applying'")
    }

    /// Gives a row what the set holds.
    fn rewrite(&self, set: &str, step: &Step, also: &str, holds: &str) -> Query {
        let sql = format!(
            "UPDATE {} SET name = $1, checksum = $2, chain = $3, down_script = $4, down_checksum = $5, \
             down_transaction = $6, older_binaries = $7{also} WHERE set_name = $8 AND version = $9",
            self.history
        );
        let mut values = recorded(step);
        values.extend([set.into(), step.version.as_i64().into()]);
        let holds = format!("set_name = $8 AND version = $9 AND {} AND {holds}", holds_recorded(1));
        self.one_row(Query { sql, values }, &holds, None)
    }

    fn may_roll_back(&self, set: &str, step: &Step) -> Query {
        let from = match (step.action, step.resumes) {
            (Action::ResolveRolledBack, _) => "chain = $3",
            (_, true) => "chain = $3 AND state = 'rolling_back' AND statements_done = $4",
            (_, false) => "chain = $3 AND state = 'applied'",
        };
        let mut values = vec![step.chain.to_string().as_str().into()];
        if from.contains("$4") {
            values.push(count(step.done).into());
        }
        self.row_is(set, step, from, values)
    }

    fn claim_rollback(&self, set: &str, step: &Step) -> Query {
        let sql = format!(
            "UPDATE {} SET state = 'rolling_back', started_at = {}, statements_done = $1 \
             WHERE set_name = $2 AND version = $3 AND chain = $4",
            self.history,
            self.now()
        );
        let mut values = vec![count(step.done).into()];
        values.extend(row_key(set, step));
        let holds = "state = 'rolling_back' AND statements_done = $1 AND set_name = $2 AND version = $3 AND chain = $4";
        self.one_row(Query { sql, values }, holds, None)
    }

    /// Takes an interrupted script for finished.
    fn settle(&self, set: &str, step: &Step) -> Query {
        let also = format!(
            ", state = 'applied', statements_done = 0, statements_checksum = NULL, finished_at = {}",
            self.now()
        );
        self.rewrite(set, step, &also, "state = 'applied' AND statements_done = 0")
    }

    /// Fails unless the rollback that was sent before took effect.
    fn guard_gone(&self, set: &str, version: Version) -> Query {
        let sql = format!(
            "SELECT 1 / (CASE count(*) WHEN 0 THEN 1 ELSE 0 END) FROM {} WHERE set_name = $1 AND version = $2",
            self.history
        );
        Query { sql, values: vec![set.into(), version.as_i64().into()] }
    }

    /// Fails unless the row has that chain value.
    fn row_was(&self, set: &str, step: &Step, chain: Checksum) -> Query {
        self.row_is(set, step, "chain = $3", vec![chain.to_string().as_str().into()])
    }

    /// Fails unless there is such a row, and keeps others from it.
    fn row_is(&self, set: &str, step: &Step, condition: &str, values: Vec<Value>) -> Query {
        let lock = match self.engine {
            Engine::Postgres => " FOR UPDATE",
            // The transaction has the whole database.
            Engine::Sqlite => "",
        };
        let sql = format!(
            "SELECT 1 / count(*) FROM (SELECT 1 FROM {} WHERE set_name = $1 AND version = $2 AND {condition}{lock}) \
             AS mine",
            self.history
        );
        let key = [set.into(), step.version.as_i64().into()];
        Query { sql, values: key.into_iter().chain(values).collect() }
    }

    /// What records a step once its script is done, and returns how long it took in milliseconds.
    pub fn record(&self, set: &str, step: &Step, runner: &Runner) -> Vec<Query> {
        let mut queries: Vec<Query> = step.rechain.iter().map(|head| self.rechain(set, *head)).collect();
        if (self.engine, step.action) == (Engine::Postgres, Action::Apply) {
            queries.push(self.finish_and_log(set, step, runner));
            return queries;
        }
        queries.push(self.log(set, step, runner));
        queries.extend(match step.action {
            Action::StatementDone => Some(self.journal(set, step, step.done + 1)),
            Action::StatementUndone => Some(self.journal(set, step, step.done)),
            _ => None,
        });
        queries.push(match step.action {
            Action::Apply => self.finish_apply(set, step),
            Action::Rollback | Action::ResolveRolledBack => self.finish_rollback(set, step),
            Action::Baseline
            | Action::ResolveApplied
            | Action::StatementDone
            | Action::StatementUndone
            | Action::Repair => Query { sql: "SELECT 0".to_owned(), values: Vec::new() },
        });
        queries
    }

    /// What most runs do most often, in one statement. SQLite cannot write two tables in one.
    fn finish_and_log(&self, set: &str, step: &Step, runner: &Runner) -> Query {
        let HistoryTable { history, log, .. } = self;
        let (now, elapsed, role) = (self.now(), self.elapsed(), self.role());
        let is_done = format!(
            "(SELECT count(*) FROM done WHERE set_name = $1 AND version = $2 AND {} AND state = 'applied' \
             AND format = {HISTORY_FORMAT} AND statements_done = 0) = 1",
            holds_recorded(6)
        );
        let is_logged =
            "(SELECT count(*) FROM logged WHERE action = 'apply' AND set_name = $1 AND version = $2) = 1";
        let sql = format!(
            "WITH done AS (
                UPDATE {history} SET state = 'applied', finished_at = {now}, elapsed_ms = {elapsed},
                    statements_done = 0, statements_checksum = NULL
                WHERE set_name = $1 AND version = $2 AND chain = $3 AND state = 'applying' RETURNING *
            ), logged AS (
                INSERT INTO {log} (action, host, application, logged_at, set_name, version, name, checksum, elapsed_ms,
                    applied_by)
                SELECT 'apply', $4, $5, finished_at, set_name, version, name, checksum, elapsed_ms, {role} FROM done
                RETURNING *
            )
            SELECT {} + {} + (SELECT max(elapsed_ms) FROM done)",
            fails_unless(&[&is_done]),
            fails_otherwise_unless(is_logged)
        );
        let mut values = row_key(set, step);
        values.extend([runner.host.as_deref().into(), runner.application.as_deref().into()]);
        values.extend(recorded(step));
        Query { sql, values }
    }

    fn finish_apply(&self, set: &str, step: &Step) -> Query {
        let (now, elapsed) = (self.now(), self.elapsed());
        let sql = format!(
            "UPDATE {} SET state = 'applied', finished_at = {now}, elapsed_ms = {elapsed}, \
             statements_done = 0, statements_checksum = NULL \
             WHERE set_name = $1 AND version = $2 AND chain = $3 AND state = 'applying'",
            self.history
        );
        self.one_row(Query { sql, values: row_key(set, step) }, "state = 'applied'", Some("elapsed_ms"))
    }

    fn finish_rollback(&self, set: &str, step: &Step) -> Query {
        let sql = format!(
            "DELETE FROM {} WHERE set_name = $1 AND version = $2 AND chain = $3 AND state = 'rolling_back'",
            self.history
        );
        self.one_row(Query { sql, values: row_key(set, step) }, "true", Some(self.elapsed()))
    }

    /// A row behind one that came late covers another history now.
    fn rechain(&self, set: &str, head: Head) -> Query {
        let sql = format!("UPDATE {} SET chain = $1 WHERE set_name = $2 AND version = $3", self.history);
        let chain = head.chain.to_string();
        let values = vec![chain.as_str().into(), set.into(), head.version.as_i64().into()];
        self.one_row(Query { sql, values }, "chain = $1", None)
    }

    fn log(&self, set: &str, step: &Step, runner: &Runner) -> Query {
        let HistoryTable { history, log, .. } = self;
        let (now, role) = (self.now(), self.role());
        let elapsed = if step.action.runs_script() { self.elapsed() } else { "NULL" };
        let sql = format!(
            "INSERT INTO {log} (action, host, application, logged_at, set_name, version, name, checksum, \
             elapsed_ms, applied_by) SELECT $1, $2, $3, {now}, set_name, version, name, checksum, {elapsed}, {role} \
             FROM {history} WHERE set_name = $4 AND version = $5"
        );
        let mut values: Vec<Value> = vec![
            step.action.as_str().into(),
            runner.host.as_deref().into(),
            runner.application.as_deref().into(),
        ];
        values.extend([set.into(), step.version.as_i64().into()]);
        self.one_row(Query { sql, values }, "action = $1 AND set_name = $4 AND version = $5", None)
    }

    /// What logs that a step failed, when all else about it is rolled back.
    pub fn log_failure(&self, set: &str, step: &Step, runner: &Runner, message: &str) -> Query {
        let (now, role) = (self.now(), self.role());
        let sql = format!(
            "INSERT INTO {} (action, set_name, version, name, checksum, host, application, detail, logged_at, \
             applied_by) VALUES ('failure', $1, $2, $3, $4, $5, $6, $7, {now}, {role})",
            self.log
        );
        let values = vec![
            set.into(),
            step.version.as_i64().into(),
            step.name.as_ref().into(),
            step.checksum.to_string().as_str().into(),
            runner.host.as_deref().into(),
            runner.application.as_deref().into(),
            format!("{}: {message}", step.action.as_str()).as_str().into(),
        ];
        Query { sql, values }
    }

    /// Fails unless so many statements of a script without transaction are done, and keeps others from the row.
    pub fn stands_at(&self, set: &str, step: &Step, done: usize) -> Query {
        let is_ours = "chain = $3 AND statements_done = $4 AND state IN ('applying', 'rolling_back')";
        self.row_is(set, step, is_ours, vec![step.chain.to_string().as_str().into(), count(done).into()])
    }

    /// What records that `done` statements of a script without transaction are done, and none is under way.
    pub fn journal(&self, set: &str, step: &Step, done: usize) -> Query {
        self.stand(set, step, done, &step.script.checksum_of_first(done).to_string())
    }

    /// What records that `done` statements are done, and that the next is under way outside of a transaction.
    pub fn begin_alone(&self, set: &str, step: &Step, done: usize) -> Query {
        let checksum = |statements| step.script.checksum_of_first(statements);
        self.stand(set, step, done, &format!("{} {}", checksum(done), checksum(done + 1)))
    }

    fn stand(&self, set: &str, step: &Step, done: usize, checksums: &str) -> Query {
        let sql = format!(
            "UPDATE {} SET statements_done = $1, statements_checksum = $2 WHERE set_name = $3 AND version = $4",
            self.history
        );
        let values = vec![count(done).into(), checksums.into(), set.into(), step.version.as_i64().into()];
        self.one_row(Query { sql, values }, "statements_done = $1 AND statements_checksum = $2", None)
    }

    pub(super) fn now(&self) -> &'static str {
        match self.engine {
            Engine::Postgres => "clock_timestamp()",
            Engine::Sqlite => "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
        }
    }

    /// Milliseconds since `started_at`.
    fn elapsed(&self) -> &'static str {
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

/// What a row holds of a migration, in the order of its columns.
fn recorded(step: &Step) -> Vec<Value> {
    vec![
        step.name.as_ref().into(),
        step.checksum.to_string().as_str().into(),
        step.chain.to_string().as_str().into(),
        step.down.as_ref().map(Script::sql).into(),
        step.down.as_ref().map(|down| down.checksum().to_string()).as_deref().into(),
        step.down.as_ref().is_none_or(|down| down.execution().transaction).into(),
        older_binaries_word(step.older_binaries).into(),
    ]
}

/// That a row holds what [`recorded`] says, bound from this number on.
fn holds_recorded(first: usize) -> String {
    const COLUMNS: [&str; 7] =
        ["name", "checksum", "chain", "down_script", "down_checksum", "down_transaction", "older_binaries"];
    let is_same = |(i, column)| format!("{column} IS NOT DISTINCT FROM ${}", first + i);
    COLUMNS.into_iter().enumerate().map(is_same).collect::<Vec<_>>().join(" AND ")
}

fn row_key(set: &str, step: &Step) -> Vec<Value> {
    vec![set.into(), step.version.as_i64().into(), step.chain.to_string().as_str().into()]
}

fn count(statements: usize) -> i64 {
    i64::try_from(statements).unwrap_or(i64::MAX)
}

fn older_binaries_word(older_binaries: OlderBinaries) -> &'static str {
    match older_binaries {
        OlderBinaries::Ok => "ok",
        OlderBinaries::Refuse => "refuse",
    }
}

fn read_row(row: &[Value]) -> Option<AppliedMigration> {
    let [version, name, checksum, chain, state, done, done_checksum, rest @ ..] = row else { return None };
    let [down, down_transaction, older, started_at, elapsed, by] = rest else { return None };
    let mut checksums = done_checksum.as_text().into_iter().flat_map(|text| text.split(' ')).map(str::parse);
    let mut next_checksum = || checksums.next().and_then(Result::ok);
    Some(AppliedMigration {
        version: Version::from_i64(version.as_integer()?)?,
        // Who may write to the table may write anything, and these are shown.
        name: OneLine(name.as_text()?).to_string(),
        checksum: checksum.as_text()?.parse().ok()?,
        chain: chain.as_text()?.parse().ok()?,
        state: AppliedState::from_word(state.as_text()?)?,
        statements_done: done.as_integer()?.try_into().ok()?,
        statements_checksum: next_checksum(),
        begun: next_checksum(),
        down: down.as_text().map(|sql| RecordedDown {
            sql: sql.to_owned(),
            transaction: down_transaction.as_integer() == Some(1),
        }),
        older_binaries: match older.as_text()? {
            "ok" => OlderBinaries::Ok,
            _ => OlderBinaries::Refuse,
        },
        started_at: OneLine(started_at.as_text()?).to_string(),
        elapsed: elapsed.as_integer().and_then(|ms| ms.try_into().ok()).map(Duration::from_millis),
        applied_by: by.as_text().map(|by| OneLine(by).to_string()),
    })
}

/// An SQL identifier, safe whatever it holds.
fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_quoted() {
        assert_eq!(HistoryTable::postgres("a\"b", "my app").name(), r#""a""b"."my app_history""#);
    }

    #[test]
    fn the_schema_is_created_apart() {
        let schema = HistoryTable::postgres("my app", "migrate").create_schema();
        assert_eq!(schema.as_deref(), Some("CREATE SCHEMA IF NOT EXISTS \"my app\";"));
        assert_eq!(HistoryTable::sqlite("migrate").create_schema(), None);
    }

    #[test]
    fn a_row_of_a_newer_library_is_refused() {
        let table = HistoryTable::sqlite("migrate");
        let error = table.read_row(&[Value::Integer(Some(HISTORY_FORMAT + 1))]).unwrap_err();
        assert!(error.contains("newer version of the library"), "{error}");
    }
}
