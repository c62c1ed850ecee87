//! `down`: rolls migrations back.

use clap::Args;
use migrate_core::{Plan, Target, Version};

use super::change::{Change, of_rollback, of_rollback_of};
use super::plan;
use crate::cli::confirm::Consent;
use crate::cli::connection::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;

#[derive(Clone, Debug, Args)]
pub struct Down {
    /// How many migrations to roll back
    #[arg(default_value_t = 1, conflicts_with_all = ["to", "all"])]
    steps: usize,
    /// Roll back all migrations above this version, which stays applied
    #[arg(long, value_name = "VERSION", conflicts_with = "all")]
    to: Option<Version>,
    /// Roll back all migrations
    #[arg(long)]
    all: bool,
    /// Only show the plan
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    consent: Consent,
}

impl Down {
    pub(super) fn run(self, session: &Session<'_>) -> Result<Exit, Failure> {
        let target = match self.to {
            Some(version) => Target::DownTo(version),
            None if self.all => Target::Down(usize::MAX),
            None => Target::Down(self.steps),
        };
        if self.dry_run {
            return plan::show(session, target, false, false);
        }
        let danger = |plan: &Plan| match target {
            Target::Down(steps) if !self.all => of_rollback_of(steps, plan),
            _ => of_rollback(plan),
        };
        let (access, consent) = (Access::Existing, &self.consent);
        Change { verb: "down", target, access, consent, danger: &danger }.run(session)
    }
}
