//! What the statements of a set do to tables that are in use.
//!
//! What comes in are a set and a pool; what goes out is a [`Trace`]: for each statement its locks, rewrites, index
//! builds and scans, and a risk.
//!
//! The run is the library's own, over a driver that carries out one statement after the other and looks after each:
//! [`tracer`]. Inside of a transaction the session itself shows what it holds, [`snapshot`]. Outside of one a second
//! session stands in its way, [`guard`]. What two moments say about the statement between them is a pure function,
//! [`observation`].

mod guard;
mod lock_mode;
mod observation;
mod relation;
mod report;
mod scene;
mod snapshot;
mod tracer;

use deadpool_postgres::Pool;
use migrate_core::{Engine, MigrationSet, Target};

pub use lock_mode::LockMode;
pub use relation::Relation;
pub use report::{Lock, MigrationTrace, StatementTrace, Trace};
pub use scene::Scene;

use self::guard::Guard;
use self::tracer::Tracer;
use crate::database::Task;
use crate::driver::DatabaseError;
use crate::error::Error;
use crate::migrator::Migrator;
use crate::postgres::PostgresDriver;
use crate::postgres::connection::{GETTING, pool_error};
use crate::run::ToTarget;

/// Applies a set as [`Migrator::migrate`](crate::Migrator::migrate) does, and observes what each statement does to
/// the tables that existed before its migration: how it locks them, and whether it rewrites them, builds an index on
/// them or reads all of their rows.
///
/// An empty database is enough, because a statement takes the same locks there and goes through the same tables as it
/// would in a full one. Give it a database of the test's own. It is left as
/// [`Migrator::migrate`](crate::Migrator::migrate) leaves it, with everything applied and recorded, so the test can
/// continue with it. Migrations that are applied already are not traced.
///
/// ```
/// use deadpool_postgres::{Manager, Pool};
/// use migrate::testing::{Server, trace};
/// use migrate::{MigrationSet, embed_migrations};
/// use tokio_postgres::NoTls;
///
/// static MIGRATIONS: MigrationSet = embed_migrations!("migrations");
///
/// # #[tokio::main(flavor = "current_thread")] // a test has `#[tokio::test]` here
/// async fn no_statement_is_riskier_than_declared() -> Result<(), Box<dyn std::error::Error>> {
///     let database = Server::shared()?.create_database("trace").await?;
///     let pool = Pool::builder(Manager::new(database.config(), NoTls)).build()?;
///     let trace = trace(&MIGRATIONS, &pool).await?;
///     assert!(trace.worse_than_declared().is_empty(), "{trace}");
/// #   assert_eq!(trace.migrations.len(), 2);
///     Ok(())
/// }
/// # fn main() { no_statement_is_riskier_than_declared().unwrap() }
/// ```
///
/// # The observed risk
///
/// | [`Risk`](crate::Risk) | what was seen |
/// |---|---|
/// | `High` | others could not write, or not even read, while a table was rewritten, indexed or scanned; a table is gone |
/// | `Controlled` | others could not write to two tables at once, or not even read; SHARE UPDATE EXCLUSIVE while a table was indexed or scanned |
/// | `Safe` | anything else |
///
/// It is a lower bound. The meaning cannot be observed: that running code still uses the column that is dropped, that
/// an UPDATE changes every row, that a new constraint refuses what old code writes. And an ACCESS EXCLUSIVE lock for
/// a moment counts as safe, because a run asks for it with a `lock_timeout` and tries again.
///
/// # What it does not see
///
/// - Tables of the same migration: no one uses them yet. Temporary tables, and those of the history.
/// - Sequences, and everything that does not lock relations.
/// - The rows: a foreign key that is checked shows the scan of only one of its tables, and an UPDATE by key may show
///   a scan although a full table would use an index.
/// - The weak locks and the later ones of a statement that refuses a transaction, or commits inside: only the first
///   lock from SHARE UPDATE EXCLUSIVE on is seen.
///
/// A statement that refuses a transaction, such as `CREATE INDEX CONCURRENTLY`, is stopped for a moment, so that its
/// locks can be seen. Two more connections do that. They do not count as the pool's own, so it may be a pool of one.
///
/// # Errors
///
/// As for [`Migrator::migrate`](crate::Migrator::migrate). Also if no migration is pending, or the server does not
/// count scans: nothing would be seen then.
pub async fn trace(set: &MigrationSet, pool: &Pool) -> Result<Trace, Error> {
    // The kept schema is read by queries of ours, which would count as scans.
    let migrator = Migrator::new(set).keep_schema(false);
    let history = migrator.history_table(Engine::Postgres).names().map(str::to_owned).to_vec();
    let mut tracer = tracer(set, history, pool).await?;
    ToTarget(&migrator, Target::Latest).on(&mut tracer).await?;
    let trace = tracer.take_trace();
    match trace.migrations.is_empty() {
        true => Err(untraceable("no migration is pending", "trace a set on an empty database")),
        false => Ok(trace),
    }
}

const TRACING: &str = "tracing";

/// The error of a trace that would show nothing, and must not look like a good one.
fn untraceable(why: &str, hint: &str) -> Error {
    Error::database(TRACING, DatabaseError { hint: Some(hint.to_owned()), ..DatabaseError::of_ours(why) })
}

/// The driver, with the connections that it needs.
async fn tracer<'s>(set: &'s MigrationSet, history: Vec<String>, pool: &Pool) -> Result<Tracer<'s>, Error> {
    let guard = Guard::connect(pool).await.map_err(|error| Error::database(GETTING, pool_error(error)))?;
    let tracer = Tracer::new(set, history, PostgresDriver::lent_by(pool).await?, guard);
    match tracer.counts_scans().await {
        Ok(true) => Ok(tracer),
        Ok(false) => {
            Err(untraceable("the server counts no scans", "set `track_counts` to `on`, which is the default"))
        }
        Err(error) => Err(Error::database(TRACING, error)),
    }
}
