//! A piece of SQL that is to be one expression inside a statement of ours.

use std::fmt;

use crate::dialect::Engine;
use crate::token::{TokenKind, tokens};

/// Where the `?` of an expression stand: it is one, opens nothing that it does not close, and reads no table.
///
/// `functions` are those that it may call beside the well-known ones.
///
/// # Errors
///
/// What in it does not belong into an expression.
pub fn placeholders(text: &str, engine: Engine, functions: &[&str]) -> Result<Vec<usize>, InvalidFragment> {
    let mut open = Vec::new();
    let mut placeholders = Vec::new();
    let mut before = Before::Nothing;
    if text.contains('\\') {
        return Err(InvalidFragment::Symbol('\\'));
    }
    for token in tokens(text, engine) {
        let word = &text[token.range.clone()];
        if before == Before::In && token.kind != TokenKind::Symbol('(') {
            return Err(InvalidFragment::Subquery("IN".to_owned()));
        }
        before = match token.kind {
            TokenKind::Word if SUBQUERY.iter().any(|of| word.eq_ignore_ascii_case(of)) => {
                return Err(InvalidFragment::Subquery(word.to_ascii_uppercase()));
            }
            TokenKind::Word if word.eq_ignore_ascii_case("in") => Before::In,
            TokenKind::Word if before == Before::Dot => Before::Qualified(word),
            TokenKind::Word => Before::Word(word),
            TokenKind::Literal if word.starts_with(['"', '`', '[']) => Before::Qualified(word),
            TokenKind::Literal => Before::Nothing,
            TokenKind::LineComment | TokenKind::BlockComment => return Err(InvalidFragment::Comment),
            TokenKind::Unterminated(_) => return Err(InvalidFragment::Unbalanced),
            TokenKind::Symbol(symbol) => {
                match symbol {
                    '(' => {
                        before.may_be_called(functions)?;
                        open.push(')');
                    }
                    '[' => open.push(']'),
                    ')' | ']' if open.pop() != Some(symbol) => return Err(InvalidFragment::Unbalanced),
                    ',' if open.is_empty() => return Err(InvalidFragment::Symbol(',')),
                    '?' => placeholders.push(token.range.start),
                    ';' | '$' | '@' | '#' | '{' | '}' => return Err(InvalidFragment::Symbol(symbol)),
                    _ => {}
                }
                if symbol == '.' { Before::Dot } else { Before::Nothing }
            }
        };
    }
    let is_whole = open.is_empty() && before != Before::In && !text.trim().is_empty();
    if is_whole { Ok(placeholders) } else { Err(InvalidFragment::Unbalanced) }
}

/// What stands before a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before<'a> {
    Nothing,
    Dot,
    In,
    Word(&'a str),
    /// A name behind a dot, or in quotes.
    Qualified(&'a str),
}

impl Before<'_> {
    /// Whether a parenthesis behind it is no call, or one of a function that is known.
    fn may_be_called(self, functions: &[&str]) -> Result<(), InvalidFragment> {
        let is_known =
            |name: &str, known: &[&str]| known.iter().any(|known| name.eq_ignore_ascii_case(known));
        match self {
            Before::Word(name) if is_known(name, HARMLESS) || is_known(name, functions) => Ok(()),
            Before::Word(name) | Before::Qualified(name) => Err(InvalidFragment::Function(name.to_owned())),
            Before::Nothing | Before::Dot | Before::In => Ok(()),
        }
    }
}

/// Words that read a table.
const SUBQUERY: &[&str] = &["select", "table", "values", "with"];

/// Functions of both engines that read their arguments alone, and words that stand before a parenthesis.
const HARMLESS: &[&str] = &[
    "abs",
    "all",
    "and",
    "any",
    "array",
    "between",
    "btrim",
    "by",
    "case",
    "cast",
    "ceil",
    "ceiling",
    "char_length",
    "coalesce",
    "concat",
    "concat_ws",
    "date",
    "date_part",
    "date_trunc",
    "datetime",
    "distinct",
    "else",
    "extract",
    "floor",
    "from",
    "glob",
    "greatest",
    "hex",
    "ifnull",
    "iif",
    "ilike",
    "instr",
    "is",
    "json_array_length",
    "json_extract",
    "jsonb_array_length",
    "jsonb_exists",
    "julianday",
    "least",
    "left",
    "length",
    "like",
    "lower",
    "ltrim",
    "make_date",
    "make_interval",
    "max",
    "md5",
    "min",
    "mod",
    "not",
    "now",
    "nullif",
    "octet_length",
    "on",
    "or",
    "position",
    "power",
    "quote",
    "regexp_replace",
    "replace",
    "reverse",
    "right",
    "round",
    "row",
    "rtrim",
    "sign",
    "similar",
    "some",
    "split_part",
    "sqrt",
    "strftime",
    "strpos",
    "substr",
    "substring",
    "sum",
    "then",
    "time",
    "to",
    "to_char",
    "to_date",
    "to_timestamp",
    "translate",
    "trim",
    "trunc",
    "typeof",
    "unicode",
    "unixepoch",
    "upper",
    "when",
    "avg",
    "count",
    "filter",
    "where",
];

/// Why a piece of SQL cannot stand inside a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidFragment {
    /// Something is opened and not closed, or closed and not opened; or there is nothing at all.
    Unbalanced,
    /// It holds a comment.
    Comment,
    /// It holds a symbol that ends an expression, or that means something else to each engine.
    Symbol(char),
    /// It reads a table: the word that does.
    Subquery(String),
    /// It calls a function that is not known to be harmless.
    Function(String),
    /// It has so many `?`, and so many values come with it.
    Values {
        /// How many `?` there are.
        placeholders: usize,
        /// How many values came.
        values: usize,
    },
}

impl fmt::Display for InvalidFragment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a raw fragment is one expression: ")?;
        match self {
            InvalidFragment::Unbalanced => f.write_str("this one does not open and close the same"),
            InvalidFragment::Comment => f.write_str("this one holds a comment"),
            InvalidFragment::Symbol(symbol) => write!(f, "this one holds `{symbol}`; bind values with `?`"),
            InvalidFragment::Subquery(word) => {
                write!(f, "`{word}` could read rows of other tenants; use `in_query` or `exists`")
            }
            InvalidFragment::Function(name) => {
                write!(f, "`{name}` is not known to be harmless; if it is, allow it with `calling`")
            }
            InvalidFragment::Values { placeholders, values } => {
                write!(f, "this one has {placeholders} `?` and {values} values")
            }
        }
    }
}

impl std::error::Error for InvalidFragment {}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<Vec<usize>, InvalidFragment> {
        let both = [Engine::Postgres, Engine::Sqlite].map(|engine| placeholders(text, engine, &["mine"]));
        assert_eq!(both[0].is_ok(), both[1].is_ok(), "{text}");
        let [postgres, _] = both;
        postgres
    }

    #[test]
    fn an_expression_passes_with_its_placeholders() {
        let cases: &[(&str, &[usize])] = &[
            ("total > ?", &[8]),
            ("lower(name) = ? OR note = '?'", &[14]),
            ("(a OR b) AND id IN (?, ?)", &[20, 23]),
            ("a IS DISTINCT FROM b", &[]),
            ("mine(a)", &[]),
            ("\"select\" = 1", &[]),
        ];
        for (text, want) in cases {
            assert_eq!(check(text).as_deref(), Ok(*want), "{text}");
        }
    }

    #[test]
    fn what_leaves_the_expression_is_refused() {
        let subquery = |word: &str| InvalidFragment::Subquery(word.to_owned());
        let function = |name: &str| InvalidFragment::Function(name.to_owned());
        let cases = [
            ("", InvalidFragment::Unbalanced),
            ("1=1) OR (true", InvalidFragment::Unbalanced),
            ("(1=1", InvalidFragment::Unbalanced),
            ("(a]", InvalidFragment::Unbalanced),
            ("a = 'x", InvalidFragment::Unbalanced),
            ("true -- ", InvalidFragment::Comment),
            ("true /* x */", InvalidFragment::Comment),
            ("true; DROP TABLE x", InvalidFragment::Symbol(';')),
            ("a, b", InvalidFragment::Symbol(',')),
            ("a = $1", InvalidFragment::Symbol('$')),
            (r"a = '\'", InvalidFragment::Symbol('\\')),
            ("id IN (SELECT id FROM secrets)", subquery("SELECT")),
            ("id IN (TABLE secrets)", subquery("TABLE")),
            ("id IN secrets", subquery("IN")),
            ("id IN \"secrets\"", subquery("IN")),
            ("query_to_xml('x', true, false, '') IS NULL", function("query_to_xml")),
            ("pg_catalog.set_config('a', 'b', true) = ''", function("set_config")),
            ("other.lower(a) = ''", function("lower")),
            ("\"dblink\"('x') = ''", function("\"dblink\"")),
        ];
        for (text, want) in cases {
            assert_eq!(check(text), Err(want), "{text}");
        }
    }
}
