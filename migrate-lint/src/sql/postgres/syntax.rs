//! Syntax errors in our own words: the place, the message, and the change that would make the statement correct.
//!
//! For `CREATE TABLE t (a int b int)` out comes the span of `b`, "syntax error near `b`", and the hint "is a `,`
//! missing before `b`?". Each hint is tried: it is only given if the statement parses with the change. Why not the
//! parser's own messages? They are made for editors: they name what the parser expected, and one mistake gives several of them.

use squawk_parser::EntryPoint;
use squawk_parser::SyntaxKind::EMPTY_STMT;

use migrate_core::token::{Token, TokenKind, tokens};
use migrate_core::{Engine, Span};

use super::keyword;
use super::misfit::misfit;
use super::tree::Tree;
use crate::sql::foreign::foreign;
use migrate_core::SyntaxError;

/// The first error of a statement. Further ones may follow from it, so they are not reported.
pub(super) fn error(tree: &Tree<'_>, text: &str, offset: usize) -> Option<SyntaxError> {
    let at = first(tree)?;
    let tokens: Vec<Token> = tokens(text, Engine::Postgres).filter(|token| !token.is_comment()).collect();
    // The parser's place may be before white space. The word after that is the one that does not fit.
    let index = tokens.partition_point(|token| offset + token.range.end <= at);
    let place = Place { text, tokens: &tokens, index }.after_verb();
    let span = match tokens.get(place.index) {
        Some(token) => range(offset + token.range.start, offset + token.range.end),
        None => range(offset + text.len(), offset + text.len()),
    };
    if let Some((message, instead)) = foreign(text, at.saturating_sub(offset), Engine::Postgres) {
        return Some(SyntaxError { span, message, hint: Some(instead) });
    }
    Some(SyntaxError { span, message: place.message(), hint: place.hint() })
}

fn range(start: usize, end: usize) -> Span {
    let narrow = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
    Span::new(narrow(start), narrow(end))
}

/// The offset in the script of the first error: of the parser, of a second statement, or of `misfit`.
fn first(tree: &Tree<'_>) -> Option<usize> {
    let of_parser = tree.errors.first().map(|span| span.start());
    let root = tree.root();
    let second_statement =
        root.nodes().filter(|node| node.kind() != EMPTY_STMT).nth(1).map(|node| node.span().start());
    let own = root.descendants().filter_map(misfit).min();
    [of_parser, second_statement, own].into_iter().flatten().min()
}

/// A place in a statement where the grammar expects something else.
struct Place<'a> {
    text: &'a str,
    tokens: &'a [Token],
    /// The index of the token that does not fit. After the last token, the statement ends too early.
    index: usize,
}

impl Place<'_> {
    /// If the parser knows no statement that begins like this one, it reports CREATE, but the word after it is wrong.
    fn after_verb(self) -> Self {
        let begins = ["ALTER", "CREATE", "DROP"].iter().any(|verb| self.word(0).eq_ignore_ascii_case(verb));
        if self.index == 0 && begins { Place { index: 1, ..self } } else { self }
    }

    fn message(&self) -> String {
        match self.tokens.get(self.index) {
            None => "the statement ends too early".to_owned(),
            Some(_) => format!("syntax error near `{}`", shortened(self.word(self.index))),
        }
    }

    fn word(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| &self.text[token.range.clone()])
    }

    /// The first change that makes the statement correct.
    fn hint(&self) -> Option<String> {
        (self.variable())
            .or_else(|| self.keyword())
            .or_else(|| self.comma())
            .or_else(|| self.semicolon())
            .or_else(|| self.data_type())
            .or_else(|| self.parenthesis())
            .or_else(|| self.surplus())
    }

    /// `:name` is a variable of psql.
    fn variable(&self) -> Option<String> {
        let index = [Some(self.index), self.index.checked_sub(1)];
        let index = index.into_iter().flatten().find(|index| self.word(*index) == ":")?;
        let (colon, name) = (self.tokens.get(index)?, self.tokens.get(index + 1)?);
        let is_name =
            matches!(name.kind, TokenKind::Word | TokenKind::Literal) && colon.range.end == name.range.start;
        let is_alone = index == 0 || self.word(index - 1) != ":";
        (is_name && is_alone).then(|| {
            let name = shortened(self.word(index + 1));
            format!("`:{name}` is a variable of psql, which has a value only there: write the value")
        })
    }

    /// The word, or one of the two before it, may be a mistyped keyword.
    fn keyword(&self) -> Option<String> {
        let near = [Some(self.index), self.index.checked_sub(1), self.index.checked_sub(2)];
        near.into_iter().flatten().find_map(|index| {
            let token = self.tokens.get(index).filter(|token| token.kind == TokenKind::Word)?;
            let word = self.word(index);
            let meant =
                keyword::resembling(word).find(|keyword| self.parses(token.range.clone(), keyword))?;
            Some(format!("did you mean `{meant}` instead of `{word}`?"))
        })
    }

    /// A comma may be missing before the word, or be too much.
    fn comma(&self) -> Option<String> {
        let start = self.tokens.get(self.index)?.range.start;
        if self.parses(start..start, ", ") {
            return Some(format!("is a `,` missing before `{}`?", shortened(self.word(self.index))));
        }
        let before = self.tokens.get(self.index.checked_sub(1)?)?;
        let is_surplus = self.word(self.index - 1) == "," && self.parses(before.range.clone(), "");
        is_surplus.then(|| "remove the `,` before it".to_owned())
    }

    /// The text before the word and from the word on may be two statements.
    fn semicolon(&self) -> Option<String> {
        let start = self.tokens.get(self.index)?.range.start;
        let (before, after) = self.text.split_at(start);
        let are_two = self.index > 0 && is_statement(before) && is_statement(after);
        are_two.then(|| format!("is a `;` missing before `{}`?", self.word(self.index)))
    }

    /// A column may lack its type.
    fn data_type(&self) -> Option<String> {
        let start = self.tokens.get(self.index).map_or(self.text.len(), |token| token.range.start);
        let name = self.word(self.index.checked_sub(1)?);
        self.parses(start..start, " text ").then(|| format!("which type has `{name}`?"))
    }

    /// The word, with parentheses after it, may be too much.
    fn surplus(&self) -> Option<String> {
        let range = self.tokens.get(self.index)?.range.clone();
        let after = &self.tokens[self.index + 1..];
        let arguments = after.first().filter(|token| token.kind == TokenKind::Symbol('('));
        let closing = after.iter().find(|token| token.kind == TokenKind::Symbol(')'));
        let end = arguments.and(closing).map_or(range.end, |token| token.range.end);
        let hint = || format!("remove `{}`", shortened(&self.text[range.start..end]));
        self.parses(range.start..end, "").then(hint)
    }

    /// A parenthesis may not be closed, or not be opened.
    fn parenthesis(&self) -> Option<String> {
        let mut open = Vec::new();
        for (index, token) in self.tokens[..self.index].iter().enumerate() {
            match token.kind {
                TokenKind::Symbol('(') => open.push(index),
                TokenKind::Symbol(')') => drop(open.pop()),
                _ => {}
            }
        }
        let ends = self.tokens.get(self.index).is_none_or(|token| token.kind == TokenKind::Symbol(';'));
        match (open.last(), self.tokens.get(self.index)?.kind) {
            (Some(_), _) if ends => Some("a `(` before it is not closed".to_owned()),
            (None, TokenKind::Symbol(')')) => Some("there is no `(` for it".to_owned()),
            _ => None,
        }
    }

    /// Whether the statement parses with other text in a range.
    fn parses(&self, range: std::ops::Range<usize>, with: &str) -> bool {
        is_statement(&format!("{}{with}{}", &self.text[..range.start], &self.text[range.end..]))
    }
}

/// Whether a text parses as one statement.
fn is_statement(text: &str) -> bool {
    first(&Tree::parse(text, 0, EntryPoint::SourceFile)).is_none()
}

/// The beginning of a word, which is enough to find it.
fn shortened(word: &str) -> String {
    const LONGEST: usize = 40;
    let line = word.lines().next().unwrap_or_default();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None if line.len() < word.len() => format!("{line}…"),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::sql::postgres::parse;

    #[track_caller]
    fn error(sql: &str) -> (String, &str, Option<String>) {
        let errors = parse(sql).errors;
        let [error] = &errors[..] else { panic!("{sql}: {errors:?}") };
        (error.message.clone(), error.span.of(sql), error.hint.clone())
    }

    #[test]
    fn words_of_sqlite_are_named() {
        let cases = [
            ("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)", "AUTOINCREMENT"),
            ("CREATE TABLE t (id int PRIMARY KEY) WITHOUT ROWID", "WITHOUT ROWID"),
            ("PRAGMA foreign_keys = ON", "PRAGMA"),
            ("INSERT OR REPLACE INTO t VALUES (1)", "INSERT OR REPLACE"),
            ("REPLACE INTO t VALUES (1)", "REPLACE INTO"),
            ("CREATE VIRTUAL TABLE t USING fts5 (a)", "CREATE VIRTUAL TABLE"),
        ];
        for (sql, words) in cases {
            let (message, _, hint) = error(sql);
            assert_eq!(message, format!("PostgreSQL has no `{words}`"), "{sql}");
            assert!(hint.is_some(), "{sql}");
        }
        assert_eq!(parse("CREATE TABLE pragma (autoincrement text)").errors, []);
    }

    #[test]
    fn errors_name_the_word_and_what_was_meant() {
        let cases = [
            ("DROP INDEX IF EXIST x", "EXIST", "did you mean `EXISTS` instead of `EXIST`?"),
            ("CREATE TABLE t (id int PRIMRY KEY)", "PRIMRY", "did you mean `PRIMARY` instead of `PRIMRY`?"),
            ("CREATE TABEL t (id int)", "TABEL", "did you mean `TABLE` instead of `TABEL`?"),
            ("SELECT a FORM t WHERE b", "t", "did you mean `FROM` instead of `FORM`?"),
            ("ALTER TABLE t DELETE COLUMN a", "DELETE", "did you mean `DROP` instead of `DELETE`?"),
            ("CREATE TABLE t (a int b int)", "b", "is a `,` missing before `b`?"),
            ("CREATE TABLE t (a int, )", ",", "remove `,`"),
            ("CREATE TABLE t (a int DEFAULT (1, ))", ")", "remove the `,` before it"),
            ("DROP TABLE a DROP TABLE b", "DROP", "is a `;` missing before `DROP`?"),
            ("ALTER TABLE t ADD a NOT NULL", "NOT", "which type has `a`?"),
            ("CREATE TABLE t (a, b int)", ",", "which type has `a`?"),
            ("CREATE TABLE t (a int; DROP TABLE b;", ";", "a `(` before it is not closed"),
            ("SELECT (1))", ")", "there is no `(` for it"),
            ("ALTER TABLE t DROP a NUMERIC(80)", "NUMERIC", "remove `NUMERIC(80)`"),
        ];
        for (sql, word, hint) in cases {
            let want = (format!("syntax error near `{word}`"), word, Some(hint.to_owned()));
            assert_eq!(error(sql), want, "{sql}");
        }
    }

    #[test]
    fn errors_without_a_guess() {
        for (sql, word) in [
            ("xxx", "xxx"),
            ("SELECT 'a' 'b'", "'b'"),
            ("UPDATE t SET a = = 1", "="),
            ("SELECT 1a", "1a"),
            ("\\set x 1", "\\"),
        ] {
            assert_eq!(error(sql).0, format!("syntax error near `{word}`"), "{sql}");
            assert_eq!(error(sql).1, word, "{sql}");
        }
        let long = format!("SELECT 1 '{}'", "é".repeat(50));
        assert_eq!(error(&long).0, format!("syntax error near `'{}…`", "é".repeat(39)));
    }

    #[test]
    fn variables_of_psql() {
        for (sql, word, name) in [
            ("SELECT :x", ":", ":x"),
            ("SELECT :'x'", ":", ":'x'"),
            ("SELECT * FROM :s.t", ":", ":s"),
            ("INSERT INTO t VALUES (1, :\"x\")", ":", ":\"x\""),
            ("CREATE USER a PASSWORD :'p'", ":", ":'p'"),
        ] {
            let hint =
                format!("`{name}` is a variable of psql, which has a value only there: write the value");
            assert_eq!(error(sql), (format!("syntax error near `{word}`"), word, Some(hint)), "{sql}");
        }
        for sql in ["SELECT a[1:b], a[:c], a[b::int : c], b::int", "SELECT json_object('a':b)"] {
            assert_eq!(parse(sql).errors, [], "{sql}");
        }
    }

    #[test]
    fn a_statement_that_ends_too_early() {
        for sql in ["DROP TABLE", "SELECT 1 +", "CREATE TABLE t (a int"] {
            assert_eq!(error(sql).0, "the statement ends too early", "{sql}");
            assert_eq!(error(sql).1, "", "{sql}");
        }
        let parsed = parse("  DROP TABLE ; SELECT 1");
        assert_eq!(parsed.errors[0].span, migrate_core::Span::new(12, 12));
    }

    #[test]
    fn one_error_a_statement_and_the_others_are_read() {
        let parsed = parse("DROP TABEL a, b c d; DROP TABLE b; DRPO TABLE c; DROP TABLE d");
        let places: Vec<usize> = parsed.errors.iter().map(|error| error.span.start()).collect();
        assert_eq!(places, [5, 35]);
        let dropped = |kind: &crate::sql::Kind| matches!(kind, crate::sql::Kind::Drop(_));
        let kinds: Vec<bool> = parsed.statements.iter().map(|statement| dropped(&statement.kind)).collect();
        assert_eq!(kinds, [false, true, false, true]);
    }
}
