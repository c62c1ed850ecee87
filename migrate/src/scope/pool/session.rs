//! What a transaction of a tenant sets, and what is cleaned up for the next tenant.
//!
//! What comes in is the tenant as text, `7`; what goes out are SQL texts that the pool sends around each statement.
//! All names in them are qualified: plain SQL, or other users of the underlying pool, may have left any
//! `search_path`.

/// Puts the schema of temporary objects last in the path. By default it comes first, so that a temporary table would
/// take the place of the table that a statement names.
///
/// The rest of the path stays as the application has it, because names in statements are not qualified. The path is a
/// text: the temporary schema is removed from it and added at its end. The change is local, so it ends with the
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

/// Sets the tenant. The path is one more value of this query, and costs no message of its own. The same holds for the
/// way in which the server reads a backslash in a string: plain SQL is searched for what it must not say with that
/// reading.
pub(super) const SET_TENANT: &str = concat!(
    "SELECT pg_catalog.set_config($1, $2, true), ",
    "pg_catalog.set_config('standard_conforming_strings', 'on', true), ",
    temporary_last!()
);

/// The path alone, for a transaction without a tenant.
pub(in crate::scope) const TEMPORARY_LAST: &str = concat!("SELECT ", temporary_last!());

/// Runs before the end of a transaction with plain SQL. A failure at the COMMIT would end the message, and the
/// cleaning comes after it in the same message. So a deferred constraint fails here. What else could fail there is
/// removed: a cursor WITH HOLD, whose query runs at the COMMIT, a temporary table, whose rows go at the COMMIT, and
/// locks that survive a rollback.
pub(super) const BEFORE_COMMIT: &str = "SET CONSTRAINTS ALL IMMEDIATE; \
     SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; CLOSE ALL; \
     SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES";

/// Divides by zero if the session has another tenant by now.
pub(super) const HEALTHY: &str = "SELECT 1 OPERATOR(pg_catalog./) \
     ((pg_catalog.current_setting($1, true) OPERATOR(pg_catalog.=) $2) IS TRUE)::int";

/// What `DISCARD ALL` does. That statement itself refuses to share a message with others.
///
/// The cleaning is in the message of the COMMIT or ROLLBACK, because a pooler gives the session to another client as
/// soon as the server has answered a message outside of a transaction. After a ROLLBACK it also runs if the
/// transaction had failed.
///
/// The client encoding belongs to the driver. A pooler has set it for the session, so `RESET ALL` would not restore
/// it.
///
/// Only statements that SQL has prepared are deallocated. Those of the protocol belong to the driver or to the
/// pooler, which would not notice; plain SQL cannot make any. They come last and on their own: if the right to use
/// PL/pgSQL is missing, everything else is done all the same.
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
    /// The statement that ends it.
    pub(super) fn sql(self) -> &'static str {
        match self {
            End::Commit => "COMMIT",
            End::RollBack => "ROLLBACK",
        }
    }

    /// The message that ends it and cleans the session.
    pub(super) fn and_clean(self) -> &'static str {
        match self {
            End::Commit => clean!("COMMIT"),
            End::RollBack => clean!("ROLLBACK"),
        }
    }
}
