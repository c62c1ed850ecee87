use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use migrate_core::{OutOfOrder, Transactions};

use super::Migrator;
use crate::report::Progress;

impl<'s> Migrator<'s> {
    /// What to do with a pending migration that is older than an applied one. Default: refuse.
    #[must_use]
    pub fn out_of_order(mut self, out_of_order: OutOfOrder) -> Self {
        self.policy.out_of_order = out_of_order;
        self
    }

    /// Runs all migrations of a run in a single transaction: all are applied or none. Default: a transaction for
    /// each, which holds fewer locks for a shorter time. A script without transaction is refused then.
    #[must_use]
    pub fn single_transaction(mut self) -> Self {
        self.policy.transactions = Transactions::Single;
        self
    }

    /// How long a statement may wait for a lock, unless its script says so. Default:
    /// `run.lock-timeout` in `migrate.toml`, else 5 seconds; zero waits for ever. PostgreSQL only. The first tries wait for less, from 0.2 seconds on, because a statement that waits makes all
    /// others on the table wait too; this is the longest. A script without transaction waits for ever unless it says otherwise, because a
    /// `CREATE INDEX CONCURRENTLY` that gives up leaves an invalid index.
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.lock = Some(timeout);
        self
    }

    /// How long to wait for another runner to finish. Default: `run.lock-deadline` in `migrate.toml`, else 5 minutes.
    /// PostgreSQL only; on SQLite
    /// a runner waits 30 seconds for each migration of another.
    #[must_use]
    pub fn lock_deadline(mut self, deadline: Duration) -> Self {
        self.lock_deadline = deadline;
        self
    }

    /// How often a transaction is retried after a lock timeout, a deadlock or a serialization failure, with growing pauses.
    /// After a lock timeout the pause is seven to eight times as long as the wait, so that others reach the table. Default:
    /// 10, about three minutes. A statement outside of a transaction is not retried.
    #[must_use]
    pub fn retries(mut self, retries: usize) -> Self {
        self.retries = retries;
        self
    }

    /// After how long a migration that is still running is reported as [`Progress::Slow`]. Default: 30 minutes.
    /// PostgreSQL only.
    #[must_use]
    pub fn slow_after(mut self, threshold: Duration) -> Self {
        self.slow_after = threshold;
        self
    }

    /// How long a statement may run, unless its script says so. Default: `run.statement-timeout` in
    /// `migrate.toml`, else the connection's own limit. PostgreSQL only.
    #[must_use]
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.statement = Some(timeout);
        self
    }

    /// Whether a run that does something keeps the schema that it leaves, which [`Migrator::drift`] compares with. Default:
    /// it does, at the cost of two round trips. It is optional: if it fails, for example for lack of a
    /// right, [`Progress::SchemaNotKept`] reports that and the run succeeds.
    #[must_use]
    pub fn keep_schema(mut self, keep: bool) -> Self {
        self.keep_schema = keep;
        self
    }

    /// How long the run may spend on noting the schema before it, and on keeping the schema after it. Default: 30 seconds;
    /// zero is no limit. After that the server stops, the run goes on, [`Progress::SchemaNotKept`] reports it, and drift is
    /// unknown until a run keeps the schema again. [`Migrator::accept_drift`] fails instead. With 5,000 tables each takes one to two seconds.
    #[must_use]
    pub fn keep_schema_within(mut self, limit: Duration) -> Self {
        self.keep_within = limit;
        self
    }

    /// Lets the history begin in a database that has the history of another migration tool, and none of this library.
    ///
    /// Without it such a run is refused, because the scripts may have been run already: `cargo migrate adopt` takes the
    /// other history over. With it two tools work on one database, each with migrations of its own. It matters for the first
    /// run only.
    ///
    /// The same holds where the set has a history in another schema or with another prefix, and neither
    /// [`Migrator::history_schema`] nor [`Migrator::history_prefix`] names a place: a forgotten option begins no second
    /// history.
    #[must_use]
    pub fn alongside(mut self) -> Self {
        self.alongside = true;
        self
    }

    /// The schema of the history tables, created when it is missing. Default: `history.schema` in `migrate.toml`, else
    /// `public`. PostgreSQL only.
    #[must_use]
    pub fn history_schema(mut self, schema: impl Into<Cow<'s, str>>) -> Self {
        self.history_schema = Some(schema.into());
        self
    }

    /// The prefix of the history tables' names. Default: `history.prefix` in `migrate.toml`, else `migrate`, for `migrate_history`,
    /// `migrate_log` and `migrate_schema`.
    #[must_use]
    pub fn history_prefix(mut self, prefix: impl Into<Cow<'s, str>>) -> Self {
        self.history_prefix = Some(prefix.into());
        self
    }

    /// The schemas that [`Migrator::drift`], [`Migrator::dump`] and [`Migrator::fingerprint`] look at. Default:
    /// `drift.schemas` in `migrate.toml`, else all, and what is in no schema, such as extensions. PostgreSQL only.
    ///
    /// A run keeps the whole schema all the same, so `drift` can be asked about another part of it later.
    #[must_use]
    pub fn drift_schemas(mut self, schemas: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.selection.schemas = schemas.into_iter().map(Into::into).collect();
        self
    }

    /// Patterns of what [`Migrator::drift`], [`Migrator::dump`] and [`Migrator::fingerprint`] do not look at, such as
    /// `app.events_*` for partitions that the application makes. Default: `drift.ignore` in `migrate.toml`, else none.
    ///
    /// `*` stands for any characters and `?` for one. A pattern with a dot is compared with `schema.name`, one without a dot
    /// with the name alone, and with that of the schema. What belongs to an ignored table, such as its columns, indexes and
    /// sequences, is ignored too. On SQLite no name has a schema.
    #[must_use]
    pub fn drift_ignore(mut self, patterns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.selection.ignore = patterns.into_iter().map(Into::into).collect();
        self
    }

    /// The application and its version, for the history. Default: not recorded.
    #[must_use]
    pub fn application(mut self, application: impl Into<String>) -> Self {
        self.application = Some(application.into());
        self
    }

    /// Calls `tell` while a run is under way. It runs between the statements, so it should be quick.
    #[must_use]
    pub fn on_progress(mut self, tell: impl Fn(&Progress<'_>) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(tell));
        self
    }
}
