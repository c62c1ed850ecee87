//! Splits a script into statements. Tokens come in; a span and the words of each statement go out: `SELECT 1; VACUUM t` is
//! `[SELECT]` at 0..8 and `[VACUUM, T]` at 10..18.
//!
//! The words answer cheap questions, such as whether a statement refuses a transaction, without a parser at run time.

use std::ops::Range;

use crate::engine::Engine;
use crate::token::{Quote, Token, TokenKind, tokens};

/// The place of a statement in its script: from its first word to its last, without comments around it and
/// without the semicolon. Offsets are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// The bytes from `start` to `end`.
    pub const fn new(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    /// The first byte.
    pub const fn start(self) -> usize {
        self.start as usize
    }

    /// The byte after the last.
    pub const fn end(self) -> usize {
        self.end as usize
    }

    /// The statement's text.
    pub fn of(self, script: &str) -> &str {
        &script[self.start()..self.end()]
    }

    fn from_range(range: Range<usize>) -> Span {
        // A script's size is checked before it is scanned: `TextProblem::TooLarge`.
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { start: narrow(range.start), end: narrow(range.end) }
    }
}

/// What the scanner finds in a script.
#[derive(Debug, Default)]
pub struct Scan {
    pub statements: Vec<Scanned>,
    pub line_comments: Vec<Range<usize>>,
    pub unterminated: Option<(Quote, usize)>,
}

/// A statement and the words that say what it is.
#[derive(Debug)]
pub struct Scanned {
    pub span: Span,
    pub words: Words,
}

/// The words of a statement in upper case, without literals, quoted identifiers and symbols. A symbol that may
/// begin a statement (psql's backslash) counts as a word.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    pub fn starts_with(&self, words: &[&str]) -> bool {
        self.0.len() >= words.len() && self.0.iter().zip(words).all(|(have, want)| have == want)
    }

    pub fn contain(&self, word: &str) -> bool {
        self.0.iter().any(|have| have == word)
    }

    pub fn any(&self, test: impl Fn(&str) -> bool) -> bool {
        self.0.iter().any(|word| test(word))
    }

    pub fn get(&self, index: usize) -> &str {
        self.0.get(index).map_or("", String::as_str)
    }

    pub fn last(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.windows(2).map(|pair| (pair[0].as_str(), pair[1].as_str()))
    }
}

/// Splits a script into its statements, as the engine itself would.
pub fn scan(sql: &str, engine: Engine) -> Scan {
    let mut scan = Scan::default();
    let mut statement = Open::default();
    for token in tokens(sql, engine) {
        match token.kind {
            TokenKind::LineComment => scan.line_comments.push(token.range),
            TokenKind::BlockComment => {}
            TokenKind::Unterminated(Quote::Comment) => {
                scan.unterminated = Some((Quote::Comment, token.range.start));
            }
            TokenKind::Symbol(';') if statement.ends_here(engine) => {
                scan.statements.extend(std::mem::take(&mut statement).close());
            }
            kind => {
                if let TokenKind::Unterminated(quote) = kind {
                    scan.unterminated = Some((quote, token.range.start));
                }
                statement.push(sql, &token, engine);
            }
        }
    }
    scan.statements.extend(statement.close());
    scan
}

/// A statement whose end has not been found yet.
#[derive(Default)]
struct Open<'s> {
    range: Option<Range<usize>>,
    words: Vec<String>,
    parentheses: usize,
    /// The number of `END`s that are due: one for `BEGIN ATOMIC`, one for every `CASE` in it.
    blocks: usize,
    /// The last two tokens, because `;` `END` ends the body of a trigger in SQLite.
    last: [&'s str; 2],
}

impl<'s> Open<'s> {
    fn push(&mut self, sql: &'s str, token: &Token, engine: Engine) {
        let text = &sql[token.range.clone()];
        match token.kind {
            TokenKind::Symbol('(') => self.parentheses += 1,
            TokenKind::Symbol(')') => self.parentheses = self.parentheses.saturating_sub(1),
            TokenKind::Word => {
                let word = text.to_ascii_uppercase();
                if engine.has_atomic_bodies() {
                    self.count_block(&word);
                }
                self.words.push(word);
            }
            TokenKind::Symbol('\\') if self.range.is_none() => self.words.push(text.to_owned()),
            _ => {}
        }
        self.last = [self.last[1], text];
        let start = self.range.as_ref().map_or(token.range.start, |range| range.start);
        self.range = Some(start..token.range.end);
    }

    /// A body in standard SQL has semicolons of its own (PostgreSQL manual, CREATE FUNCTION, `sql_body`).
    fn count_block(&mut self, word: &str) {
        let has_body = || self.is_create(&["FUNCTION", "PROCEDURE"]);
        match word {
            "ATOMIC" if self.last[1].eq_ignore_ascii_case("BEGIN") && has_body() => self.blocks += 1,
            "CASE" if self.blocks > 0 => self.blocks += 1,
            "END" => self.blocks = self.blocks.saturating_sub(1),
            _ => {}
        }
    }

    fn ends_here(&self, engine: Engine) -> bool {
        if engine.has_trigger_bodies() {
            !self.is_create(&["TRIGGER"]) || (self.last[0] == ";" && self.last[1].eq_ignore_ascii_case("END"))
        } else {
            self.parentheses == 0 && self.blocks == 0
        }
    }

    /// Whether this is a CREATE of one of `kinds`, with only permitted words between the two.
    fn is_create(&self, kinds: &[&str]) -> bool {
        self.words.first().is_some_and(|word| word == "CREATE")
            && self.words[1..]
                .iter()
                .find(|word| !matches!(word.as_str(), "OR" | "REPLACE" | "TEMP" | "TEMPORARY" | "CONSTRAINT"))
                .is_some_and(|word| kinds.contains(&word.as_str()))
    }

    fn close(self) -> Option<Scanned> {
        self.range.map(|range| Scanned { span: Span::from_range(range), words: Words(self.words) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(sql: &str, engine: Engine) -> Vec<&str> {
        let scan = scan(sql, engine);
        assert_eq!(scan.unterminated, None, "{sql}");
        scan.statements.iter().map(|statement| statement.span.of(sql)).collect()
    }

    #[test]
    fn statements_end_at_their_semicolon() {
        let cases: [(&str, &[&str]); 8] = [
            ("", &[]),
            (" ; ;; -- nothing\n /* ; */", &[]),
            ("SELECT 1", &["SELECT 1"]), // no final semicolon
            ("SELECT 1; SELECT 2;", &["SELECT 1", "SELECT 2"]),
            ("-- a;\nSELECT 1 -- b;\n; /* c; */ SELECT 2", &["SELECT 1", "SELECT 2"]),
            ("SELECT ';', \";\" ; SELECT 2", &["SELECT ';', \";\"", "SELECT 2"]),
            ("SELECT 1; -- last word", &["SELECT 1"]),
            ("é; ü", &["é", "ü"]),
        ];
        for (sql, want) in cases {
            for engine in [Engine::Postgres, Engine::Sqlite] {
                assert_eq!(split(sql, engine), want, "{engine}");
            }
        }
    }

    #[test]
    fn postgres_bodies_keep_their_semicolons() {
        let whole = [
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; SELECT 2; $$",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END",
            "CREATE OR REPLACE FUNCTION f(n int) RETURNS int LANGUAGE sql BEGIN ATOMIC \
             SELECT CASE n WHEN 1 THEN CASE WHEN true THEN 2 END END; SELECT 3; END",
            "create procedure p() begin atomic insert into t values (1); insert into t values (2); end",
            "CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; DELETE FROM b)",
            "DO $body$ BEGIN PERFORM 1; END $body$",
        ];
        for sql in whole {
            assert_eq!(split(&format!("{sql};\nSELECT 1;"), Engine::Postgres), [sql, "SELECT 1"]);
        }
        // Names that only look like a block.
        let sql = "CREATE TABLE begin_atomic (\"begin\" int, atomic int); COMMENT ON TABLE x IS 'BEGIN ATOMIC'; END";
        assert_eq!(split(sql, Engine::Postgres).len(), 3);
    }

    #[test]
    fn sqlite_triggers_keep_their_semicolons() {
        let whole = [
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET n = 1; DELETE FROM c; END",
            "create temp trigger if not exists t after update on a begin \
             select case when 1 then 2 end; select case 1 when 1 then 2 end; end",
            "CREATE TEMPORARY TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; /* ; */ END",
        ];
        for sql in whole {
            assert_eq!(split(&format!("{sql};\nSELECT 1;"), Engine::Sqlite), [sql, "SELECT 1"]);
        }
        let sql = "CREATE TABLE trigger (id int); CREATE TABLE b (id int)";
        assert_eq!(split(sql, Engine::Sqlite).len(), 2);
    }

    #[test]
    fn words_say_what_a_statement_is() {
        let scan = scan("create /* x */ index Concurrently \"if\" on t ('not')", Engine::Postgres);
        let words = &scan.statements[0].words;
        assert!(words.starts_with(&["CREATE", "INDEX", "CONCURRENTLY", "ON", "T"]));
        assert!(!words.contain("NOT"));
        assert_eq!(words.get(9), "");
    }

    #[test]
    fn an_unterminated_part_is_reported_once_where_it_begins() {
        let sql = "SELECT 1; SELECT 'a; SELECT 2;";
        let scan = scan(sql, Engine::Postgres);
        assert_eq!(scan.unterminated, Some((Quote::String, 17)));
        assert_eq!(scan.statements.len(), 2);
    }
}
