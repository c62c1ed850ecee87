//! The one door to both parsers: text and engine in, statements and syntax errors out.

use migrate_core::{Engine, Span, SyntaxError};

use super::{Statement, postgres, sqlite};

/// The statements of a script, and its syntax errors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(crate) statements: Vec<Statement>,
    /// At most one error for each statement, in the order of their places.
    pub(crate) errors: Vec<SyntaxError>,
}

/// Parses a script in the grammar of `engine`. It never panics: a panic of the parser becomes a [`SyntaxError`].
pub(crate) fn parse(sql: &str, engine: Engine) -> Parsed {
    match engine {
        Engine::Postgres => postgres::parse(sql),
        Engine::Sqlite => sqlite::parse(sql),
    }
}

/// The syntax errors of a script, for the project's own tests: the place, the message and the hint.
#[doc(hidden)]
pub fn syntax_errors(sql: &str, engine: Engine) -> Vec<(Span, String, Option<String>)> {
    parse(sql, engine).errors.into_iter().map(|error| (error.span, error.message, error.hint)).collect()
}
