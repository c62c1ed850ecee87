//! The address of a server or database, as text and as a value.
//!
//! What comes in is a connection string, `postgres://u:secret@h/old`, or the directory of a socket; what goes out is
//! the same for another database, `postgres://u:secret@h/mt_orders_1`, and a form without the password to print.

use std::fmt;
use std::path::Path;

use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, NoTls};

use super::error::ServerError;

/// The address of a database: the text for people and programs, and the same as a value.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) url: String,
    pub(super) config: Config,
}

/// The superuser of every server that is started here.
pub(super) const USER: &str = "postgres";

impl Address {
    /// Reads a connection string.
    pub(super) fn parse(url: String) -> Result<Self, tokio_postgres::Error> {
        let config = url.parse()?;
        Ok(Self { url, config })
    }

    /// The address of a value. Its text has no password.
    #[cfg(all(feature = "cli", feature = "postgres"))]
    pub(super) fn with(config: Config) -> Self {
        Self { url: without_password(&config), config }
    }

    /// A server or pooler whose socket is in `directory`.
    pub(super) fn of_socket(directory: &Path, port: u16, database: &str) -> Self {
        let mut config = Config::new();
        config.host_path(directory).port(port).user(USER).dbname(database);
        Self { url: without_password(&config), config }
    }

    /// Another database of the same server.
    pub(super) fn with_database(&self, name: &str) -> Self {
        let mut config = self.config.clone();
        config.dbname(name);
        Self { url: url_with_database(&self.url, name), config }
    }

    /// Connects.
    pub(super) async fn connect(&self) -> Result<Client, ServerError> {
        let connected = self.config.connect(NoTls).await;
        let (client, connection) =
            connected.map_err(|error| ServerError::sql(format!("cannot connect to {self}"), error))?;
        // The user of the client learns from it how the connection ends.
        tokio::spawn(connection);
        Ok(client)
    }
}

/// Writes the connection string without its password, because many people read logs.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_password(&self.config))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A connection string without a password.
fn without_password(config: &Config) -> String {
    let user = config.get_user().map(|user| format!("{user}@")).unwrap_or_default();
    let host = match config.get_hosts().first() {
        Some(Host::Unix(directory)) => percent_encoded(directory),
        Some(Host::Tcp(name)) => name.clone(),
        None => String::new(),
    };
    let port = config.get_ports().first().map(|port| format!(":{port}")).unwrap_or_default();
    let database = config.get_dbname().map(|name| format!("/{name}")).unwrap_or_default();
    format!("postgresql://{user}{host}{port}{database}")
}

/// The connection string with another database. It is edited as text: a value has lost parameters that the driver
/// does not know.
fn url_with_database(url: &str, name: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        // The other form, `host=… user=…`, in which the last of two equal keys counts.
        return format!("{url} dbname={name}");
    };
    // A password may hold a slash, a host may not.
    let (credentials, rest) = rest.split_at(rest.find('@').map_or(0, |at| at + 1));
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let parameters = rest.find('?').map_or("", |start| &rest[start..]);
    format!("{scheme}://{credentials}{host}/{name}{parameters}")
}

/// A path as the host of a URL.
fn percent_encoded(path: &Path) -> String {
    let encoded = |byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(*byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    path.as_os_str().as_encoded_bytes().iter().map(encoded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_is_replaced_and_nothing_else() {
        let case = |url, want| assert_eq!(url_with_database(url, "x"), want);
        case("postgres://localhost", "postgres://localhost/x");
        case("postgres://u:p@localhost:5433/old", "postgres://u:p@localhost:5433/x");
        case("postgres://u:a/b@localhost/old", "postgres://u:a/b@localhost/x");
        case("postgresql://u@h/old?connect_timeout=3", "postgresql://u@h/x?connect_timeout=3");
        case("postgres:///old?host=/tmp", "postgres:///x?host=/tmp");
        case("postgres://h?connect_timeout=3", "postgres://h/x?connect_timeout=3");
        case("host=/tmp dbname=old", "host=/tmp dbname=old dbname=x");
    }

    #[test]
    fn the_url_of_a_socket_says_the_same_as_the_value() {
        let address = Address::of_socket(Path::new("/dev/shm/a b"), 5432, "x");
        assert_eq!(address.url, "postgresql://postgres@%2Fdev%2Fshm%2Fa%20b:5432/x");
        assert_eq!(Address::parse(address.url.clone()).unwrap().config, address.config);
        let other = address.with_database("y");
        assert_eq!(Address::parse(other.url.clone()).unwrap().config, other.config);
    }
    #[test]
    fn no_password_is_shown() {
        let case = |url: &str, want| {
            let address = Address::parse(url.to_owned()).unwrap();
            assert_eq!((address.to_string().as_str(), format!("{address:?}").as_str()), (want, want));
        };
        case("postgres://u:secret@localhost:5433/x?connect_timeout=3", "postgresql://u@localhost:5433/x");
        case("host=localhost user=u password=secret", "postgresql://u@localhost");
        case("host=/tmp", "postgresql://%2Ftmp");
    }
}
