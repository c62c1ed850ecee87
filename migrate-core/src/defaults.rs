//! What `migrate.toml` says about the databases of a set: where the history is, how long a run waits, what drift is.
//!
//! A value of it is in each [`MigrationSet`](crate::MigrationSet), so that an application and the command line use the same.

use std::borrow::Cow;
use std::time::Duration;

/// The options that a migrator of the set begins with. What the file does not say is `None`, or empty.
#[doc(hidden)]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    pub history_schema: Option<Cow<'static, str>>,
    pub history_prefix: Option<Cow<'static, str>>,
    pub lock_timeout: Option<Duration>,
    pub lock_deadline: Option<Duration>,
    pub statement_timeout: Option<Duration>,
    /// A schema in each line.
    pub drift_schemas: Cow<'static, str>,
    /// A pattern in each line.
    pub drift_ignore: Cow<'static, str>,
}

impl Defaults {
    /// Nothing is said.
    pub const NONE: Defaults = Defaults {
        history_schema: None,
        history_prefix: None,
        lock_timeout: None,
        lock_deadline: None,
        statement_timeout: None,
        drift_schemas: Cow::Borrowed(""),
        drift_ignore: Cow::Borrowed(""),
    };
}
