use std::fmt;
use std::time::Duration;

use migrate_core::Lines;

use super::{Blocker, Place};

/// The message of a verify script that ran and found something.
pub(crate) const FALSE: &str = "the first column of a row is false";

/// What a database reported about a statement that failed.
#[derive(Debug)]
pub struct DatabaseError {
    pub message: String,
    /// SQLSTATE, or the extended result code of SQLite.
    pub code: Option<String>,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// The functions and statements around it, as the server reports them.
    pub context: Option<String>,
    /// The place in the script, if a piece of a script failed.
    pub place: Option<Place>,
    /// The sessions that held the lock for which the statement waited in vain.
    pub blockers: Vec<Blocker>,
    /// Whether the connection is gone, so that the outcome of the statement is unknown.
    pub is_disconnected: bool,
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl DatabaseError {
    /// An error that this library found, not the database.
    pub fn of_ours(message: &str) -> DatabaseError {
        DatabaseError {
            message: message.to_owned(),
            code: None,
            detail: None,
            hint: None,
            context: None,
            place: None,
            blockers: Vec::new(),
            is_disconnected: false,
            source: None,
        }
    }
}

impl DatabaseError {
    /// A write of ours that the database accepted and that left a different row, or none.
    pub fn unwritten(table: &str) -> DatabaseError {
        let hint = "look at the triggers, rules and policies of the table";
        DatabaseError {
            hint: Some(hint.to_owned()),
            ..DatabaseError::of_ours(&format!(
                "{table} did not take a row as it was sent: a trigger, a rule or row-level security swallows or changes it"
            ))
        }
    }

    /// Rows that exist and that row-level security hides from this role.
    pub fn hidden(table: &str) -> DatabaseError {
        let hint = "read and write it as a role that row-level security does not bind: its owner, without FORCE ROW LEVEL \
                    SECURITY, or one with BYPASSRLS; or disable row-level security on the table";
        DatabaseError {
            hint: Some(hint.to_owned()),
            ..DatabaseError::of_ours(&format!("row-level security hides rows of {table} from this role"))
        }
    }

    /// Whether the role has no right to what it tried.
    pub fn is_refused_by_rights(&self) -> bool {
        const INSUFFICIENT_PRIVILEGE: &str = "42501";
        self.code.as_deref() == Some(INSUFFICIENT_PRIVILEGE)
    }

    /// Whether it tried to write where nothing can be written. Those of SQLite include a journal that cannot be created next
    /// to the file.
    pub fn is_of_read_only(&self) -> bool {
        const READ_ONLY: [&str; 9] = ["25006", "8", "264", "520", "776", "1032", "1288", "1544", "14"];
        self.code.as_deref().is_some_and(|code| READ_ONLY.contains(&code))
    }

    /// The schema could not be noted or kept within its time limit.
    pub fn kept_too_slowly(limit: Duration) -> DatabaseError {
        DatabaseError::of_ours(&format!(
            "it took longer than {} seconds and was stopped; `keep_schema_within` sets the limit",
            limit.as_secs_f64()
        ))
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Lines(&self.message))?;
        self.code.iter().try_for_each(|code| write!(f, " ({code})"))
    }
}
