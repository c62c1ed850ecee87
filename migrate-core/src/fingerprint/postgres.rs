//! The query for the rows of PostgreSQL 14 and newer.

use crate::Query;

/// What the query needs around it, in one transaction: names are written with their schema unless it is the system's,
/// and values as they are in every session (compare `setup_connection` of pg_dump).
pub(crate) const SETTINGS: &str = "SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL quote_all_identifiers = off; \
    SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = postgres; SET LOCAL timezone = 'UTC'; \
    SET LOCAL bytea_output = hex; SET LOCAL extra_float_digits = 3; SET LOCAL lc_monetary = 'C'; SET LOCAL jit = off;";

/// Common table expressions, then a query for each group of kinds.
pub(crate) const COMMON: &str = include_str!("postgres/common.sql");
const KINDS: [&str; 4] = [
    include_str!("postgres/relation.sql"),
    include_str!("postgres/type.sql"),
    include_str!("postgres/routine.sql"),
    include_str!("postgres/other.sql"),
];

/// Everything but the tables of the history with this prefix in this schema.
pub(crate) fn query(history_schema: &str, history_prefix: &str) -> Query {
    Query {
        sql: format!("{COMMON}{}", KINDS.join("UNION ALL\n")),
        values: vec![history_schema.into(), history_prefix.into()],
    }
}
