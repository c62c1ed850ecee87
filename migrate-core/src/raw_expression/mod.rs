//! A piece of SQL that has to be a single expression inside of a statement of ours.
//!
//! What comes in is a text, `length(note) > ?`, with the tables that it may refer to; what goes out are the texts
//! between its placeholders, `["pg_catalog.length(\"note\") > ", ""]`, or a fault with its place.
//!
//! It is an allow-list: `lexer` knows few tokens, `parser` a small grammar, `words` the functions, types and keywords
//! that read nothing but their arguments. What was understood is then written anew, with a space between any two
//! tokens and the declared names of columns in quotes, so that the engine cannot read it in another way than we did.

mod invalid;
mod lexer;
mod parser;
mod words;
mod writer;

use crate::dialect::Engine;

pub use invalid::{InvalidRawExpression, RawExpressionFault};

/// What surrounds an expression: everything that it may refer to.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'s> {
    /// The engine whose SQL it is.
    pub engine: Engine,
    /// The tables whose columns it may read. If two have the same name, the last one hides the others.
    pub tables: &'s [VisibleTable<'s>],
    /// Functions that it may call besides the known ones: `name`, or `schema.name`.
    pub functions: &'s [&'s str],
}

/// A table of the statement around an expression.
#[derive(Clone, Copy, Debug)]
pub struct VisibleTable<'s> {
    /// The name by which the statement refers to it.
    pub alias: &'s str,
    /// Its columns, as they are named in the database.
    pub columns: &'s [&'s str],
}

/// The SQL of an expression, cut at its `?`: one text more than there are placeholders.
///
/// # Errors
///
/// [`InvalidRawExpression`], with the first part that does not belong into an expression.
pub fn raw_expression(text: &str, around: Surroundings<'_>) -> Result<Vec<String>, InvalidRawExpression> {
    let invalid = |(at, fault)| InvalidRawExpression::new(text, at, fault);
    let tokens = lexer::tokens(text, around.engine).map_err(invalid)?;
    parser::parse(&tokens, around).map_err(invalid)
}

#[cfg(test)]
mod tests;
