//! The query for the rows of PostgreSQL 14 and later.
//!
//! What comes in are the names of the history's tables, which are left out; what goes out is one [`Query`] over the
//! catalog. It is a common table expression, so a run can compare it with the kept rows on the server and fetch only
//! a difference.

pub(crate) mod options;

use crate::Query;

/// The settings that the query needs, in its transaction: names are written with their schema unless that is the
/// system's, and values as in every other session (compare `setup_connection` of pg_dump).
pub(crate) const SETTINGS: &str = "SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL quote_all_identifiers = off; \
    SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = postgres; SET LOCAL timezone = 'UTC'; \
    SET LOCAL bytea_output = hex; SET LOCAL extra_float_digits = 3; SET LOCAL lc_monetary = 'C'; SET LOCAL jit = off; \
    SET LOCAL standard_conforming_strings = on;";

/// Common table expressions, followed by a query for each group of kinds.
const COMMON: &str = include_str!("postgres/common.sql");
const KINDS: [&str; 4] = [
    include_str!("postgres/relation.sql"),
    include_str!("postgres/type.sql"),
    include_str!("postgres/routine.sql"),
    include_str!("postgres/other.sql"),
];

/// The columns of the answer.
const COLUMNS: &str = "kind, schema_name, parent, name, property, value";

/// Makes the query fail if it has no definition for an object, which happens if that was dropped after the query
/// began: the functions of the server then return NULL, `???` or the number of the object. No relation has the name
/// that is cast here.
const VALUE: &str = r#"CASE WHEN kind <> 'foreign-server' AND property IN ('definition', 'type', 'of type', 'collation',
    'default', 'generated', 'partition by', 'partition of', 'using', 'check', 'attributes', 'subtype', 'subtype collation',
    'canonical', 'subtype difference', 'multirange', 'input', 'output', 'arguments', 'state function', 'state type',
    'final function', 'combine function', 'serial function', 'deserial function', 'moving state function',
    'moving inverse function', 'moving state type', 'moving final function', 'sort operator', 'function', 'commutator',
    'negator', 'restrict', 'join', 'handler', 'validator')
    AND (value = '???' OR property <> 'default' AND value ~ '^[0-9]+$')
    THEN quote_ident(kind || ' ' || name)::regclass::text ELSE value END"#;

/// Everything except the tables of the history with this prefix in this schema, as the common table expression
/// `live`.
///
/// It fails if another session drops what it is about to return: with an error of the server's functions, or its own.
pub(crate) fn live(history_schema: &str, history_prefix: &str) -> Query {
    let kinds = KINDS.join("UNION ALL\n");
    // With one collation, because they are compared with the kept rows, whatever the collation of the database is.
    let texts = COLUMNS.split(", ").map(|column| {
        let text = if column == "value" { VALUE } else { column };
        format!("({text}) COLLATE \"C\" AS {column}")
    });
    let texts: Vec<String> = texts.collect();
    Query {
        sql: format!(
            "WITH RECURSIVE {},\n{COMMON}, live AS (SELECT {} FROM (\n{kinds}) AS every ({COLUMNS}))\n",
            options::documented(),
            texts.join(", ")
        ),
        values: vec![history_schema.into(), history_prefix.into()],
    }
}

/// The rows of [`live`].
pub(crate) fn query(history_schema: &str, history_prefix: &str) -> Query {
    let live = live(history_schema, history_prefix);
    Query { sql: live.sql + "SELECT * FROM live", ..live }
}
