//! `domain-validate`: a domain that tables use gets a constraint: ADD CONSTRAINT, SET NOT NULL, VALIDATE CONSTRAINT.
//!
//! ```sql
//! ALTER DOMAIN score ADD CONSTRAINT positive CHECK (VALUE > 0);
//! ```
//!
//! The server reads every column of the domain (<https://www.postgresql.org/docs/current/sql-alterdomain.html>).
//! Measured: it holds SHARE on all these tables at once, so no one writes to any of them, and VALIDATE CONSTRAINT
//! holds the same lock, unlike that of a table.
//!
//! Safer: a CHECK NOT VALID on each column, validated in the next migration. A domain's own NOT VALID reads and
//! locks nothing but checks new values, so it is `new-write-limit` here.
//!
//! Exempt: a domain that no table of an earlier migration uses. A domain that no migration creates is taken to be in
//! use.

use migrate_core::{Finding, Hazard};

use crate::Context;
use crate::sql::{AlterDomain, Kind, Name};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let Kind::AlterDomain(alter) = &context.statement.kind else { return Vec::new() };
    let span = context.statement.span;
    let finding = match alter {
        AlterDomain::AddConstraint { name, not_valid: true } => used_by(context, name).map(|_| {
            let message = format!("running code may write values of the domain `{name}` that the constraint refuses");
            let safer = "first release code that writes only what the constraint allows";
            Finding::new(Hazard::NewWriteLimit, span, message, safer).breaking_older_binaries()
        }),
        AlterDomain::AddConstraint { name, .. }
        | AlterDomain::SetNotNull { name }
        | AlterDomain::ValidateConstraint { name } => used_by(context, name).map(|tables| {
            let message = format!("no one can write to {tables} while the server reads all values of the domain `{name}`");
            let safer = "put the constraint on the columns instead: `ALTER TABLE … ADD CONSTRAINT … CHECK (…) NOT VALID`, then \
                         VALIDATE CONSTRAINT in the next migration, which lets others write";
            let finding = Finding::new(Hazard::DomainValidate, span, message, safer);
            match alter {
                AlterDomain::ValidateConstraint { .. } => finding,
                _ => finding.breaking_older_binaries(),
            }
        }),
        AlterDomain::Relax { .. } => None,
    };
    finding.into_iter().collect()
}

/// The tables that were there before and use the domain. If no migration creates the domain, they have no names here.
fn used_by(context: &Context<'_>, domain: &Name) -> Option<String> {
    if context.schema.domain(domain).is_none() {
        return Some("the tables that use it".to_owned());
    }
    let mut tables: Vec<String> = context
        .schema
        .columns_of_type(domain)
        .filter(|(table, _)| context.is_old(&table.name))
        .map(|(table, _)| format!("`{}`", table.name))
        .collect();
    tables.dedup();
    (!tables.is_empty()).then(|| tables.join(", "))
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history, messages};

    #[test]
    fn cases() {
        let history = history(
            "CREATE DOMAIN score AS int; CREATE DOMAIN idle AS int; CREATE TABLE t (id int, a score, b score);
             CREATE TABLE u (a score)",
        );
        case(&history, "ALTER DOMAIN score ADD CONSTRAINT low CHECK (VALUE < 10)", &["domain-validate high"]);
        case(&history, "ALTER DOMAIN score SET NOT NULL", &["domain-validate high"]);
        case(&history, "ALTER DOMAIN score VALIDATE CONSTRAINT low", &["domain-validate high"]); // SHARE as well
        case(&history, "ALTER DOMAIN unknown SET NOT NULL", &["domain-validate high"]);
        case(
            &history,
            "ALTER DOMAIN score ADD CONSTRAINT low CHECK (VALUE < 10) NOT VALID",
            &["new-write-limit controlled"],
        );
        case(&history, "ALTER DOMAIN score DROP NOT NULL", &[]);
        case(&history, "ALTER DOMAIN idle SET NOT NULL", &[]); // no column has it
        case(
            &history,
            "CREATE DOMAIN new AS int; CREATE TABLE n (a new); ALTER DOMAIN new SET NOT NULL",
            &[],
        );
        assert_eq!(
            messages(&history, "ALTER DOMAIN score SET NOT NULL"),
            [
                "no one can write to `public.t`, `public.u` while the server reads all values of the domain `score`"
            ]
        );
    }
}
