//! Settings that a database keeps next to its history, such as its protection.

use super::HistoryTable;
use crate::query::{Query, Value};
use crate::{Engine, Runner};

/// The row that says that a database is not to be changed lightly.
const PROTECTION: &str = "protection";

impl HistoryTable {
    /// What creates the table of the settings, once. It is there only in a database that was told something.
    pub fn create_settings(&self) -> String {
        let timestamp = match self.engine {
            Engine::Postgres => "timestamptz",
            Engine::Sqlite => "text",
        };
        format!(
            "CREATE TABLE IF NOT EXISTS {} (
    name text PRIMARY KEY,
    value text NOT NULL,
    set_at {timestamp} NOT NULL,
    set_by text,
    host text
);",
            self.settings
        )
    }

    /// The quoted name of the table of the settings, with its schema.
    pub fn settings_name(&self) -> &str {
        &self.settings
    }

    /// Asks for what a database is protected as; no row when it is not, and NULL when row-level security may hide it.
    pub fn protection(&self) -> Query {
        let hidden = match self.engine {
            Engine::Postgres => " UNION ALL SELECT NULL WHERE row_security_active($2)",
            Engine::Sqlite => "",
        };
        let sql = format!("SELECT value FROM {} WHERE name = $1{hidden}", self.settings);
        let values = [PROTECTION.into()].into_iter().chain(self.security_of(&self.settings));
        Query { sql, values: values.collect() }
    }

    /// Protects the database as `name`. The answer is what it is protected as then.
    pub fn protect(&self, name: &str, runner: &Runner) -> Query {
        let sql = format!(
            "INSERT INTO {} (name, value, host, set_at, set_by) VALUES ($1, $2, $3, {}, {}) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value, host = excluded.host, \
             set_at = excluded.set_at, set_by = excluded.set_by RETURNING value",
            self.settings,
            self.now(),
            self.role()
        );
        let values: Vec<Value> = vec![PROTECTION.into(), name.into(), runner.host.as_deref().into()];
        Query { sql, values }
    }

    /// Takes the protection away.
    pub fn unprotect(&self) -> Query {
        let sql = format!("DELETE FROM {} WHERE name = $1", self.settings);
        Query { sql, values: vec![PROTECTION.into()] }
    }
}
