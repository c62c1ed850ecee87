//! SQLite's grammar. Only this module knows the types of `sqlite3-parser`.
//!
//! In comes a script, out come statements. The scanner of the core finds where each statement begins and ends, and
//! each is parsed on its own. The parser's tree has no positions, so `place` finds the words of a statement again by
//! their order.
//!
//! Why not ask SQLite itself? It would have to be linked into the macro, and it compiles a statement only against tables that exist.

mod alter_table;
mod error;
mod expression;
mod name;
mod place;
mod selection;
mod statement;
mod table;
#[cfg(test)]
mod tests;
mod walk;

use std::panic::{AssertUnwindSafe, catch_unwind};

use sqlite3_parser::ast::Cmd;
use sqlite3_parser::lexer::sql::Parser;
use sqlite3_parser::{Bump, FallibleIterator};

use self::place::Place;
use migrate_core::statement::scan;
use migrate_core::{Engine, Span, SyntaxError};

use super::{Kind, Parsed, Statement};

/// Parses each statement on its own, so that an error in one does not affect the others.
pub(super) fn parse(sql: &str) -> Parsed {
    let mut parsed = Parsed::default();
    for scanned in scan(sql, Engine::Sqlite).statements {
        let place = Place::new(sql, scanned.span);
        let kind = match parse_statement(&place) {
            Ok(statement) => {
                parsed.statements.push(statement);
                continue;
            }
            Err(error) => {
                parsed.errors.push(error);
                place.words()
            }
        };
        parsed.statements.push(empty(scanned.span, Kind::Unknown(kind)));
    }
    parsed
}

/// One statement, or its syntax error.
fn parse_statement(place: &Place<'_>) -> Result<Statement, SyntaxError> {
    if place.is_too_deep() {
        return Err(error::too_deep(place));
    }
    let parsed = guarded(|| {
        let bump = Bump::new();
        let mut parser = Parser::new(&bump, place.text().as_bytes());
        let command = parser.next().map_err(|error| error::syntax_error(&error, place))?;
        Ok(match command {
            Some(Cmd::Stmt(statement)) => statement::statement(&statement, place),
            Some(Cmd::Explain(_) | Cmd::ExplainQueryPlan(_)) | None => empty(place.span(), Kind::Harmless),
        })
    });
    parsed.unwrap_or_else(|_| Err(error::not_read(place)))
}

/// Whether the text of one statement is SQL.
fn is_sql(text: &str) -> bool {
    guarded(|| Parser::new(&Bump::new(), text.as_bytes()).next().is_ok()).unwrap_or(false)
}

/// Runs the parser. Its code is not ours and the text may be anything, so a panic becomes an error.
fn guarded<T>(parse: impl FnOnce() -> T) -> std::thread::Result<T> {
    catch_unwind(AssertUnwindSafe(parse))
}

fn empty(span: Span, kind: Kind) -> Statement {
    Statement {
        span,
        kind,
        calls: Vec::new(),
        reads: Vec::new(),
        literals: Vec::new(),
        free_literals: Vec::new(),
        row_locks: Vec::new(),
        since: Vec::new(),
        parameter: None,
    }
}
