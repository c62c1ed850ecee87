use std::fmt;

/// Why a database takes no writes on this connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadOnly {
    /// The server replays what another one writes.
    Standby,
    /// The transactions of the session are read-only, by a setting.
    Session,
    /// The file, or the connection to it.
    File,
    /// `PRAGMA query_only`.
    QueryOnly,
}

impl ReadOnly {
    /// What to do about it.
    pub fn help(self) -> &'static str {
        match self {
            ReadOnly::Standby => {
                "connect to the primary; if the address names several servers, `target_session_attrs=primary` finds it"
            }
            ReadOnly::Session => {
                "`default_transaction_read_only` is on, for the role, the database, the server or this session; some hosts \
                 turn it on when the disk is full. Turn it off, or run as a role for which it is off"
            }
            ReadOnly::File => {
                "open the file for reading and writing, and let this user write to it and to its folder"
            }
            ReadOnly::QueryOnly => "turn it off with `PRAGMA query_only = OFF`",
        }
    }
}

impl fmt::Display for ReadOnly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ReadOnly::Standby => "the server is a standby, which takes no writes",
            ReadOnly::Session => "the session is read-only",
            ReadOnly::File => "the database file is read-only",
            ReadOnly::QueryOnly => "the connection is read-only: `PRAGMA query_only` is on",
        })
    }
}
