//! `up`: applies pending migrations.

use clap::Args;
use migrate_core::{OutOfOrder, Target, Version};

use super::change::{Change, of_risk};
use super::plan;
use crate::cli::confirm::Consent;
use crate::cli::connection::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;

#[derive(Clone, Debug, Args)]
pub struct Up {
    /// Apply migrations up to and including this version
    #[arg(long, value_name = "VERSION")]
    to: Option<Version>,
    /// Also apply pending migrations that are older than an applied one
    #[arg(long)]
    out_of_order: bool,
    /// Only show the plan
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    consent: Consent,
}

impl Up {
    pub(super) fn run(self, session: &mut Session<'_>) -> Result<Exit, Failure> {
        let target = self.to.map_or(Target::Latest, Target::UpTo);
        if self.dry_run {
            return plan::show(session, target, self.out_of_order, false);
        }
        if self.out_of_order {
            session.migrator = session.migrator.clone().out_of_order(OutOfOrder::Apply);
        }
        let (access, consent) = (Access::Create, &self.consent);
        Change { verb: "up", target, access, consent, danger: &of_risk }.run(session)
    }
}
