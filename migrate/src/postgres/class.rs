//! What a SQLSTATE means for a run.

use crate::driver::{Class, DatabaseError, Stage};

pub(super) fn of(stage: Stage, error: &DatabaseError) -> Class {
    let Some(code) = error.code.as_deref() else { return Class::Final };
    match (stage, code) {
        (_, LOCK_NOT_AVAILABLE) => Class::Blocked,
        (_, SERIALIZATION_FAILURE | DEADLOCK_DETECTED) => Class::Transient,
        // The statement itself was refused, or a COMMIT inside of it.
        (Stage::Script, ACTIVE_SQL_TRANSACTION | INVALID_TRANSACTION_TERMINATION) => Class::NeedsToBeAlone,
        // The script has made its transactions read-only: the statement did nothing, and could not be counted.
        (Stage::Claim | Stage::Record, READ_ONLY_SQL_TRANSACTION) => Class::NeedsToBeAlone,
        // A claim divides by the number of rows that are as the plan saw them.
        (Stage::Claim | Stage::Prepare, UNIQUE_VIOLATION | DIVISION_BY_ZERO) => Class::Overtaken,
        (Stage::Prepare, DUPLICATE_COLUMN | DUPLICATE_TABLE | DUPLICATE_OBJECT) => Class::Overtaken,
        (Stage::Prepare, INVALID_SCHEMA_NAME) => Class::MissingSchema,
        _ => Class::Final,
    }
}

pub(super) const LOCK_NOT_AVAILABLE: &str = "55P03";
const SERIALIZATION_FAILURE: &str = "40001";
const DEADLOCK_DETECTED: &str = "40P01";
const ACTIVE_SQL_TRANSACTION: &str = "25001";
const READ_ONLY_SQL_TRANSACTION: &str = "25006";
const INVALID_TRANSACTION_TERMINATION: &str = "2D000";
const DIVISION_BY_ZERO: &str = "22012";
/// Two runners that create one table at the same time collide in the catalog's unique indexes.
const UNIQUE_VIOLATION: &str = "23505";
const DUPLICATE_COLUMN: &str = "42701";
const DUPLICATE_TABLE: &str = "42P07";
const DUPLICATE_OBJECT: &str = "42710";
const INVALID_SCHEMA_NAME: &str = "3F000";
