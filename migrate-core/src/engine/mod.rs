//! The engines, and the SQL that a set is written in: plain data, which the scanner needs too. `dialect` has the questions
//! whose answer depends on the engine, and `capability` says what each engine can do.

mod capability;
mod postgres;
mod sqlite;

use std::fmt;

use capability::Capabilities;

/// The SQL that a migration set is written in: `dialect` in `migrate.toml`.
///
/// Exhaustive: a caller has to decide for each of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Deserialize)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// PostgreSQL (the default).
    #[default]
    Postgres,
    /// SQLite.
    Sqlite,
    /// SQL that both engines read alike, for a library whose user chooses the engine.
    Any,
}

impl Dialect {
    /// The dialects whose rules a script must follow.
    pub const fn engines(self) -> &'static [Engine] {
        match self {
            Dialect::Postgres => &[Engine::Postgres],
            Dialect::Sqlite => &[Engine::Sqlite],
            Dialect::Any => &[Engine::Postgres, Engine::Sqlite],
        }
    }

    /// Whether a set of this dialect can run on `engine`.
    pub fn runs_on(self, engine: Engine) -> bool {
        self.engines().contains(&engine)
    }

    /// The name in `migrate.toml`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Dialect::Postgres => "postgres",
            Dialect::Sqlite => "sqlite",
            Dialect::Any => "any",
        }
    }

    /// The dialect of that name in `migrate.toml`, if there is one.
    pub fn from_name(name: &str) -> Option<Dialect> {
        [Dialect::Postgres, Dialect::Sqlite, Dialect::Any]
            .into_iter()
            .find(|dialect| dialect.as_str() == name)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A database that runs migrations.
///
/// Exhaustive: a caller has to decide for each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
}

impl Engine {
    /// What this engine can do; each capability has a method that reads it.
    const fn capabilities(self) -> &'static Capabilities {
        match self {
            Engine::Postgres => &postgres::CAPABILITIES,
            Engine::Sqlite => &sqlite::CAPABILITIES,
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
