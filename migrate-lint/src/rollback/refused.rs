//! The statements of a rollback that the server refuses, as far as the schema shows it.
//!
//! ```sql
//! ALTER TABLE t DROP COLUMN a;
//! DROP INDEX t_a_idx;           -- went with its column
//! ```
//!
//! In comes the schema after the migration, and each statement is asked for with the schema before it
//! ([`Place::refused`]). After a statement whose effect cannot be seen, nothing is certain.

use migrate_core::{Finding, Hazard};

use crate::refused::Place;
use crate::schema::Schema;
use crate::sql::{Statement, cascades, may_do_anything};

const SAFER: &str = "run the migration and its rollback on a server, for instance with `cargo migrate test`, and correct the \
                     rollback";

/// The schemas that a rollback starts from.
pub(super) struct Refusals<'a> {
    /// The whole schema after the migration, for those who depend on what the rollback drops.
    pub(super) whole: &'a Schema,
    /// The part of it that the scripts name.
    pub(super) part: &'a Schema,
    /// Whether the rollback runs in a transaction.
    pub(super) transaction: bool,
}

impl Refusals<'_> {
    /// The findings about a rollback. None if the effect of the migration cannot be seen.
    pub(super) fn of(&self, up: &[Statement], down: &[Statement]) -> Vec<Finding> {
        if up.iter().any(may_do_anything) {
            return Vec::new();
        }
        let mut schema = self.part.clone();
        let mut findings = Vec::new();
        let mut has_cascaded = false;
        for statement in down {
            if may_do_anything(statement) {
                break;
            }
            let rollback = Place {
                schema: &schema,
                whole: self.whole,
                part: self.part,
                has_cascaded,
                knows_all: true,
                transaction: self.transaction,
            };
            findings.extend(rollback.refused(statement).map(|(span, why)| {
                Finding::new(Hazard::DownFails, span, format!("the server refuses this: {why}"), SAFER)
            }));
            has_cascaded |= cascades(statement);
            schema.apply(statement);
        }
        findings
    }
}
