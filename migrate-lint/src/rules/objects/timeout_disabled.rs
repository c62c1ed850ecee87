use migrate_core::{Finding, Hazard};

use super::object::every;
use crate::Context;
use crate::sql::{ChangeAction, Kind, Setting};

/// `SET lock_timeout = 0` and its like, and RESET, which leads back to the server's default, which is none.
///
/// <https://www.postgresql.org/docs/current/runtime-config-client.html>: while a statement waits for a lock, everybody
/// who comes later waits behind it, however long that is.
pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let Kind::Set(setting) = &context.statement.kind else { return Vec::new() };
    let Some((name, effect)) = disabled(context, setting) else { return Vec::new() };
    let message = format!("without {name} {effect}");
    let safer = format!("a limit that the application can live with, such as `SET LOCAL {name} = '10s'`");
    vec![Finding::new(Hazard::TimeoutDisabled, context.statement.span, message, safer)]
}

/// Which limit is lifted, and what may happen then.
fn disabled(context: &Context<'_>, setting: &Setting) -> Option<(&'static str, &'static str)> {
    let is_off = setting.reset || setting.values.first().is_some_and(|value| is_zero(value));
    match setting.name.as_str() {
        _ if !is_off => None,
        "lock_timeout" => {
            Some(("lock_timeout", "a statement that waits for a lock lets everybody wait behind it for ever"))
        }
        "" => {
            Some(("lock_timeout", "a statement that waits for a lock lets everybody wait behind it for ever"))
        }
        "statement_timeout" if context.transaction && !setting.reset && !validates(context) => {
            Some(("statement_timeout", "a statement may hold the locks of its transaction for ever"))
        }
        "transaction_timeout" if context.transaction && !setting.reset => {
            Some(("transaction_timeout", "the transaction may hold its locks for ever"))
        }
        _ => None,
    }
}

/// `0`, `0ms`, `'0s'`, and what is below it.
fn is_zero(value: &str) -> bool {
    let digits = value.trim().trim_end_matches(|unit: char| unit.is_ascii_alphabetic() || unit == ' ');
    digits.parse::<f64>().is_ok_and(|number| number <= 0.0)
}

/// Long work that nobody waits for should run to its end.
fn validates(context: &Context<'_>) -> bool {
    every(context).any(|statement| {
        matches!(&statement.kind, Kind::AlterTable(alter)
            if alter.changes.iter().any(|change| matches!(change.action, ChangeAction::ValidateConstraint { .. })))
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history = history(
            "CREATE TABLE t (id int); ALTER TABLE t ADD CONSTRAINT positive CHECK (id > 0) NOT VALID",
        );
        case(&history, "SET lock_timeout = 0", &["timeout-disabled controlled"]);
        case(&history, "SET LOCAL lock_timeout TO '0ms'", &["timeout-disabled controlled"]);
        case(&history, "SET lock_timeout TO DEFAULT", &["timeout-disabled controlled"]);
        case(&history, "RESET lock_timeout", &["timeout-disabled controlled"]);
        case(&history, "RESET ALL", &["timeout-disabled controlled"]);
        case(&history, "SET LOCAL statement_timeout = 0", &["timeout-disabled controlled"]);
        // A limit is a limit.
        case(&history, "SET LOCAL lock_timeout = '5s'", &[]);
        case(&history, "SET LOCAL statement_timeout = '30min'", &[]);
        case(&history, "SET LOCAL lock_timeout = 5000", &[]);
        case(&history, "SET LOCAL search_path = app", &[]);
        // VALIDATE is long and in nobody's way.
        case(
            &history,
            "SET LOCAL statement_timeout = 0; ALTER TABLE t VALIDATE CONSTRAINT positive",
            &["long-validate controlled"],
        );
        // So is what runs outside of a transaction.
        case(&history.without_transaction(), "SET statement_timeout = 0", &[]);
    }
}
