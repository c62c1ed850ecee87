//! The one door to both parsers: text and engine in, statements and syntax errors out.

use std::collections::BTreeSet;

use migrate_core::{Engine, Span, SyntaxError};

use super::{Statement, postgres, sqlite, unseen};

/// The statements of a script, and its syntax errors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(crate) statements: Vec<Statement>,
    /// At most one error for each statement, in the order of their places.
    pub(crate) errors: Vec<SyntaxError>,
}

impl Parsed {
    /// Forgives the syntax errors of these statements, each of which is the number of statements before it, and returns
    /// those that have one. What such a statement does stays unknown.
    pub(crate) fn forgive(&mut self, statements: &BTreeSet<usize>) -> BTreeSet<usize> {
        let number = |error: &SyntaxError| statement_at(&self.statements, error.span);
        let (forgiven, errors) = std::mem::take(&mut self.errors)
            .into_iter()
            .partition::<Vec<_>, _>(|error| statements.contains(&number(error)));
        self.errors = errors;
        forgiven.iter().map(number).collect()
    }
}

/// Parses a script in the grammar of `engine`. It never panics: a panic of the parser becomes a [`SyntaxError`].
pub(crate) fn parse(sql: &str, engine: Engine) -> Parsed {
    let mut parsed = match engine {
        Engine::Postgres => postgres::parse(sql),
        Engine::Sqlite => sqlite::parse(sql),
    };
    for error in &mut parsed.errors {
        let number = statement_at(&parsed.statements, error.span);
        if let Some(named) =
            parsed.statements.get(number).and_then(|it| unseen::named(sql, it.span, error, engine))
        {
            *error = named;
        }
    }
    parsed
}

/// The number of statements before the one in which an error is. An error at the end of a statement belongs to it.
fn statement_at(statements: &[Statement], error: Span) -> usize {
    let begun = statements.partition_point(|statement| statement.span.start() <= error.start());
    begun.saturating_sub(1)
}

/// The syntax errors of a script, for the project's own tests: the place, the message and the hint.
#[doc(hidden)]
pub fn syntax_errors(sql: &str, engine: Engine) -> Vec<(Span, String, Option<String>)> {
    parse(sql, engine).errors.into_iter().map(|error| (error.span, error.message, error.hint)).collect()
}
