//! `drop-schema`: a schema that was there before.
//!
//! ```sql
//! DROP SCHEMA reporting CASCADE;
//! ```
//!
//! With CASCADE every object in it is lost, and every object elsewhere that depends on one of them. Without CASCADE
//! the server refuses unless the schema is empty (<https://www.postgresql.org/docs/current/sql-dropschema.html>), so
//! the risk is controlled: nothing is lost, but the migration may fail.
//!
//! Safer: drop the objects by name, so that each is a finding of its own, and then the empty schema.

use migrate_core::{Finding, Hazard, Risk};

use super::object::is_old;
use crate::Context;
use crate::sql::{Kind, ObjectKind};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let Kind::Drop(drop) = &context.statement.kind else { return Vec::new() };
    if drop.object != ObjectKind::Schema {
        return Vec::new();
    }
    let old = drop.names.iter().filter(|name| is_old(context, ObjectKind::Schema, name));
    old.map(|name| {
        // Without CASCADE the server itself protects the objects, so the worst case is a failed migration.
        let (message, safer, risk) = if drop.cascade {
            let message = format!(
                "every object in the schema `{name}` is lost, with everything elsewhere that depends on one, and running \
                 code that uses any of them fails"
            );
            let safer = format!("drop each object in it by name, then `DROP SCHEMA {name}` without CASCADE");
            (message, safer, Risk::High)
        } else {
            let message = format!("this fails unless the schema `{name}` is empty");
            (message, "first drop each object in it by name".to_owned(), Risk::Controlled)
        };
        Finding::new(Hazard::DropSchema, context.statement.span, message, safer)
            .with_risk(risk)
            .breaking_older_binaries()
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history = history("CREATE SCHEMA app; CREATE TABLE app.t (id int)");
        case(&history, "DROP SCHEMA app CASCADE", &["drop-schema high"]); // one finding, not drop-cascade too
        case(&history, "DROP SCHEMA IF EXISTS a, b CASCADE", &["drop-schema high", "drop-schema high"]);
        case(&history, "DROP SCHEMA app", &["drop-schema controlled"]); // refused while it holds a table
        case(&history, "CREATE SCHEMA new; DROP SCHEMA new CASCADE", &[]);
    }
}
