//! Syntax errors in our own words: the place, the message, and the keyword that was probably meant.
//!
//! For `CREATE TABEL t (a)` the parser reports a line and a column; out comes the span of `TABEL`, "syntax error
//! near `TABEL`", and the hint "did you mean `TABLE` instead of `TABEL`?". A hint is only given if the statement
//! parses with it.

use sqlite3_parser::lexer::sql::{Error, ParserError};

use migrate_core::Engine;
use migrate_core::token::TokenKind;

use super::is_sql;
use super::place::{Place, Word};
use crate::sql::foreign::foreign;
use migrate_core::SyntaxError;

/// The characters of a word that a message shows. It has to show where to look, so a long literal is cut.
const MAX_SHOWN: usize = 40;

/// The error of a statement. The parser's own texts are used only if they say what is wrong, as for a duplicate
/// column.
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
    SyntaxError { span: place.span(), message: "this statement could not be parsed".to_owned(), hint: None }
}

pub(super) fn too_deep(place: &Place<'_>) -> SyntaxError {
    let message = "more than 1000 nested parentheses, which SQLite refuses".to_owned();
    SyntaxError { span: place.span(), message, hint: None }
}

/// The error at the word that the parser stopped at.
fn near(offset: usize, place: &Place<'_>) -> SyntaxError {
    let words = place.words_up_to(offset);
    if let Some((message, instead)) = foreign(place.text(), offset, Engine::Sqlite) {
        let span = words.last().map_or(place.end(), |word| place.span_of(*word));
        return SyntaxError { span, message, hint: Some(instead) };
    }
    let hint = words.iter().rev().take(3).find_map(|word| keyword(*word, place));
    match words.last().filter(|word| word.start + word.text.len() > offset) {
        Some(word) => {
            let message = format!("syntax error near `{}`", shortened(word.text));
            SyntaxError { span: place.span_of(*word), message, hint }
        }
        None => SyntaxError { span: place.end(), message: "the statement ends too early".to_owned(), hint },
    }
}

fn shortened(word: &str) -> String {
    let shown: String = word.chars().take(MAX_SHOWN).collect();
    if shown.len() < word.len() { format!("{shown}…") } else { shown }
}

/// The keyword that a word resembles and that makes the statement correct.
fn keyword(word: Word<'_>, place: &Place<'_>) -> Option<String> {
    if word.kind != TokenKind::Word {
        return None;
    }
    let upper = word.text.to_ascii_uppercase();
    let limit = if upper.len() < 5 { 1 } else { 2 };
    let mut near: Vec<(usize, &str)> = KEYWORDS
        .split_ascii_whitespace()
        .map(|keyword| (strsim::osa_distance(keyword, &upper), keyword))
        .filter(|(slips, _)| (1..=limit).contains(slips))
        .collect();
    near.sort_unstable();
    let meant =
        near.into_iter().map(|(_, keyword)| keyword).find(|keyword| is_sql(&place.with(word, keyword)))?;
    Some(format!("did you mean `{meant}` instead of `{}`?", word.text))
}

/// The offset of an error in the statement. The parser reports a line and a column in bytes.
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

/// All keywords (SQLite manual, "SQLite Keywords").
const KEYWORDS: &str = "\
    ABORT ACTION ADD AFTER ALL ALTER ALWAYS ANALYZE AND AS ASC ATTACH AUTOINCREMENT BEFORE BEGIN BETWEEN BY CASCADE \
    CASE CAST CHECK COLLATE COLUMN COMMIT CONFLICT CONSTRAINT CREATE CROSS CURRENT CURRENT_DATE CURRENT_TIME \
    CURRENT_TIMESTAMP DATABASE DEFAULT DEFERRABLE DEFERRED DELETE DESC DETACH DISTINCT DO DROP EACH ELSE END ESCAPE \
    EXCEPT EXCLUDE EXCLUSIVE EXISTS EXPLAIN FAIL FILTER FIRST FOLLOWING FOR FOREIGN FROM FULL GENERATED GLOB GROUP \
    GROUPS HAVING IF IGNORE IMMEDIATE IN INDEX INDEXED INITIALLY INNER INSERT INSTEAD INTERSECT INTO IS ISNULL JOIN \
    KEY LAST LEFT LIKE LIMIT MATCH MATERIALIZED NATURAL NO NOT NOTHING NOTNULL NULL NULLS OF OFFSET ON OR ORDER \
    OTHERS OUTER OVER PARTITION PLAN PRAGMA PRECEDING PRIMARY QUERY RAISE RANGE RECURSIVE REFERENCES REGEXP REINDEX \
    RELEASE RENAME REPLACE RESTRICT RETURNING RIGHT ROLLBACK ROW ROWS SAVEPOINT SELECT SET TABLE TEMP TEMPORARY THEN \
    TIES TO TRANSACTION TRIGGER UNBOUNDED UNION UNIQUE UPDATE USING VACUUM VALUES VIEW VIRTUAL WHEN WHERE WINDOW WITH \
    WITHOUT";

#[cfg(test)]
mod tests {
    use migrate_core::Engine;

    use crate::sql::parse;

    #[test]
    fn words_of_postgres_are_named() {
        let cases = [
            (
                "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)",
                "GENERATED ALWAYS AS IDENTITY",
            ),
            ("CREATE TABLE t (id int generated by default as identity)", "generated by default as identity"),
            ("ALTER TABLE t ALTER COLUMN a TYPE text", "ALTER COLUMN a TYPE"),
            ("ALTER TABLE t ALTER COLUMN a SET DEFAULT 1", "ALTER COLUMN a SET DEFAULT"),
            ("ALTER TABLE t ADD PRIMARY KEY (a)", "ADD PRIMARY KEY"),
            ("DO $$ BEGIN NULL; END $$", "DO $$"),
            ("CREATE FUNCTION f() RETURNS int AS $$ SELECT 1 $$ LANGUAGE sql", "CREATE FUNCTION"),
            ("CREATE TYPE mood AS ENUM ('a')", "CREATE TYPE"),
            ("CREATE INDEX CONCURRENTLY i ON t (a)", "CONCURRENTLY"),
            ("TRUNCATE t", "TRUNCATE"),
            ("DROP TABLE t CASCADE", "CASCADE"),
            ("SELECT a::text FROM t", "::"),
        ];
        let mut wrong = Vec::new();
        for (sql, words) in cases {
            let errors = parse(sql, Engine::Sqlite).errors;
            let said = errors.first().map(|error| (error.message.clone(), error.hint.is_some()));
            if said != Some((format!("SQLite has no `{words}`"), true)) {
                wrong.push(format!("{sql}: {errors:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        // A slip of the pen stays one, and a name stays a name.
        let errors = parse("CREATE TABEL concurrently (id int)", Engine::Sqlite).errors;
        assert_eq!(errors[0].hint.as_deref(), Some("did you mean `TABLE` instead of `TABEL`?"));
        assert_eq!(parse("CREATE TABLE truncate (copy text)", Engine::Sqlite).errors, []);
    }
}
