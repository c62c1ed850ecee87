//! Statements that the server accepts and the parser does not, rewritten so that it does.
//!
//! `ALTER POLICY IF EXISTS p ON t …` becomes `ALTER POLICY           p ON t …`: what the parser does not know is
//! replaced by something of the same length, so all places stay right. Each gap was found by giving a server
//! everything that its manual describes.

use std::borrow::Cow;
use std::ops::Range;

use migrate_core::Engine;
use migrate_core::token::{Token, TokenKind, tokens};

/// The statement in a form that the parser knows.
pub(super) fn bridged(text: &str) -> Cow<'_, str> {
    let tokens: Vec<Token> =
        tokens(text, Engine::Postgres).filter(|token| !token.is_comment()).take(64).collect();
    let statement = Statement { text, tokens };
    let mut bridged = Cow::Borrowed(text);
    let mut replace = |range: Range<usize>, with: &str| {
        // Places are bytes, and so is the width.
        let padding = " ".repeat(range.len() - with.len());
        bridged.to_mut().replace_range(range, &format!("{with}{padding}"));
    };
    statement.gaps().into_iter().for_each(|(range, with)| replace(range, with));
    continued_strings(text).into_iter().for_each(|(range, with)| replace(range, &with));
    bridged
}

/// The strings with escapes that go on in another line, which the parser reads as ones without escapes from there on.
/// `E'a' ⏎ 'b\'c'` becomes `E'ab\'c'`.
fn continued_strings(text: &str) -> Vec<(Range<usize>, String)> {
    let may_have_some = (text.contains("E'") || text.contains("e'")) && text.contains(['\n', '\r']);
    if !may_have_some {
        return Vec::new();
    }
    let joined = tokens(text, Engine::Postgres).filter_map(|token| {
        let string = &text[token.range.clone()];
        let has_escapes =
            token.kind == TokenKind::Literal && (string.starts_with("E'") || string.starts_with("e'"));
        has_escapes.then(|| (token.range, joined(string)))
    });
    joined.filter(|(range, joined)| joined.len() < range.len()).collect()
}

/// A string with escapes, without the white space and comments between its parts.
fn joined(string: &str) -> String {
    let (prefix, mut rest) = string.split_at("E'".len());
    let mut joined = prefix.to_owned();
    loop {
        let (part, after) = rest.split_at(end_of_part(rest));
        joined.push_str(part);
        let Some(next) = next_part(after.strip_prefix('\'').unwrap_or_default()) else {
            return joined + "'";
        };
        rest = next;
    }
}

/// The place of the quote that ends a part of a string.
fn end_of_part(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        at += match (byte, bytes.get(at + 1)) {
            (b'\\', Some(_)) | (b'\'', Some(b'\'')) => 2,
            (b'\'', _) => return at,
            _ => 1,
        };
    }
    bytes.len()
}

/// The text after the quote that begins the next part of a string.
fn next_part(mut text: &str) -> Option<&str> {
    loop {
        text = text.trim_start();
        match text.strip_prefix("--") {
            Some(comment) => text = &comment[comment.find(['\n', '\r'])?..],
            None => return text.strip_prefix('\''),
        }
    }
}

/// The first tokens of a statement. Every gap is near its beginning.
struct Statement<'a> {
    text: &'a str,
    tokens: Vec<Token>,
}

impl Statement<'_> {
    /// The ranges to replace, each with what to write in its place.
    fn gaps(&self) -> Vec<(Range<usize>, &'static str)> {
        match self.word(0).to_ascii_uppercase().as_str() {
            "CREATE" => self.language().chain(self.null_input()).collect(),
            "ALTER" => self.if_exists().chain(self.user()).collect(),
            "DROP" => self.more_names().collect(),
            "SET" => self.role().collect(),
            _ => Vec::new(),
        }
    }

    fn word(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| &self.text[token.range.clone()])
    }

    /// Whether the tokens from `index` on are these words.
    fn are(&self, index: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(i, word)| self.word(index + i).eq_ignore_ascii_case(word))
    }

    fn range(&self, indices: Range<usize>) -> Range<usize> {
        self.tokens[indices.start].range.start..self.tokens[indices.end - 1].range.end
    }

    /// `CREATE [OR REPLACE] TRUSTED PROCEDURAL LANGUAGE`.
    fn language(&self) -> impl Iterator<Item = (Range<usize>, &'static str)> {
        let start = if self.are(1, &["OR", "REPLACE"]) { 3 } else { 1 };
        let is_option = |index: &usize| self.are(*index, &["TRUSTED"]) || self.are(*index, &["PROCEDURAL"]);
        let end = (start..start + 2).find(|index| !is_option(index)).unwrap_or(start + 2);
        let is_gap = end > start && self.are(end, &["LANGUAGE"]);
        is_gap.then(|| (self.range(start..end), "")).into_iter()
    }

    /// `RETURNS NULL ON NULL INPUT` of a function without a RETURNS clause, whose result is in its OUT parameters. `STRICT`
    /// means the same.
    fn null_input(&self) -> impl Iterator<Item = (Range<usize>, &'static str)> {
        let clause = ["RETURNS", "NULL", "ON", "NULL", "INPUT"];
        let start = (0..self.tokens.len()).find(|index| self.are(*index, &clause));
        start.map(|start| (self.range(start..start + clause.len()), "STRICT")).into_iter()
    }

    /// `SET ROLE TO x` and `SET ROLE = x`, which mean `SET ROLE x`. The default is no role.
    fn role(&self) -> impl Iterator<Item = (Range<usize>, &'static str)> {
        let role = if self.are(1, &["LOCAL"]) || self.are(1, &["SESSION"]) { 2 } else { 1 };
        let is_gap = self.are(role, &["ROLE"]) && (self.are(role + 1, &["TO"]) || self.are(role + 1, &["="]));
        let to = is_gap.then(|| (self.range(role + 1..role + 2), ""));
        let is_default = is_gap && self.are(role + 2, &["DEFAULT"]);
        let default = is_default.then(|| (self.range(role + 2..role + 3), "NONE"));
        to.into_iter().chain(default)
    }

    /// `ALTER USER MAPPING FOR user`, which is the role that runs the statement.
    fn user(&self) -> impl Iterator<Item = (Range<usize>, &'static str)> {
        let is_gap = self.are(1, &["USER", "MAPPING", "FOR", "USER"]);
        is_gap.then(|| (self.range(4..5), "u")).into_iter()
    }

    /// `ALTER POLICY IF EXISTS`, `ALTER STATISTICS IF EXISTS`.
    fn if_exists(&self) -> impl Iterator<Item = (Range<usize>, &'static str)> {
        let is_gap =
            (self.are(1, &["POLICY"]) || self.are(1, &["STATISTICS"])) && self.are(2, &["IF", "EXISTS"]);
        is_gap.then(|| (self.range(2..4), "")).into_iter()
    }

    /// Several names after a DROP for which the parser knows only one.
    fn more_names(&self) -> impl Iterator<Item = (Range<usize>, &'static str)> {
        const KINDS: [&[&str]; 6] = [
            &["LANGUAGE"],
            &["PROCEDURAL", "LANGUAGE"],
            &["CONVERSION"],
            &["ACCESS", "METHOD"],
            &["EVENT", "TRIGGER"],
            &["TEXT", "SEARCH"],
        ];
        let is_gap = KINDS.iter().any(|kind| self.are(1, kind));
        let is_name = |index: usize| {
            self.tokens
                .get(index)
                .is_some_and(|token| matches!(token.kind, TokenKind::Word | TokenKind::Literal))
        };
        let further =
            move |index: &usize| is_gap && matches!(self.word(*index), "," | ".") && is_name(index + 1);
        let first = (1..self.tokens.len()).find(move |index| self.word(*index) == ",");
        let from = first.unwrap_or(self.tokens.len());
        (from..self.tokens.len()).filter(further).map(|index| (self.range(index..index + 2), ""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::postgres::parse;

    #[test]
    fn gaps_are_bridged_in_place() {
        let cases = [
            ("CREATE TRUSTED PROCEDURAL LANGUAGE a", "CREATE                    LANGUAGE a"),
            ("create or replace procedural language a", "create or replace            language a"),
            (
                "CREATE FUNCTION f(OUT a int) RETURNS NULL ON NULL INPUT AS 'é' LANGUAGE c",
                "CREATE FUNCTION f(OUT a int) STRICT                     AS 'é' LANGUAGE c",
            ),
            ("ALTER POLICY IF EXISTS a ON t RENAME TO b", "ALTER POLICY           a ON t RENAME TO b"),
            (
                "ALTER STATISTICS IF EXISTS a SET STATISTICS 5",
                "ALTER STATISTICS           a SET STATISTICS 5",
            ),
            ("DROP LANGUAGE IF EXISTS a, b CASCADE", "DROP LANGUAGE IF EXISTS a    CASCADE"),
            ("DROP TEXT SEARCH PARSER a, s.b", "DROP TEXT SEARCH PARSER a     "),
            ("SET ROLE TO DEFAULT", "SET ROLE    NONE   "),
            ("set local role = 'é'", "set local role   'é'"),
            ("SET SESSION ROLE TO a", "SET SESSION ROLE    a"),
            (
                "ALTER USER MAPPING FOR user SERVER s OPTIONS (SET a 'b')",
                "ALTER USER MAPPING FOR u    SERVER s OPTIONS (SET a 'b')",
            ),
            ("SELECT E'é\\\\'\n'c\\'d', 1", "SELECT E'é\\\\c\\'d'   , 1"),
            ("SELECT e'a'' b' -- it's\r\n  'c' , 1", "SELECT e'a'' bc'               , 1"),
            ("SELECT E'a'\n\n'b'\n'\\'' FROM t", "SELECT E'ab\\''        FROM t"),
        ];
        for (sql, want) in cases {
            assert_eq!(bridged(sql), want);
            assert_eq!(parse(sql).errors, [], "{sql}");
        }
    }

    #[test]
    fn other_statements_stay_and_errors_are_reported() {
        for sql in [
            "DROP TABLE a, b",
            "CREATE TABLE trusted (a int)",
            "ALTER TABLE IF EXISTS a RENAME TO b",
            "SELECT 1",
            "SET role_of_app TO DEFAULT",
            "SELECT E'a\\\nb', 'E''',\n'e'",
        ] {
            assert_eq!(bridged(sql), sql);
        }
        for sql in [
            "DROP LANGUAGE a,",
            "CREATE TRUSTED TABLE a ()",
            "ALTER POLICY IF EXIST a ON t RENAME TO b",
            "SET ROLE DEFAULT",
            "ALTER USER MAPPING FOR user OPTIONS (SET a 'b')",
        ] {
            assert_eq!(parse(sql).errors.len(), 1, "{sql}");
        }
    }
}
