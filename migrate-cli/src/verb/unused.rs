use migrate::cli::{Exit, Failure, Options};

/// Which options of a database a verb takes notice of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Uses {
    /// It works on the folder.
    None,
    /// It makes databases of its own, on the server of this address.
    Server,
    All,
}

/// Refuses options that would have no effect: who gives one has something in mind.
pub(super) fn refuse_unused(uses: Uses, options: &Options) -> Result<(), Failure> {
    let Some(unused) = given(options).into_iter().find(|option| match uses {
        Uses::None => true,
        Uses::Server => *option != "--database-url",
        Uses::All => false,
    }) else {
        return Ok(());
    };
    let why = match uses {
        Uses::None => "this verb works on the folder alone",
        _ => "this verb makes throw-away databases, and keeps to the defaults there",
    };
    let message = format!("`{unused}` would have no effect: {why}");
    Err(Failure::new("arguments", message).help(format!("leave out `{unused}`")).exits(Exit::USAGE))
}

/// The options for a database, or for a run on it, that were given.
fn given(options: &Options) -> Vec<&'static str> {
    let Options {
        database_url,
        json: _,
        quiet: _,
        history_schema,
        history_prefix,
        application,
        lock_timeout,
        lock_deadline,
        statement_timeout,
        single_transaction,
    } = options;
    let all = [
        ("--database-url", database_url.is_some()),
        ("--history-schema", history_schema.is_some()),
        ("--history-prefix", history_prefix.is_some()),
        ("--application", application.is_some()),
        ("--lock-timeout", lock_timeout.is_some()),
        ("--lock-deadline", lock_deadline.is_some()),
        ("--statement-timeout", statement_timeout.is_some()),
        ("--single-transaction", *single_transaction),
    ];
    all.into_iter().filter(|(_, is_given)| *is_given).map(|(option, _)| option).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_effect_is_refused() {
        let url = Options { database_url: Some("postgres://h/x".to_owned()), ..Options::default() };
        let transaction = Options { single_transaction: true, ..url.clone() };
        let quiet = Options { quiet: true, json: true, ..Options::default() };
        let case = |uses, options: &Options, want: Option<&str>| {
            let refused = refuse_unused(uses, options).err().map(|failure| failure.to_string());
            assert_eq!(refused.is_some(), want.is_some(), "{uses:?} {options:?}: {refused:?}");
            assert!(refused.unwrap_or_default().contains(want.unwrap_or_default()));
        };
        case(Uses::None, &url, Some("`--database-url` would have no effect"));
        case(Uses::Server, &url, None);
        case(Uses::Server, &transaction, Some("`--single-transaction` would have no effect"));
        case(Uses::All, &transaction, None);
        case(Uses::None, &quiet, None);
    }
}
