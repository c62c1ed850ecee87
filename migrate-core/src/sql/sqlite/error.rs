//! What is wrong, in our own words.

use sqlite3_parser::lexer::sql::{Error, ParserError};

use super::place::Place;
use crate::directive::closest_of;
use crate::sql::SyntaxError;
use crate::token::TokenKind;

/// Where to look, not what to read: a long literal is cut.
const MAX_SHOWN: usize = 40;

pub(super) fn syntax_error(error: &Error, place: &Place<'_>) -> SyntaxError {
    if let Error::ParserError(ParserError::Custom(message), _) = error {
        return SyntaxError { span: place.span(), message: message.clone(), hint: None };
    }
    match offset(error, place.text()) {
        Some(offset) => near(offset, place),
        None => not_read(place),
    }
}

pub(super) fn not_read(place: &Place<'_>) -> SyntaxError {
    SyntaxError { span: place.span(), message: "syntax error in this statement".to_owned(), hint: None }
}

pub(super) fn too_deep(place: &Place<'_>) -> SyntaxError {
    let message = "more than 1000 parentheses in each other, which SQLite refuses".to_owned();
    SyntaxError { span: place.span(), message, hint: None }
}

fn near(offset: usize, place: &Place<'_>) -> SyntaxError {
    let (word, before) = place.word_at(offset);
    let Some(word) = word else {
        return SyntaxError {
            span: place.end(),
            message: "syntax error: the statement ends too early".to_owned(),
            hint: None,
        };
    };
    let typo = [Some(word), before].into_iter().flatten().find_map(|word| {
        let meant = meant(word.text).filter(|_| word.kind == TokenKind::Word)?;
        Some(format!("did you mean `{meant}` instead of `{}`?", word.text))
    });
    let mut shown: String = word.text.chars().take(MAX_SHOWN).collect();
    if shown.len() < word.text.len() {
        shown.push('…');
    }
    let message = format!("syntax error near `{shown}`");
    SyntaxError { span: place.span_of(word), message, hint: typo }
}

/// The keyword that was meant, if the word is none itself.
fn meant(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_uppercase();
    let known = KEYWORDS.iter().copied();
    (!KEYWORDS.contains(&word.as_str())).then(|| closest_of(known, &word)).flatten()
}

/// The parser tells lines and columns in bytes.
fn offset(error: &Error, text: &str) -> Option<usize> {
    let position = match error {
        Error::ParserError(ParserError::UnexpectedEof, _) => return Some(text.len()),
        Error::UnrecognizedToken(position)
        | Error::UnterminatedLiteral(position)
        | Error::UnterminatedBracket(position)
        | Error::UnterminatedBlockComment(position)
        | Error::BadVariableName(position)
        | Error::BadNumber(position)
        | Error::ExpectedEqualsSign(position)
        | Error::MalformedBlobLiteral(position)
        | Error::MalformedHexInteger(position)
        | Error::ParserError(_, position) => position.as_ref()?,
        _ => return None,
    };
    let line: usize = text.split_inclusive('\n').take(position.line - 1).map(str::len).sum();
    Some(line + position.column - 1)
}

/// Those of SQLite (its manual, "SQLite Keywords") that are long enough to be mistyped and still known.
const KEYWORDS: [&str; 110] = [
    "ABORT",
    "ACTION",
    "AFTER",
    "ALTER",
    "ALWAYS",
    "ANALYZE",
    "ATTACH",
    "AUTOINCREMENT",
    "BEFORE",
    "BEGIN",
    "BETWEEN",
    "CASCADE",
    "CASE",
    "CAST",
    "CHECK",
    "COLLATE",
    "COLUMN",
    "COMMIT",
    "CONFLICT",
    "CONSTRAINT",
    "CREATE",
    "CROSS",
    "CURRENT",
    "DATABASE",
    "DEFAULT",
    "DEFERRABLE",
    "DEFERRED",
    "DELETE",
    "DESC",
    "DETACH",
    "DISTINCT",
    "DROP",
    "EACH",
    "ELSE",
    "ESCAPE",
    "EXCEPT",
    "EXCLUDE",
    "EXCLUSIVE",
    "EXISTS",
    "EXPLAIN",
    "FAIL",
    "FILTER",
    "FIRST",
    "FOLLOWING",
    "FOREIGN",
    "FROM",
    "FULL",
    "GENERATED",
    "GLOB",
    "GROUP",
    "GROUPS",
    "HAVING",
    "IGNORE",
    "IMMEDIATE",
    "INDEX",
    "INDEXED",
    "INITIALLY",
    "INNER",
    "INSERT",
    "INSTEAD",
    "INTERSECT",
    "INTO",
    "ISNULL",
    "JOIN",
    "LAST",
    "LEFT",
    "LIKE",
    "LIMIT",
    "MATCH",
    "MATERIALIZED",
    "NATURAL",
    "NOTHING",
    "NOTNULL",
    "NULL",
    "NULLS",
    "OFFSET",
    "ORDER",
    "OTHERS",
    "OUTER",
    "OVER",
    "PARTITION",
    "PLAN",
    "PRAGMA",
    "PRECEDING",
    "PRIMARY",
    "QUERY",
    "RAISE",
    "RANGE",
    "RECURSIVE",
    "REFERENCES",
    "REGEXP",
    "REINDEX",
    "RELEASE",
    "RENAME",
    "REPLACE",
    "RESTRICT",
    "RETURNING",
    "RIGHT",
    "ROLLBACK",
    "ROWS",
    "SAVEPOINT",
    "SELECT",
    "TABLE",
    "TEMPORARY",
    "THEN",
    "TIES",
    "TRANSACTION",
    "TRIGGER",
    "UNBOUNDED",
    "UNION",
];
