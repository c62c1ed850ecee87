use super::Finding;
use crate::schema::Schema;
use crate::sql::Statement;

/// What a rollback script drops beside what its migration made, and what it leaves behind. The schema is the one that
/// the migration left.
pub(crate) fn of_rollback(_schema: &Schema, _up: &[Statement], _down: &[Statement]) -> Vec<Finding> {
    Vec::new()
}
