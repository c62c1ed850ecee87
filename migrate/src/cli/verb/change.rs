//! What all verbs that change a database have in common.

use migrate_core::{Action, Plan, Risk, Target};
use serde::Serialize;

use crate::cli::confirm::{Consent, Danger, Kept};
use crate::cli::connection::Access;
use crate::cli::database::Database;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::{Error, Report};

/// A run to a target.
pub(super) struct Change<'c> {
    pub(super) verb: &'static str,
    pub(super) target: Target,
    pub(super) access: Access,
    pub(super) consent: &'c Consent,
    /// What the plan may do.
    pub(super) danger: fn(&Plan) -> Danger,
}

impl Change<'_> {
    pub(super) fn run(self, session: &Session<'_>) -> Result<Exit, Failure> {
        let mut database = session.open(self.access)?;
        let plan = session.migrator.plan(&mut database.connection, self.target)?;
        let kept = if plan.is_empty() {
            Kept::default()
        } else {
            self.consent.obtain(session, &mut database, &(self.danger)(&plan), &plan.to_string())?
        };
        let (migrator, progress) = session.watched();
        let migrator = migrator.agreed(&plan);
        let done = migrator.run(database.connection.shown(&progress), self.target);
        progress.end();
        finish(session, &database, self.verb, &kept, done)
    }
}

/// What a run answers.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    report: &'a Report,
    #[serde(flatten)]
    kept: &'a Kept,
}

/// Prints what was done.
pub(super) fn finish(
    session: &Session<'_>,
    database: &Database,
    verb: &str,
    kept: &Kept,
    done: Result<Report, Error>,
) -> Result<Exit, Failure> {
    let report = done?;
    session.console.answer(verb, text(session, &report), database.json(&Answer { report: &report, kept }));
    Ok(Exit::DONE)
}

/// Where the lines of a run were shown while it was under way, how many there were.
fn text(session: &Session<'_>, report: &Report) -> String {
    if !session.console.is_talkative() || report.is_empty() {
        return report.to_string();
    }
    let count = report.migrations.len();
    let migrations = if count == 1 { "migration" } else { "migrations" };
    let mut text = format!("done: {count} {migrations}");
    if !report.ahead.is_empty() {
        let versions: Vec<String> = report.ahead.iter().map(ToString::to_string).collect();
        text += &format!("\nthe database is ahead of this binary, which may run: {}", versions.join(" "));
    }
    text
}

/// What is only written to the history needs no question.
pub(super) fn harmless(_plan: &Plan) -> Danger {
    Danger::None
}

/// Applying is dangerous where a migration is; what nobody looked at may be.
pub(super) fn of_risk(plan: &Plan) -> Danger {
    let count =
        |risk| plan.steps.iter().filter(|step| step.action.runs_script() && step.risk == risk).count();
    let (high, unknown) = (count(Some(Risk::High)), count(None));
    match (high, unknown) {
        (0, 0) => Danger::None,
        (0, _) => Danger::Destructive(format!("nobody judged what {} can do", migrations(unknown))),
        _ => Danger::Destructive(format!("{} of high risk", are(high))),
    }
}

fn migrations(count: usize) -> String {
    if count == 1 { "1 migration".to_owned() } else { format!("{count} migrations") }
}

fn are(count: usize) -> String {
    format!("{} {}", migrations(count), if count == 1 { "is" } else { "are" })
}

/// A rollback takes back what was made, with what is in it.
pub(super) fn of_rollback(plan: &Plan) -> Danger {
    let count = plan.steps.iter().filter(|step| step.action == Action::Rollback).count();
    Danger::Destructive(format!("{} to be rolled back, with the data in what was made", are(count)))
}
