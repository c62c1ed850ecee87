//! The histories of a database, whatever their schema and prefix: one of another place is known by its columns.

use super::HistoryTable;
use super::table::quoted;
use crate::query::{Query, Value};
use crate::{Engine, MigrationSet};

/// A history of this library, in any place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnyHistory {
    schema: Option<String>,
    table: String,
}

impl AnyHistory {
    /// Asks for all of them, by name. [`AnyHistory::of_row`] reads each row of the answer.
    pub fn all(engine: Engine) -> Query {
        Query { sql: AnyHistory::places(engine) + " ORDER BY 1, 2", values: Vec::new() }
    }

    /// The text that selects the schema and the name of each.
    pub(super) fn places(engine: Engine) -> String {
        let columns =
            "'set_name', 'version', 'chain', 'statements_checksum', 'down_checksum', 'older_binaries'";
        match engine {
            Engine::Postgres => format!(
                "SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class c \
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relkind = 'r' AND c.relname::text LIKE '%\\_history' \
                 AND (SELECT count(*) FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND NOT a.attisdropped \
                 AND a.attname IN ({columns})) = 6"
            ),
            Engine::Sqlite => format!(
                "SELECT NULL, m.name FROM main.sqlite_master m WHERE m.type = 'table' \
                 AND m.name LIKE '%\\_history' ESCAPE '\\' \
                 AND (SELECT count(*) FROM pragma_table_info(m.name) c WHERE c.name IN ({columns})) = 6"
            ),
        }
    }

    /// Reads a row of the answer to [`AnyHistory::all`].
    pub fn of_row(row: &[Value]) -> Option<AnyHistory> {
        let [schema, table] = row else { return None };
        Some(AnyHistory { schema: schema.as_text().map(str::to_owned), table: table.as_text()?.to_owned() })
    }

    /// Asks for the names of the sets in it, one a row.
    pub fn sets(&self) -> Query {
        let sql = format!("SELECT DISTINCT set_name FROM {} ORDER BY 1", self.quoted());
        Query { sql, values: Vec::new() }
    }

    /// Asks whether it is that of a set: one row if it has the name of the set and its first migration. `None` if there is
    /// no migration. Two programs may have a set without a name in one database.
    pub fn is_of(&self, set: &MigrationSet) -> Option<Query> {
        let first = set.migrations().first()?;
        let sql = format!(
            "SELECT 1 FROM {} WHERE set_name = $1 AND version = $2 AND checksum = $3 LIMIT 1",
            self.quoted()
        );
        let checksum = first.up().checksum().to_string();
        Some(Query {
            sql,
            values: vec![set.name().into(), first.version().as_i64().into(), checksum.as_str().into()],
        })
    }

    /// Whether it is in this place.
    pub fn is_at(&self, place: &HistoryTable) -> bool {
        self.schema == place.schema && self.table == format!("{}_history", place.prefix)
    }

    /// The schema, if the engine has schemas.
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// The name of the table.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The name as SQL writes it.
    pub fn quoted(&self) -> String {
        let schema = self.schema.iter().map(|schema| quoted(schema) + ".");
        schema.chain([quoted(&self.table)]).collect()
    }
}
