//! `volatile-default`: ADD COLUMN with a default that gives each row its own value.
//!
//! ```sql
//! ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid();
//! ```
//!
//! The server computes a value for each row, so it rewrites the table under ACCESS EXCLUSIVE
//! (<https://www.postgresql.org/docs/current/sql-altertable.html>, "Notes"). SQLite accepts only a literal once the
//! table has rows (<https://www.sqlite.org/lang_altertable.html>).
//!
//! Safer: the column without a default, SET DEFAULT for new rows, and the old rows in batches.
//!
//! Exempt: a default with one value for all rows, such as `0`, `now()` or an immutable function: PostgreSQL stores
//! it once in the catalog. A function that is not known counts as volatile.

use migrate_core::{Engine, Finding, Hazard};

use super::added_column::{Harm, added_columns};
use crate::Context;
use crate::rules::volatility::{Volatility, volatility};
use crate::sql::Expression;

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let columns = added_columns(context).filter_map(|added| match added.harm {
        Some(Harm::VolatileDefault(default)) => Some((added, default)),
        _ => None,
    });
    columns
        .map(|(added, default)| {
            let (table, column) = (added.table, &added.column.name.name);
            let value = &default.text;
            let message = match context.engine {
                Engine::Postgres => format!(
                    "{}: the server rewrites `{table}` and its indexes, and no one can read or write it until that is done",
                    reason(context, default)
                ),
                Engine::Sqlite => format!(
                    "SQLite refuses the default `{value}`, which is not a literal, once `{table}` has a row"
                ),
            };
            let safer = match context.engine {
                Engine::Postgres => format!(
                    "add `{column}` without a default, `ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {value}` \
                     for new rows, and fill the old ones in batches"
                ),
                Engine::Sqlite => "use a literal; or create a table of the new form, copy the rows, and rename it".into(),
            };
            Finding::new(Hazard::VolatileDefault, added.span, message, safer)
        })
        .collect()
}

/// Why the default counts as volatile, as the message begins.
fn reason(context: &Context<'_>, default: &Expression) -> String {
    let is = |wanted| default.calls.iter().find(|function| volatility(context.schema, function) == wanted);
    match (is(Volatility::Volatile), is(Volatility::Unknown)) {
        (Some(function), _) => format!("`{function}` gives every row its own value"),
        (None, unknown) => format!(
            "{} unknown, so it counts as one that gives every row its own value",
            unknown.map_or_else(
                || "the default is".to_owned(),
                |function| format!("the function `{function}` is")
            )
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history, messages, sqlite_history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int);
             CREATE FUNCTION code() RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $$x$$';
             CREATE FUNCTION app.id() RETURNS bigint LANGUAGE sql AS 'SELECT 1';",
        );
        let case = |sql: &str, want: &[&str]| case(&history, &format!("ALTER TABLE {sql}"), want);
        let high: &[&str] = &["volatile-default high"];
        case("t ADD COLUMN n timestamptz DEFAULT clock_timestamp()", high);
        case("t ADD COLUMN n float8 DEFAULT random()", high);
        case("t ADD COLUMN n uuid NOT NULL DEFAULT gen_random_uuid()", high);
        case("t ADD COLUMN n bigint DEFAULT nextval('numbers')", high);
        case("t ADD COLUMN n text DEFAULT md5(random()::text)", high);
        case("t ADD COLUMN n uuid PRIMARY KEY DEFAULT gen_random_uuid()", high); // the rewrite builds the index too
        case("t ADD COLUMN n bigint DEFAULT app.id()", high);
        case("t ADD COLUMN n bigint DEFAULT snowflake()", high); // a function of another project
        case("t ADD COLUMN n timestamptz DEFAULT now()", &[]);
        case("t ADD COLUMN n timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP", &[]);
        case("t ADD COLUMN n date DEFAULT (now() AT TIME ZONE 'utc')::date", &[]);
        case("t ADD COLUMN n text DEFAULT concat('a', 'b')", &[]);
        case("t ADD COLUMN n text DEFAULT to_char(now(), 'YYYY')", &[]);
        case("t ADD COLUMN n jsonb NOT NULL DEFAULT '{}'::jsonb", &[]);
        case("t ADD COLUMN n text[] DEFAULT ARRAY[]::text[]", &[]);
        case("t ADD COLUMN n text DEFAULT code()", &[]);
        case("t ADD COLUMN n text DEFAULT COALESCE(NULL, 'x')", &[]);
        case("t ALTER COLUMN id SET DEFAULT nextval('numbers')", &[]); // for new rows only
    }

    #[test]
    fn an_unknown_function_is_called_that() {
        let history = history("CREATE TABLE t (id int)");
        let found = messages(&history, "ALTER TABLE t ADD COLUMN n bigint DEFAULT app.snowflake()");
        assert!(found[0].contains("`app.snowflake` is unknown"), "{found:?}");
        let found = messages(&history, "ALTER TABLE t ADD COLUMN n float8 DEFAULT app.scale(random())");
        assert!(found[0].contains("`random` gives every row"), "{found:?}");
    }

    #[test]
    fn sqlite_takes_a_literal_only() {
        let history = sqlite_history("CREATE TABLE t (id int)");
        case(
            &history,
            "ALTER TABLE t ADD COLUMN n text DEFAULT CURRENT_TIMESTAMP",
            &["volatile-default high"],
        );
        case(&history, "ALTER TABLE t ADD COLUMN n int DEFAULT (1 + 1)", &["volatile-default high"]);
        case(&history, "ALTER TABLE t ADD COLUMN n int DEFAULT -1", &[]);
        case(&history, "ALTER TABLE t ADD COLUMN n int DEFAULT NULL", &[]);
        case(&history, "ALTER TABLE t ADD COLUMN n text DEFAULT ''", &[]);
    }
}
