//! The few tokens of an expression. Anything else is an error.
//!
//! What comes in is the text, `note ->> 'a'`; what goes out are tokens with their places,
//! `[Word note, Operator ->>, Literal 'a']`. A token that two releases or two engines read differently, such as a
//! string with a backslash, does not exist here.

use super::RawExpressionFault;
use super::words::operators;
use crate::engine::Engine;

/// A fault with its place in bytes.
pub(super) type Fault = (usize, RawExpressionFault);

/// A token with its text and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
    pub(super) at: usize,
}

/// The kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or a name without quotes.
    Word,
    /// `"name"`
    Quoted,
    /// A string or a number.
    Literal,
    /// `?`
    Placeholder,
    Operator,
    /// One of `( ) [ ] , .` and `::`
    Symbol,
}

impl Token<'_> {
    /// Whether it is this symbol.
    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    /// Whether it is this keyword, given in lower case.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether it is a string.
    pub(super) fn is_string(&self) -> bool {
        self.kind == Kind::Literal && self.text.starts_with('\'')
    }
}

/// All tokens of a text.
pub(super) fn tokens(text: &str, engine: Engine) -> Result<Vec<Token<'_>>, Fault> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        at += length(&text[at..], |c| matches!(c, ' ' | '\t' | '\n' | '\r'));
        let rest = &text[at..];
        let Some(first) = rest.chars().next() else { return Ok(tokens) };
        let (kind, length) = token(rest, first, engine).map_err(|(within, fault)| (at + within, fault))?;
        tokens.push(Token { kind, text: &rest[..length], at });
        at += length;
    }
}

/// The kind and the length of the token at the beginning of `rest`.
fn token(rest: &str, first: char, engine: Engine) -> Result<(Kind, usize), Fault> {
    if rest.starts_with("--") || rest.starts_with("/*") {
        return Err((0, RawExpressionFault::Comment));
    }
    match first {
        'x' | 'X' if rest[1..].starts_with('\'') => {
            let length = 1 + quoted(&rest[1..], '\'')?;
            let is_hex = rest[2..length - 1].bytes().all(|byte| byte.is_ascii_hexdigit());
            if is_hex { Ok((Kind::Literal, length)) } else { Err((0, RawExpressionFault::Symbol(first))) }
        }
        c if is_name_start(c) => Ok((Kind::Word, length(rest, is_name))),
        c if c.is_ascii_digit() => Ok((Kind::Literal, number(rest))),
        '\'' => Ok((Kind::Literal, quoted(rest, '\'')?)),
        '"' => Ok((Kind::Quoted, quoted(rest, '"')?)),
        '?' => Ok((Kind::Placeholder, 1)),
        '(' | ')' | '[' | ']' | ',' | '.' => Ok((Kind::Symbol, 1)),
        ':' if engine.has_cast_symbol() && rest.starts_with("::") => Ok((Kind::Symbol, 2)),
        '=' if engine.has_named_arguments() && rest.starts_with("=>") => Ok((Kind::Symbol, 2)),
        c => match operators(engine).iter().find(|operator| rest.starts_with(**operator)) {
            Some(operator) => Ok((Kind::Operator, operator.len())),
            None => Err((0, RawExpressionFault::Symbol(c))),
        },
    }
}

/// The number of bytes at the beginning of `text` that are such characters.
fn length(text: &str, is: fn(char) -> bool) -> usize {
    text.find(|c| !is(c)).unwrap_or(text.len())
}

/// Names of columns may hold letters of any script. A character that is not a letter, such as U+FEFF, is white space
/// to one engine or the other.
fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// `1`, `1.5`, `1e-5`: the forms that every release of both engines reads alike. `0x1f` and `1_000` are not among
/// them.
fn number(rest: &str) -> usize {
    let digits = |from: usize| rest[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits(0);
    if rest[end..].starts_with('.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    }
    if rest[end..].starts_with(['e', 'E']) {
        let sign = usize::from(rest[end + 1..].starts_with(['+', '-']));
        if digits(end + 1 + sign) > 0 {
            end += 1 + sign + digits(end + 1 + sign);
        }
    }
    end
}

/// A part between two `mark`s. A doubled mark inside means one. A backslash has a meaning to a server with
/// `standard_conforming_strings = off`, and NUL ends a statement, so both are refused.
fn quoted(rest: &str, mark: char) -> Result<usize, Fault> {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' | '\0' => return Err((at, RawExpressionFault::Symbol(c))),
            c if c == mark && chars.next_if(|(_, next)| *next == mark).is_none() => return Ok(at + 1),
            _ => {}
        }
    }
    Err((0, RawExpressionFault::Unfinished))
}
