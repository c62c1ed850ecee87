//! The options of every verb. Without the verbs, because most of the command line asks for them.

use std::fmt;
use std::time::Duration;

use clap::Args;

use super::address::{Variables, redacted};
use super::failure::Failure;
use crate::Migrator;

/// The options that every verb has.
///
/// Their [`Debug`] output shows the address of the database without its password.
///
/// Exhaustive: a program with verbs of its own has to notice an option that they do not know.
#[derive(Clone, Default, Args)]
pub struct Options {
    /// The database: `postgres://…`, `sqlite:…` or the path of a file. Default: DIRECT_DATABASE_URL, DIRECT_URL or
    /// DATABASE_URL, from the environment, else from `.env`
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Print the answer as one JSON document
    #[arg(long, global = true)]
    pub json: bool,
    /// Print only the answer and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// The schema of the history (PostgreSQL). Default: MIGRATE_HISTORY_SCHEMA, `history.schema` in migrate.toml, or public
    #[arg(long, global = true, value_name = "NAME", help_heading = "History")]
    pub history_schema: Option<String>,
    /// The prefix of the history tables. Default: MIGRATE_HISTORY_PREFIX, `history.prefix` in migrate.toml, or migrate
    #[arg(long, global = true, value_name = "NAME", help_heading = "History")]
    pub history_prefix: Option<String>,
    /// The name and version of the program in the history
    #[arg(long, global = true, value_name = "TEXT", help_heading = "History")]
    pub application: Option<String>,
    /// How long a statement may wait for a lock, such as 500ms; 0s means for ever (PostgreSQL). Default:
    /// MIGRATE_LOCK_TIMEOUT, `run.lock-timeout` in migrate.toml, or 5s
    #[arg(long, global = true, value_name = "TIME", value_parser = duration, help_heading = "Run")]
    pub lock_timeout: Option<Duration>,
    /// How long to wait for another run to end (PostgreSQL). Default: MIGRATE_LOCK_DEADLINE, `run.lock-deadline` in
    /// migrate.toml, or 5min
    #[arg(long, global = true, value_name = "TIME", value_parser = duration, help_heading = "Run")]
    pub lock_deadline: Option<Duration>,
    /// How long a statement may run (PostgreSQL). Default: MIGRATE_STATEMENT_TIMEOUT, `run.statement-timeout` in
    /// migrate.toml, or the setting of the server
    #[arg(long, global = true, value_name = "TIME", value_parser = duration, help_heading = "Run")]
    pub statement_timeout: Option<Duration>,
    /// How long a run may take to keep the schema, which `drift` compares with; 0s means for ever. Default: 30s
    #[arg(long, global = true, value_name = "TIME", value_parser = duration, help_heading = "Run")]
    pub keep_schema_within: Option<Duration>,
    /// Apply all migrations of the run in one transaction
    #[arg(long, global = true, help_heading = "Run")]
    pub single_transaction: bool,
    /// Begin a history in a database that has the history of another migration tool
    #[arg(long, global = true, help_heading = "Run")]
    pub alongside: bool,
    /// The schemas that `drift`, `status` and `dump` look at (PostgreSQL). Default: `drift.schemas` in migrate.toml, or all
    #[arg(long, global = true, value_name = "NAME,…", value_delimiter = ',', help_heading = "Drift")]
    pub drift_schemas: Vec<String>,
    /// Patterns of what `drift`, `status` and `dump` do not look at, such as 'app.events_*'. Default: `drift.ignore` in
    /// migrate.toml, or none
    #[arg(long, global = true, value_name = "PATTERN,…", value_delimiter = ',', help_heading = "Drift")]
    pub drift_ignore: Vec<String>,
}

fn duration(text: &str) -> Result<Duration, String> {
    migrate_core::duration(text)
        .ok_or_else(|| "write a number and `ms`, `s`, `min` or `h`, such as `5s`".to_owned())
}

impl Options {
    /// Takes what was not given from the environment, else from the file `.env`. An empty variable counts as unset.
    ///
    /// # Errors
    ///
    /// If the value of a variable is no time, or the file cannot be read.
    pub fn complete(mut self) -> Result<Options, Failure> {
        let variables = Variables::read()?;
        let time = |name: &'static str| match variables.get(name) {
            Some(text) => duration(&text).map(Some).map_err(|help| {
                Failure::new("variable", format!("{name} is `{text}`, which is not a time")).help(help)
            }),
            None => Ok(None),
        };
        self.history_schema = self.history_schema.or_else(|| variables.get("MIGRATE_HISTORY_SCHEMA"));
        self.history_prefix = self.history_prefix.or_else(|| variables.get("MIGRATE_HISTORY_PREFIX"));
        self.lock_timeout = self.lock_timeout.or(time("MIGRATE_LOCK_TIMEOUT")?);
        self.lock_deadline = self.lock_deadline.or(time("MIGRATE_LOCK_DEADLINE")?);
        self.statement_timeout = self.statement_timeout.or(time("MIGRATE_STATEMENT_TIMEOUT")?);
        Ok(self)
    }

    /// Sets on the migrator each option that was given, and leaves its other settings alone. [`Options::complete`] adds those
    /// that variables give.
    pub fn configure<'s>(&self, mut migrator: Migrator<'s>) -> Migrator<'s> {
        if let Some(schema) = &self.history_schema {
            migrator = migrator.history_schema(schema.clone());
        }
        if let Some(prefix) = &self.history_prefix {
            migrator = migrator.history_prefix(prefix.clone());
        }
        if let Some(application) = &self.application {
            migrator = migrator.application(application.clone());
        }
        if let Some(timeout) = self.lock_timeout {
            migrator = migrator.lock_timeout(timeout);
        }
        if let Some(deadline) = self.lock_deadline {
            migrator = migrator.lock_deadline(deadline);
        }
        if let Some(timeout) = self.statement_timeout {
            migrator = migrator.statement_timeout(timeout);
        }
        if let Some(limit) = self.keep_schema_within {
            migrator = migrator.keep_schema_within(limit);
        }
        if !self.drift_schemas.is_empty() {
            migrator = migrator.drift_schemas(&self.drift_schemas);
        }
        if !self.drift_ignore.is_empty() {
            migrator = migrator.drift_ignore(&self.drift_ignore);
        }
        if self.alongside {
            migrator = migrator.alongside();
        }
        if self.single_transaction { migrator.single_transaction() } else { migrator }
    }
}

/// Shows the address without its password.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Options {
            database_url,
            json,
            quiet,
            history_schema,
            history_prefix,
            application,
            lock_timeout,
            lock_deadline,
            statement_timeout,
            keep_schema_within,
            single_transaction,
            alongside,
            drift_schemas,
            drift_ignore,
        } = self;
        f.debug_struct("Options")
            .field("database_url", &database_url.as_deref().map(redacted))
            .field("json", json)
            .field("quiet", quiet)
            .field("history_schema", history_schema)
            .field("history_prefix", history_prefix)
            .field("application", application)
            .field("lock_timeout", lock_timeout)
            .field("lock_deadline", lock_deadline)
            .field("statement_timeout", statement_timeout)
            .field("keep_schema_within", keep_schema_within)
            .field("single_transaction", single_transaction)
            .field("alongside", alongside)
            .field("drift_schemas", drift_schemas)
            .field("drift_ignore", drift_ignore)
            .finish()
    }
}
