use std::env;
use std::process;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config};

use super::address::Address;
use super::error::ServerError;
use super::server::Server;

/// An empty database for one test: see [`Server::create_database`].
///
/// It is dropped with this value, whoever is still connected to it. When the test panics it is kept, and its
/// connection string (without a password) printed, so that one can look at what the test saw. A test that returns
/// an error has not panicked: set `MIGRATE_TEST_KEEP` to keep every database. A later test process drops what was
/// kept or left behind for more than an hour.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    address: Address,
    server: Server,
}

impl TestDatabase {
    pub(super) async fn create(server: &Server, hint: &str) -> Result<Self, ServerError> {
        let client = server.connect().await?;
        let mut first = false;
        SWEPT.call_once(|| first = true);
        if first {
            drop_leftovers(&client).await;
        }
        let name = unique_name(hint);
        // Nobody can be connected to template0, which would make this fail.
        let created = client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0")).await;
        created.map_err(|error| refused(server, error))?;
        Ok(Self { address: server.address.with_database(&name), name, server: server.clone() })
    }

    /// The name of the database: lower-case letters, digits and underscores.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The connection string.
    pub fn url(&self) -> &str {
        &self.address.url
    }

    /// [`url`](Self::url) as a value.
    pub fn config(&self) -> Config {
        self.address.config.clone()
    }

    /// Connects. The connection's task runs on the caller's tokio runtime.
    ///
    /// # Errors
    ///
    /// When the server does not answer.
    pub async fn connect(&self) -> Result<Client, ServerError> {
        self.address.connect().await
    }
}

static SWEPT: Once = Once::new();

fn refused(server: &Server, error: tokio_postgres::Error) -> ServerError {
    let doing = format!("cannot create a database on {}", server.address);
    if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) {
        let role = server.address.config.get_user().unwrap_or_default();
        return ServerError::sql(format!("{doing} (try ALTER ROLE \"{role}\" CREATEDB)"), error);
    }
    ServerError::sql(doing, error)
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if thread::panicking() || env::var_os("MIGRATE_TEST_KEEP").is_some() {
            eprintln!("test database kept: {}", self.address);
            return;
        }
        let (server, name) = (self.server.clone(), self.name.clone());
        // A drop cannot await, and this thread's runtime is busy running it. What fails here is swept up later.
        let _ = thread::spawn(move || drop_blocking(&server, &name)).join();
    }
}

fn drop_blocking(server: &Server, name: &str) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return;
    };
    let dropped = async {
        if let Ok(client) = server.connect().await {
            // The error, if any, is the sweep's to deal with.
            let _ = client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        }
    };
    // A server that a test has suspended does not answer at all.
    let _ = runtime.block_on(async { tokio::time::timeout(DROP_MAX, dropped).await });
}

const DROP_MAX: Duration = Duration::from_secs(10);

const PREFIX: &str = "mt_";
const HINT_MAX: usize = 30;

/// `mt_<hint>_<time of creation>_<process>_<number>`: never the same twice, needs no quotes, fits into 63 bytes.
fn unique_name(hint: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let hint: String = hint.chars().map(plain).take(HINT_MAX).collect();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{PREFIX}{hint}_{:x}_{:x}_{number:x}", micros_since_epoch(), process::id())
}

fn micros_since_epoch() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros())
}

/// When a database of that name was created, if it is one of ours.
fn created_micros(name: &str) -> Option<u128> {
    let mut parts = name.strip_prefix(PREFIX)?.rsplitn(4, '_');
    let (number, process, time) = (parts.next()?, parts.next()?, parts.next()?);
    let _hint = parts.next()?;
    u32::from_str_radix(number, 16).ok()?;
    u32::from_str_radix(process, 16).ok()?;
    u128::from_str_radix(time, 16).ok()
}

/// Drops the databases of tests that failed or were killed, when nobody can be looking at them any more.
///
/// It helps later runs, not this one: its errors concern nobody, and another process may be doing the same.
async fn drop_leftovers(client: &Client) {
    let unused = "SELECT datname::text FROM pg_database d WHERE datname LIKE 'mt\\_%'
                  AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)";
    let rows = client.query(unused, &[]).await.unwrap_or_default();
    let oldest_kept = micros_since_epoch().saturating_sub(LEFTOVER_AGE.as_micros());
    for row in rows {
        let name: &str = row.get(0);
        if created_micros(name).is_some_and(|created| created < oldest_kept) {
            let _ = client.batch_execute(&format!("DROP DATABASE IF EXISTS \"{name}\"")).await;
        }
    }
}

const LEFTOVER_AGE: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_and_tells_its_age() {
        let before = micros_since_epoch();
        let name = unique_name("tests::Ünicode \"quoted\" and far too long to be kept as it is");
        assert!(name.starts_with("mt_tests___nicode__quoted__and_f"), "{name}");
        assert!(name.len() <= 63, "{name}");
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{name}");
        assert!(created_micros(&name).is_some_and(|created| created >= before), "{name}");
        assert_ne!(name, unique_name("tests::Ünicode \"quoted\" and far too long to be kept as it is"));
    }

    #[test]
    fn only_our_own_names_have_an_age() {
        assert_eq!(created_micros("mt_x_10_2_3"), Some(16));
        assert_eq!(created_micros("mt__10_2_3"), Some(16)); // an empty hint
        assert_eq!(created_micros("mt_x_10_2"), None);
        assert_eq!(created_micros("mt_customers_of_last_year"), None);
        assert_eq!(created_micros("other_x_10_2_3"), None);
    }
}
