//! Reads the schema of a database.

use migrate_core::HistoryTable;
use rusqlite::Connection;

use crate::driver::Row;

/// The rows of a fingerprint.
pub(super) fn rows(connection: &Connection, history: &HistoryTable) -> rusqlite::Result<Vec<Row>> {
    const OBJECTS: &str =
        "SELECT type, name, CASE WHEN type IN ('table', 'view') THEN '' ELSE tbl_name END, sql
        FROM main.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let mut statement = connection.prepare(OBJECTS)?;
    let mut rows = statement.query([])?;
    let mut objects = Vec::new();
    while let Some(row) = rows.next()? {
        let [kind, name, parent, sql]: [String; 4] = [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?];
        if ![&name, &parent].into_iter().any(|table| history.holds(table)) {
            let row = [kind.as_str(), "", &parent, &name, "definition", &sql];
            objects.push(row.map(Into::into).into());
        }
    }
    Ok(objects)
}
