//! The server that tests run on.
//!
//! What comes in is `MIGRATE_TEST_PG_URL`, or nothing; what goes out is a [`Server`], an address on which databases
//! are created. A shared server is started at most once, by the first process that needs it.

use std::env::{self, VarError};

use tokio_postgres::{Client, Config};

use super::address::Address;
use super::database::TestDatabase;
use super::error::ServerError;
use super::private::PrivateServer;
use super::shared;

/// A running PostgreSQL server to test with.
///
/// ```
/// use migrate::testing::Server;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let database = Server::shared()?.create_database("orders").await?;
/// let client = database.connect().await?;
/// client.batch_execute("CREATE TABLE orders (id bigint PRIMARY KEY)").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Server {
    pub(super) address: Address,
}

impl Server {
    /// The server that all tests of this machine's user share.
    ///
    /// It is the one that `MIGRATE_TEST_PG_URL` names, or else a throw-away server, which the first test process
    /// starts, and which stops once no test process has used it for a while. [The module](super) says where its
    /// programs are searched for. Do not stop or kill it, since others use it: use [`Server::private`] for that.
    ///
    /// The first call blocks for as long as a server needs to start, about half a second. Later calls return at once.
    /// So each test may call it, including an `async` one.
    ///
    /// # Errors
    ///
    /// If there are no server programs (the text says what to install and where it looked), if they fail, or if
    /// `MIGRATE_TEST_PG_URL` is not a connection string. The first use of the server shows whether it answers.
    pub fn shared() -> Result<Self, ServerError> {
        match env::var(URL_VARIABLE) {
            Ok(url) => Self::named(url, URL_VARIABLE),
            Err(VarError::NotPresent) => shared::server(),
            Err(VarError::NotUnicode(_)) => {
                Err(ServerError::unusable(format!("{URL_VARIABLE} is not valid UTF-8")))
            }
        }
    }

    /// A server that runs already, and whose role may create databases. Connections to it are not encrypted.
    ///
    /// ```
    /// use migrate::testing::Server;
    ///
    /// let server = Server::at("postgres://tester@localhost:5433/postgres")?;
    /// assert_eq!(server.url(), "postgres://tester@localhost:5433/postgres");
    /// assert!(Server::at("postgres://one,two/postgres").is_err());   // databases are created on one host
    /// # Ok::<(), migrate::testing::ServerError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If `url` is not a connection string, or names several hosts. The first use of the server shows whether it
    /// answers.
    pub fn at(url: impl Into<String>) -> Result<Self, ServerError> {
        Self::named(url.into(), "the address of the server")
    }

    /// A server with these connection settings. Connections to it are not encrypted.
    #[cfg(all(feature = "cli", feature = "postgres"))]
    pub(crate) fn with(config: Config) -> Self {
        Self { address: Address::with(config) }
    }

    /// The server of a connection string; `name` says in errors where that comes from.
    fn named(url: String, name: &str) -> Result<Self, ServerError> {
        let address = Address::parse(url);
        let address =
            address.map_err(|error| ServerError::sql(format!("{name} is not a connection string"), error))?;
        // The driver adds a host among the parameters to the one before them, while libpq replaces that one.
        if address.config.get_hosts().len() > 1 {
            return Err(ServerError::unusable(format!(
                "{name} names several hosts, and databases are created on one; write one host, and none as a parameter"
            )));
        }
        Ok(Self { address })
    }

    /// A server for one test, to stop, kill and start again.
    ///
    /// # Errors
    ///
    /// As for [`Server::shared`]. `MIGRATE_TEST_PG_URL` does not help: a server that others use cannot be killed.
    pub fn private() -> Result<PrivateServer, ServerError> {
        PrivateServer::create()
    }

    /// Creates an empty database, which is dropped together with the value.
    ///
    /// `name_hint`, often the test's name, becomes a part of the database's name. The first call in a process also
    /// drops what earlier processes left on this server.
    ///
    /// It takes about 20 ms.
    ///
    /// # Errors
    ///
    /// If the server does not answer, or its role may not create databases.
    pub async fn create_database(&self, name_hint: &str) -> Result<TestDatabase, ServerError> {
        TestDatabase::create(self, name_hint).await
    }

    /// The server's version as a number, such as `150018` for 15.18: for tests of what only some versions can do.
    ///
    /// ```
    /// use migrate::testing::Server;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// if Server::shared()?.version_num().await? >= 150_000 {
    ///     // `security_invoker` views
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// It costs a connection and a round trip.
    ///
    /// # Errors
    ///
    /// If the server does not answer.
    pub async fn version_num(&self) -> Result<u32, ServerError> {
        let doing = "cannot read the server's version";
        let client = self.connect().await?;
        let row = client.query_one("SHOW server_version_num", &[]).await;
        let row = row.map_err(|error| ServerError::sql(doing, error))?;
        row.get::<_, &str>(0).parse().map_err(|_| ServerError::unusable(doing))
    }

    /// The connection string of the server's maintenance database: for roles and other objects of the whole server,
    /// not for tables.
    pub fn url(&self) -> &str {
        &self.address.url
    }

    /// [`url`](Self::url) as a value.
    pub fn config(&self) -> Config {
        self.address.config.clone()
    }

    /// Connects to [`url`](Self::url). The connection's task runs on the caller's tokio runtime.
    ///
    /// ```
    /// use migrate::testing::Server;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // Roles belong to the whole server, and stay after the test: so make one only if it is missing.
    /// let client = Server::shared()?.connect().await?;
    /// client
    ///     .batch_execute("DO $$ BEGIN CREATE ROLE shop_app; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$")
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the server does not answer.
    pub async fn connect(&self) -> Result<Client, ServerError> {
        self.address.connect().await
    }
}

/// The environment variable that names a server.
const URL_VARIABLE: &str = "MIGRATE_TEST_PG_URL";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_one() {
        for url in [
            "postgres://u:secret@h:1111/db?host=/sock",
            "postgres://u:secret@a,b/db",
            "host=a,b password=secret",
        ] {
            let error = Server::at(url).unwrap_err().to_string();
            assert!(error.contains("several hosts") && !error.contains("secret"), "{error}");
        }
        Server::at("postgres://u@/db?host=/sock").unwrap();
    }
}
