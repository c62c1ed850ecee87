//! The places of the words in a statement, which the parser's tree does not have.
//!
//! In comes the text of a statement and its span in the script; `place.last()` is the last word as an identifier
//! with its span, `place.elements()` the spans of the columns and constraints in the first parentheses. It works on
//! tokens alone, so it is right for any statement that the parser accepts.

use migrate_core::token::{TokenKind, tokens};
use migrate_core::{Engine, Span};

use crate::sql::Identifier;

use super::name::unquoted;

/// SQLite's own limit for the depth of expressions (SQLite manual, Limits, 5).
const MAX_DEPTH: usize = 1000;

/// A statement in its script.
pub(super) struct Place<'a> {
    text: &'a str,
    span: Span,
    words: Vec<Word<'a>>,
}

/// A token that is not a comment.
#[derive(Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) kind: TokenKind,
    /// Its offset in the statement.
    pub(super) start: usize,
}

impl<'a> Place<'a> {
    pub(super) fn new(sql: &'a str, span: Span) -> Place<'a> {
        let text = span.of(sql);
        let words = tokens(text, Engine::Sqlite)
            .filter(|token| !matches!(token.kind, TokenKind::LineComment | TokenKind::BlockComment))
            .map(|token| Word {
                text: &text[token.range.clone()],
                kind: token.kind,
                start: token.range.start,
            })
            .collect();
        Place { text, span, words }
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    pub(super) fn span(&self) -> Span {
        self.span
    }

    /// The first two words, for a statement about which nothing else is known.
    pub(super) fn words(&self) -> String {
        let words = self.words.iter().take_while(|word| word.kind == TokenKind::Word).take(2);
        words.map(|word| word.text.to_ascii_uppercase()).collect::<Vec<_>>().join(" ")
    }

    /// Whether the parentheses are nested deeper than SQLite allows. The parser would recurse as deep, and overflow
    /// its stack.
    pub(super) fn is_too_deep(&self) -> bool {
        let mut depth = 0_usize;
        self.words.iter().any(|word| {
            match word.kind {
                TokenKind::Symbol('(') => depth += 1,
                TokenKind::Symbol(')') => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth > MAX_DEPTH
        })
    }

    /// The words up to and including the one at, or next after, a byte of the statement.
    pub(super) fn words_up_to(&self, offset: usize) -> &[Word<'a>] {
        let before = self.words.partition_point(|word| word.start + word.text.len() <= offset);
        &self.words[..self.words.len().min(before + 1)]
    }

    /// The statement with another text instead of a word.
    pub(super) fn with(&self, word: Word<'_>, replacement: &str) -> String {
        let end = word.start + word.text.len();
        [&self.text[..word.start], replacement, &self.text[end..]].concat()
    }

    pub(super) fn span_of(&self, word: Word<'_>) -> Span {
        self.between(word.start, word.start + word.text.len())
    }

    /// The empty span after the statement.
    pub(super) fn end(&self) -> Span {
        self.between(self.text.len(), self.text.len())
    }

    /// The last word, as the new name of a RENAME.
    pub(super) fn last(&self) -> Identifier {
        self.identifier(self.words.len().saturating_sub(1))
    }

    /// A word as an identifier.
    fn identifier(&self, index: usize) -> Identifier {
        match self.words.get(index) {
            Some(word) => Identifier { name: unquoted(word.text), span: self.span_of(*word) },
            None => Identifier { name: String::new(), span: self.span },
        }
    }

    /// The word before the first `keyword`, as the name of an index before ON.
    pub(super) fn before(&self, keyword: &str) -> Identifier {
        let at = self.words.iter().position(|word| word.text.eq_ignore_ascii_case(keyword)).unwrap_or(0);
        self.identifier(at.saturating_sub(1))
    }

    /// The action of an ALTER TABLE: everything after the name of the table.
    pub(super) fn action(&self) -> Span {
        let is_qualified = self.words.get(3).is_some_and(|word| word.text == ".");
        let first = if is_qualified { 5 } else { 3 };
        self.words.get(first).map_or(self.span, |word| self.between(word.start, self.text.len()))
    }

    /// The column of ADD or ADD COLUMN.
    pub(super) fn added_column(&self) -> Span {
        let add = self.action().start();
        let mut after = self.words.iter().skip_while(|word| self.span.start() + word.start <= add);
        let first =
            after.next().filter(|word| !word.text.eq_ignore_ascii_case("column")).or_else(|| after.next());
        first.map_or(self.span, |word| self.between(word.start, self.text.len()))
    }

    /// The elements in the first parentheses of the statement: the columns and constraints of CREATE TABLE.
    pub(super) fn elements(&self) -> Vec<Span> {
        let mut elements = Vec::new();
        let mut depth = 0_usize;
        let mut element: Option<(usize, usize)> = None;
        for word in &self.words {
            match word.kind {
                TokenKind::Symbol('(') => depth += 1,
                TokenKind::Symbol(')') => depth = depth.saturating_sub(1),
                _ => {}
            }
            let opens = word.kind == TokenKind::Symbol('(') && depth == 1;
            let separates = word.kind == TokenKind::Symbol(',') && depth == 1;
            let closes = word.kind == TokenKind::Symbol(')') && depth == 0;
            if separates || closes {
                elements.extend(element.take().map(|(start, end)| self.between(start, end)));
            }
            if closes {
                break;
            }
            if depth > 0 && !opens && !separates {
                let end = word.start + word.text.len();
                element = Some((element.map_or(word.start, |(start, _)| start), end));
            }
        }
        elements
    }

    /// The span from one byte of the statement to another.
    fn between(&self, start: usize, end: usize) -> Span {
        // A script's size is checked before it is parsed: `TextProblem::TooLarge`.
        let in_script = |at: usize| u32::try_from(self.span.start() + at).unwrap_or(u32::MAX);
        Span::new(in_script(start), in_script(end))
    }

    /// The first word of a part, with its place.
    pub(super) fn first_in(&self, part: Span) -> Identifier {
        let index = self.words.partition_point(|word| self.span.start() + word.start < part.start());
        self.identifier(index)
    }
}
