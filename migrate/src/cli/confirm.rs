//! Consent to a change: the plan comes in, and either a refusal or a backup and a restore point come out. All of this
//! happens before the first change.

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

/// The options of a verb that changes a database: whether it may, which database, and with what backup.
#[derive(Clone, Debug, Default, Args)]
#[non_exhaustive]
pub struct Consent {
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    /// The name of the database that may be changed; any other is refused. A protected database asks for it
    #[arg(long, value_name = "NAME")]
    pub database: Option<String>,
    /// Back up the database into this folder before anything changes
    #[arg(long, value_name = "DIR")]
    pub backup: Option<PathBuf>,
}

/// What a run may do to a database.
pub(super) enum Danger {
    /// Nothing that needs consent.
    None,
    /// Something that needs consent; the text says what.
    Destructive(String),
    /// Something that needs consent, and that may not be what was meant. A protected database asks for its name even if
    /// `--database` gave it.
    Surprising {
        what: String,
        /// The arguments that mean just this.
        instead: String,
    },
}

impl Consent {
    /// Checks that this is the database that `--database` names, and asks whether the user wants what is `shown`. Then it
    /// sets a restore point and makes a backup.
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
                format!("this is `{name}`, and only `{asked}` may be changed: nothing was changed"),
            )
            .help("check the address of the database, or `--database`"));
        }
        let mut kept = Kept::default();
        if let Danger::Destructive(what) | Danger::Surprising { what, .. } = danger {
            let protection = protection::of(&mut database.connection, &session.migrator)?;
            let way = match danger {
                Danger::Surprising { instead, .. } => format!("give {instead} if that is what you want"),
                _ => format!("give `--database {name}` if that is what you want: `--yes` is not enough"),
            };
            let is_given = match (&protection, danger) {
                (Some(_), Danger::Surprising { .. }) => false,
                (Some(_), _) => self.database.is_some(),
                (None, _) => self.yes,
            };
            match protection {
                _ if is_given => session.console.note(shown_with(shown, danger)),
                Some(protection) => ask_for_name(session.console, shown, &protection, (what, &way), &name)?,
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

/// The plan, with a line about what may not be meant.
fn shown_with(shown: &str, danger: &Danger) -> String {
    match danger {
        Danger::Surprising { what, .. } => format!("{shown}\n{what}"),
        _ => shown.to_owned(),
    }
}

/// The restore point and the backup that were made before a run.
#[derive(Default, Serialize)]
pub(super) struct Kept {
    #[serde(skip_serializing_if = "Option::is_none")]
    restore_point: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<Backup>,
}

/// Asks the user on the terminal: prints `shown` (the whole plan), `what` (one line about it) and `question`.
///
/// # Errors
///
/// If the user does not answer yes, or if there is no terminal to ask on. The help then names `--yes`.
pub fn confirm(console: &Console, shown: &str, what: &str, question: &str) -> Result<(), Failure> {
    let Some(answer) = answer(console, shown, what, &format!("{question} [y/N]")) else {
        return Err(Failure::new("not-asked", format!("{what}, and there is no terminal to ask on"))
            .help("nothing was changed; give `--yes`"));
    };
    if matches!(answer.to_lowercase().as_str(), "y" | "yes") { Ok(()) } else { Err(declined()) }
}

/// A protected database asks for its name, because people type `y` without thinking.
fn ask_for_name(
    console: &Console,
    shown: &str,
    protection: &str,
    (what, way): (&str, &str),
    name: &str,
) -> Result<(), Failure> {
    let what = format!("`{name}` is protected as `{protection}`, and {what}");
    let Some(answer) = answer(console, shown, &what, "Type the name of the database to go on:") else {
        return Err(Failure::new("protected", what).help(format!("nothing was changed; {way}")));
    };
    if answer == name { Ok(()) } else { Err(declined()) }
}

fn declined() -> Failure {
    Failure::new("declined", "declined: nothing was changed")
}

/// What the user types, or `None` without a terminal. `shown` is printed in both cases.
fn answer(console: &Console, shown: &str, what: &str, question: &str) -> Option<String> {
    if !stdin().is_terminal() || !stderr().is_terminal() {
        console.note(shown);
        return None;
    }
    let mut terminal = anstream::stderr();
    // If the terminal is gone, the read below gives no answer either.
    let _ =
        write!(terminal, "{}\n\n{}\n{} ", safe(shown), safe(styled(style::WARNING, what)), safe(question));
    let _ = terminal.flush();
    let mut line = String::new();
    stdin().read_line(&mut line).ok()?;
    Some(line.trim().to_owned())
}
