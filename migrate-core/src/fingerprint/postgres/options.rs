//! The options that PostgreSQL's manual documents and a user can set.
//!
//! What comes in is this table; what goes out is a common table expression for the server's version. A server may
//! keep further options of its own: minor releases stamp each column, and `pg_dump` hides that. So an option is part
//! of the schema only if it is listed here for the server's major version. The next minor release could add others to
//! a row, and they would be reported as a change by hand.

use std::fmt::Write;

/// The kind of object, the first major version, and the names of the options.
type Documented = (&'static str, u32, &'static [&'static str]);

/// The options of the access methods that come with PostgreSQL. For another access method, all options count.
const DOCUMENTED: [Documented; 15] = [
    // ALTER TABLE, `attribute_option`.
    ("column", 14, &OF_COLUMNS),
    // CREATE VIEW, `view_option_name`.
    ("view", 14, &["check_option", "security_barrier"]),
    ("view", 15, &["security_invoker"]),
    // CREATE TABLE, "Storage Parameters"; materialized views have the same.
    ("heap", 14, &OF_VACUUM),
    ("heap", 14, &OF_TABLES),
    ("heap", 18, &OF_VACUUM_18),
    ("toast", 14, &OF_VACUUM),
    ("toast", 18, &OF_VACUUM_18),
    // CREATE INDEX, "Index Storage Parameters". The last has no effect and is no longer in the manual, but can be set.
    ("btree", 14, &["fillfactor", "deduplicate_items", "vacuum_cleanup_index_scale_factor"]),
    ("hash", 14, &["fillfactor"]),
    ("gist", 14, &["fillfactor", "buffering"]),
    ("spgist", 14, &["fillfactor"]),
    ("gin", 14, &["fastupdate", "gin_pending_list_limit"]),
    ("brin", 14, &["pages_per_range", "autosummarize"]),
    // "Preferred Index Types for Text Search", and "BRIN Indexes": those of PostgreSQL's own operator classes.
    ("operator class", 14, &["siglen", "values_per_range", "n_distinct_per_range", "false_positive_rate"]),
];

const OF_COLUMNS: [&str; 2] = ["n_distinct", "n_distinct_inherited"];
const OF_TABLES: [&str; 6] = [
    "fillfactor",
    "toast_tuple_target",
    "parallel_workers",
    "user_catalog_table",
    "autovacuum_analyze_threshold",
    "autovacuum_analyze_scale_factor",
];
const OF_VACUUM: [&str; 16] = [
    "autovacuum_enabled",
    "vacuum_index_cleanup",
    "vacuum_truncate",
    "autovacuum_vacuum_threshold",
    "autovacuum_vacuum_scale_factor",
    "autovacuum_vacuum_insert_threshold",
    "autovacuum_vacuum_insert_scale_factor",
    "autovacuum_vacuum_cost_delay",
    "autovacuum_vacuum_cost_limit",
    "autovacuum_freeze_min_age",
    "autovacuum_freeze_max_age",
    "autovacuum_freeze_table_age",
    "autovacuum_multixact_freeze_min_age",
    "autovacuum_multixact_freeze_max_age",
    "autovacuum_multixact_freeze_table_age",
    "log_autovacuum_min_duration",
];
const OF_VACUUM_18: [&str; 2] = ["autovacuum_vacuum_max_threshold", "vacuum_max_eager_freeze_failure_rate"];

/// The common table expression `documented (whose, names)`: a row for each kind of object with options on this
/// server.
pub(super) fn documented() -> String {
    let mut rows = String::new();
    for (whose, since, names) in DOCUMENTED {
        for name in names {
            let comma = if rows.is_empty() { "" } else { "," };
            let _ = write!(rows, "{comma}\n        ('{whose}', {since}, '{name}')");
        }
    }
    format!(
        "documented (whose, names) AS MATERIALIZED (
    SELECT whose, array_agg(name) FROM (VALUES{rows}) AS option (whose, since, name)
    WHERE since <= current_setting('server_version_num')::integer / 10000 GROUP BY whose
)"
    )
}

/// The pattern of a documented option of a column, as a regular expression of PostgreSQL.
pub(crate) fn column_pattern() -> String {
    format!("^({})=", OF_COLUMNS.join("|"))
}

/// A kept row `options` of a column, without the options that are not documented: older versions of this library kept
/// those. `None` if nothing is left.
pub(crate) fn of_column(kept: &str) -> Option<String> {
    let is_documented =
        |option: &&str| option.split_once('=').is_some_and(|(name, _)| OF_COLUMNS.contains(&name));
    let options: Vec<&str> = kept.split(", ").filter(is_documented).collect();
    (!options.is_empty()).then(|| options.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_column_is_rid_of_what_is_not_documented() {
        let case = |kept, want: Option<&str>| assert_eq!(of_column(kept).as_deref(), want, "{kept}");
        case("n_distinct=5", Some("n_distinct=5"));
        case("n_distinct=5, n_distinct_inherited=-1", Some("n_distinct=5, n_distinct_inherited=-1"));
        case("n_distinct=5, pg_attver=7", Some("n_distinct=5"));
        case("a=1, n_distinct=5, pg_attver=7", Some("n_distinct=5"));
        case("pg_attver=7", None);
        case("n_distinctly=7", None);
    }
}
