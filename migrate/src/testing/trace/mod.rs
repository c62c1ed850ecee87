//! What the statements of a set do to tables that are in use.
//!
//! The run is the library's own, over a driver that carries out one statement after the other and looks after each:
//! [`tracer`]. Inside a transaction the session itself says what it holds, [`snapshot`]; outside of one a second
//! session stands in its way, [`guard`]. What two moments say of the statement between them is a pure function,
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

/// Applies a set as [`Migrator::migrate`](crate::Migrator::migrate) does, and sees what each statement does to the
/// tables that were there before its migration: how it locks them, and whether it rewrites them, builds an index on
/// them or reads all of their rows.
///
/// An empty database shows it, because a statement takes the same locks there and goes through as many tables as it
/// would through full ones. Give it a database of the test's own; it is left as after
/// [`Migrator::migrate`](crate::Migrator::migrate), with everything applied and recorded, so that the test can go on
/// with it. Migrations that are applied already are not traced.
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
/// async fn no_statement_is_worse_than_its_class() -> Result<(), Box<dyn std::error::Error>> {
///     let database = Server::shared()?.create_database("trace").await?;
///     let pool = Pool::builder(Manager::new(database.config(), NoTls)).build()?;
///     let trace = trace(&MIGRATIONS, &pool).await?;
///     assert!(trace.worse_than_declared().is_empty(), "{trace}");
/// #   assert_eq!(trace.migrations.len(), 2);
///     Ok(())
/// }
/// # fn main() { no_statement_is_worse_than_its_class().unwrap() }
/// ```
///
/// # The class by observation
///
/// | [`Risk`](crate::Risk) | what was seen |
/// |---|---|
/// | `High` | others could not write, or not even read, while a table was rewritten, indexed or scanned; a table is gone |
/// | `Controlled` | others could not write to two tables at once, or not even read; SHARE UPDATE EXCLUSIVE while a table was indexed or scanned |
/// | `Safe` | anything else |
///
/// It is a lower bound. What cannot be seen is the meaning: that running code still uses the column that goes, that an
/// UPDATE changes every row, that a new constraint refuses what old code writes. And an ACCESS EXCLUSIVE lock for a
/// moment alone counts as safe, because a run asks for it with a `lock_timeout` and again.
///
/// # What it does not see
///
/// - Tables of the same migration: nobody uses them yet. Temporary tables, and the history's own.
/// - Sequences, and what does not lock relations at all.
/// - The rows: a foreign key that is checked shows the scan of one of its tables, and an UPDATE by key may show a scan
///   where an index would be used on a full table.
/// - Of a statement that refuses a transaction, or commits in its midst, the weak locks and the later ones: the first
///   from SHARE UPDATE EXCLUSIVE on is seen.
///
/// A statement that refuses a transaction, such as `CREATE INDEX CONCURRENTLY`, is stopped for a moment, so that its
/// locks can be seen. Two more connections do that, which do not count as the pool's own: it may be a pool of one.
///
/// # Errors
///
/// As [`Migrator::migrate`](crate::Migrator::migrate); and when no migration is pending, or the server does not count
/// scans, so that nothing would be seen.
pub async fn trace(set: &MigrationSet, pool: &Pool) -> Result<Trace, Error> {
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

/// A trace that shows nothing must not pass for a good one.
fn untraceable(why: &str, hint: &str) -> Error {
    Error::database(TRACING, DatabaseError { hint: Some(hint.to_owned()), ..DatabaseError::of_ours(why) })
}

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
