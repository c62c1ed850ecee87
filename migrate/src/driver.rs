//! What a run asks of a database: the same of every engine, in the same order.

use std::fmt;
use std::time::Duration;

use migrate_core::{Engine, HistoryTable, Lines, OneLine, Position, Query, Script, Span, Step, Value};

/// A connection that a run has to itself.
///
/// It carries out and reports; what is recorded and when, the plan says.
pub trait Driver: Send {
    const ENGINE: Engine;

    /// The rows of a query, or `None` when it names a table that does not exist. One round trip.
    fn query(
        &mut self,
        query: &Query,
    ) -> impl Future<Output = Result<Option<Vec<Row>>, DatabaseError>> + Send;

    /// Runs statements without parameters in a transaction of their own.
    fn create(&mut self, sql: &str) -> impl Future<Output = Result<(), DatabaseError>> + Send;

    /// Runs transactions in order, each only if the one before it is committed, and tells of each that is. When
    /// one fails, nothing is left open.
    fn transactions(
        &mut self,
        transactions: &[Transaction<'_>],
        tell: &mut Tell<'_>,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Runs one statement of a script outside of any transaction. One that `resumes` may have run already, in a
    /// run that was cut off before it could record that.
    fn run_alone(
        &mut self,
        piece: &Piece<'_>,
        resumes: bool,
        tell: &mut Tell<'_>,
    ) -> impl Future<Output = Result<(), DatabaseError>> + Send;

    /// Runs a verify script and takes back whatever it did. It fails when a statement does, or when the first
    /// column of a row is false.
    fn check(&mut self, piece: &Piece<'_>) -> impl Future<Output = Result<(), DatabaseError>> + Send;

    /// What [`HistoryTable::fingerprint`] asks for. One round trip.
    fn fingerprint(
        &mut self,
        history: &HistoryTable,
        timeouts: Timeouts,
    ) -> impl Future<Output = Result<Vec<Row>, DatabaseError>> + Send;

    /// The rows of a [`KeptSchema`](migrate_core::KeptSchema), or `None` when there is no table of them. One round trip.
    fn kept_schema(
        &mut self,
        history: &HistoryTable,
        timeouts: Timeouts,
    ) -> impl Future<Output = Result<Option<Vec<Row>>, DatabaseError>> + Send;

    /// Notes, before a run changes anything, what was changed by hand since the schema was kept. One round trip.
    fn note_schema(
        &mut self,
        history: &HistoryTable,
        timeouts: Timeouts,
    ) -> impl Future<Output = Result<Noted, DatabaseError>> + Send;

    /// Keeps the schema as a run has left it. One round trip.
    fn keep_schema(
        &mut self,
        history: &HistoryTable,
        timeouts: Timeouts,
        keep: Keep,
    ) -> impl Future<Output = Result<(), DatabaseError>> + Send;

    /// The name of the database: of SQLite the path of the file, or nothing for one in memory.
    fn database_name(&mut self) -> impl Future<Output = Result<String, DatabaseError>> + Send;

    /// Drops everything in the database.
    fn wipe(&mut self) -> impl Future<Output = Result<(), DatabaseError>> + Send;

    /// Keeps other runners out, or where that is not possible for the whole run, waits until none is in the midst
    /// of a transaction: then each transaction excludes the others. It asks again and again and never waits in
    /// the database: who waits there for a lock holds up `CREATE INDEX CONCURRENTLY`. The lock ends with the driver
    /// at the latest.
    fn lock(&mut self, key: i64, deadline: Duration) -> impl Future<Output = Result<(), LockFailure>> + Send;

    /// Lets other runners in.
    fn unlock(&mut self) -> impl Future<Output = ()> + Send;

    /// Keeps other runners from a statement outside of transactions, where [`Driver::lock`] does not.
    fn lock_alone(&mut self, deadline: Duration) -> impl Future<Output = Result<(), LockFailure>> + Send;

    fn unlock_alone(&mut self) -> impl Future<Output = ()> + Send;

    /// Waits before the next try.
    fn pause(&mut self, pause: Duration) -> impl Future<Output = ()> + Send;

    /// Whether a transaction that failed with this may succeed when it is run again.
    fn is_transient(error: &DatabaseError) -> bool;

    /// Whether a statement failed with this because it has to run outside of a transaction, as far as that was not
    /// known before. The transaction has done nothing then.
    fn needs_to_be_alone(stage: Stage, error: &DatabaseError) -> bool;

    /// Whether a claim failed with this because the history is not what the plan was made from.
    fn is_moved(error: &DatabaseError) -> bool;

    /// Notes the settings of the session, before a script without transaction that changes them. From here on they hold
    /// for what is ours in a transaction, and the script's for its statements. On SQLite these are the foreign keys,
    /// which are off from here on.
    fn save_session(&mut self) -> impl Future<Output = Result<(), DatabaseError>> + Send;

    /// Sets them back. On SQLite it fails when rows point nowhere now.
    fn restore_session(&mut self) -> impl Future<Output = Result<(), DatabaseError>> + Send;

    /// Whether [`Driver::create`] failed with this because there is no such schema.
    fn is_missing_schema(error: &DatabaseError) -> bool;

    /// Whether [`Driver::create`] failed with this because another runner was faster.
    fn is_created(error: &DatabaseError) -> bool;
}

/// What became of [`Driver::note_schema`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    Done,
    /// The history is older than the table that it would be noted in.
    NoTable,
}

/// How the schema is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Whether the table is created before, which needs the right to even where there is one.
    pub creates_table: bool,
    /// Whether changes by hand are kept as if a run had made them.
    pub accepts: bool,
}

pub(crate) type Row = Vec<Value>;

/// Who hears what happens while transactions run.
pub(crate) type Tell<'a> = dyn FnMut(Event) + Send + 'a;

#[derive(Debug)]
pub enum Event {
    /// The transaction of this number is committed.
    Committed { transaction: usize, elapsed: Duration },
    /// Whatever runs now waits for a lock that these hold.
    Blocked(Vec<Blocker>),
    /// Whatever ran a second ago still does.
    Running,
}

/// A session that holds a lock which another waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Blocker {
    /// Its process in the server.
    pub pid: i32,
    /// Its `application_name`.
    pub application: String,
    /// The address that it comes from, or nothing for a local one.
    pub client: Option<String>,
    /// `active`, `idle in transaction` and so on.
    pub state: Option<String>,
    /// Since when its transaction is open, by the database's clock: RFC 3339, UTC.
    pub since: Option<String>,
    /// The statement that it runs, or the last one that it ran.
    pub query: Option<String>,
}

impl fmt::Display for Blocker {
    /// In one line: any role can write the name and the query.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid {}", self.pid)?;
        let remarks =
            [("", Some(&self.application).filter(|name| !name.is_empty())), ("from ", self.client.as_ref())];
        for (label, remark) in remarks {
            remark.iter().try_for_each(|remark| write!(f, ", {label}{}", OneLine(remark)))?;
        }
        let remarks = [("", &self.state), ("since ", &self.since), ("query: ", &self.query)];
        for (label, remark) in remarks {
            remark.iter().try_for_each(|remark| write!(f, ", {label}{}", OneLine(remark)))?;
        }
        Ok(())
    }
}

/// The lock was not to be had.
#[derive(Debug)]
pub enum LockFailure {
    /// Another runner held it until the deadline.
    Held {
        deadline: Duration,
        holder: Option<Blocker>,
    },
    /// The caller's connection is inside a transaction of the caller's.
    InTransaction,
    Database(DatabaseError),
}

impl From<LockFailure> for DatabaseError {
    fn from(failure: LockFailure) -> DatabaseError {
        match failure {
            LockFailure::Held { deadline, holder } => DatabaseError {
                blockers: holder.into_iter().collect(),
                ..DatabaseError::of_ours(&format!(
                    "another runner held the lock for {} seconds",
                    deadline.as_secs()
                ))
            },
            LockFailure::InTransaction => DatabaseError::of_ours("the connection is inside a transaction"),
            LockFailure::Database(error) => error,
        }
    }
}

/// What commits together: the claim of a history row, a piece of a script, and the record of it.
#[derive(Debug)]
pub struct Transaction<'a> {
    pub claim: Vec<Query>,
    pub piece: Option<Piece<'a>>,
    pub record: Vec<Query>,
    /// Whether the step is done with it. Then the last record returns how many milliseconds that took.
    pub ends_step: bool,
    /// Whether it begins with BEGIN and ends with COMMIT. When a whole run is one transaction, only the first part
    /// begins and only the last commits.
    pub begins: bool,
    pub commits: bool,
    /// What it belongs to.
    pub step: &'a Step,
}

impl<'a> Transaction<'a> {
    /// One that does nothing yet.
    pub fn of(step: &'a Step) -> Transaction<'a> {
        Transaction {
            claim: Vec::new(),
            piece: None,
            record: Vec::new(),
            ends_step: false,
            begins: true,
            commits: true,
            step,
        }
    }
}

/// Statements of a script that are sent together.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    script: &'a Script,
    /// The statements, by their number.
    first: usize,
    end: usize,
    pub timeouts: Timeouts,
}

/// How long a statement may wait and run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    pub lock: Option<Duration>,
    pub statement: Option<Duration>,
}

impl<'a> Piece<'a> {
    pub fn whole(script: &'a Script, timeouts: Timeouts) -> Piece<'a> {
        Piece { script, first: 0, end: script.spans().len(), timeouts }
    }

    pub fn one(script: &'a Script, statement: usize, timeouts: Timeouts) -> Piece<'a> {
        Piece { script, first: statement, end: statement + 1, timeouts }
    }

    pub fn script(&self) -> &'a Script {
        self.script
    }

    /// The statements of the script that come before it.
    #[cfg(feature = "postgres")]
    pub fn before(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.script.statements().take(self.first)
    }

    /// Each of its statements by itself.
    #[cfg(all(feature = "testing", feature = "postgres"))]
    pub fn statements(&self) -> impl Iterator<Item = Piece<'a>> + use<'a> {
        let Piece { script, first, end, timeouts } = *self;
        (first..end).map(move |statement| Piece::one(script, statement, timeouts))
    }

    pub fn spans(&self) -> &'a [Span] {
        &self.script.spans()[self.first..self.end]
    }

    /// From the first statement to the end of the last, with the comments between them.
    pub fn sql(&self) -> &'a str {
        let (Some(first), Some(last)) = (self.spans().first(), self.spans().last()) else { return "" };
        &self.script.sql()[first.start()..last.end()]
    }

    /// The place of an error: at a byte of [`Piece::sql`], or else at the statement of this number in the piece.
    pub fn place(&self, offset: Option<usize>, statement: usize) -> Place {
        let start = self.spans().first().map_or(0, |span| span.start());
        let offset = offset.map(|offset| start + offset);
        let by_offset = offset.and_then(|at| self.spans().iter().position(|span| at <= span.end()));
        let statement = by_offset.unwrap_or(statement).min(self.spans().len().saturating_sub(1));
        let at = offset.or(self.spans().get(statement).map(|span| span.start())).unwrap_or_default();
        let position = Position::of_byte(self.script.sql(), at);
        Place {
            statement: self.first + statement,
            position,
            line: position.line_of(self.script.sql()).to_owned(),
        }
    }
}

/// Where in a script an error stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The number of the statement in its script, from 0.
    pub statement: usize,
    pub position: Position,
    pub line: String,
}

/// A transaction failed, and was rolled back.
#[derive(Debug)]
pub struct Failure {
    /// Which one.
    pub transaction: usize,
    pub stage: Stage,
    pub error: DatabaseError,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Claim,
    Script,
    Record,
    /// The end of the transaction, when deferred constraints are checked.
    Commit,
}

/// What a check says that ran and found something.
pub(crate) const FALSE: &str = "the first column of a row is false";

/// What a database said of a statement that failed.
#[derive(Debug)]
pub struct DatabaseError {
    pub message: String,
    /// SQLSTATE, or the extended result code of SQLite.
    pub code: Option<String>,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// The functions and statements around it, as the server tells them.
    pub context: Option<String>,
    /// In the script, where a piece of one failed.
    pub place: Option<Place>,
    /// Who held the lock that a statement waited for in vain.
    pub blockers: Vec<Blocker>,
    /// Whether the connection is gone, so that nothing is known of what was under way.
    pub is_disconnected: bool,
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl DatabaseError {
    /// An error that we saw and the database did not.
    pub fn of_ours(message: &str) -> DatabaseError {
        DatabaseError {
            message: message.to_owned(),
            code: None,
            detail: None,
            hint: None,
            context: None,
            place: None,
            blockers: Vec::new(),
            is_disconnected: false,
            source: None,
        }
    }
}

impl DatabaseError {
    /// A write of ours that the database let pass and that left another row than was sent, or none.
    pub fn unwritten(table: &str) -> DatabaseError {
        let hint = "look at the triggers, rules and policies of the table";
        DatabaseError {
            hint: Some(hint.to_owned()),
            ..DatabaseError::of_ours(&format!(
                "{table} did not take a row as it was sent: a trigger, a rule or row-level security swallows or changes it"
            ))
        }
    }

    /// Rows that are there and that this role is not shown.
    pub fn hidden(table: &str) -> DatabaseError {
        let hint = "read and write it as a role that row-level security does not bind: its owner, without FORCE ROW LEVEL \
                    SECURITY, or one with BYPASSRLS; or disable row-level security on the table";
        DatabaseError {
            hint: Some(hint.to_owned()),
            ..DatabaseError::of_ours(&format!("row-level security hides rows of {table} from this role"))
        }
    }

    /// The schema was not noted or kept in the time that was given for it.
    pub fn kept_too_slowly(limit: Duration) -> DatabaseError {
        DatabaseError::of_ours(&format!(
            "it took longer than {} seconds and was given up; `keep_schema_within` gives it longer",
            limit.as_secs_f64()
        ))
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Lines(&self.message))?;
        self.code.iter().try_for_each(|code| write!(f, " ({code})"))
    }
}
