//! A piece of SQL that is to be one expression inside a statement of ours.
//!
//! It is an allow-list: `lexer` knows few tokens, `parser` a small grammar, `words` the functions, types and keywords
//! that read nothing but their arguments. What was understood is then written anew, with a space between any two tokens
//! and the declared names of columns in quotes, so that the engine cannot read it in another way than we did.

mod invalid;
mod lexer;
mod parser;
mod words;
mod writer;

use crate::engine::Engine;

pub use invalid::{InvalidRawExpression, RawExpressionFault};

/// What is around a fragment: all that it may refer to.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'s> {
    /// Whose SQL it is.
    pub engine: Engine,
    /// The tables that it may read columns of. Where two go by the same name, the last one hides the others.
    pub tables: &'s [VisibleTable<'s>],
    /// Functions that it may call beside the well-known ones: `name`, or `schema.name`.
    pub functions: &'s [&'s str],
}

/// A table of the statement around a fragment.
#[derive(Clone, Copy, Debug)]
pub struct VisibleTable<'s> {
    /// By which name the statement refers to it.
    pub alias: &'s str,
    /// Its columns, as they are named in the database.
    pub columns: &'s [&'s str],
}

/// The SQL of a fragment, cut where its `?` stood: one text more than there are placeholders.
///
/// # Errors
///
/// What in it does not belong into an expression.
pub fn raw_expression(text: &str, around: Surroundings<'_>) -> Result<Vec<String>, InvalidRawExpression> {
    let invalid = |(at, fault)| InvalidRawExpression::new(text, at, fault);
    let tokens = lexer::tokens(text, around.engine).map_err(invalid)?;
    parser::parse(&tokens, around).map_err(invalid)
}

#[cfg(test)]
mod tests;
