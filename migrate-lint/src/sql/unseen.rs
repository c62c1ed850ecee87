//! A syntax error that comes from a character that no reader can see, or takes for another.
//!
//! `CREATE TABLE\u{a0}t (a int)` has the word `TABLE\u{a0}t`, which looks like two. Out comes the error at that
//! character, with its code point and name, and what to write instead.

use migrate_core::token::{Token, TokenKind, tokens};
use migrate_core::{Engine, Span, SyntaxError, Unseen};

/// How many words before the one that does not fit may be the cause.
const WORDS_BEFORE: usize = 3;

/// The error with its cause, if that is such a character at its place or shortly before it.
pub(super) fn named(sql: &str, statement: Span, error: &SyntaxError, engine: Engine) -> Option<SyntaxError> {
    let text = statement.of(sql);
    let place = error.span.end().checked_sub(statement.start())?;
    let up_to: Vec<Token> = tokens(text, engine).take_while(|token| token.range.start <= place).collect();
    let words = up_to.iter().rev().filter(|token| !token.is_comment()).take(1 + WORDS_BEFORE);
    let is_outside = |token: &&Token| match token.kind {
        TokenKind::Word | TokenKind::Symbol(_) => true,
        // What follows a number without a space is part of it.
        TokenKind::Literal => text[token.range.clone()].starts_with(|c: char| c.is_ascii_digit()),
        _ => false,
    };
    let (at, unseen) = words.filter(is_outside).find_map(|word| {
        let (at, unseen) = Unseen::first(&text[word.range.clone()])?;
        Some((statement.start() + word.range.start + at, unseen))
    })?;
    let length = sql[at..].chars().next().map_or(0, char::len_utf8);
    let narrow = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
    Some(SyntaxError {
        span: Span::new(narrow(at), narrow(at + length)),
        message: format!("syntax error near {unseen}"),
        hint: Some(unseen.advice()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::parse;

    #[test]
    fn the_cause_is_named_where_it_is() {
        let cases = [
            ("CREATE TABLE\u{a0}t (a int)", 12, "U+00A0 (no-break space)", "write a space instead of it"),
            (
                "ALTER TABLE t ADD\u{a0}COLUMN b int",
                17,
                "U+00A0 (no-break space)",
                "write a space instead of it",
            ),
            ("SELECT\u{200b} 1", 6, "U+200B (zero width space)", "remove it"),
            ("SELECT 1;\nDELETE FROM t WHERE a = 1 \u{1a}", 36, "U+001A (end of file, Ctrl-Z)", "remove it"),
            ("INSERT INTO t VALUES (1， 2)", 23, "U+FF0C (full-width character)", "write `,` instead of it"),
        ];
        for engine in [Engine::Postgres, Engine::Sqlite] {
            for (sql, at, name, hint) in cases {
                let errors = parse(sql, engine).errors;
                let [error] = &errors[..] else { panic!("{engine} {sql}: {errors:?}") };
                assert_eq!(error.message, format!("syntax error near {name}"), "{engine} {sql}");
                assert_eq!((error.span.start(), error.hint.as_deref()), (at, Some(hint)), "{engine} {sql}");
            }
        }
    }

    #[test]
    fn what_is_quoted_or_far_away_is_not_the_cause() {
        for sql in [
            "SELECT '\u{a0}' FORM t",
            "SELECT \"\u{a0}\" FROM t WHERE WHERE",
            "SELECT 1 -- \u{a0}\n FROM FROM",
            "SELECT a\u{a0}b, c, d, e FROM t WHERE WHERE",
        ] {
            let errors = parse(sql, Engine::Postgres).errors;
            assert!(matches!(&errors[..], [error] if !error.message.contains("U+")), "{sql}: {errors:?}");
        }
    }
}
