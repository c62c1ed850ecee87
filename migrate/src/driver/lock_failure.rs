use std::time::Duration;

use super::{Blocker, DatabaseError, ReadOnly};

/// The lock could not be taken.
#[derive(Debug)]
pub enum LockFailure {
    /// Another runner held it until the deadline.
    Held {
        deadline: Duration,
        holder: Option<Blocker>,
    },
    /// The caller's connection is inside a transaction of the caller's.
    InTransaction,
    /// The database takes no writes.
    ReadOnly(ReadOnly),
    /// The lock has one connection, and there is no second one for the migrations.
    OneConnection(DatabaseError),
    Database(DatabaseError),
}

impl From<LockFailure> for DatabaseError {
    fn from(failure: LockFailure) -> DatabaseError {
        match failure {
            LockFailure::Held { deadline, holder } => DatabaseError {
                blockers: holder.into_iter().collect(),
                ..DatabaseError::of_ours(&format!(
                    "another runner held the lock for {} seconds",
                    deadline.as_secs()
                ))
            },
            LockFailure::InTransaction => DatabaseError::of_ours("the connection is inside a transaction"),
            LockFailure::ReadOnly(why) => DatabaseError::of_ours(&why.to_string()),
            LockFailure::OneConnection(error) | LockFailure::Database(error) => error,
        }
    }
}
