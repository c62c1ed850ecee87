//! The SQL that a set is written in, and the questions whose answer depends on the engine.
//!
//! A statement's text and words come in; a yes or no, or a small value such as [`Alone`], goes out: `VACUUM t` refuses a
//! transaction on both engines, `SET ROLE x` changes the session of PostgreSQL only. A third engine is a file here.

pub use alone::{Alone, Reindexed, ServerObject, ServerObjectKind};
pub use concurrent_index::ConcurrentIndex;

use crate::engine::Engine;
use crate::statement::scan;

mod alone;
mod concurrent_index;
pub(crate) mod postgres;
mod reader;
pub(crate) mod sqlite;

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
