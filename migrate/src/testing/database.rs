//! A database for one test, from its creation to its end.
//!
//! What comes in are a server, a hint and a template; what goes out is a database with a unique name, such as
//! `mt_orders_62f0…_3e8_0`. The name holds the time of its creation, so a later run knows when it is old enough to be
//! dropped.

use std::env;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config};

use super::address::Address;
use super::error::ServerError;
use super::maintenance::{Maintenance, background};
use super::server::Server;
use super::sweep;

/// A database for one test. [`Server::create_database`] makes an empty one.
///
/// ```
/// use migrate::testing::Server;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let database = Server::shared()?.create_database("two_clients").await?;
/// let (one, other) = (database.connect().await?, database.connect().await?);
/// one.batch_execute("CREATE TABLE orders (id bigint)").await?;
/// other.batch_execute("INSERT INTO orders VALUES (1)").await?;
/// # Ok(())
/// # }
/// ```
///
/// It is dropped with this value, even with open connections. If the test panics it is kept, and its connection
/// string (without a password) is printed, so that you can look at what the test saw. A test that returns an error
/// has not panicked: set `MIGRATE_TEST_KEEP` to keep every database, or use
#[cfg_attr(feature = "postgres", doc = "[`#[migrate::test]`](macro@crate::test),")]
#[cfg_attr(not(feature = "postgres"), doc = "`#[migrate::test]`,")]
/// which looks at what the test returns. A later test process drops what was kept or left for more than an hour.
#[derive(Debug)]
pub struct TestDatabase(Arc<Created>);

#[derive(Debug)]
struct Created {
    name: String,
    address: Address,
    server: Address,
    /// Whether its end has been decided before the drop.
    is_settled: AtomicBool,
}

impl TestDatabase {
    /// An empty database.
    pub(super) async fn create(server: &Server, hint: &str) -> Result<Self, ServerError> {
        let (server, hint) = (server.address.clone(), hint.to_owned());
        // On the thread of the library: the test's own runtime may end, or block, while the server works.
        let created = background()?.spawn(async move {
            let mut maintenance = Maintenance::of(&server).await?;
            // No session can be connected to template0. A connection to template1 would make this fail.
            let created = Self::create_from(&mut maintenance, &server, &hint, "template0").await;
            maintenance.rest();
            sweep::once(&server, "");
            created.map_err(|error| refused(&server, error))
        });
        created.await.unwrap_or_else(|error| Err(ServerError::unusable(error.to_string())))
    }

    /// A copy of `template`, to which no session may be connected.
    pub(super) async fn create_from(
        maintenance: &mut Maintenance,
        server: &Address,
        hint: &str,
        template: &str,
    ) -> Result<Self, tokio_postgres::Error> {
        let name = unique_name(hint);
        // To copy files takes half as long as to write pages to the log. Versions before 15 always copy files.
        let strategy = if maintenance.is_at_least(15) { " STRATEGY file_copy" } else { "" };
        maintenance.execute(&format!("CREATE DATABASE {name} TEMPLATE {template}{strategy}")).await?;
        let address = server.with_database(&name);
        Ok(Self(Arc::new(Created {
            name,
            address,
            server: server.clone(),
            is_settled: AtomicBool::new(false),
        })))
    }

    /// The name of the database: lower-case letters, digits and underscores.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The connection string.
    pub fn url(&self) -> &str {
        &self.0.address.url
    }

    /// [`url`](Self::url) as a value.
    pub fn config(&self) -> Config {
        self.0.address.config.clone()
    }

    /// Connects. The connection's task runs on the caller's tokio runtime.
    ///
    /// # Errors
    ///
    /// If the server does not answer.
    pub async fn connect(&self) -> Result<Client, ServerError> {
        self.0.address.connect().await
    }

    /// The same database: it is dropped with the last value.
    #[cfg(feature = "postgres")]
    pub(super) fn share(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    /// Keeps it, and prints its address.
    #[cfg(feature = "postgres")]
    pub(super) fn keep(&self) {
        self.0.is_settled.store(true, Ordering::Relaxed);
        self.0.tell_kept();
    }

    /// Drops it, unless all are to be kept.
    #[cfg(feature = "postgres")]
    pub(super) fn discard(&self) {
        self.0.is_settled.store(true, Ordering::Relaxed);
        self.0.discard();
    }
}

impl Created {
    /// Prints its address.
    fn tell_kept(&self) {
        eprintln!("test database kept: {}", self.address);
    }

    /// Waits until the server was asked to drop it, but not until it has: the test is over, and the process may end.
    fn discard(&self) {
        if env::var_os("MIGRATE_TEST_KEEP").is_some() {
            return self.tell_kept();
        }
        let Ok(background) = background() else { return };
        let (server, name) = (self.server.clone(), self.name.clone());
        // A channel and not the task's handle: the wait must end when the statement has been sent.
        let (tell, told) = mpsc::channel();
        background.spawn(async move {
            let Ok(mut maintenance) = Maintenance::of(&server).await else { return };
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            // After the deadline the receiver is gone, and the message is lost.
            let _ = maintenance.execute_telling(&drop, || tell.send(()).unwrap_or_default()).await;
            maintenance.rest();
        });
        // A server that a test has suspended does not answer at all. A database that is left is dropped by a later
        // run.
        let _ = told.recv_timeout(ASK_MAX);
    }
}

impl Drop for Created {
    fn drop(&mut self) {
        if *self.is_settled.get_mut() {
            return;
        }
        if thread::panicking() {
            return self.tell_kept();
        }
        self.discard();
    }
}

const ASK_MAX: Duration = Duration::from_secs(10);

/// The error of a database that was not created.
pub(super) fn refused(server: &Address, error: tokio_postgres::Error) -> ServerError {
    let doing = format!("cannot create a database on {server}");
    if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) {
        let role = server.config.get_user().unwrap_or_default();
        return ServerError::sql(format!("{doing} (try ALTER ROLE \"{role}\" CREATEDB)"), error);
    }
    ServerError::sql(doing, error)
}

const PREFIX: &str = "mt_";
const HINT_MAX: usize = 30;

/// `mt_<hint>_<time of creation>_<process>_<number>`: unique, without quotes, at most 63 bytes.
fn unique_name(hint: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let hint: String = hint.chars().map(plain).take(HINT_MAX).collect();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{PREFIX}{hint}_{:x}_{:x}_{number:x}", since_epoch().as_micros(), process::id())
}

/// The time now.
pub(super) fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The time at which a database of that name was created, if it is one of ours.
pub(super) fn created(name: &str) -> Option<Duration> {
    let mut parts = name.strip_prefix(PREFIX)?.rsplitn(4, '_');
    let (number, process, time) = (parts.next()?, parts.next()?, parts.next()?);
    let _hint = parts.next()?;
    u32::from_str_radix(number, 16).ok()?;
    u32::from_str_radix(process, 16).ok()?;
    u64::from_str_radix(time, 16).ok().map(Duration::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_and_tells_its_age() {
        let before = Duration::from_micros(since_epoch().as_micros().try_into().unwrap());
        let name = unique_name("tests::Ünicode \"quoted\" and far too long to be kept as it is");
        assert!(name.starts_with("mt_tests___nicode__quoted__and_f"), "{name}");
        assert!(name.len() <= 63, "{name}");
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{name}");
        assert!(created(&name).is_some_and(|created| created >= before), "{name}");
        assert_ne!(name, unique_name("tests::Ünicode \"quoted\" and far too long to be kept as it is"));
    }

    #[test]
    fn only_our_own_names_have_an_age() {
        assert_eq!(created("mt_x_10_2_3"), Some(Duration::from_micros(16)));
        assert_eq!(created("mt__10_2_3"), Some(Duration::from_micros(16))); // an empty hint
        assert_eq!(created("mt_x_10_2"), None);
        assert_eq!(created("mt_t_0123456789abcdef"), None); // a template
        assert_eq!(created("mt_t_0123456789abcdef_b"), None); // one in the making
        assert_eq!(created("mt_customers_of_last_year"), None);
        assert_eq!(created("other_x_10_2_3"), None);
    }
}
