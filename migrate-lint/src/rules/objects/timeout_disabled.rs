//! `timeout-disabled`: a script switches a limit off: SET lock_timeout = 0 and the like, and RESET, which goes back
//! to the server's default, and that is no limit.
//!
//! ```sql
//! SET lock_timeout = 0;
//! ```
//!
//! While a statement waits for a lock, every later query on the table waits in the queue after it, readers too.
//! `lock_timeout` ends that, and the runner tries again
//! (<https://www.postgresql.org/docs/current/runtime-config-client.html>).
//!
//! Safer: a limit that the application can live with.
//!
//! Exempt: `statement_timeout` and `transaction_timeout` outside of a transaction, where no lock is held between
//! statements, and `statement_timeout` in a script that validates a constraint, which is long and blocks no one.

use migrate_core::{Finding, Hazard};

use super::object::every;
use crate::Context;
use crate::sql::{ChangeAction, Kind, Setting, SettingScope};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let by_function = context.statement.set_config().map(|(name, value)| Setting {
        scope: SettingScope::Session,
        name: name.to_ascii_lowercase(),
        values: vec![value.to_owned()],
        reset: false,
    });
    let setting = match &context.statement.kind {
        Kind::Set(setting) => Some(setting),
        _ => by_function.as_ref(),
    };
    let Some((name, effect)) = setting.and_then(|setting| disabled(context, setting)) else {
        return Vec::new();
    };
    let message = format!("without {name} {effect}");
    let safer = format!("set a limit that the application can live with, such as `SET LOCAL {name} = '10s'`");
    vec![Finding::new(Hazard::TimeoutDisabled, context.statement.span, message, safer)]
}

/// Which limit is switched off, and what may happen then. RESET ALL, which has no name, switches off `lock_timeout`.
fn disabled(context: &Context<'_>, setting: &Setting) -> Option<(&'static str, &'static str)> {
    // RESET goes back to the server's default, and nearly every server has no limit by default.
    let is_off = setting.reset || setting.values.first().is_some_and(|value| is_zero(value));
    match setting.name.as_str() {
        _ if !is_off => None,
        "lock_timeout" => Some((
            "lock_timeout",
            "a statement that waits for a lock makes everyone wait after it, without limit",
        )),
        "" => Some((
            "lock_timeout",
            "a statement that waits for a lock makes everyone wait after it, without limit",
        )),
        "statement_timeout" if context.transaction && !setting.reset && !validates(context) => {
            Some(("statement_timeout", "a statement may hold the locks of its transaction without limit"))
        }
        "transaction_timeout" if context.transaction && !setting.reset => {
            Some(("transaction_timeout", "the transaction may hold its locks without limit"))
        }
        _ => None,
    }
}

/// Whether the value means no limit: `0`, `0ms`, `'0s'`, and every negative number.
fn is_zero(value: &str) -> bool {
    let digits = value.trim().trim_end_matches(|unit: char| unit.is_ascii_alphabetic() || unit == ' ');
    digits.parse::<f64>().is_ok_and(|number| number <= 0.0)
}

/// Whether the script validates a constraint: long work that blocks no one should run to its end.
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
        case(&history, "SELECT set_config('lock_timeout', '0', true)", &["timeout-disabled controlled"]);
        case(&history, "SELECT set_config('lock_timeout', '5s', true)", &[]);
        case(&history, "RESET lock_timeout", &["timeout-disabled controlled"]);
        case(&history, "RESET ALL", &["timeout-disabled controlled"]);
        case(&history, "SET LOCAL statement_timeout = 0", &["timeout-disabled controlled"]);
        // A limit is a limit.
        case(&history, "SET LOCAL lock_timeout = '5s'", &[]);
        case(&history, "SET LOCAL statement_timeout = '30min'", &[]);
        case(&history, "SET LOCAL lock_timeout = 5000", &[]);
        case(&history, "SET LOCAL search_path = app", &[]);
        // VALIDATE is long and blocks no one.
        case(
            &history,
            "SET LOCAL statement_timeout = 0; ALTER TABLE t VALIDATE CONSTRAINT positive",
            &["long-validate controlled"],
        );
        // So is what runs outside of a transaction.
        case(&history.without_transaction(), "SET statement_timeout = 0", &[]);
    }
}
