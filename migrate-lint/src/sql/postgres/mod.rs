//! PostgreSQL's grammar. Only this module knows the syntax kinds of `squawk-parser`, pinned to one version because
//! they change weekly.
//!
//! ```text
//! text of one statement → gap (rewrites what the parser does not know) → tree → syntax, misfit (errors)
//!                                                                           └→ statement → our Statement
//! ```
//!
//! Why not `libpg_query`, the server's own parser? It is C code that would be compiled with every crate that uses
//! the macro. Instead two modules close the differences, each found by asking a real server: `gap` for what the
//! parser refuses and the server accepts, `misfit` for the reverse.

mod alter_table;
mod block;
mod body;
#[cfg(test)]
mod corpora;
mod data;
mod definition;
mod drop;
mod expression;
mod free_literal;
mod gap;
mod index;
mod keyword;
mod misfit;
mod name;
mod partition;
mod reads;
mod release;
mod row_lock;
mod setting;
mod statement;
mod syntax;
mod table;
mod tree;
mod types;
mod vacuum;

use std::panic::{AssertUnwindSafe, catch_unwind};

use squawk_parser::EntryPoint;

pub(crate) use self::partition::{alternatives, partition_values};
use self::tree::Tree;
use migrate_core::statement::scan;
use migrate_core::{Engine, Span, SyntaxError};

use super::{Kind, Parsed, Statement};

/// Parses each statement on its own, so that an error in one does not affect the others.
pub(super) fn parse(sql: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let checks_bodies = body::is_checked(sql);
    for scanned in scan(sql, Engine::Postgres).statements {
        let (statement, error) = parse_statement(sql, scanned.span, checks_bodies);
        parsed.statements.push(statement);
        parsed.errors.extend(error);
    }
    parsed
}

/// One statement, and its syntax error if it has one. With an error outside of a body the statement is unknown, because
/// its tree may be anything.
fn parse_statement(sql: &str, span: Span, checks_bodies: bool) -> (Statement, Option<SyntaxError>) {
    let text = span.of(sql);
    if let Some(names) = setting::names(text) {
        return (Statement { kind: Kind::Set(names), ..unknown(text, span) }, None);
    }
    // Not an error: the server may accept it. The rules report it as `unanalyzed`.
    if tree::is_too_deep(text) {
        return (unknown(text, span), None);
    }
    let parsed = guarded(|| {
        let text = gap::bridged(text);
        let tree = Tree::parse(&text, span.start(), EntryPoint::SourceFile);
        match syntax::error(&tree, &text, span.start()) {
            None => {
                let node = tree.root().nodes().next();
                let in_body = node.filter(|_| checks_bodies).and_then(body::error);
                (node.map(statement::statement), in_body)
            }
            Some(error) => (None, Some(error)),
        }
    });
    let failed = |_| {
        let message = "this statement could not be parsed".to_owned();
        (None, Some(SyntaxError { span, message, hint: None }))
    };
    let (statement, error) = parsed.unwrap_or_else(failed);
    (statement.unwrap_or_else(|| unknown(text, span)), error)
}

/// A statement that could not be parsed, by its first words.
fn unknown(text: &str, span: Span) -> Statement {
    let words: Vec<&str> = text.split_whitespace().take(2).collect();
    Statement {
        span,
        kind: Kind::Unknown(words.join(" ")),
        calls: Vec::new(),
        reads: Vec::new(),
        literals: Vec::new(),
        free_literals: Vec::new(),
        row_locks: Vec::new(),
        since: Vec::new(),
        parameter: None,
    }
}

/// Runs the parser. Its code is not ours and the text may be anything, so a panic becomes an error.
fn guarded<T>(parse: impl FnOnce() -> T) -> std::thread::Result<T> {
    catch_unwind(AssertUnwindSafe(parse))
}

#[cfg(test)]
mod testing {
    use super::*;

    /// The only statement of `sql`, which has no errors.
    #[track_caller]
    pub(super) fn statement(sql: &str) -> Statement {
        let parsed = parse(sql);
        assert_eq!(parsed.errors, [], "{sql}");
        let [statement] = <[Statement; 1]>::try_from(parsed.statements).expect(sql);
        statement
    }

    #[track_caller]
    pub(super) fn kind(sql: &str) -> Kind {
        statement(sql).kind
    }
}
