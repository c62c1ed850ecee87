//! Whether the user means it.

use std::io::{IsTerminal, Write, stderr, stdin};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::backup::{self, Backup};
use super::console::Console;
use super::database::Database;
use super::failure::Failure;
use super::session::Session;
use super::style::{self, styled};
use super::terminal::safe;
use super::{protection, restore_point};

/// What is given along with a verb that changes a database.
#[derive(Clone, Debug, Default, Args)]
pub struct Consent {
    /// Do it without asking
    #[arg(long, short)]
    pub yes: bool,
    /// The name of the database that may be changed: any other is refused, and a protected one asks no more
    #[arg(long, value_name = "NAME")]
    pub database: Option<String>,
    /// Back the database up into this folder before anything changes
    #[arg(long, value_name = "DIR")]
    pub backup: Option<PathBuf>,
}

/// What a run may do to a database.
pub(super) enum Danger {
    /// Nothing that needs a question.
    None,
    /// This.
    Destructive(String),
}

impl Consent {
    /// Before anything changes: whether this is the database that is meant, whether the user wants what is `shown`, then
    /// a restore point and a backup.
    pub(super) fn obtain(
        &self,
        session: &Session<'_>,
        database: &mut Database,
        danger: &Danger,
        shown: &str,
    ) -> Result<Kept, Failure> {
        let name = database.connection.name()?;
        if let Some(asked) = self.database.as_ref().filter(|asked| **asked != name) {
            return Err(Failure::new(
                "wrong-database",
                format!("`{asked}` may be changed, and this is `{name}`: nothing was touched"),
            )
            .help("check the address of the database, or `--database`"));
        }
        let mut kept = Kept::default();
        if let Danger::Destructive(what) = danger {
            let protection = protection::of(&mut database.connection, &session.migrator)?;
            let is_given = if protection.is_some() { self.database.is_some() } else { self.yes };
            match protection {
                _ if is_given => session.console.note(shown),
                Some(protection) => ask_for_name(session.console, shown, &protection, what, &name)?,
                None => confirm(session.console, shown, what, &format!("Go on with `{name}`?"))?,
            }
            kept.restore_point = restore_point::set(session, database)?;
        }
        if let Some(folder) = &self.backup {
            kept.backup = Some(backup::make(database, folder)?);
        }
        Ok(kept)
    }
}

/// What was set aside before a run.
#[derive(Default, Serialize)]
pub(super) struct Kept {
    #[serde(skip_serializing_if = "Option::is_none")]
    restore_point: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<Backup>,
}

/// Goes on when the user says yes to `question`: `what` is to be done, and `shown` says all of it.
///
/// # Errors
///
/// When the user does not, or when there is no terminal to ask on; then `--yes` is what the help names.
pub fn confirm(console: &Console, shown: &str, what: &str, question: &str) -> Result<(), Failure> {
    let Some(answer) = answer(console, shown, what, &format!("{question} [y/N]")) else {
        return Err(Failure::new("not-asked", format!("{what}, and there is no terminal to ask on"))
            .help("nothing was changed; give `--yes`"));
    };
    if matches!(answer.to_lowercase().as_str(), "y" | "yes") { Ok(()) } else { Err(declined()) }
}

/// A protected database wants more than a key that the fingers know.
fn ask_for_name(
    console: &Console,
    shown: &str,
    protection: &str,
    what: &str,
    name: &str,
) -> Result<(), Failure> {
    let what = format!("`{name}` is protected as `{protection}`, and {what}");
    let Some(answer) = answer(console, shown, &what, "Type the name of the database to go on:") else {
        return Err(Failure::new("protected", what).help(format!(
            "nothing was changed; give `--database {name}` when that is what you want: `--yes` is not enough"
        )));
    };
    if answer == name { Ok(()) } else { Err(declined()) }
}

fn declined() -> Failure {
    Failure::new("declined", "declined: nothing was changed")
}

/// What the user types, or `None` when there is nobody to ask; `shown` is told in any case.
fn answer(console: &Console, shown: &str, what: &str, question: &str) -> Option<String> {
    if !stdin().is_terminal() || !stderr().is_terminal() {
        console.note(shown);
        return None;
    }
    let mut terminal = anstream::stderr();
    // A terminal that is gone gives no answer either.
    let _ =
        write!(terminal, "{}\n\n{}\n{} ", safe(shown), safe(styled(style::WARNING, what)), safe(question));
    let _ = terminal.flush();
    let mut line = String::new();
    stdin().read_line(&mut line).ok()?;
    Some(line.trim().to_owned())
}
