//! One text for all ways to write the same statement.
//!
//! What comes in is `CREATE  TABLE [orders](ID Integer)`; what goes out are tokens, and the text
//! `create table orders(id integer)`. It may still be run.

use crate::Engine;
use crate::token::{self, TokenKind};

/// A token of a statement, without the choices of its writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// A word in lower case, a name without quotes that it does not need, anything else as it is.
    pub(super) text: String,
    /// As it was written, without quotes.
    pub(super) name: String,
    kind: Kind,
    /// Whether nothing is between it and the token before.
    is_adjacent: bool,
}

/// The kinds of tokens that matter for spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    /// A string, a number, a name in quotes.
    Literal,
    Symbol,
}

impl Token {
    /// Whether it is this keyword, or this symbol.
    pub(super) fn is(&self, word: &str) -> bool {
        self.kind != Kind::Literal && self.text == word
    }

    /// Whether an operator after it is binary.
    fn is_operand(&self) -> bool {
        self.kind != Kind::Symbol || self.text == ")"
    }
}

/// The tokens of a statement, without comments.
pub(super) fn tokens(sql: &str) -> Vec<Token> {
    let mut end = None;
    let mut tokens = Vec::new();
    for token in token::tokens(sql, Engine::Sqlite) {
        let is_adjacent = end == Some(token.range.start);
        end = Some(token.range.end);
        let source = &sql[token.range.clone()];
        let kind = match token.kind {
            TokenKind::LineComment | TokenKind::BlockComment => continue,
            TokenKind::Word => Kind::Word,
            TokenKind::Literal | TokenKind::Unterminated(_) => Kind::Literal,
            TokenKind::Symbol(_) => Kind::Symbol,
        };
        let name = unquoted(source).unwrap_or_else(|| source.to_owned());
        let is_plain = name != source && is_plain(&name);
        let text = match kind {
            Kind::Literal if name != source && !is_plain => format!("\"{}\"", name.replace('"', "\"\"")),
            Kind::Literal if !is_plain => source.to_owned(),
            _ => name.to_ascii_lowercase(),
        };
        tokens.push(Token { text, name, kind, is_adjacent });
    }
    tokens
}

/// The name inside of quotes.
fn unquoted(source: &str) -> Option<String> {
    let mark = source.chars().next().filter(|mark| "\"`[".contains(*mark))?;
    let inside = source.get(1..source.len() - 1)?;
    Some(match mark {
        '[' => inside.to_owned(),
        mark => inside.replace(&format!("{mark}{mark}"), &mark.to_string()),
    })
}

/// Whether a name means the same without quotes.
fn is_plain(name: &str) -> bool {
    let mut chars = name.chars();
    let begins = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    begins
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !KEYWORDS.contains(&name.to_ascii_lowercase().as_str())
}

/// Names that mean something else without quotes (<https://sqlite.org/lang_keywords.html>).
const KEYWORDS: [&str; 61] = [
    "add",
    "all",
    "alter",
    "and",
    "as",
    "autoincrement",
    "between",
    "case",
    "check",
    "collate",
    "commit",
    "constraint",
    "create",
    "default",
    "deferrable",
    "delete",
    "distinct",
    "drop",
    "else",
    "escape",
    "except",
    "exists",
    "foreign",
    "from",
    "group",
    "having",
    "in",
    "index",
    "insert",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "limit",
    "not",
    "notnull",
    "null",
    "on",
    "or",
    "order",
    "primary",
    "references",
    "returning",
    "select",
    "set",
    "table",
    "then",
    "to",
    "transaction",
    "union",
    "unique",
    "update",
    "using",
    "values",
    "when",
    "where",
    "with",
    "current_date",
    "current_time",
    "current_timestamp",
];

/// The tokens as a text that runs like the original.
pub(super) fn canonical(tokens: &[Token]) -> String {
    let mut text = String::new();
    for (at, token) in tokens.iter().enumerate() {
        if at > 0 && has_gap(&tokens[..at], token) {
            text.push(' ');
        }
        text.push_str(&token.text);
    }
    text
}

/// Whether a space belongs between what was written and the token.
fn has_gap(before: &[Token], token: &Token) -> bool {
    let Some((last, earlier)) = before.split_last() else { return false };
    let is_exponent =
        |token: &Token| token.text.starts_with(|c: char| c.is_ascii_digit()) && token.text.ends_with('e');
    let is_sign = last.kind == Kind::Symbol && ["-", "+", "~"].contains(&last.text.as_str());
    let is_unary = is_sign && earlier.last().is_none_or(|token| !token.is_operand() || is_exponent(token));
    let is_operator = |token: &Token| token.kind == Kind::Symbol && !"(),;".contains(&token.text);
    let sticks = token.is_adjacent
        && ((is_operator(last) && is_operator(token))
            || last.text == "."
            || token.text == "."
            || is_exponent(last)
            // A blob: x'00'.
            || (last.text == "x" && token.text.starts_with('\'')));
    !(sticks || is_unary || last.text == "(" || [",", ")", ";"].contains(&token.text.as_str()))
}
