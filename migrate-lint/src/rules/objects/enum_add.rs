//! `enum-add`: an enum that was there before gets a value.
//!
//! ```sql
//! ALTER TYPE status ADD VALUE 'archived';
//! ```
//!
//! It locks no table (<https://www.postgresql.org/docs/current/sql-altertype.html>). The risk is elsewhere: a value
//! cannot be dropped again, and running code that maps each value to a variant fails when it reads one that it does
//! not know.
//!
//! Safer: release code that can read the value, and write the value only in the release after this migration.
//!
//! Exempt: an enum that the same script creates, and a value that the enum has already.

use migrate_core::{Finding, Hazard};

use crate::Context;
use crate::sql::{AlterType, Kind};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let Kind::AlterType(AlterType::AddValue { name, value }) = &context.statement.kind else {
        return Vec::new();
    };
    // ADD VALUE IF NOT EXISTS of a value that is there changes nothing.
    let known = context.schema.enum_type(name);
    if known.is_some_and(|known| {
        context.schema.is_current(known.created_in) || known.labels.iter().any(|label| label.value == *value)
    }) {
        return Vec::new();
    }
    let message = format!(
        "the value `{value}` of `{name}` cannot be dropped again, and running code that reads it may not know it"
    );
    let safer =
        "first release code that can read the value, and write it only in the release after this migration";
    vec![Finding::new(Hazard::EnumAdd, context.statement.span, message, safer)]
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history = history("CREATE TYPE mood AS ENUM ('good')");
        case(&history, "ALTER TYPE mood ADD VALUE 'bad'", &["enum-add controlled"]);
        case(
            &history,
            "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'bad' BEFORE 'good'",
            &["enum-add controlled"],
        );
        case(&history, "ALTER TYPE unknown ADD VALUE 'bad'", &["enum-add controlled"]);
        case(&history, "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'good'", &[]); // is there already
        case(&history, "CREATE TYPE tone AS ENUM ('a'); ALTER TYPE tone ADD VALUE 'b'", &[]);
    }
}
