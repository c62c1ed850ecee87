//! `resolve`: records what someone did by hand, after a run could not finish.

use clap::Args;
use migrate_core::{Target, Version};

use super::change::{Change, harmless};
use crate::cli::confirm::Consent;
use crate::cli::connection::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;

#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Resolve {
    /// This migration was applied, or finished, by hand
    #[arg(long, value_name = "VERSION")]
    applied: Option<Version>,
    /// This migration was rolled back by hand
    #[arg(long, value_name = "VERSION")]
    rolled_back: Option<Version>,
    /// The statement in which this migration was interrupted is done: the next run continues after it
    #[arg(long, value_name = "VERSION")]
    statement_done: Option<Version>,
    /// The statement in which this migration was interrupted is not done: the next run repeats it
    #[arg(long, value_name = "VERSION")]
    statement_undone: Option<Version>,
}

impl Resolve {
    pub(super) fn run(self, session: &Session<'_>) -> Result<Exit, Failure> {
        let Resolve { applied, rolled_back, statement_done, statement_undone } = self;
        let target = applied.map(Target::ResolveApplied);
        let target = target.or(rolled_back.map(Target::ResolveRolledBack));
        let target = target.or(statement_done.map(Target::StatementDone));
        let target = target.or(statement_undone.map(Target::StatementUndone));
        let target =
            target.unwrap_or_else(|| unreachable!("the arguments are a group, of which one is required"));
        let (access, consent) = (Access::Existing, &Consent::default());
        Change { verb: "resolve", target, access, consent, danger: &harmless }.run(session)
    }
}
