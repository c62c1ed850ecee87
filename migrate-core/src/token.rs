//! The tokens of a script: just enough of each engine's lexer to find where statements end.
//!
//! `SELECT ';' -- a;b` is the tokens word, quoted, comment: the semicolons in the string and in the comment end nothing.
//! Text comes in; tokens with their byte ranges go out, to `statement`. Why not a parser? Only the engine's own lexical
//! rules decide where a statement ends, and those hold for statements that no parser knows yet.

use std::ops::Range;

use crate::engine::Engine;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    pub range: Range<usize>,
}

impl Token {
    pub fn is_comment(&self) -> bool {
        matches!(self.kind, TokenKind::LineComment | TokenKind::BlockComment)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A keyword or an identifier without quotes.
    Word,
    /// A string, a quoted identifier or a number.
    Literal,
    /// `-- to the end of the line`.
    LineComment,
    /// `/* … */`.
    BlockComment,
    /// Any other single character.
    Symbol(char),
    /// A quote or comment without an end. It takes the rest of the text.
    Unterminated(Quote),
}

/// The kinds of quotes and comments: their content is not SQL of the statement around them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quote {
    /// `'…'`
    String,
    /// `"…"`, and on SQLite `` `…` `` and `[…]`
    Identifier,
    /// `$tag$…$tag$`
    Dollar,
    /// `/* … */`
    Comment,
}

/// All tokens of `sql` but white space, in order.
pub fn tokens(sql: &str, engine: Engine) -> Lexer<'_> {
    Lexer { sql, at: 0, engine }
}

#[derive(Debug)]
pub struct Lexer<'a> {
    sql: &'a str,
    at: usize,
    engine: Engine,
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.skip_space();
        let start = self.at;
        let kind = self.kind(self.rest().chars().next()?);
        Some(Token { kind, range: start..self.at })
    }
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.sql[self.at..]
    }

    /// White space as the engine's own lexer has it. U+FEFF is a letter to PostgreSQL, and to SQLite where it is not the
    /// first of a token. In SQLite a vertical tab continues white space but does not begin it. PostgreSQL refuses it
    /// up to release 16.
    fn skip_space(&mut self) {
        let mut before = usize::MAX;
        while before != self.at {
            before = self.at;
            match self.engine {
                Engine::Sqlite if self.rest().starts_with('\u{feff}') => self.at += '\u{feff}'.len_utf8(),
                Engine::Sqlite if self.rest().starts_with('\x0b') => {}
                Engine::Postgres | Engine::Sqlite => self.skip(is_space),
            }
        }
    }

    /// Moves over the bytes for which the test holds. It must give one answer for all bytes of a character.
    fn skip(&mut self, is: fn(u8) -> bool) {
        let bytes = self.sql.as_bytes();
        let mut at = self.at;
        while at < bytes.len() && is(bytes[at]) {
            at += 1;
        }
        self.at = at;
    }

    /// Moves over the token that begins with `first`.
    fn kind(&mut self, first: char) -> TokenKind {
        let rest = self.rest();
        match first {
            '-' if rest.starts_with("--") => self.line_comment(),
            '/' if rest.starts_with("/*") => self.block_comment(),
            '\'' => self.quoted('\'', Quote::String),
            '"' => self.quoted('"', Quote::Identifier),
            '`' if self.engine.quotes_names_with_backticks() => self.quoted('`', Quote::Identifier),
            '[' if self.engine.quotes_names_with_brackets() => self.until("]", 1, Quote::Identifier),
            '$' if self.engine.dollar_quotes() => self.dollar(),
            '$' | '@' | '#' | ':' if self.engine.has_named_variables() => self.variable(first),
            c if is_word_start(c) => self.word(),
            c if c.is_ascii_digit() => self.number(),
            c => {
                self.at += c.len_utf8();
                TokenKind::Symbol(c)
            }
        }
    }

    /// A comment to the end of the line.
    fn line_comment(&mut self) -> TokenKind {
        let ends: &[char] =
            if self.engine.ends_comment_at_carriage_return() { &['\n', '\r'] } else { &['\n'] };
        self.at += self.rest().find(ends).unwrap_or(self.rest().len());
        TokenKind::LineComment
    }

    /// `$name`, `:name::part`, `@name(anything but white space)`: the name of a variable in SQLite may contain quotes and
    /// semicolons. Without a name it is a symbol.
    fn variable(&mut self, first: char) -> TokenKind {
        let bytes = self.rest().as_bytes();
        let (mut i, mut name) = (1, 0);
        loop {
            match bytes.get(i) {
                Some(byte) if is_word(*byte) => (i, name) = (i + 1, name + 1),
                Some(b':') if bytes.get(i + 1) == Some(&b':') => i += 2,
                Some(b'(') if name > 0 => {
                    let is_end = |byte: &u8| is_space(*byte) || *byte == b')';
                    i = bytes[i..].iter().position(is_end).map_or(bytes.len(), |at| i + at);
                    i += usize::from(bytes.get(i) == Some(&b')'));
                    break;
                }
                _ => break,
            }
        }
        if name == 0 {
            self.at += 1;
            return TokenKind::Symbol(first);
        }
        self.at += i;
        TokenKind::Literal
    }

    fn block_comment(&mut self) -> TokenKind {
        if !self.engine.nests_comments() {
            let end = self.until("*/", 2, Quote::Comment);
            return if end == TokenKind::Literal { TokenKind::BlockComment } else { end };
        }
        let bytes = self.rest().as_bytes();
        let (mut depth, mut i) = (0, 0);
        while i + 1 < bytes.len() {
            match &bytes[i..i + 2] {
                b"/*" => (depth, i) = (depth + 1, i + 2),
                b"*/" => (depth, i) = (depth - 1, i + 2),
                _ => i += 1,
            }
            if depth == 0 {
                self.at += i;
                return TokenKind::BlockComment;
            }
        }
        self.unterminated(Quote::Comment)
    }

    /// A part that ends at `close`, searched from `skip` bytes on.
    fn until(&mut self, close: &str, skip: usize, quote: Quote) -> TokenKind {
        match self.rest()[skip..].find(close) {
            Some(at) => {
                self.at += skip + at + close.len();
                TokenKind::Literal
            }
            None => self.unterminated(quote),
        }
    }

    /// A part between two `mark`s. A doubled mark inside is one character of the content.
    fn quoted(&mut self, mark: char, quote: Quote) -> TokenKind {
        loop {
            let end = self.until(mark.encode_utf8(&mut [0; 4]), 1, quote);
            if end != TokenKind::Literal || !self.rest().starts_with(mark) {
                return end;
            }
        }
    }

    /// `E'…'`: a backslash escapes the next character. Such a string continues in the next literal if only
    /// white space with a line end is between them (PostgreSQL manual, 4.1.2.1), or comments to the end of the line.
    fn escape_string(&mut self) -> TokenKind {
        loop {
            let mut chars = self.rest().char_indices().skip(1);
            let end = loop {
                match chars.next() {
                    Some((_, '\\')) => drop(chars.next()),
                    Some((i, '\'')) => break i + 1,
                    Some(_) => {}
                    None => return self.unterminated(Quote::String),
                }
            };
            self.at += end;
            match self.continuation() {
                Some(gap) => self.at += gap,
                None => return TokenKind::Literal,
            }
        }
    }

    /// The distance to the quote that continues the string that has just ended.
    fn continuation(&self) -> Option<usize> {
        let mut ahead = Lexer { sql: self.sql, at: self.at, engine: self.engine };
        loop {
            ahead.skip_space();
            if !ahead.rest().starts_with("--") {
                break;
            }
            ahead.line_comment();
        }
        let gap = &self.sql[self.at..ahead.at];
        let is_continued = gap.is_empty() || gap.contains(['\n', '\r']);
        (is_continued && ahead.rest().starts_with('\'')).then_some(gap.len())
    }

    /// `$$…$$` or `$tag$…$tag$`. Anything else after a dollar sign is a parameter.
    fn dollar(&mut self) -> TokenKind {
        let rest = self.rest();
        let tag_end =
            1 + rest[1..].bytes().position(|byte| !is_word(byte) || byte == b'$').unwrap_or(rest.len() - 1);
        let begins_with_digit = rest[1..].starts_with(|c: char| c.is_ascii_digit());
        if begins_with_digit || !rest[tag_end..].starts_with('$') {
            self.at += 1;
            return TokenKind::Symbol('$');
        }
        let tag = rest[..=tag_end].to_owned();
        self.until(&tag, tag.len(), Quote::Dollar)
    }

    fn word(&mut self) -> TokenKind {
        let start = self.at;
        self.skip(is_word);
        let is_escape_prefix = self.engine.has_escape_strings()
            && self.at == start + 1
            && matches!(self.sql.as_bytes()[start], b'e' | b'E')
            && self.rest().starts_with('\'');
        if is_escape_prefix { self.escape_string() } else { TokenKind::Word }
    }

    fn number(&mut self) -> TokenKind {
        self.skip(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        TokenKind::Literal
    }

    fn unterminated(&mut self, quote: Quote) -> TokenKind {
        self.at = self.sql.len();
        TokenKind::Unterminated(quote)
    }
}

/// White space to both engines' lexers. A no-break space is not: to both it is part of a word.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0b' | b'\x0c')
}

fn is_word_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

/// A word may contain any character that is not ASCII.
fn is_word(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'$' | 0x80..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lex(sql: &str, engine: Engine) -> Vec<(&str, TokenKind)> {
        tokens(sql, engine).map(|token| (&sql[token.range], token.kind)).collect()
    }

    #[test]
    fn a_quoted_part_is_one_token() {
        use Engine::{Postgres, Sqlite};
        let cases = [
            (Postgres, "'it''s; -- no'"),
            (Postgres, r"'back\'"),
            (Postgres, r"E'it\'s; \\'"),
            (Postgres, "E'a'\n  'b\\'; c'"),
            (Postgres, "E'it''s \\' ;'"),
            (Postgres, "E'a'\r'b\\'; c'"),
            (Postgres, "E'a' -- it's; \n -- \n'b\\'; c'"),
            (Sqlite, "$a::b"),
            (Sqlite, ":a(;')"),
            (Sqlite, "@a$1"),
            (Postgres, r#""a ""b""; c""#),
            (Postgres, "$$ a; 'b $$"),
            (Postgres, "$_tag1$ $$ ; $tag$ $_tag1$"),
            (Postgres, "$é$ ; $é$"),
            (Sqlite, "'it''s; $$'"),
            (Sqlite, r#""a ""b""; c""#),
            (Sqlite, "`a ``b``; c`"),
            (Sqlite, "[a; 'b]"),
        ];
        for (engine, sql) in cases {
            assert_eq!(lex(sql, engine), [(sql, TokenKind::Literal)], "{engine} {sql}");
        }
    }

    #[test]
    fn comments_nest_in_postgres_only() {
        let sql = "/* a /* b */ c */";
        assert_eq!(lex(sql, Engine::Postgres), [(sql, TokenKind::BlockComment)]);
        assert_eq!(lex(sql, Engine::Sqlite)[0], ("/* a /* b */", TokenKind::BlockComment));
        assert_eq!(
            lex("-- a; 'b\nc", Engine::Sqlite),
            [("-- a; 'b", TokenKind::LineComment), ("c", TokenKind::Word)]
        );
        assert_eq!(lex("/*/ a */", Engine::Postgres), [("/*/ a */", TokenKind::BlockComment)]);
        assert_eq!(lex("/*/ a */", Engine::Sqlite), [("/*/ a */", TokenKind::BlockComment)]);
    }

    #[test]
    fn a_dollar_is_not_always_a_quote() {
        let words = |sql| lex(sql, Engine::Postgres).into_iter().map(|(text, _)| text).collect::<Vec<_>>();
        assert_eq!(words("$1+$2"), ["$", "1", "+", "$", "2"]);
        assert_eq!(words("a$b$c"), ["a$b$c"]); // part of an identifier
        assert_eq!(words("$a+b$"), ["$", "a", "+", "b$"]);
        let symbols =
            [("$", TokenKind::Symbol('$')), ("(", TokenKind::Symbol('(')), (":", TokenKind::Symbol(':'))];
        assert_eq!(lex("$( :", Engine::Sqlite), symbols);
    }

    #[test]
    fn white_space_is_the_engines_own() {
        let texts = |sql, engine| lex(sql, engine).into_iter().map(|(text, _)| text).collect::<Vec<_>>();
        assert_eq!(texts("a \u{feff}b", Engine::Sqlite), ["a", "b"]);
        assert_eq!(texts("a\u{feff}b", Engine::Sqlite), ["a\u{feff}b"]);
        assert_eq!(texts("(\u{feff}\u{feff} SELECT", Engine::Sqlite), ["(", "SELECT"]);
        assert_eq!(texts("a \u{feff}b", Engine::Postgres), ["a", "\u{feff}b"]);
        assert_eq!(texts("a \x0bb", Engine::Sqlite), ["a", "b"]);
        assert_eq!(texts("a;\x0bb", Engine::Sqlite), ["a", ";", "\x0b", "b"]);
        for engine in [Engine::Postgres, Engine::Sqlite] {
            assert_eq!(texts("a\u{a0}b", engine), ["a\u{a0}b"]);
        }
    }

    #[test]
    fn a_carriage_return_ends_a_comment_in_postgres_only() {
        let ends = |engine| lex("-- a\rb", engine)[0].0;
        assert_eq!((ends(Engine::Postgres), ends(Engine::Sqlite)), ("-- a", "-- a\rb"));
    }

    #[test]
    fn what_never_ends_is_told() {
        use Engine::{Postgres, Sqlite};
        let cases = [
            (Postgres, "'a", Quote::String),
            (Postgres, r"E'a\'", Quote::String),
            (Postgres, "\"a", Quote::Identifier),
            (Postgres, "$a$ $b$", Quote::Dollar),
            (Postgres, "/* /* */", Quote::Comment),
            (Postgres, "/*", Quote::Comment),
            (Sqlite, "[a", Quote::Identifier),
            (Sqlite, "/* a", Quote::Comment),
        ];
        for (engine, sql, quote) in cases {
            assert_eq!(lex(sql, engine), [(sql, TokenKind::Unterminated(quote))], "{engine} {sql}");
        }
    }
}
