//! `matview-refresh`: REFRESH MATERIALIZED VIEW of a view that was there before.
//!
//! ```sql
//! REFRESH MATERIALIZED VIEW sales_by_day;
//! ```
//!
//! It holds ACCESS EXCLUSIVE on the view until the transaction ends, so no one reads it while its query runs
//! (<https://www.postgresql.org/docs/current/sql-refreshmaterializedview.html>).
//!
//! Safer: CONCURRENTLY, which lets others read and takes longer; it needs a unique index over all rows of the view.
//! That form is controlled, because a long query in a migration keeps the transaction open.
//!
//! Exempt: a view that the same script creates.

use migrate_core::{Finding, Hazard, Risk};

use crate::Context;
use crate::sql::Kind;

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let Kind::Refresh(refresh) = &context.statement.kind else { return Vec::new() };
    let name = &refresh.name;
    if !context.is_old(name) {
        return Vec::new();
    }
    // CONCURRENTLY takes EXCLUSIVE, which still lets readers through.
    let finding = if refresh.concurrently {
        let message = format!("the query of `{name}` may take long; only other refreshes of it wait");
        let safer = "keep it alone in its migration, or do it outside of migrations";
        Finding::new(Hazard::MatviewRefresh, context.statement.span, message, safer)
            .with_risk(Risk::Controlled)
            .in_recommended_form(context.is_alone())
    } else {
        let message = format!("no one can read `{name}` while its query runs");
        let safer = format!(
            "`REFRESH MATERIALIZED VIEW CONCURRENTLY {name}`, which needs a unique index over all its rows"
        );
        Finding::new(Hazard::MatviewRefresh, context.statement.span, message, safer)
    };
    vec![finding]
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int); CREATE MATERIALIZED VIEW mv AS SELECT id FROM t; CREATE UNIQUE INDEX ON mv (id)",
        );
        case(&history, "REFRESH MATERIALIZED VIEW mv", &["matview-refresh high"]);
        case(&history, "REFRESH MATERIALIZED VIEW mv WITH NO DATA", &["matview-refresh high"]); // unreadable after it too
        case(&history, "REFRESH MATERIALIZED VIEW unknown", &["matview-refresh high"]);
        case(&history, "REFRESH MATERIALIZED VIEW CONCURRENTLY mv", &["matview-refresh controlled"]);
        case(&history, "CREATE MATERIALIZED VIEW new AS SELECT 1; REFRESH MATERIALIZED VIEW new", &[]);
    }
}
