//! The parts of a statement that only newer servers know, each from the release notes of its major version, from 12
//! on (PostgreSQL manual, appendix E).
//!
//! `MERGE INTO t …` gives "MERGE" with 15. The parser knows the grammar of all versions, so this list is all that
//! keeps a migration for PostgreSQL 14 from using it; `newer-syntax` reports it if the project declares its oldest
//! server.

use squawk_parser::SyntaxKind::{self, *};

use super::definition::security_invoker;
use super::tree::Node;
use crate::sql::Since;

/// The newer parts of a statement, in the order of the text.
pub(super) fn since(node: Node<'_>) -> Vec<Since> {
    let parts = std::iter::once(node).chain(node.descendants());
    let newer = parts.filter_map(|part| {
        let (release, what) = fixed(part.kind()).or_else(|| in_context(part))?;
        Some(Since { release, what, span: part.span() })
    });
    newer.collect()
}

/// Parts that are newer in any place.
fn fixed(kind: SyntaxKind) -> Option<(u32, &'static str)> {
    Some(match kind {
        MATERIALIZED | NOT_MATERIALIZED => (12, "[NOT] MATERIALIZED in WITH"),
        DROP_EXPRESSION => (13, "DROP EXPRESSION"),
        WITH_TIES => (13, "FETCH … WITH TIES"),
        DROP_DATABASE_FORCE_CLAUSE => (13, "DROP DATABASE … WITH (FORCE)"),
        NO_DEPENDS_ON_EXTENSION => (13, "NO DEPENDS ON EXTENSION"),
        DETACH_CONCURRENTLY => (14, "DETACH PARTITION … CONCURRENTLY"),
        DETACH_FINALIZE => (14, "DETACH PARTITION … FINALIZE"),
        ATOMIC_BODY => (14, "BEGIN ATOMIC"),
        RETURN_STMT => (14, "a function body of RETURN"),
        COMPRESSION_METHOD | SET_COMPRESSION | PROPERTY_COMPRESSION => (14, "COMPRESSION"),
        SEARCH_CLAUSE => (14, "SEARCH in WITH"),
        CYCLE_CLAUSE => (14, "CYCLE in WITH"),
        MERGE => (15, "MERGE"),
        NULLS_NOT_DISTINCT => (15, "NULLS NOT DISTINCT"),
        NULLS_DISTINCT => (15, "NULLS DISTINCT"),
        SET_ACCESS_METHOD => (15, "SET ACCESS METHOD"),
        PUBLICATION_OBJECT_TABLES_IN_SCHEMA | PUBLICATION_OBJECT_CURRENT_SCHEMA => (15, "TABLES IN SCHEMA"),
        SKIP_SUBSCRIPTION => (15, "ALTER SUBSCRIPTION … SKIP"),
        PRIVILEGE_PARAMETER => (15, "GRANT ON PARAMETER"),
        JSON_ARRAY_FN => (16, "JSON_ARRAY"),
        JSON_ARRAY_AGG_FN => (16, "JSON_ARRAYAGG"),
        JSON_OBJECT_AGG_FN => (16, "JSON_OBJECTAGG"),
        IS_JSON | IS_JSON_ARRAY | IS_JSON_OBJECT | IS_JSON_SCALAR | IS_JSON_VALUE | IS_NOT_JSON
        | IS_NOT_JSON_ARRAY | IS_NOT_JSON_OBJECT | IS_NOT_JSON_SCALAR | IS_NOT_JSON_VALUE => (16, "IS JSON"),
        SYSTEM_USER_KW => (16, "SYSTEM_USER"),
        INHERIT_OPTION_FOR | SET_OPTION_FOR => (16, "INHERIT and SET options of roles"),
        INDENT | NO_INDENT => (16, "INDENT of XMLSERIALIZE"),
        JSON_TABLE => (17, "JSON_TABLE"),
        JSON_EXISTS_FN => (17, "JSON_EXISTS"),
        JSON_QUERY_FN => (17, "JSON_QUERY"),
        JSON_VALUE_FN => (17, "JSON_VALUE"),
        JSON_SCALAR_FN => (17, "JSON_SCALAR"),
        JSON_SERIALIZE_FN => (17, "JSON_SERIALIZE"),
        MERGE_WHEN_NOT_MATCHED_SOURCE => (17, "WHEN NOT MATCHED BY SOURCE"),
        BY_TARGET => (17, "WHEN NOT MATCHED BY TARGET"),
        SET_EXPRESSION => (17, "SET EXPRESSION"),
        AT_LOCAL => (17, "AT LOCAL"),
        VIRTUAL => (18, "VIRTUAL columns"),
        NOT_ENFORCED => (18, "NOT ENFORCED"),
        ENFORCED => (18, "ENFORCED"),
        WITHOUT_OVERLAPS => (18, "WITHOUT OVERLAPS"),
        PERIOD_COLUMN => (18, "PERIOD"),
        RETURNING_OPTION_LIST => (18, "RETURNING WITH (OLD, NEW)"),
        PRIVILEGE_TARGET_LARGE_OBJECTS => (18, "default privileges on LARGE OBJECTS"),
        _ => return unreleased(kind),
    })
}

/// Parts of PostgreSQL 19.
fn unreleased(kind: SyntaxKind) -> Option<(u32, &'static str)> {
    Some(match kind {
        SPLIT_PARTITION => (19, "SPLIT PARTITION"),
        MERGE_PARTITIONS => (19, "MERGE PARTITIONS"),
        CONFLICT_DO_SELECT => (19, "ON CONFLICT DO SELECT"),
        CREATE_PROPERTY_GRAPH
        | ALTER_PROPERTY_GRAPH
        | DROP_PROPERTY_GRAPH
        | PRIVILEGE_PROPERTY_GRAPH
        | OBJECT_PROPERTY_GRAPH => (19, "property graphs"),
        GRAPH_TABLE_FN => (19, "GRAPH_TABLE"),
        REPACK => (19, "REPACK"),
        FOR_PORTION_OF => (19, "FOR PORTION OF"),
        IGNORE_NULLS => (19, "IGNORE NULLS"),
        RESPECT_NULLS => (19, "RESPECT NULLS"),
        JSON_TABLE_PLAN_CLAUSE => (19, "PLAN of JSON_TABLE"),
        SET_ALL_PUBLICATION_OBJECT_LIST => (19, "SET ALL of a publication"),
        ALL_PUBLICATION_SEQUENCES => (19, "ALL SEQUENCES of a publication"),
        _ => return None,
    })
}

/// Parts that are newer only in a certain place, or with something inside them.
fn in_context(node: Node<'_>) -> Option<(u32, &'static str)> {
    let around = node.parent().kind();
    let has = |kind| node.has(kind);
    Some(match node.kind() {
        WHERE_CLAUSE if around == COPY => (12, "COPY … WHERE"),
        REINDEX if concurrently(node) => (12, "REINDEX CONCURRENTLY"),
        GENERATED_STORED if has(STORED) => (12, "stored generated columns"),
        GENERATED_STORED if !has(VIRTUAL) => (18, "generated columns without STORED"),
        ALTER_TYPE if has(SET_OPTIONS) => (13, "ALTER TYPE … SET"),
        ALTER_STATISTICS if has(SET_STATISTICS) => (13, "ALTER STATISTICS … SET STATISTICS"),
        CREATE_TRIGGER if has(OR_REPLACE) => (14, "CREATE OR REPLACE TRIGGER"),
        JOIN_USING_CLAUSE if has(REQUIRED_AS_ALIAS) => (14, "an alias of JOIN … USING"),
        GROUP_BY_CLAUSE if has(DISTINCT) => (14, "GROUP BY DISTINCT"),
        REINDEX_OPTION_TABLESPACE => (14, "TABLESPACE of REINDEX"),
        PATH_TYPE if is_multirange(node) => (14, "multiranges"),
        STATISTICS_ON_CLAUSE if node.nodes().any(|key| key.kind() != NAME_REF) => {
            (14, "statistics on expressions")
        }
        SET_NULL_COLUMNS | SET_DEFAULT_COLUMNS if has(COLUMN_REF_LIST) => (15, "columns of ON DELETE SET"),
        REFRESH_COLLATION_VERSION if around == ALTER_DATABASE => {
            (15, "REFRESH COLLATION VERSION of a database")
        }
        CREATE_SEQUENCE if has(UNLOGGED) => (15, "unlogged sequences"),
        OPTION_LOGGED | OPTION_UNLOGGED if around == ALTER_SEQUENCE => (15, "unlogged sequences"),
        CREATE_VIEW | ALTER_VIEW if security_invoker(node).is_some() => (15, "security_invoker"),
        STORAGE if around == COLUMN || around == ADD_COLUMN => (16, "STORAGE of a new column"),
        CREATE_STATISTICS if !has(STATISTICS) => (16, "statistics without a name"),
        PAREN_FROM_ITEM if !has(FROM_ALIAS) && has(PAREN_SELECT) => (16, "a query in FROM without alias"),
        GRANT_ROLE_OPTION if !has(OPTION_KW) => (16, "INHERIT and SET options of roles"),
        GRANT_ROLE_OPTION_NAME if !has(ADMIN_KW) => (16, "INHERIT and SET options of roles"),
        INT_NUMBER | NUMERIC_NUMBER if is_new_number(node.text()) => (16, "0x, 0o, 0b and _ in numbers"),
        JSON_OBJECT_FN if is_constructor(node) => (16, "JSON_OBJECT"),
        REINDEX_TARGET_DATABASE | REINDEX_TARGET_SYSTEM if node.nodes().next().is_none() => {
            (16, "REINDEX without the database's name")
        }
        DEFAULT_KW if around == SET_STORAGE => (16, "SET STORAGE DEFAULT"),
        JSON_FN if node.nodes().nth(1).is_some() => (17, "JSON()"),
        DEFAULT_KW if around == SET_ACCESS_METHOD => (17, "SET ACCESS METHOD DEFAULT"),
        DEFAULT_KW if around == SET_STATISTICS => (17, "SET STATISTICS DEFAULT"),
        RETURNING_CLAUSE if around == MERGE => (17, "MERGE … RETURNING"),
        REVOKE_COMMAND if node.text().eq_ignore_ascii_case("maintain") => (17, "the privilege MAINTAIN"),
        NOT_NULL_CONSTRAINT if node.parent().parent().kind() == ALTER_DOMAIN => {
            (17, "NOT NULL as a constraint of a domain")
        }
        NOT_NULL_CONSTRAINT if has(COLUMN_NAME_REF) => (18, "NOT NULL as a constraint of the table"),
        NO_INHERIT if around == NOT_NULL_CONSTRAINT => (18, "NOT NULL NO INHERIT"),
        NOT_VALID if around == NOT_NULL_CONSTRAINT => (18, "NOT NULL NOT VALID"),
        NO_INHERIT | INHERIT if around == ALTER_CONSTRAINT => (18, "ALTER CONSTRAINT … INHERIT"),
        LIKE_CLAUSE if node.parent().parent().kind() == CREATE_FOREIGN_TABLE => {
            (18, "LIKE of a foreign table")
        }
        ONLY_KW if node.parent().parent().kind() == TABLE_AND_COLUMNS => (18, "ONLY of VACUUM and ANALYZE"),
        ALL if around == GROUP_BY_CLAUSE && !node.parent().has(GROUP_BY_LIST) => (19, "GROUP BY ALL"),
        EXCEPT_TABLES | EXCEPT_TABLE_CLAUSE if around != IMPORT_FOREIGN_SCHEMA => {
            (19, "EXCEPT of a publication")
        }
        LITERAL if around == TO_CONFIG_VALUE && has(NULL_KW) => (19, "SET … = NULL"),
        VACUUM_OPTION_NAME | COPY_OPTION_KEY => option(node)?,
        _ => return None,
    })
}

fn concurrently(reindex: Node<'_>) -> bool {
    reindex.tokens().any(|word| word.kind() == CONCURRENTLY_KW)
}

fn is_multirange(data_type: Node<'_>) -> bool {
    let name = data_type.text().to_ascii_lowercase();
    ["int4multirange", "int8multirange", "nummultirange", "tsmultirange", "tstzmultirange", "datemultirange"]
        .contains(&name.as_str())
}

/// Whether a number is written in a form of PostgreSQL 16: `0x1F` or `1_000`.
fn is_new_number(number: &str) -> bool {
    let number = number.to_ascii_lowercase();
    number.contains('_') || ["0x", "0o", "0b"].iter().any(|prefix| number.starts_with(prefix))
}

/// Whether JSON_OBJECT is the constructor of PostgreSQL 16 and not the older function `json_object(text[])`.
fn is_constructor(node: Node<'_>) -> bool {
    let clauses = [JSON_KEY_VALUE, JSON_RETURNING_CLAUSE, JSON_NULL_ON_NULL, JSON_ABSENT_ON_NULL];
    node.nodes().next().is_none() || clauses.iter().any(|clause| node.has(*clause))
}

/// Whether the value of an option is `json`.
fn is_json(name: Node<'_>) -> bool {
    let value = name.parent().tokens().last();
    value.is_some_and(|value| value.text().trim_matches('\'').eq_ignore_ascii_case("json"))
}

/// Options in parentheses. The grammar accepts any name there, so these are compared by their text.
fn option(name: Node<'_>) -> Option<(u32, &'static str)> {
    let is_vacuum = name.kind() == VACUUM_OPTION_NAME;
    Some(match (is_vacuum, name.text().to_ascii_lowercase().as_str()) {
        (true, "index_cleanup" | "truncate" | "skip_locked") => (12, "this option of VACUUM"),
        (true, "parallel") => (13, "this option of VACUUM"),
        (true, "process_toast") => (14, "this option of VACUUM"),
        (true, "process_main" | "skip_database_stats" | "only_database_stats" | "buffer_usage_limit") => {
            (16, "this option of VACUUM")
        }
        (false, "default") => (16, "this option of COPY"),
        (false, "on_error" | "log_verbosity") => (17, "this option of COPY"),
        (false, "format") if is_json(name) => (19, "the format json of COPY"),
        (false, "reject_limit") => (18, "this option of COPY"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::sql::postgres::testing::statement;

    #[track_caller]
    fn newer(sql: &str) -> Vec<(u32, &str)> {
        statement(sql).since.iter().map(|since| (since.release, since.span.of(sql))).collect()
    }

    #[test]
    fn newer_parts_are_found_with_their_release() {
        let cases: &[(&str, u32, &str)] = &[
            ("WITH a AS MATERIALIZED (SELECT 1) SELECT 1", 12, "MATERIALIZED"),
            ("COPY t FROM '/x' WHERE a > 1", 12, "WHERE a > 1"),
            ("REINDEX TABLE CONCURRENTLY t", 12, "REINDEX TABLE CONCURRENTLY t"),
            ("SELECT 1 FETCH FIRST 1 ROW WITH TIES", 13, "WITH TIES"),
            ("ALTER TABLE t ALTER a DROP EXPRESSION", 13, "DROP EXPRESSION"),
            ("ALTER TABLE p DETACH PARTITION q CONCURRENTLY", 14, "CONCURRENTLY"),
            ("CREATE FUNCTION f() RETURNS int RETURN 1", 14, "RETURN 1"),
            ("CREATE PROCEDURE p() BEGIN ATOMIC SELECT 1; END", 14, "BEGIN ATOMIC SELECT 1; END"),
            ("CREATE TABLE t (a int4multirange)", 14, "int4multirange"),
            ("VACUUM (PROCESS_TOAST false) t", 14, "PROCESS_TOAST"),
            ("MERGE INTO t USING s ON a = b WHEN MATCHED THEN DELETE", 15, ""),
            ("CREATE TABLE t (a int UNIQUE NULLS NOT DISTINCT)", 15, "NULLS NOT DISTINCT"),
            ("CREATE VIEW v WITH (security_invoker) AS SELECT 1", 15, ""),
            ("ALTER VIEW v SET (security_invoker = on)", 15, ""),
            ("CREATE TABLE t (a text STORAGE main)", 16, "STORAGE main"),
            ("SELECT * FROM (SELECT 1)", 16, "(SELECT 1)"),
            ("SELECT 1_000", 16, "1_000"),
            ("SELECT json_object('a': 1)", 16, "json_object('a': 1)"),
            ("SELECT a IS JSON", 16, "IS JSON"),
            ("SELECT json_value(a, '$')", 17, "json_value(a, '$')"),
            ("ALTER TABLE t ALTER a SET EXPRESSION AS (1)", 17, "SET EXPRESSION AS (1)"),
            ("ALTER DOMAIN d ADD NOT NULL", 17, "NOT NULL"),
            ("GRANT MAINTAIN ON t TO a", 17, "MAINTAIN"),
            ("CREATE TABLE t (a int GENERATED ALWAYS AS (1) VIRTUAL)", 18, "VIRTUAL"),
            ("CREATE TABLE t (a int GENERATED ALWAYS AS (1))", 18, "ALWAYS AS (1)"),
            ("ALTER TABLE t ADD CHECK (a) NOT ENFORCED", 18, "NOT ENFORCED"),
            ("CREATE TABLE t (PRIMARY KEY (a, b WITHOUT OVERLAPS))", 18, "WITHOUT OVERLAPS"),
            ("VACUUM ONLY t", 18, "ONLY"),
            ("REPACK t", 19, "REPACK t"),
            ("INSERT INTO t VALUES (1) ON CONFLICT (a) DO SELECT RETURNING *", 19, "DO SELECT"),
            ("ALTER TABLE p MERGE PARTITIONS (a, b) INTO c", 19, "MERGE PARTITIONS (a, b) INTO c"),
            ("DROP PROPERTY GRAPH g", 19, "DROP PROPERTY GRAPH g"),
            ("SELECT a FROM t GROUP BY ALL", 19, "ALL"),
            ("COPY t TO '/x' (FORMAT json)", 19, "FORMAT"),
        ];
        for (sql, release, part) in cases {
            let part = if part.is_empty() { sql } else { part };
            assert_eq!(newer(sql), [(*release, *part)], "{sql}");
        }
    }

    #[test]
    fn a_statement_may_need_several_releases() {
        let sql = "MERGE INTO t USING s ON a = b WHEN NOT MATCHED BY SOURCE THEN DELETE RETURNING *";
        let releases: Vec<u32> = newer(sql).into_iter().map(|(release, _)| release).collect();
        assert_eq!(releases, [15, 17, 17]);
    }

    #[test]
    fn what_every_supported_server_knows() {
        for sql in [
            "SELECT json_object('{a,1}'), 10, 1.5e3, a IS NULL FROM (SELECT 1) s",
            "CREATE TABLE t (a int NOT NULL CHECK (a > 1) NO INHERIT, UNIQUE (a))",
            "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES b ON DELETE SET NULL NOT VALID",
            "VACUUM (FULL, VERBOSE) t",
            "GRANT a TO b WITH ADMIN OPTION",
            "IMPORT FOREIGN SCHEMA s EXCEPT (t) FROM SERVER r INTO public",
            "CREATE STATISTICS s ON a, b FROM t",
        ] {
            assert_eq!(newer(sql), [], "{sql}");
        }
    }
}
