use std::fmt;

use migrate_core::OneLine;

/// A session that holds a lock for which another session waits.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Blocker {
    /// The process ID of its backend.
    pub pid: i32,
    /// Its `application_name`.
    pub application: String,
    /// The address of its client, or `None` if the client is local.
    pub client: Option<String>,
    /// `active`, `idle in transaction` and so on.
    pub state: Option<String>,
    /// Since when its transaction is open, by the database's clock: RFC 3339, UTC.
    pub since: Option<String>,
    /// The statement that it runs, or the last one that it ran.
    pub query: Option<String>,
}

impl fmt::Display for Blocker {
    /// In one line, with control characters escaped, because any role can choose its application name and query.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid {}", self.pid)?;
        let remarks =
            [("", Some(&self.application).filter(|name| !name.is_empty())), ("from ", self.client.as_ref())];
        for (label, remark) in remarks {
            remark.iter().try_for_each(|remark| write!(f, ", {label}{}", OneLine(remark)))?;
        }
        let remarks = [("", &self.state), ("since ", &self.since), ("query: ", &self.query)];
        for (label, remark) in remarks {
            remark.iter().try_for_each(|remark| write!(f, ", {label}{}", OneLine(remark)))?;
        }
        Ok(())
    }
}
