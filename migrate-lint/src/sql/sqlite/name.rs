//! Names. On SQLite `t`, `T` and `"T"` are the same, so all names are in lower case here (SQLite manual, "SQLite
//! Keywords").

use sqlite3_parser::ast;

use crate::sql::Name;

/// An identifier without its quotes.
pub(super) fn unquoted(text: &str) -> String {
    let inner = |quote: &str, end: &str| {
        text.strip_prefix(quote)
            .and_then(|text| text.strip_suffix(end))
            .map(|text| text.replace(&end.repeat(2), end))
    };
    let bracketed = || text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).map(str::to_owned);
    let plain = ["\"", "`", "'"].into_iter().find_map(|quote| inner(quote, quote)).or_else(bracketed);
    plain.unwrap_or_else(|| text.to_owned()).to_ascii_lowercase()
}

pub(super) fn identifier(name: &ast::Name<'_>) -> String {
    unquoted(name.0)
}

pub(super) fn name(name: &ast::QualifiedName<'_>) -> Name {
    Name { schema: name.db_name.as_ref().map(identifier), name: identifier(&name.name) }
}

pub(super) fn names(columns: &[ast::IndexedColumn<'_>]) -> Vec<String> {
    columns.iter().map(|column| identifier(&column.col_name)).collect()
}

/// The content of a string literal.
pub(super) fn string(literal: &str) -> String {
    let inner = literal.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    inner.unwrap_or(literal).replace("''", "'")
}
