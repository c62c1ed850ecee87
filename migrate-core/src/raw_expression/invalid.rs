//! What is wrong with a raw expression, and where.
//!
//! What comes in is a fault at a byte; what goes out is a sentence:
//! `raw("now()") is not one harmless expression: at character 1, …`, with what to write instead.

use std::fmt;

/// Why a piece of SQL cannot be part of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidRawExpression {
    text: String,
    character: usize,
    fault: RawExpressionFault,
}

/// What is wrong with a piece of SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RawExpressionFault {
    /// Its end is missing: an operand, a parenthesis, a quote.
    Unfinished,
    /// Parentheses are nested deeper than 50 levels.
    TooDeep,
    /// It holds a comment.
    Comment,
    /// It holds a character that is not part of an expression here.
    Symbol(char),
    /// It reads a table, with this word.
    Subquery(String),
    /// It calls a function that is not known to be harmless.
    Function(String),
    /// It names something that is not a declared column of a table of the statement.
    Column(String),
    /// It reads an attribute of a value. On PostgreSQL the same notation calls a function of that name.
    Attribute(String),
    /// It names a type that is not known to be harmless.
    Type(String),
    /// It holds something in a place where nothing of that kind is known to be harmless.
    Unexpected(String),
    /// It has another number of `?` than of values.
    Values {
        /// The number of `?`.
        placeholders: usize,
        /// The number of values.
        values: usize,
    },
}

impl InvalidRawExpression {
    /// The fault at a byte of the text.
    pub(super) fn new(text: &str, at: usize, fault: RawExpressionFault) -> InvalidRawExpression {
        let before = text.get(..at).unwrap_or(text);
        InvalidRawExpression { text: text.to_owned(), character: before.chars().count() + 1, fault }
    }

    /// The error of a piece with too many values, or too few.
    pub fn values(text: &str, placeholders: usize, values: usize) -> InvalidRawExpression {
        InvalidRawExpression::new(text, 0, RawExpressionFault::Values { placeholders, values })
    }

    /// The fault.
    pub fn fault(&self) -> &RawExpressionFault {
        &self.fault
    }

    /// The number of the character at which it is, from 1.
    pub fn character(&self) -> usize {
        self.character
    }
}

impl fmt::Display for InvalidRawExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InvalidRawExpression { text, character, fault } = self;
        write!(f, "raw({text:?}) is not one harmless expression: at character {character}, {fault}")
    }
}

impl std::error::Error for InvalidRawExpression {}

impl fmt::Display for RawExpressionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RawExpressionFault::Unfinished => {
                f.write_str("something is missing; it must close each parenthesis and quote that it opens")
            }
            RawExpressionFault::TooDeep => f.write_str("it is nested too deeply; split it into several"),
            RawExpressionFault::Comment => f.write_str("a comment begins; leave it out"),
            RawExpressionFault::Symbol(':') => {
                f.write_str("`:` is not known; write `CAST(… AS type)`, and bind values with `?`")
            }
            RawExpressionFault::Symbol(symbol) => {
                write!(f, "`{}` is not known; bind values with `?`", symbol.escape_debug())
            }
            RawExpressionFault::Subquery(word) => {
                write!(f, "`{word}` could read rows of other tenants; use `in_query`, `exists` or `scalar`")
            }
            RawExpressionFault::Function(name) => {
                write!(
                    f,
                    "the function `{name}` is not known to be harmless; if it is, allow it with `calling`"
                )
            }
            RawExpressionFault::Column(name) => write!(
                f,
                "`{name}` is not a column that `tables!` declares for a table of this statement; write `table.column`, \
                 in double quotes where the name is a keyword, and text in single quotes"
            ),
            RawExpressionFault::Attribute(name) => write!(
                f,
                "`.{name}` could call a function; only a column may follow a dot: write `table.column` without parentheses"
            ),
            RawExpressionFault::Type(name) => {
                write!(f, "the type `{name}` is not known to be harmless; bind a value of that type with `?`")
            }
            RawExpressionFault::Unexpected(word) => {
                write!(f, "`{word}` is not known in this place; use the builder's own methods for it")
            }
            RawExpressionFault::Values { placeholders, values } => {
                write!(f, "`?` occurs {placeholders} times, with {values} values; bind one value for each")
            }
        }
    }
}
