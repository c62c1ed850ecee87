use std::fmt;
use std::time::Duration;

use migrate_core::Lines;

use super::{Blocker, Place};

/// What a check says that ran and found something.
pub(crate) const FALSE: &str = "the first column of a row is false";

/// What a database said of a statement that failed.
#[derive(Debug)]
pub struct DatabaseError {
    pub message: String,
    /// SQLSTATE, or the extended result code of SQLite.
    pub code: Option<String>,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// The functions and statements around it, as the server tells them.
    pub context: Option<String>,
    /// In the script, where a piece of one failed.
    pub place: Option<Place>,
    /// Who held the lock that a statement waited for in vain.
    pub blockers: Vec<Blocker>,
    /// Whether the connection is gone, so that nothing is known of what was under way.
    pub is_disconnected: bool,
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl DatabaseError {
    /// An error that we saw and the database did not.
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
    /// A write of ours that the database let pass and that left another row than was sent, or none.
    pub fn unwritten(table: &str) -> DatabaseError {
        let hint = "look at the triggers, rules and policies of the table";
        DatabaseError {
            hint: Some(hint.to_owned()),
            ..DatabaseError::of_ours(&format!(
                "{table} did not take a row as it was sent: a trigger, a rule or row-level security swallows or changes it"
            ))
        }
    }

    /// Rows that are there and that this role is not shown.
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

    /// The schema was not noted or kept in the time that was given for it.
    pub fn kept_too_slowly(limit: Duration) -> DatabaseError {
        DatabaseError::of_ours(&format!(
            "it took longer than {} seconds and was given up; `keep_schema_within` gives it longer",
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
