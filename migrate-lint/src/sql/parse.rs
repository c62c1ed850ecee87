use migrate_core::{Engine, Span, SyntaxError};

use super::{Statement, postgres, sqlite};

/// The statements of a script, and what is no SQL in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(crate) statements: Vec<Statement>,
    /// In the order of their places; what comes behind the first may follow from it.
    pub(crate) errors: Vec<SyntaxError>,
}

/// Parses a script in the grammar of `engine`. Never panics: what makes a parser fail is an [`SyntaxError`].
pub(crate) fn parse(sql: &str, engine: Engine) -> Parsed {
    match engine {
        Engine::Postgres => postgres::parse(sql),
        Engine::Sqlite => sqlite::parse(sql),
    }
}

/// What is no SQL in a script, for the project's own tests: the place, the message, and what may have been meant.
#[doc(hidden)]
pub fn syntax_errors(sql: &str, engine: Engine) -> Vec<(Span, String, Option<String>)> {
    parse(sql, engine).errors.into_iter().map(|error| (error.span, error.message, error.hint)).collect()
}
