//! The tools whose history can be taken over: their tables, and the query that reads each.

use std::fmt;

use migrate::Engine;

/// A migration tool whose history can be taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Tool {
    Sqlx,
    Diesel,
    Refinery,
    Prisma,
    Flyway,
    GolangMigrate,
    Goose,
    Dbmate,
}

impl Tool {
    pub(crate) const ALL: [Tool; 8] = [
        Tool::Sqlx,
        Tool::Diesel,
        Tool::Refinery,
        Tool::Prisma,
        Tool::Flyway,
        Tool::GolangMigrate,
        Tool::Goose,
        Tool::Dbmate,
    ];

    /// The usual name of the history table.
    pub(crate) fn table(self) -> &'static str {
        match self {
            Tool::Sqlx => "_sqlx_migrations",
            Tool::Diesel => "__diesel_schema_migrations",
            Tool::Refinery => "refinery_schema_history",
            Tool::Prisma => "_prisma_migrations",
            Tool::Flyway => "flyway_schema_history",
            Tool::GolangMigrate | Tool::Dbmate => "schema_migrations",
            Tool::Goose => "goose_db_version",
        }
    }

    /// Columns by which the history table differs from a table with the same name of another tool.
    fn columns(self) -> &'static [&'static str] {
        match self {
            Tool::Sqlx => &["version", "success", "checksum"],
            Tool::Diesel => &["version", "run_on"],
            Tool::Refinery => &["version", "name", "checksum"],
            Tool::Prisma => &["migration_name", "checksum", "finished_at", "rolled_back_at"],
            Tool::Flyway => &["installed_rank", "version", "type", "checksum", "success"],
            Tool::GolangMigrate => &["version", "dirty"],
            Tool::Goose => &["id", "version_id", "is_applied"],
            Tool::Dbmate => &["version"],
        }
    }

    /// Whether a table with these columns can be the history table. Three tools use the name `schema_migrations`.
    pub(crate) fn has_columns(self, columns: &[String]) -> bool {
        let has_all = self.columns().iter().all(|column| columns.iter().any(|other| other == column));
        has_all && (self != Tool::Dbmate || columns.len() == 1)
    }

    /// The query that reads the history from `table`: version, name, checksum and state, each as text, in the order in which
    /// the rows were written.
    pub(crate) fn query(self, table: &str, engine: Engine) -> String {
        let (version, name, checksum, state, order) = match self {
            Tool::Sqlx => {
                let hex = match engine {
                    Engine::Postgres => "encode(checksum, 'hex')",
                    Engine::Sqlite => "lower(hex(checksum))",
                };
                (
                    "version",
                    "description",
                    hex,
                    "CASE WHEN success THEN 'applied' ELSE 'failed' END",
                    "version",
                )
            }
            Tool::Diesel | Tool::Dbmate => ("version", "NULL", "NULL", "'applied'", "version"),
            Tool::Refinery => ("version", "name", "checksum", "'applied'", "version"),
            Tool::Prisma => (
                "migration_name",
                "NULL",
                "checksum",
                "CASE WHEN rolled_back_at IS NOT NULL THEN 'rolled back' \
                      WHEN finished_at IS NOT NULL THEN 'applied' ELSE 'failed' END",
                "started_at",
            ),
            Tool::Flyway => (
                "version",
                "description",
                "checksum",
                "CASE WHEN NOT success THEN 'failed' WHEN type = 'SCHEMA' THEN 'rolled back' \
                      WHEN type = 'BASELINE' THEN 'applied up to' \
                      WHEN type LIKE 'UNDO%' OR type = 'DELETE' THEN 'rolled back' \
                      WHEN version IS NULL THEN 'repeatable' ELSE 'applied' END",
                "installed_rank",
            ),
            Tool::GolangMigrate => (
                "version",
                "NULL",
                "NULL",
                "CASE WHEN dirty THEN 'failed' ELSE 'applied up to' END",
                "version",
            ),
            Tool::Goose => (
                "version_id",
                "NULL",
                "NULL",
                "CASE WHEN version_id = 0 THEN 'rolled back' \
                      WHEN is_applied THEN 'applied' ELSE 'rolled back' END",
                "id",
            ),
        };
        let text = |column| format!("CAST({column} AS text)");
        format!(
            "SELECT {}, {}, {}, {state} FROM {table} ORDER BY {order}",
            text(version),
            text(name),
            text(checksum)
        )
    }

    /// Whether one file holds both the migration and its rollback.
    pub(crate) fn joins_directions(self) -> bool {
        matches!(self, Tool::Goose | Tool::Dbmate)
    }

    /// The name of the tool on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Tool::Sqlx => "sqlx",
            Tool::Diesel => "diesel",
            Tool::Refinery => "refinery",
            Tool::Prisma => "prisma",
            Tool::Flyway => "flyway",
            Tool::GolangMigrate => "golang-migrate",
            Tool::Goose => "goose",
            Tool::Dbmate => "dbmate",
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use migrate_core::OtherTool;

    use super::*;

    /// A run that finds the table of one of these names `adopt`.
    #[test]
    fn what_is_taken_over_is_what_a_run_says_can_be() {
        let ours: BTreeSet<&str> = Tool::ALL.into_iter().map(Tool::table).collect();
        let said = OtherTool::ALL.into_iter().filter(|tool| tool.is_adopted).map(|tool| tool.table);
        assert_eq!(ours, said.collect());
    }
}
