//! Why a run, a plan or a status query failed.
//!
//! What comes in is a refusal, a driver's error or a held lock; what goes out is an [`Error`], a text that says what
//! failed and where, what was done before, and what to do. A program asks its methods instead of reading the text:
//! `error.kind()` is `ErrorKind::Script`, `error.version()` is `Some(20251107100000)`.

use std::fmt;
use std::time::Duration;

use migrate_core::{
    Action, AnyHistory, Dialect, Engine, HistoryTable, Lines, OneLine, OtherTool, Position, Refusal, Refused,
    Staleness, Step, UnreadableRow, Version,
};

use crate::driver::{Blocker, DatabaseError, LockFailure, Place, ReadOnly, Stage};
use crate::report::Report;

/// Why a run, a plan or a status query failed.
///
/// Its text says what failed and where, what was done before, and what to do. A program uses the methods:
/// [`kind`](Error::kind), [`version`](Error::version), [`report`](Error::report) and the others.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use migrate::{ErrorKind, MigrationSet, Migrator, embed_migrations};
///
/// static MIGRATIONS: MigrationSet = embed_migrations!("migrations", dialect = "sqlite");
///
/// let mut connection = rusqlite::Connection::open_in_memory()?;
/// connection.execute_batch("CREATE TABLE tenants (id text)")?;   // in the way of the first migration
/// let error = Migrator::new(&MIGRATIONS).migrate(&mut connection).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Script);
/// assert_eq!(error.version(), MIGRATIONS.migrations().first().map(|first| first.version()));
/// assert!(error.to_string().contains("table tenants already exists"));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
///
/// `Debug` prints the same text, so an `unwrap`, a test and `main` show all of it.
pub struct Error(Box<Inner>);

/// In a box, so that a `Result` of a verb stays as small as its success.
struct Inner {
    cause: Cause,
    report: Report,
}

/// The ways to fail.
enum Cause {
    Refused(Refused),
    Step {
        step: FailedStep,
        stage: Stage,
        error: DatabaseError,
    },
    Database {
        doing: &'static str,
        error: DatabaseError,
    },
    History {
        table: String,
        row: UnreadableRow,
    },
    /// The options name a place in which no history can be.
    UnfitHistory {
        table: String,
        why: String,
    },
    /// Other tables of the history are there, and it is not.
    LostHistory {
        table: String,
        others: String,
    },
    /// With the search path.
    TemporaryPath(String),
    /// Other tools have a history, and there is none of this library.
    OtherTools(Vec<OtherTool>),
    /// The set has a history in another place, and none where the run looks.
    HistoryElsewhere {
        set: String,
        elsewhere: AnyHistory,
        table: String,
    },
    Stale(Staleness),
    WrongEngine {
        dialect: Dialect,
        engine: Engine,
    },
    WrongDatabase {
        asked: String,
        connected: String,
    },
    InTransaction,
    ReadOnly(ReadOnly),
    Locked {
        deadline: Duration,
        holder: Option<Blocker>,
    },
    /// Other runners changed the history again and again while this one tried. Each time this run made a new plan,
    /// and then gave up.
    Contended,
    /// A statement that no lock protects.
    Unprotected {
        step: String,
        path: String,
        statement: String,
    },
    #[cfg(feature = "cli")]
    NotAgreed(String),
}

/// A migration whose script did not complete.
struct FailedStep {
    action: Action,
    version: Version,
    name: String,
    path: String,
    statement: Option<String>,
    transaction: bool,
}

/// The kind of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ErrorKind {
    /// The run was refused before anything ran. [`Error::refusals`] says why; there is none where a single client behind a
    /// pooler cannot protect a statement.
    ///
    /// Nothing has changed, so correct the set or the database and run again.
    Refused,
    /// A script failed.
    ///
    /// [`Error::position`] leads to the line. What the help says about the state depends on the script: a transaction
    /// was rolled back, a script without one stays interrupted, and the next run continues it.
    Script,
    /// The database failed outside of a script, or the connection is gone.
    ///
    /// Running again is safe: the history says what was committed.
    Database,
    /// The history holds a row that this version of the library does not understand, is gone while its other tables are
    /// there, or cannot be where the options say; or what the scripts create would be temporary. Nothing was changed.
    History,
    /// The migrations folder has changed since the binary was compiled: see [`build::watch`](crate::build::watch).
    /// Only a build with debug assertions looks.
    Stale,
    /// The set is written for another database: `dialect` in `migrate.toml`.
    WrongEngine,
    /// The connection leads to another database than the one that was to be wiped.
    WrongDatabase,
    /// The database takes no writes: it is a standby, or the session or the file is read-only. Nothing was changed.
    ReadOnly,
    /// Another runner did not finish before the deadline. [`Error::blockers`] names it.
    Locked,
    /// Other runners changed the history again and again while this one tried.
    Contended,
}

impl Error {
    fn new(cause: Cause) -> Error {
        Error(Box::new(Inner { cause, report: Report::default() }))
    }

    pub(crate) fn refused(refused: Refused) -> Error {
        Error::new(Cause::Refused(refused))
    }

    pub(crate) fn database(doing: &'static str, error: DatabaseError) -> Error {
        Error::new(Cause::Database { doing, error })
    }

    pub(crate) fn history(table: &str, row: UnreadableRow) -> Error {
        Error::new(Cause::History { table: table.to_owned(), row })
    }

    pub(crate) fn unfit_history(table: &str, why: String) -> Error {
        Error::new(Cause::UnfitHistory { table: table.to_owned(), why })
    }

    pub(crate) fn lost_history(table: &HistoryTable) -> Error {
        let [history, others @ ..] = table.names();
        Error::new(Cause::LostHistory { table: history.to_owned(), others: others.join(", ") })
    }

    pub(crate) fn history_elsewhere(set: &str, elsewhere: &AnyHistory, table: &str) -> Error {
        let (set, table) = (set.to_owned(), table.to_owned());
        Error::new(Cause::HistoryElsewhere { set, elsewhere: elsewhere.clone(), table })
    }

    pub(crate) fn other_tools(tools: Vec<OtherTool>) -> Error {
        Error::new(Cause::OtherTools(tools))
    }

    /// Whether the run was refused because of a history of another tool, or in another place.
    #[cfg(feature = "cli")]
    pub(crate) fn is_of_other_history(&self) -> bool {
        matches!(self.0.cause, Cause::OtherTools(_) | Cause::HistoryElsewhere { .. })
    }

    pub(crate) fn temporary_path(search_path: &str) -> Error {
        Error::new(Cause::TemporaryPath(search_path.to_owned()))
    }

    pub(crate) fn stale(staleness: Staleness) -> Error {
        Error::new(Cause::Stale(staleness))
    }

    pub(crate) fn wrong_engine(dialect: Dialect, engine: Engine) -> Error {
        Error::new(Cause::WrongEngine { dialect, engine })
    }

    pub(crate) fn wrong_database(asked: &str, connected: String) -> Error {
        Error::new(Cause::WrongDatabase { asked: asked.to_owned(), connected })
    }

    pub(crate) fn in_transaction() -> Error {
        Error::new(Cause::InTransaction)
    }

    pub(crate) fn lock(failure: LockFailure) -> Error {
        match failure {
            LockFailure::Held { deadline, holder } => Error::new(Cause::Locked { deadline, holder }),
            LockFailure::InTransaction => Error::in_transaction(),
            LockFailure::ReadOnly(why) => Error::new(Cause::ReadOnly(why)),
            LockFailure::OneConnection(error) => Error::database(SECOND_CONNECTION, error),
            LockFailure::Database(error) => Error::database("taking the lock", error),
        }
    }

    pub(crate) fn contended() -> Error {
        Error::new(Cause::Contended)
    }

    pub(crate) fn unprotected(step: &Step, path: String, statement: &str) -> Error {
        let (step, statement) = (step.to_string(), statement.to_owned());
        Error::new(Cause::Unprotected { step, path, statement })
    }

    #[cfg(feature = "cli")]
    pub(crate) fn not_agreed(step: &Step) -> Error {
        Error::new(Cause::NotAgreed(format!("{} {step}", step.action.as_str())))
    }

    pub(crate) fn step(step: &Step, path: String, stage: Stage, error: DatabaseError) -> Error {
        let statement = error.place.as_ref().and_then(|place| step.statements().nth(place.statement));
        let step = FailedStep {
            action: step.action,
            version: step.version,
            name: step.name.to_string(),
            path,
            statement: statement.map(str::to_owned),
            transaction: step.work.execution().transaction,
        };
        Error::new(Cause::Step { step, stage, error })
    }

    pub(crate) fn with_report(mut self, report: Report) -> Error {
        self.0.report = report;
        self
    }

    /// The kind of failure.
    pub fn kind(&self) -> ErrorKind {
        match &self.0.cause {
            Cause::Refused(_)
            | Cause::Unprotected { .. }
            | Cause::OtherTools(_)
            | Cause::HistoryElsewhere { .. } => ErrorKind::Refused,
            Cause::Step { error, .. } if error.is_disconnected => ErrorKind::Database,
            Cause::Step { stage: Stage::Script | Stage::Commit, .. } => ErrorKind::Script,
            Cause::Step { .. } | Cause::Database { .. } | Cause::InTransaction => ErrorKind::Database,
            Cause::History { .. }
            | Cause::UnfitHistory { .. }
            | Cause::LostHistory { .. }
            | Cause::TemporaryPath(_) => ErrorKind::History,
            Cause::Stale(_) => ErrorKind::Stale,
            Cause::WrongEngine { .. } => ErrorKind::WrongEngine,
            Cause::WrongDatabase { .. } => ErrorKind::WrongDatabase,
            Cause::ReadOnly(_) => ErrorKind::ReadOnly,
            Cause::Locked { .. } => ErrorKind::Locked,
            Cause::Contended => ErrorKind::Contended,
            #[cfg(feature = "cli")]
            Cause::NotAgreed(_) => ErrorKind::Contended,
        }
    }

    /// The version of the migration that failed; `None` if the failure is not about one.
    pub fn version(&self) -> Option<Version> {
        match &self.0.cause {
            Cause::Step { step, .. } => Some(step.version),
            _ => None,
        }
    }

    /// What was done before the failure.
    pub fn report(&self) -> &Report {
        &self.0.report
    }

    /// Every reason why the run was refused; empty for other failures.
    pub fn refusals(&self) -> &[Refusal] {
        match &self.0.cause {
            Cause::Refused(refused) => &refused.0,
            _ => &[],
        }
    }

    /// The path of the script that failed, by the path of the folder when it was embedded.
    pub fn path(&self) -> Option<&str> {
        match &self.0.cause {
            Cause::Step { step, .. } => Some(&step.path),
            _ => None,
        }
    }

    /// The line and column in the script, if the database named a position.
    pub fn position(&self) -> Option<Position> {
        self.place().map(|place| place.position)
    }

    /// The statement that failed.
    pub fn statement(&self) -> Option<&str> {
        match &self.0.cause {
            Cause::Step { step, .. } => step.statement.as_deref(),
            _ => None,
        }
    }

    /// The sessions that held the lock for which the migration, or the whole run, waited too long.
    pub fn blockers(&self) -> &[Blocker] {
        match &self.0.cause {
            Cause::Locked { holder, .. } => holder.as_slice(),
            _ => self.database_error().map_or(&[], |error| &error.blockers),
        }
    }

    /// The code of the database: SQLSTATE (PostgreSQL manual, appendix A), or the extended result code of SQLite
    /// (<https://sqlite.org/rescode.html>) as a number.
    pub fn code(&self) -> Option<&str> {
        self.database_error()?.code.as_deref()
    }

    fn database_error(&self) -> Option<&DatabaseError> {
        match &self.0.cause {
            Cause::Step { error, .. } | Cause::Database { error, .. } => Some(error),
            _ => None,
        }
    }

    fn place(&self) -> Option<&Place> {
        self.database_error()?.place.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { cause, report } = &*self.0;
        match cause {
            Cause::Refused(refused) => refused.fmt(f)?,
            Cause::Step { step, stage, error } => write_step(f, step, *stage, error)?,
            Cause::Database { doing, error } => {
                write!(f, "{doing} failed: {error}")?;
                write_remarks(f, error)?;
                database_help(doing, error).iter().try_for_each(|help| write!(f, "\n help: {help}"))?;
            }
            Cause::History { table, row } => {
                write!(f, "a row of the history table {table} cannot be read: {row}\n help: ")?;
                f.write_str(match row {
                    UnreadableRow::Newer { .. } => {
                        "run a binary with the version of the library that wrote it, or a newer one"
                    }
                    UnreadableRow::Altered(_) => {
                        "this library never writes that, so the row was altered by hand: put the value back from a \
                         backup, or delete the row and record the migration again with a baseline"
                    }
                })?;
            }
            Cause::UnfitHistory { table, why } => write!(
                f,
                "the history cannot be {table}: {why}\n \
                 help: name another schema or prefix, with `history_schema` and `history_prefix`, on the command line \
                 `--history-schema` and `--history-prefix`"
            )?,
            Cause::LostHistory { table, others } => write!(
                f,
                "the history {table} is gone, and other tables of it are still there (of {others})\n \
                 help: restore {table} from a backup. If there is none, drop those tables, and record what the database \
                 has with a baseline"
            )?,
            Cause::TemporaryPath(path) => write!(
                f,
                "the search_path of this connection is `{path}`, so tables without a schema would be temporary: they \
                 would be gone with the connection, and the history would say that they are there\n \
                 help: put another schema before `pg_temp` in the search_path of the connection, the role or the database"
            )?,
            Cause::OtherTools(tools) => write_other_tools(f, tools)?,
            Cause::HistoryElsewhere { set, elsewhere, table } => {
                write_elsewhere(f, &OneLine(set), elsewhere, table)?;
            }
            Cause::Stale(staleness) => write!(
                f,
                "{staleness}\n help: touch a source file of the crate and build again; with \
                 `migrate::build::watch(\"migrations\")` in its build script cargo notices by itself"
            )?,
            Cause::WrongEngine { dialect, engine } => write!(
                f,
                "this migration set is written for {dialect} and cannot run on {engine}\n \
                 help: set `dialect` in migrate.toml, or connect to the right database"
            )?,
            Cause::WrongDatabase { asked, connected } => write!(
                f,
                "`{asked}` was to be wiped, and the connection leads to `{connected}`\n \
                 help: nothing was touched; name the database that may be wiped"
            )?,
            Cause::InTransaction => f.write_str(
                "the connection is inside a transaction that the caller began\n \
                 help: commit it or roll it back first: each migration is a transaction of its own",
            )?,
            Cause::ReadOnly(why) => write!(f, "{why}; nothing was changed\n help: {}", why.help())?,
            Cause::Locked { deadline, holder } => {
                write!(f, "another runner has held the lock for {} seconds", deadline.as_secs())?;
                holder.iter().try_for_each(|holder| write!(f, "\n held by: {holder}"))?;
                f.write_str("\n help: look at what it does; if it is stuck, end it with `SELECT pg_terminate_backend(<pid>)`")?;
            }
            Cause::Contended => f.write_str(
                "other runners changed the history again and again\n help: see who runs migrations, and try again",
            )?,
            Cause::Unprotected { step, path, statement } => write!(
                f,
                "migration {step} has a statement that no lock protects here, because a pooler is between this client and \
                 the server; nothing was changed\n --> {path}\n statement: {}\n help: {POOLER_HELP}",
                OneLine(statement)
            )?,
            #[cfg(feature = "cli")]
            Cause::NotAgreed(step) => write!(
                f,
                "the history has changed since the plan was shown: `{step}` was not in it\n help: look at the plan again"
            )?,
        }
        write_done(f, report)
    }
}

fn write_elsewhere(
    f: &mut fmt::Formatter<'_>,
    set: &OneLine<'_>,
    elsewhere: &AnyHistory,
    table: &str,
) -> fmt::Result {
    let place = elsewhere.quoted();
    write!(
        f,
        "the database has the history of the set `{set}` in {}, and none in {table}, where this run looks, so its \
         migrations may have been applied already; nothing was changed\n \
         help: name the place, best in `[history]` of migrate.toml, with its `schema` and `prefix`. If the set is to have a \
         second history here, say so for the first run: `--alongside`, in a program `Migrator::alongside`",
        OneLine(&place)
    )
}

fn write_other_tools(f: &mut fmt::Formatter<'_>, tools: &[OtherTool]) -> fmt::Result {
    let names: Vec<String> = tools.iter().map(ToString::to_string).collect();
    let way = match tools.iter().all(|tool| tool.is_adopted) {
        true => "take it over with `cargo migrate adopt`",
        false => "record what the database has already with `baseline VERSION`",
    };
    write!(
        f,
        "the database has the history of {}, and none of this library, so its migrations may have been applied already; \
         nothing was changed\n \
         help: {way}. If both tools are to work on this database, each with migrations of its own, say so for the first run: \
         `--alongside`, in a program `Migrator::alongside`",
        names.join(" and of ")
    )
}

fn write_step(
    f: &mut fmt::Formatter<'_>,
    step: &FailedStep,
    stage: Stage,
    error: &DatabaseError,
) -> fmt::Result {
    let what = match step.action {
        Action::Rollback => "the rollback of migration",
        _ => "migration",
    };
    let doing = match stage {
        Stage::Prepare | Stage::Claim => " could not be claimed in the history",
        Stage::Script => " failed",
        Stage::Record => " could not be recorded",
        Stage::Commit => " failed to commit",
    };
    write!(f, "{what} {}_{}{doing}: {error}\n --> {}", step.version, step.name, step.path)?;
    if let Some(place) = &error.place {
        write!(f, ":{}{}", place.position, place.position.excerpt(&place.line, 1))?;
    }
    write_remarks(f, error)?;
    let outcome = match (stage, error.code.as_deref()) {
        (Stage::Claim | Stage::Record, Some(INSUFFICIENT_PRIVILEGE)) => {
            "grant SELECT, INSERT, UPDATE and DELETE on the history tables to the role that migrates"
        }
        (Stage::Claim | Stage::Record, _) if error.is_of_read_only() => READ_ONLY_HELP,
        (Stage::Script, Some(INSUFFICIENT_PRIVILEGE)) if step.transaction => {
            "it was rolled back; run it as the owner of the object, or grant the role that migrates what it lacks, and run \
             again"
        }
        (Stage::Script, Some(ACTIVE_SQL_TRANSACTION)) if step.transaction => {
            "it was rolled back; a statement that refuses a transaction belongs into a migration of its own, with \
             `-- migrate: no-transaction` at the top"
        }
        _ if error.is_disconnected && step.transaction => {
            "whether it was committed is known to the history alone; run again"
        }
        (Stage::Claim | Stage::Record, _) if step.transaction => {
            "it was rolled back; see to what is in the way of its row, and run again"
        }
        _ if step.transaction => "it was rolled back; correct the script and run again",
        _ => {
            "it runs without transaction: what ran before the failed statement stays, and the next run goes on there"
        }
    };
    write!(f, "\n help: {outcome}")
}

/// What to do where a single client cannot hold a lock.
pub(crate) const POOLER_HELP: &str = "give the run a `deadpool_postgres::Pool`, which protects it with a connection of its \
    own, or connect to the server without the pooler";

/// What the first run does.
pub(crate) const CREATING: &str = "creating the history table";

/// What the first run does that writes a history of an older format.
pub(crate) const UPGRADING: &str = "bringing the history to the present format";

/// What a run does after it has the lock, on a pool.
const SECOND_CONNECTION: &str = "getting a second connection";

/// What to do about an error outside of a script, if that is known.
fn database_help(doing: &str, error: &DatabaseError) -> Option<&'static str> {
    match (doing, error.code.as_deref()) {
        (SECOND_CONNECTION, _) => Some(
            "a run needs two connections to the server at once: one holds the lock, the other runs the migrations. Raise the \
             limit of the role, the database, the server or the pooler, or end sessions that are idle",
        ),
        (UPGRADING, Some(INSUFFICIENT_PRIVILEGE)) => None,
        (CREATING, Some(INSUFFICIENT_PRIVILEGE)) => {
            Some("the first run creates the history tables, and needs CREATE on their schema")
        }
        (_, Some(INSUFFICIENT_PRIVILEGE)) => {
            Some("grant the role USAGE on the schema of the history and SELECT on its tables")
        }
        _ => error.is_of_read_only().then_some(READ_ONLY_HELP),
    }
}

const READ_ONLY_HELP: &str = "nothing can be written here: migrate on the primary, as a role for which \
    `default_transaction_read_only` is off; an SQLite file and its folder have to be writable";
const INSUFFICIENT_PRIVILEGE: &str = "42501";
const ACTIVE_SQL_TRANSACTION: &str = "25001";

fn write_remarks(f: &mut fmt::Formatter<'_>, error: &DatabaseError) -> fmt::Result {
    let remarks = [("detail", &error.detail), ("hint", &error.hint), ("context", &error.context)];
    for (label, remark) in remarks {
        remark.iter().try_for_each(|remark| write!(f, "\n {label}: {}", Lines(remark)))?;
    }
    error.blockers.iter().try_for_each(|blocker| write!(f, "\n blocked by: {blocker}"))
}

fn write_done(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    if report.is_empty() {
        return Ok(());
    }
    f.write_str("\n done before:")?;
    report.migrations.iter().try_for_each(|migration| write!(f, "\n   {migration}"))
}

impl fmt::Debug for Error {
    /// As it displays: an `unwrap`, a test and `main` show the whole text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.database_error()?.source.as_ref()?;
        Some(&**source)
    }
}
