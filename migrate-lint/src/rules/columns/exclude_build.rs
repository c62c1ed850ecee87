use migrate_core::{Finding, Hazard};

use super::added_constraints;
use crate::Context;
use crate::sql::ConstraintKind;

const SAFER: &str = "there is no form that lets others go on; make a new table with the constraint, copy the rows in \
                     batches while a trigger keeps it in step, and swap the names; or allow it while the table is small";

/// `ADD EXCLUDE` builds an index over all rows; none that is there can be taken.
///
/// <https://www.postgresql.org/docs/current/sql-altertable.html>; `USING INDEX` is for UNIQUE and PRIMARY KEY alone.
pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let excludes = added_constraints(context)
        .filter(|(_, _, constraint)| matches!(constraint.kind, ConstraintKind::Exclude { .. }));
    excludes
        .map(|(table, change, _)| {
            let message = format!(
                "the index of the EXCLUDE is built over all rows of `{table}`, and nobody can read or write it meanwhile"
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
