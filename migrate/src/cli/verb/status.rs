//! `status`: shows how the database compares with the migrations, and whether its schema drifted.

use std::fmt::Write;

use clap::Args;
use migrate_core::{
    Direction, MigrationState, MigrationStatus, OlderBinaries, SetState, Status as Answer, Target,
};
use serde::Serialize;

use super::drift;
use crate::cli::connection::Access;
use crate::cli::database::Database;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::style::{ERROR, FAINT, GOOD, STRONG, WARNING, styled};
use crate::schema::Drift;

#[derive(Clone, Debug, Args)]
pub struct Status {
    /// Do not check for drift, which reads the whole schema
    #[arg(long)]
    no_drift: bool,
}

/// The answer in JSON.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    status: &'a Answer,
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: Option<&'a Drift>,
}

impl Status {
    pub(super) fn run(self, session: &Session<'_>) -> Result<Exit, Failure> {
        let mut database = session.open(Access::Read)?;
        let status = session.migrator.status(&mut database.connection)?;
        if status.migrations.iter().all(|migration| migration.applied_at.is_none()) {
            warn_of_other_history(session, &mut database);
        }
        let drift = self.drift(session, &mut database, &status);
        let mut text = table(&status, session.console.program());
        let of_drift = drift.as_ref().map_or(Exit::DONE, drift::exit);
        if let Some(difference) =
            drift.as_ref().and_then(Drift::difference).filter(|_| of_drift != Exit::DONE)
        {
            let count = difference.changes.len();
            let objects = if count == 1 { "object was" } else { "objects were" };
            text += &styled(WARNING, format_args!("\ndrift: {count} {objects} changed by hand"));
            text += &format!("; `{} drift` shows what", session.console.program());
        }
        if matches!(drift, Some(Drift::Unknown { .. } | Drift::OtherFormat)) {
            text += &format!("\ndrift: unknown; `{} drift` says why", session.console.program());
        }
        session.console.answer(
            "status",
            text,
            database.json(&Document { status: &status, drift: drift.as_ref() }),
        );
        Ok(exit(&status).and(of_drift))
    }

    /// The drift, or `None` with a warning if it cannot be read: a role that may read only the history still gets its
    /// answer. If nothing is applied, there is nothing to drift from.
    fn drift(&self, session: &Session<'_>, database: &mut Database, status: &Answer) -> Option<Drift> {
        if self.no_drift || status.migrations.iter().all(|migration| migration.applied_at.is_none()) {
            return None;
        }
        let found = session.migrator.drift(&mut database.connection);
        found.map_err(|error| session.console.warn(&format!("could not check for drift: {error}"))).ok()
    }
}

/// A run would be refused.
fn warn_of_other_history(session: &Session<'_>, database: &mut Database) {
    let plan = session.migrator.plan(&mut database.connection, Target::Latest);
    if let Err(error) = plan
        && error.is_of_other_history()
    {
        session.console.warn(&error.to_string());
    }
}

fn exit(status: &Answer) -> Exit {
    let bit = |migration: &MigrationStatus| match migration.state {
        MigrationState::Pending => Exit::PENDING,
        MigrationState::OutOfOrder => Exit::PENDING.and(Exit::DIVERGED),
        MigrationState::Interrupted => Exit::INTERRUPTED,
        MigrationState::Changed => Exit::DIVERGED,
        MigrationState::Unknown if migration.older_binaries != Some(OlderBinaries::Ok) => Exit::DIVERGED,
        MigrationState::Unknown | MigrationState::Applied | MigrationState::Baseline => Exit::DONE,
    };
    status.migrations.iter().map(bit).fold(Exit::DONE, Exit::and)
}

fn table(status: &Answer, program: &str) -> String {
    let name = |migration: &MigrationStatus| format!("{}_{}", migration.version, migration.name);
    let width =
        status.migrations.iter().map(|migration| name(migration).chars().count()).max().unwrap_or_default();
    let mut out = String::new();
    for migration in &status.migrations {
        let style = match migration.state {
            MigrationState::Applied | MigrationState::Baseline => GOOD,
            MigrationState::Pending | MigrationState::Unknown => WARNING,
            MigrationState::OutOfOrder | MigrationState::Changed | MigrationState::Interrupted => ERROR,
        };
        let state = styled(style, format_args!("{:<12}", migration.state));
        let remark = match (&migration.applied_at, migration.risk) {
            (Some(at), _) => {
                let during = migration.direction.map_or(String::new(), |way| format!("  during its {way}"));
                styled(FAINT, format_args!("{at}{during}"))
            }
            (None, Some(risk)) => format!("risk {risk}"),
            (None, None) => String::new(),
        };
        let line = format!("{state}  {:<width$}  {remark}", name(migration));
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out + &summary(status, program)
}

/// The verb that finishes interrupted migrations. One verb finishes all of them, because a run has one direction.
fn resuming(status: &Answer) -> &'static str {
    let is_rollback = |migration: &MigrationStatus| migration.direction == Some(Direction::Rollback);
    if status.migrations.iter().any(is_rollback) { "down" } else { "up" }
}

/// The last line: the state, a number for each kind of migration, and what to type next.
fn summary(status: &Answer, program: &str) -> String {
    let count = |state| status.migrations.iter().filter(|migration| migration.state == state).count();
    let applied = count(MigrationState::Applied) + count(MigrationState::Baseline);
    let mut counts = vec![format!("{applied} applied")];
    for state in [
        MigrationState::Pending,
        MigrationState::OutOfOrder,
        MigrationState::Changed,
        MigrationState::Unknown,
        MigrationState::Interrupted,
    ] {
        let count = count(state);
        if count > 0 {
            counts.push(format!("{count} {state}"));
        }
    }
    let next = match status.state {
        SetState::UpToDate | SetState::AheadCompatible => String::new(),
        SetState::Behind => format!("; `{program} up` applies what is pending"),
        SetState::AheadIncompatible => "; this needs a newer binary".to_owned(),
        SetState::Diverged => format!("; `{program} plan` says what is in the way"),
        SetState::Interrupted => format!("; `{program} {}` goes on where it stopped", resuming(status)),
    };
    format!("{}: {}{next}", styled(STRONG, status.state), counts.join(", "))
}
