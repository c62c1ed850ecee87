//! The steps that all verbs which change a database share: plan, consent, run, answer. A verb brings its target and says
//! how dangerous a plan is.

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
    /// How dangerous the plan is.
    pub(super) danger: &'c dyn Fn(&Plan) -> Danger,
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

/// The answer of a run in JSON.
#[derive(Serialize)]
struct Answer<'a, T> {
    #[serde(flatten)]
    report: &'a Report,
    #[serde(flatten)]
    before: &'a T,
}

/// Prints the report of a run, and what was done before it.
pub(super) fn finish(
    session: &Session<'_>,
    database: &Database,
    verb: &str,
    before: &impl Serialize,
    done: Result<Report, Error>,
) -> Result<Exit, Failure> {
    let report = done?;
    session.console.answer(verb, text(session, &report), database.json(&Answer { report: &report, before }));
    Ok(Exit::DONE)
}

/// The report, or only its number of migrations if they were shown during the run.
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

/// A run that only writes to the history needs no consent.
pub(super) fn harmless(_plan: &Plan) -> Danger {
    Danger::None
}

/// Applying needs consent if a migration has high risk. Unknown risk counts as high: it may be.
pub(super) fn of_risk(plan: &Plan) -> Danger {
    let count =
        |risk| plan.steps.iter().filter(|step| step.action.runs_script() && step.risk == risk).count();
    let (high, unknown) = (count(Some(Risk::High)), count(None));
    match (high, unknown) {
        (0, 0) => Danger::None,
        (0, _) => Danger::Destructive(format!("the risk of {} is unknown", migrations(unknown))),
        _ => Danger::Destructive(format!("{} high risk", have(high))),
    }
}

fn migrations(count: usize) -> String {
    if count == 1 { "1 migration".to_owned() } else { format!("{count} migrations") }
}

fn have(count: usize) -> String {
    format!("{} {}", migrations(count), if count == 1 { "has" } else { "have" })
}

/// A rollback always needs consent: it drops what the migrations made, with the data in it.
pub(super) fn of_rollback(plan: &Plan) -> Danger {
    Danger::Destructive(format!("rolling back {} may lose data", migrations(rolled_back(plan))))
}

/// A rollback of so many migrations. If fewer are applied, that may be another database than the one that was meant.
pub(super) fn of_rollback_of(steps: usize, plan: &Plan) -> Danger {
    let applied = rolled_back(plan);
    if applied >= steps {
        return of_rollback(plan);
    }
    let are = if applied == 1 { "is" } else { "are" };
    Danger::Surprising {
        what: format!(
            "only {} {are} applied, fewer than {steps}: all of them would be rolled back",
            migrations(applied)
        ),
        instead: format!("`down {applied}` or `down --all`"),
    }
}

fn rolled_back(plan: &Plan) -> usize {
    plan.steps.iter().filter(|step| step.action == Action::Rollback).count()
}
