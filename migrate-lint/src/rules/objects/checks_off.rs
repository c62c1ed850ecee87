//! `checks-off`: a script switches off what checks its writes: `session_replication_role = replica`, with which no
//! trigger runs and no foreign key is checked, and on SQLite `ignore_check_constraints`.
//!
//! ```sql
//! SET session_replication_role = replica;
//! ```
//!
//! Rows that violate a foreign key stay, and no later statement finds them: the server takes every constraint for
//! valid (<https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-SESSION-REPLICATION-ROLE>).
//!
//! Safer: deferred constraints, which are checked at the end, or ALTER TABLE … DISABLE TRIGGER of one trigger.
//!
//! Exempt: `origin` and `local`, with which all checks are on.

use migrate_core::{Finding, Hazard};

use crate::Context;
use crate::sql::Kind;

const ROLE: &str = "session_replication_role";

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let is_replica = |value: &str| value.trim().eq_ignore_ascii_case("replica");
    let found = match &context.statement.kind {
        Kind::Set(setting) if setting.name == ROLE => {
            setting.values.first().is_some_and(|value| is_replica(value)).then(of_role)
        }
        Kind::Pragma { name, value } if name == "ignore_check_constraints" => {
            let value = value.as_deref().unwrap_or_default();
            matches!(value, "on" | "1" | "true" | "yes").then(|| {
                let message = "from now on no CHECK is tested, and rows that violate one stay in the table";
                (message, "write rows that meet the CHECK, or rebuild the table without it")
            })
        }
        _ => context
            .statement
            .set_config()
            .filter(|(name, value)| name.eq_ignore_ascii_case(ROLE) && is_replica(value))
            .map(|_| of_role()),
    };
    let finding =
        found.map(|(message, safer)| Finding::new(Hazard::ChecksOff, context.statement.span, message, safer));
    finding.into_iter().collect()
}

fn of_role() -> (&'static str, &'static str) {
    (
        "from now on no trigger runs and no foreign key is checked, and rows that violate one stay in the table",
        "leave it out: `DEFERRABLE` keys are checked at the end of the transaction, and `ALTER TABLE … DISABLE \
         TRIGGER name` switches off one trigger",
    )
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history, sqlite_history};

    #[test]
    fn cases() {
        let history = history("CREATE TABLE t (id int)");
        for sql in [
            "SET session_replication_role = replica",
            "SET LOCAL session_replication_role TO 'Replica'",
            "SELECT set_config('session_replication_role', 'replica', true)",
            "SELECT pg_catalog.set_config('session_replication_role', 'replica', false)",
            "DO $$ BEGIN PERFORM set_config('session_replication_role', 'replica', true); END $$",
            "DO $$ BEGIN SET LOCAL session_replication_role = replica; END $$",
        ] {
            case(&history, sql, &["checks-off high"]);
        }
        for sql in [
            "SET session_replication_role = origin",
            "SET session_replication_role = DEFAULT",
            "RESET session_replication_role",
            "SELECT set_config('session_replication_role', 'origin', false)",
            "SELECT set_config('search_path', 'replica', false)",
            "SET CONSTRAINTS ALL DEFERRED",
        ] {
            case(&history, sql, &[]);
        }
    }

    #[test]
    fn on_sqlite() {
        let history = sqlite_history("CREATE TABLE t (id, a CHECK (a > 0))");
        case(&history, "PRAGMA ignore_check_constraints = ON", &["checks-off high"]);
        case(&history, "PRAGMA ignore_check_constraints = off", &[]);
        case(&history, "PRAGMA ignore_check_constraints", &[]);
    }
}
