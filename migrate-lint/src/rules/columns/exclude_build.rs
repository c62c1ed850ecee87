//! `exclude-build`: ADD EXCLUDE on a table that was there before.
//!
//! ```sql
//! ALTER TABLE bookings ADD EXCLUDE USING gist (room WITH =, during WITH &&);
//! ```
//!
//! The server builds an index over all rows under ACCESS EXCLUSIVE. Why not build it CONCURRENTLY first, as for
//! UNIQUE? `USING INDEX` accepts only UNIQUE and PRIMARY KEY
//! (<https://www.postgresql.org/docs/current/sql-altertable.html>).
//!
//! Safer: a new table with the constraint, a copy in batches, and a swap of the names.
//!
//! Exempt: a table that the same script creates.

use migrate_core::{Finding, Hazard};

use super::added_constraints;
use crate::Context;
use crate::sql::ConstraintKind;

const SAFER: &str = "no form of it lets others go on; create a new table with the constraint, copy the rows in batches while a \
                     trigger keeps it up to date, and swap the names; or allow it while the table is small";

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    // There is no NOT VALID for EXCLUDE, so every one of them builds.
    let excludes = added_constraints(context)
        .filter(|(_, _, constraint)| matches!(constraint.kind, ConstraintKind::Exclude { .. }));
    excludes
        .map(|(table, change, _)| {
            let message = format!(
                "EXCLUDE builds an index over all rows of `{table}`, and no one can read or write it until that is done"
            );
            Finding::new(Hazard::ExcludeBuild, change.span, message, SAFER).breaking_older_binaries()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history = history("CREATE TABLE t (a int, during tsrange)");
        case(
            &history,
            "ALTER TABLE t ADD CONSTRAINT alone EXCLUDE USING gist (during WITH &&)",
            &["exclude-build high"],
        );
        case(&history, "CREATE TABLE new (during tsrange, EXCLUDE USING gist (during WITH &&))", &[]);
        case(&history, "CREATE TABLE new (a int); ALTER TABLE new ADD EXCLUDE USING btree (a WITH =)", &[]);
    }
}
