//! Why a test has no server, database or pooler.
//!
//! What comes in is the failure of a program, a file or a statement; what goes out is a text that says what to do:
//! `no PostgreSQL found. … apt-get install postgresql`. Tests fail with it, and are never skipped: a test that is
//! skipped in silence proves nothing.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::Path;

/// Why there is no server, database or pooler to test with.
///
/// Its text says what to do. `Debug` prints the same text and its causes, because `unwrap` in a test prints `Debug`.
///
/// ```
/// use migrate::testing::Server;
///
/// let error = Server::at("neither an address nor words of one").unwrap_err();
/// assert!(error.to_string().contains("is not a connection string"));
/// assert!(!error.is_not_installed());
/// ```
pub struct ServerError(Box<Reason>);

/// The kinds of failure.
enum Reason {
    NoServer { looked_in: Vec<String> },
    NoBouncer { looked_in: Vec<String> },
    Unusable(String),
    System { doing: String, source: io::Error },
    Sql { doing: String, source: tokio_postgres::Error },
}

impl ServerError {
    /// PostgreSQL is not installed.
    pub(super) fn no_server(looked_in: Vec<String>) -> Self {
        Self(Box::new(Reason::NoServer { looked_in }))
    }

    /// PgBouncer is not installed.
    pub(super) fn no_bouncer(looked_in: Vec<String>) -> Self {
        Self(Box::new(Reason::NoBouncer { looked_in }))
    }

    /// Something is not as it has to be.
    pub(super) fn unusable(what: impl Into<String>) -> Self {
        Self(Box::new(Reason::Unusable(what.into())))
    }

    /// The system refused something.
    pub(super) fn system(doing: impl Into<String>, source: io::Error) -> Self {
        Self(Box::new(Reason::System { doing: doing.into(), source }))
    }

    /// The system refused something to do with a file.
    pub(super) fn file(doing: &str, path: &Path, source: io::Error) -> Self {
        Self::system(format!("cannot {doing} {}", path.display()), source)
    }

    /// The server refused something, or does not answer.
    pub(super) fn sql(doing: impl Into<String>, source: tokio_postgres::Error) -> Self {
        Self(Box::new(Reason::Sql { doing: doing.into(), source }))
    }

    /// Whether a program has to be installed first: the server, or the pooler that was asked for.
    ///
    /// A test may skip itself then, if it says so aloud. The tests of this library do not: they fail.
    pub fn is_not_installed(&self) -> bool {
        matches!(*self.0, Reason::NoServer { .. } | Reason::NoBouncer { .. })
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Reason::NoServer { looked_in } => write!(f, "{NO_SERVER}\nlooked in: {}", looked_in.join(", ")),
            Reason::NoBouncer { looked_in } => write!(f, "{NO_BOUNCER}\nlooked in: {}", looked_in.join(", ")),
            Reason::Unusable(what) => f.write_str(what),
            Reason::System { doing, .. } | Reason::Sql { doing, .. } => f.write_str(doing),
        }
    }
}

const NO_SERVER: &str = "\
no PostgreSQL found. These tests need a real server. Do one of:
  cargo xtask test                            (in migrate's own tree, root on Debian: installs it, then runs everything)
  apt-get install postgresql                  (no service needs to run)
  MIGRATE_TEST_PG_BIN=DIR cargo test          (DIR holds initdb and postgres)
  MIGRATE_TEST_PG_URL=postgres://… cargo test (a throw-away server, role with CREATEDB)";

const NO_BOUNCER: &str = "\
no PgBouncer found. This test needs the real pooler. Do one of:
  cargo xtask test                            (in migrate's own tree, root on Debian: installs it, then runs everything)
  apt-get install pgbouncer                   (no service needs to run)";

impl fmt::Debug for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl Error for ServerError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &*self.0 {
            Reason::System { source, .. } => Some(source),
            Reason::Sql { source, .. } => Some(source),
            _ => None,
        }
    }
}
