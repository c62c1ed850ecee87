//! The migration tools that keep a history of their own, by the table that it is in.

use std::fmt;

/// A tool with the usual table of its history. Several tools share the name of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherTool {
    /// Its name, or the names of those that share the table.
    pub name: &'static str,
    /// The table, without a schema.
    pub table: &'static str,
    /// A row that says that something was applied, as a condition: it names columns that only such a table has.
    applied: &'static str,
    /// Whether `cargo migrate adopt` takes its history over.
    pub is_adopted: bool,
}

impl OtherTool {
    /// All that are looked for.
    pub const ALL: [OtherTool; 19] = [
        adopted("sqlx", "_sqlx_migrations", "version IS NOT NULL AND success IS NOT NULL"),
        adopted("Diesel", "__diesel_schema_migrations", "version IS NOT NULL AND run_on IS NOT NULL"),
        adopted("refinery", "refinery_schema_history", "version IS NOT NULL AND checksum IS NOT NULL"),
        adopted("Prisma", "_prisma_migrations", "migration_name IS NOT NULL"),
        adopted("Flyway", "flyway_schema_history", "installed_rank IS NOT NULL AND version IS NOT NULL"),
        adopted("goose", "goose_db_version", "version_id > 0"),
        adopted("golang-migrate, dbmate, Rails or Ecto", "schema_migrations", "version IS NOT NULL"),
        other("SeaORM", "seaql_migrations", "version IS NOT NULL AND applied_at IS NOT NULL"),
        other("Liquibase", "databasechangelog", "id IS NOT NULL AND orderexecuted IS NOT NULL"),
        other("Alembic", "alembic_version", "version_num IS NOT NULL"),
        other("Django", "django_migrations", "app IS NOT NULL AND applied IS NOT NULL"),
        other("Knex", "knex_migrations", "name IS NOT NULL AND batch IS NOT NULL"),
        other("Sequelize", "SequelizeMeta", "name IS NOT NULL"),
        other("node-pg-migrate", "pgmigrations", "name IS NOT NULL AND run_on IS NOT NULL"),
        other("Entity Framework", "__EFMigrationsHistory", "\"MigrationId\" IS NOT NULL"),
        other("Phinx", "phinxlog", "version IS NOT NULL AND migration_name IS NOT NULL"),
        other("sql-migrate", "gorp_migrations", "id IS NOT NULL AND applied_at IS NOT NULL"),
        other("tern", "schema_version", "version > 0"),
        other("Drizzle", "__drizzle_migrations", "hash IS NOT NULL"),
    ];

    /// A query that returns a row if something was applied. It fails if the table is not a history of this tool.
    pub fn applied(&self) -> String {
        format!("SELECT 1 FROM \"{}\" WHERE {} LIMIT 1", self.table, self.applied)
    }
}

const fn adopted(name: &'static str, table: &'static str, applied: &'static str) -> OtherTool {
    OtherTool { name, table, applied, is_adopted: true }
}

const fn other(name: &'static str, table: &'static str, applied: &'static str) -> OtherTool {
    OtherTool { name, table, applied, is_adopted: false }
}

impl fmt::Display for OtherTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (`{}`)", self.name, self.table)
    }
}
