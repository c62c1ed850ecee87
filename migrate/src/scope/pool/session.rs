//! What a transaction of a tenant sets, and what is undone of it for the next.
//!
//! All names are qualified: the `search_path` is what plain SQL, or whoever uses the pool beneath, has left.

/// Puts the schema of temporary objects last in the path. By default it comes first, so a temporary table would take
/// the place of the table that a statement names.
///
/// The rest of the path stays as the application has it, because names in statements are not qualified. The path is a
/// text: what names the temporary schema is taken out of it, and put at its end. It is local, so it ends with the
/// transaction.
macro_rules! temporary_last {
    () => {
        "pg_catalog.set_config('search_path', pg_catalog.btrim(CASE \
         WHEN pg_catalog.strpos(pg_catalog.lower(pg_catalog.current_setting('search_path')), 'pg_temp') \
             OPERATOR(pg_catalog.>) 0 \
         THEN pg_catalog.regexp_replace(pg_catalog.current_setting('search_path'), \
             '(^|,)[[:space:]]*\"?pg_temp(_[0-9]+)?\"?[[:space:]]*(?=,|$)', '', 'gi') \
         ELSE pg_catalog.current_setting('search_path') END \
         OPERATOR(pg_catalog.||) ', pg_temp', ', '), true)"
    };
}

/// Names the tenant. The path is one more value of this query, and costs no message of its own. So is the way in which
/// the server reads a backslash in a string: what plain SQL may not say is looked for in that reading.
pub(super) const SET_TENANT: &str = concat!(
    "SELECT pg_catalog.set_config($1, $2, true), ",
    "pg_catalog.set_config('standard_conforming_strings', 'on', true), ",
    temporary_last!()
);

pub(in crate::scope) const TEMPORARY_LAST: &str = concat!("SELECT ", temporary_last!());

/// Runs before the end of a transaction with plain SQL. What fails at the COMMIT ends the message, and what cleans
/// stands behind it in the same: so a deferred constraint fails here, and what else would (the query of a cursor WITH HOLD,
/// a temporary table whose rows go at the COMMIT) is taken away, as are the locks that a rollback leaves.
pub(super) const BEFORE_COMMIT: &str = "SET CONSTRAINTS ALL IMMEDIATE; \
     SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; CLOSE ALL; \
     SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES";

/// Divides by zero when the tenant is another by now.
pub(super) const HEALTHY: &str = "SELECT 1 OPERATOR(pg_catalog./) \
     ((pg_catalog.current_setting($1, true) OPERATOR(pg_catalog.=) $2) IS TRUE)::int";

/// What `DISCARD ALL` does, which refuses to share a message with others.
///
/// It stands in the message of the COMMIT or ROLLBACK, because a pooler gives the session to another client as soon as
/// the server has answered a message outside of a transaction. After the ROLLBACK it also runs where the transaction
/// had failed.
///
/// The encoding is the driver's. A pooler has set it for the session, so to the session it is no setting of its own.
///
/// Of the prepared statements only those go that SQL has prepared. Those of the protocol belong to the driver, or to
/// the pooler, which would not notice; plain SQL cannot make any. They go last and by themselves: who took the language
/// away from everybody has the rest done all the same.
macro_rules! clean {
    ($end:literal) => {
        concat!(
            $end,
            "; BEGIN READ WRITE; RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; ",
            "SET client_encoding = 'UTF8'; CLOSE ALL; UNLISTEN *; SELECT pg_catalog.pg_advisory_unlock_all(); ",
            "DISCARD TEMP; DISCARD SEQUENCES; COMMIT; ",
            "DO $$ DECLARE s text; BEGIN ",
            "FOR s IN SELECT name FROM pg_catalog.pg_prepared_statements WHERE from_sql ",
            "LOOP EXECUTE pg_catalog.format('DEALLOCATE %I', s); END LOOP; END $$"
        )
    };
}

/// How a transaction ends.
#[derive(Clone, Copy)]
pub(super) enum End {
    Commit,
    RollBack,
}

impl End {
    pub(super) fn sql(self) -> &'static str {
        match self {
            End::Commit => "COMMIT",
            End::RollBack => "ROLLBACK",
        }
    }

    pub(super) fn and_clean(self) -> &'static str {
        match self {
            End::Commit => clean!("COMMIT"),
            End::RollBack => clean!("ROLLBACK"),
        }
    }
}
