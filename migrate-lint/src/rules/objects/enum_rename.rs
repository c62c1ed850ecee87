//! `enum-rename`: a value of an enum that was there before gets another name.
//!
//! ```sql
//! ALTER TYPE status RENAME VALUE 'open' TO 'new';
//! ```
//!
//! Every row shows the new name at once, and the server refuses the old one in every query
//! (<https://www.postgresql.org/docs/current/sql-altertype.html>). So running code fails both when it writes the
//! value and when it compares with it.
//!
//! Safer: add a value, let code read both, move the rows in batches, and leave the old value unused.
//!
//! Exempt: an enum that the same script creates.

use migrate_core::{Finding, Hazard};

use crate::Context;
use crate::sql::{AlterType, Kind};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let Kind::AlterType(AlterType::RenameValue { name, from, .. }) = &context.statement.kind else {
        return Vec::new();
    };
    if context.schema.enum_type(name).is_some_and(|known| context.schema.is_current(known.created_in)) {
        return Vec::new();
    }
    let message = format!("running code that writes or compares the value `{from}` of `{name}` fails");
    let safer = "add a value with the new name, let code write that and read both, change the rows in batches, and leave the \
                 old value unused";
    vec![Finding::new(Hazard::EnumRename, context.statement.span, message, safer).breaking_older_binaries()]
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history = history("CREATE TYPE mood AS ENUM ('good')");
        case(&history, "ALTER TYPE mood RENAME VALUE 'good' TO 'fine'", &["enum-rename high"]);
        case(&history, "ALTER TYPE unknown RENAME VALUE 'good' TO 'fine'", &["enum-rename high"]);
        case(&history, "CREATE TYPE tone AS ENUM ('a'); ALTER TYPE tone RENAME VALUE 'a' TO 'b'", &[]);
    }
}
