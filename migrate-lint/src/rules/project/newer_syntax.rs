//! `newer-syntax`: syntax that is newer than the PostgreSQL that the project declares.
//!
//! ```sql
//! MERGE INTO stock USING deliveries ON …;   -- with `postgres = 14` in migrate.toml
//! ```
//!
//! The migration fails on that server. Each version is from the release notes
//! (<https://www.postgresql.org/docs/release/>); `sql/postgres/release.rs` has the list.
//!
//! Safer: another form, or a higher `postgres` when no older server is left.
//!
//! Exempt: everything, if the project declares no version. The parser knows the grammar of all versions, so a guess
//! would be wrong for most.

use std::collections::BTreeSet;

use migrate_core::{Finding, Hazard, Project};

use crate::sql::Statement;

/// The newer parts of a script that applies a migration, rolls it back or verifies it.
pub(crate) fn newer_syntax(script: &[Statement], project: &Project) -> Vec<Finding> {
    let Some(declared) = project.postgres else { return Vec::new() };
    // A statement inside another is in both lists.
    let mut seen = BTreeSet::new();
    let parts = script.iter().flat_map(Statement::with_inner).flat_map(|statement| &statement.since);
    let newer = parts.filter(|part| part.release > declared && seen.insert((part.span.start(), part.what)));
    newer
        .map(|part| {
            let message = format!(
                "{} needs PostgreSQL {}, but `migrate.toml` declares that the migrations run on {declared}",
                part.what, part.release
            );
            let safer = format!(
                "write it without that, or set `postgres = {}` when no older server is left",
                part.release
            );
            Finding::new(Hazard::NewerSyntax, part.span, message, safer)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use migrate_core::Hazard::NewerSyntax;
    use migrate_core::Project;

    use crate::testing::{history, places};

    const UNIQUE: &str = "CREATE TABLE n (a int UNIQUE NULLS NOT DISTINCT)";

    #[track_caller]
    fn newer(postgres: Option<u32>, sql: &str) -> Vec<&str> {
        let history = history("CREATE TABLE t (id int, a int)");
        places(&history.project(Project { postgres, ..Project::default() }), NewerSyntax, sql)
    }

    #[test]
    fn cases() {
        assert_eq!(newer(Some(14), UNIQUE), ["NULLS NOT DISTINCT"]);
        assert_eq!(newer(Some(15), UNIQUE), [""; 0]);
        assert_eq!(newer(None, UNIQUE), [""; 0]);
        let virtual_column = "ALTER TABLE t ADD v int GENERATED ALWAYS AS (a) VIRTUAL";
        assert_eq!(newer(Some(17), virtual_column), ["VIRTUAL"]);
        assert_eq!(newer(Some(18), virtual_column), [""; 0]);
        // Two, in the order of the text.
        let two = format!("{UNIQUE}; {virtual_column}");
        assert_eq!(newer(Some(14), &two), ["NULLS NOT DISTINCT", "VIRTUAL"]);
        // The statements in a block run as well.
        let block = "DO $$ BEGIN CREATE TABLE n (a int UNIQUE NULLS NOT DISTINCT); END $$";
        assert_eq!(newer(Some(14), block), ["NULLS NOT DISTINCT"]);
        // Once, though one statement is in the other.
        let inner = "WITH w AS (INSERT INTO t VALUES (0x10) RETURNING id) SELECT * FROM w";
        assert_eq!(newer(Some(15), inner), ["0x10"]);
    }
}
