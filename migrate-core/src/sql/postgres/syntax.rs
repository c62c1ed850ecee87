//! What is no SQL in a statement: the place, in words of our own, and what may have been meant.

use squawk_parser::EntryPoint;
use squawk_parser::SyntaxKind::{self, *};

use super::keyword;
use super::tree::{Node, Tree};
use crate::Span;
use crate::dialect::Engine;
use crate::sql::SyntaxError;
use crate::token::{Token, TokenKind, tokens};

/// The first error of a statement, whose text is that of `tree`; the others may follow from it.
pub(super) fn error(tree: &Tree<'_>, text: &str, offset: usize) -> Option<SyntaxError> {
    let at = first(tree)?;
    let tokens: Vec<Token> = tokens(text, Engine::Postgres).filter(|token| !is_comment(token)).collect();
    // The parser's place may be before white space; what does not fit is the word behind.
    let index = tokens.partition_point(|token| offset + token.range.end <= at);
    let place = Place { text, tokens: &tokens, index };
    let span = match tokens.get(index) {
        Some(token) => range(offset + token.range.start, offset + token.range.end),
        None => range(offset + text.len(), offset + text.len()),
    };
    Some(SyntaxError { span, message: place.message(), hint: place.hint() })
}

fn is_comment(token: &Token) -> bool {
    matches!(token.kind, TokenKind::LineComment | TokenKind::BlockComment)
}

fn range(start: usize, end: usize) -> Span {
    let narrow = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
    Span::new(narrow(start), narrow(end))
}

/// Where the first thing stands that does not fit, in the script.
fn first(tree: &Tree<'_>) -> Option<usize> {
    let of_parser = tree.errors.first().map(|span| span.start());
    let root = tree.root();
    let second_statement =
        root.nodes().filter(|node| node.kind() != EMPTY_STMT).nth(1).map(|node| node.span().start());
    let own = root.descendants().filter_map(misfit).map(|node| node.span().start()).min();
    [of_parser, second_statement, own].into_iter().flatten().min()
}

/// What the parser lets pass and the server does not.
fn misfit(node: Node<'_>) -> Option<Node<'_>> {
    match node.kind() {
        LITERAL => adjacent_string(node),
        _ => None,
    }
}

fn adjacent_string(literal: Node<'_>) -> Option<Node<'_>> {
    let mut parts = literal.children();
    let mut last = parts.next()?;
    for part in parts {
        if part.kind() == STRING && !literal.between(last, part).contains('\n') {
            return Some(part);
        }
        last = part;
    }
    None
}

/// A place in a statement where it does not go on as it should.
struct Place<'a> {
    text: &'a str,
    tokens: &'a [Token],
    /// Of the token that does not fit; behind the last, the statement ends too early.
    index: usize,
}

impl Place<'_> {
    fn message(&self) -> String {
        match self.tokens.get(self.index) {
            None => "the statement ends too early".to_owned(),
            Some(_) => format!("syntax error near `{}`", shortened(self.word(self.index))),
        }
    }

    fn word(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| &self.text[token.range.clone()])
    }

    /// The change of a word or comma that makes the statement one.
    fn hint(&self) -> Option<String> {
        self.keyword().or_else(|| self.comma()).or_else(|| self.semicolon()).or_else(|| self.parenthesis())
    }

    /// The word itself or one of the two before it, as the keyword that it resembles.
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

    fn comma(&self) -> Option<String> {
        let start = self.tokens.get(self.index)?.range.start;
        if self.parses(start..start, ", ") {
            return Some(format!("is a `,` missing before `{}`?", shortened(self.word(self.index))));
        }
        let before = self.tokens.get(self.index.checked_sub(1)?)?;
        let is_surplus = self.word(self.index - 1) == "," && self.parses(before.range.clone(), "");
        is_surplus.then(|| "remove the `,` before it".to_owned())
    }

    fn semicolon(&self) -> Option<String> {
        let start = self.tokens.get(self.index)?.range.start;
        let (before, behind) = self.text.split_at(start);
        let are_two = self.index > 0 && is_statement(before) && is_statement(behind);
        are_two.then(|| format!("is a `;` missing before `{}`?", self.word(self.index)))
    }

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

    /// Whether the statement would be one with other text in a range.
    fn parses(&self, range: std::ops::Range<usize>, with: &str) -> bool {
        is_statement(&format!("{}{with}{}", &self.text[..range.start], &self.text[range.end..]))
    }
}

fn is_statement(text: &str) -> bool {
    first(&Tree::parse(text, 0, EntryPoint::SourceFile)).is_none()
}

/// Long words say enough by their beginning.
fn shortened(word: &str) -> String {
    const LONGEST: usize = 40;
    let line = word.lines().next().unwrap_or_default();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None if line.len() < word.len() => format!("{line}…"),
        None => line.to_owned(),
    }
}
