//! The rows of SQLite, from the statements in its schema table.
//!
//! What comes in are statements, `CREATE TABLE orders (id integer)`; what goes out are rows,
//! `(table, "", "", orders, …)`. `ALTER TABLE` edits these texts in place, with other quotes and spaces than a person
//! would write. So a table is described by its columns and constraints, and everything else by the text that
//! [`canonical`] makes of it.

mod canonical;
mod table;

use canonical::{canonical, tokens};

use crate::{Query, Value};

/// Everything except the tables of the history with this prefix and of all other histories, which are known by their
/// columns, in the order of creation. What belongs to SQLite itself, or to a virtual table, is left out.
pub(crate) fn query(history_prefix: &str) -> Query {
    // The list of tables is made once in the query. Asked for each table separately, it would take a second for a
    // thousand of them.
    let sql = "WITH history (prefix) AS (SELECT $1 UNION SELECT substr(name, 1, length(name) - length('_history')) \
        FROM main.sqlite_schema WHERE type = 'table' AND name LIKE '%\\_history' ESCAPE '\\' AND sql LIKE '%set_name%' \
        AND sql LIKE '%statements_checksum%' AND sql LIKE '%down_checksum%' AND sql LIKE '%older_binaries%') \
        SELECT type, name, tbl_name, sql FROM main.sqlite_schema \
        WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
        AND tbl_name NOT IN (SELECT prefix || suffix FROM history, \
        (SELECT '_history' AS suffix UNION ALL SELECT '_log' UNION ALL SELECT '_schema' UNION ALL SELECT '_settings')) \
        AND tbl_name NOT IN \
        (SELECT l.name FROM pragma_table_list AS l WHERE l.schema = 'main' AND l.type = 'shadow') ORDER BY rowid";
    Query { sql: sql.to_owned(), values: vec![history_prefix.into()] }
}

/// The rows of a fingerprint, from the answer of [`query`].
pub(crate) fn rows(objects: &[Vec<Value>]) -> Vec<Vec<Value>> {
    let texts = |row: &Vec<Value>| -> Option<[String; 4]> {
        let texts: Option<Vec<String>> = row.iter().map(|value| value.as_text().map(str::to_owned)).collect();
        texts?.try_into().ok()
    };
    let rows = objects
        .iter()
        .filter_map(texts)
        .flat_map(|[kind, name, table, sql]| object(&kind, &name, &table, &sql));
    rows.map(|row| row.map(|text| text.as_str().into()).into()).collect()
}

/// A row of the fingerprint. Its schema is empty, since it is always `main`.
type Row = [String; 6];

/// A row.
fn row(kind: &str, parent: &str, name: &str, property: &str, value: &str) -> Row {
    [kind, "", parent, name, property, value].map(str::to_owned)
}

/// The rows of an object.
fn object(kind: &str, name: &str, table: &str, sql: &str) -> Vec<Row> {
    let statement = tokens(sql);
    let is = |at: usize, word: &str| statement.get(at).is_some_and(|token| token.is(word));
    match kind {
        "table" if is(1, "virtual") => {
            vec![row("virtual-table", "", name, "definition", &canonical(&statement))]
        }
        "table" => table::rows(name, &statement),
        "view" => vec![row("view", "", name, "definition", &canonical(&statement))],
        kind => vec![row(kind, table, name, "definition", &canonical(&statement))],
    }
}

#[cfg(test)]
mod tests;
