//! Options that `test` does not use.

use migrate::cli::{Exit, Failure, Options};

/// Refuses options that have no effect on throw-away databases. Ignoring them would surprise the user who gave them.
pub(super) fn refuse_unused(options: &Options) -> Result<(), Failure> {
    let Some(unused) = unused(options) else { return Ok(()) };
    let message = format!("`{unused}` would have no effect: throw-away databases are made with the defaults");
    Err(Failure::new("arguments", message).help(format!("leave out `{unused}`")).exits(Exit::USAGE))
}

/// The first given option that is about a database to migrate, or about a run on it.
fn unused(options: &Options) -> Option<&'static str> {
    let Options {
        database_url: _,
        json: _,
        quiet: _,
        history_schema,
        history_prefix,
        application,
        lock_timeout,
        lock_deadline,
        statement_timeout,
        single_transaction,
        alongside,
        keep_schema_within,
        drift_schemas,
        drift_ignore,
    } = options;
    let all = [
        ("--history-schema", history_schema.is_some()),
        ("--history-prefix", history_prefix.is_some()),
        ("--application", application.is_some()),
        ("--lock-timeout", lock_timeout.is_some()),
        ("--lock-deadline", lock_deadline.is_some()),
        ("--statement-timeout", statement_timeout.is_some()),
        ("--single-transaction", *single_transaction),
        ("--alongside", *alongside),
        ("--keep-schema-within", keep_schema_within.is_some()),
        ("--drift-schemas", !drift_schemas.is_empty()),
        ("--drift-ignore", !drift_ignore.is_empty()),
    ];
    all.into_iter().find(|(_, is_given)| *is_given).map(|(option, _)| option)
}
