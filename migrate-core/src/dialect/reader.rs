//! A reader of a statement's tokens for the few statements whose names matter at run time. Why not a parser? A binary that
//! runs migrations should contain none.

use std::iter::Peekable;
use std::vec::IntoIter;

use crate::engine::Engine;
use crate::token::{Token, TokenKind, tokens};

/// Reads a statement of PostgreSQL word by word, without its comments.
pub(super) struct Reader<'s>(Peekable<IntoIter<&'s str>>);

impl<'s> Reader<'s> {
    pub(super) fn new(statement: &'s str) -> Reader<'s> {
        let is_code = |token: &Token| !matches!(token.kind, TokenKind::LineComment | TokenKind::BlockComment);
        let tokens = tokens(statement, Engine::Postgres).filter(is_code).map(|token| &statement[token.range]);
        Reader(tokens.collect::<Vec<_>>().into_iter().peekable())
    }

    pub(super) fn next(&mut self) -> Option<&'s str> {
        self.0.next()
    }

    pub(super) fn is_at_end(&mut self) -> bool {
        self.0.peek().is_none()
    }

    /// Takes the word if it comes next.
    pub(super) fn accept(&mut self, word: &str) -> Option<&'s str> {
        self.0.next_if(|token| token.eq_ignore_ascii_case(word))
    }

    /// Takes the words if they come next. If only some do, these are consumed all the same.
    pub(super) fn accept_all(&mut self, words: &[&str]) -> Option<()> {
        words.iter().try_for_each(|word| self.accept(word).map(drop))
    }

    /// Takes a list in parentheses if it comes next, and returns its content.
    pub(super) fn parentheses(&mut self) -> Vec<&'s str> {
        if self.accept("(").is_none() {
            return Vec::new();
        }
        self.0.by_ref().take_while(|token| *token != ")").collect()
    }

    /// A name as it is written, with its schema and database if it has them.
    pub(super) fn name(&mut self) -> Option<String> {
        let mut name = self.identifier()?.to_owned();
        while self.accept(".").is_some() {
            name = format!("{name}.{}", self.identifier()?);
        }
        Some(name)
    }

    pub(super) fn identifier(&mut self) -> Option<&'s str> {
        let begins = |first: char| first == '"' || first == '_' || first.is_alphabetic();
        self.0.next_if(|token| token.starts_with(begins))
    }
}

/// An identifier as the catalog has it: in lower case unless it is quoted. In UTF-8 the server folds only ASCII.
pub(super) fn catalog_name(identifier: &str) -> String {
    match identifier.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => identifier.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_folded_as_the_server_folds_it() {
        for (written, held) in [("Shop", "shop"), ("ÄDB", "Ädb"), ("\"ÄDB\"", "ÄDB"), ("\"a\"\"B\"", "a\"B")]
        {
            assert_eq!(catalog_name(written), held);
        }
    }
}
