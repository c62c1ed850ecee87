//! The SQL that a set is written in, and the questions whose answer depends on the engine.
//!
//! A statement's text and words come in; a yes or no, or a small value such as [`Alone`], goes out: `VACUUM t` refuses a
//! transaction on both engines, `SET ROLE x` changes the session of PostgreSQL only. A third engine is a file here.

use std::fmt;

pub use alone::{Alone, Reindexed, ServerObject, ServerObjectKind};
pub use concurrent_index::ConcurrentIndex;

use crate::statement::scan;

mod alone;
mod concurrent_index;
pub(crate) mod postgres;
mod reader;
pub(crate) mod sqlite;

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
    /// Whether a statement of a script without transaction is known to refuse one, so that it cannot commit together
    /// with its record. For other statements the database itself says so.
    pub fn runs_alone(self, statement: &str) -> bool {
        let scan = scan(statement, self);
        scan.statements.iter().any(|one| match self {
            Engine::Postgres => postgres::runs_alone(&one.words, one.span.of(statement)),
            Engine::Sqlite => sqlite::refuses_transaction(&one.words) || sqlite::is_pragma(&one.words),
        })
    }

    /// Whether a statement of a script begins or ends a transaction; savepoints do neither.
    pub fn controls_transaction(self, script: &str) -> bool {
        scan(script, self).statements.iter().any(|statement| match self {
            Engine::Postgres => postgres::controls_transaction(&statement.words),
            Engine::Sqlite => sqlite::controls_transaction(&statement.words),
        })
    }

    /// What a statement that runs outside of a transaction does.
    pub fn alone(self, statement: &str) -> Alone {
        match self {
            Engine::Postgres => Alone::parse(statement),
            Engine::Sqlite => Alone::Repeatable,
        }
    }

    /// Whether a statement concerns its own transaction, and so means nothing outside of one.
    pub fn is_of_its_transaction(self, statement: &str) -> bool {
        let scan = scan(statement, self);
        scan.statements.iter().any(|one| one.words.starts_with(&["SET", "TRANSACTION"]))
    }

    /// Whether a statement may change settings that the rest of its script relies on.
    pub fn changes_session(self, statement: &str) -> bool {
        let scan = scan(statement, self);
        self == Engine::Postgres && scan.statements.iter().any(|one| postgres::changes_session(&one.words))
    }

    /// Whether a statement does nothing but change such settings, so that a resumed run can repeat it.
    pub fn only_changes_session(self, statement: &str) -> bool {
        let scan = scan(statement, self);
        self == Engine::Postgres
            && scan.statements.iter().all(|one| postgres::only_changes_session(&one.words))
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Engine::Postgres => "PostgreSQL",
            Engine::Sqlite => "SQLite",
        })
    }
}
