//! What creates the tables, and what brings those of an older format to this one.

use super::HistoryTable;
use super::column::{Column, HISTORY, KEY, LOG};
use super::table::{HISTORY_FORMAT, quoted};
use crate::{Engine, Query};

/// The constraint that a row of an older version of the library fails at. Its name is what the database says then.
const OF_THIS_FORMAT: &str = "needs_a_newer_version_of_the_library";

impl HistoryTable {
    /// What creates the schema of the history, where the engine has schemas.
    pub fn create_schema(&self) -> Option<String> {
        self.schema.as_ref().map(|schema| format!("CREATE SCHEMA IF NOT EXISTS {};", quoted(schema)))
    }

    /// What creates the tables. It fails when they exist: then another runner was faster.
    pub fn create(&self) -> String {
        let [history, log] = self.create_history_and_log();
        format!("{history};\n{log};\n{}", self.create_kept())
    }

    fn create_history_and_log(&self) -> [String; 2] {
        let columns = |columns: &[Column]| {
            columns.iter().map(|column| column.definition(self.engine)).collect::<Vec<_>>().join(",\n    ")
        };
        [
            format!(
                "CREATE TABLE {} (
    {},
    CONSTRAINT {OF_THIS_FORMAT} CHECK (format >= {HISTORY_FORMAT}),
    PRIMARY KEY ({KEY})
)",
                self.history,
                columns(&HISTORY)
            ),
            format!("CREATE TABLE {} (\n    {}\n)", self.log, columns(&LOG)),
        ]
    }

    /// What brings the tables of an older format to this one, in one transaction. It fails where that is done: then another
    /// runner was faster.
    pub fn upgrade(&self) -> Vec<Query> {
        let statements = match self.engine {
            Engine::Postgres => self.alter(),
            Engine::Sqlite => self.rebuild(),
        };
        statements.into_iter().map(|sql| Query { sql, values: Vec::new() }).collect()
    }

    /// The tables stay what they are to triggers, views and grants. The check of the format comes last, and finds a row that
    /// a trigger or a rule kept as it was.
    fn alter(&self) -> Vec<String> {
        let HistoryTable { history, log, .. } = self;
        let added = self.add_columns(history, &HISTORY).into_iter().chain(self.add_columns(log, &LOG));
        let without_default = LOG
            .iter()
            .filter(|column| !column.is_in(1))
            .map(|column| format!("ALTER TABLE {log} ALTER COLUMN {} DROP DEFAULT", column.name));
        let rest = [
            self.drop_key(),
            format!("ALTER TABLE {history} ADD PRIMARY KEY ({KEY})"),
            format!("UPDATE {history} SET format = {HISTORY_FORMAT}"),
            format!(
                "ALTER TABLE {history} ADD CONSTRAINT {OF_THIS_FORMAT} CHECK (format >= {HISTORY_FORMAT})"
            ),
        ];
        added.chain(without_default).chain(rest).collect()
    }

    /// The columns that format 1 does not have. In its rows they are empty.
    fn add_columns(&self, table: &str, columns: &[Column]) -> Vec<String> {
        let added = columns.iter().filter(|column| !column.is_in(1));
        let definition = |column: &Column| match column.definition(self.engine) {
            definition if definition.contains("DEFAULT") => definition,
            definition => definition + " DEFAULT ''",
        };
        added.map(|column| format!("ALTER TABLE {table} ADD COLUMN {}", definition(column))).collect()
    }

    /// The key has the name that the server gave it.
    fn drop_key(&self) -> String {
        let history = &self.history;
        let body = format!(
            "BEGIN EXECUTE (
                SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)
                FROM pg_catalog.pg_constraint WHERE conrelid = to_regclass({}) AND contype = 'p'
            ); END",
            literal(history)
        );
        let quote = (0..).map(|n| format!("$do{n}$")).find(|quote| !body.contains(quote)).unwrap_or_default();
        format!("DO {quote}{body}{quote}")
    }

    /// SQLite cannot change a key. The rows are set aside, so that the tables are dropped and created under their own names:
    /// a renamed table would take the views and triggers that name it along.
    fn rebuild(&self) -> Vec<String> {
        let tables = [(&self.history, "history", &HISTORY[..]), (&self.log, "log", &LOG[..])];
        let mut statements: Vec<String> =
            tables.iter().flat_map(|(table, _, columns)| self.add_columns(table, columns)).collect();
        let aside = |name: &str| format!("temp.{}", quoted(&format!("{} {name} of format 1", self.prefix)));
        for (table, name, _) in tables {
            statements.push(format!("CREATE TABLE {} AS SELECT * FROM {table}", aside(name)));
            statements.push(format!("DROP TABLE {table}"));
        }
        statements.extend(self.create_history_and_log());
        for (table, name, columns) in tables {
            let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
            let value =
                |name: &&str| if *name == "format" { HISTORY_FORMAT.to_string() } else { (*name).to_owned() };
            let values: Vec<String> = names.iter().map(value).collect();
            let (names, values) = (names.join(", "), values.join(", "));
            statements.push(format!("INSERT INTO {table} ({names}) SELECT {values} FROM {}", aside(name)));
            statements.push(format!("DROP TABLE {}", aside(name)));
        }
        statements
    }

    /// Asks what else belongs to the tables, so that it can be made again once they are rebuilt: the SQL of each index and
    /// trigger.
    pub fn attached(&self) -> Query {
        let sql = "SELECT sql FROM main.sqlite_schema WHERE sql IS NOT NULL AND type IN ('index', 'trigger') \
                   AND lower(tbl_name) IN (lower($1), lower($2)) ORDER BY type";
        let tables = ["history", "log"].map(|name| format!("{}_{name}", self.prefix).as_str().into());
        Query { sql: sql.to_owned(), values: tables.into() }
    }

    /// Asks who owns the history, which is who may bring it to another format.
    pub fn owner(&self) -> Query {
        let sql = "SELECT pg_get_userbyid(relowner)::text FROM pg_class WHERE oid = to_regclass($1)";
        Query { sql: sql.to_owned(), values: vec![self.history.as_str().into()] }
    }
}

/// A literal of PostgreSQL, whatever `standard_conforming_strings` says.
fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_created_apart() {
        let schema = HistoryTable::postgres("my app", "migrate").create_schema();
        assert_eq!(schema.as_deref(), Some("CREATE SCHEMA IF NOT EXISTS \"my app\";"));
        assert_eq!(HistoryTable::sqlite("migrate").create_schema(), None);
    }

    #[test]
    fn the_name_of_a_table_ends_no_quote() {
        let body = HistoryTable::postgres("$do0$", "it's \\").drop_key();
        assert!(body.starts_with("DO $do1$") && body.contains(r#"E'"$do0$"."it''s \\_history"'"#), "{body}");
    }
}
