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
    /// This one was applied, or finished, by hand
    #[arg(long, value_name = "VERSION")]
    applied: Option<Version>,
    /// This one was undone by hand
    #[arg(long, value_name = "VERSION")]
    rolled_back: Option<Version>,
}

impl Resolve {
    pub(super) fn run(self, session: &Session<'_>) -> Result<Exit, Failure> {
        let target = match (self.applied, self.rolled_back) {
            (Some(version), _) => Target::ResolveApplied(version),
            (None, Some(version)) => Target::ResolveRolledBack(version),
            (None, None) => unreachable!("the arguments are a group, of which one is required"),
        };
        let (access, consent) = (Access::Change, &Consent::default());
        Change { verb: "resolve", target, access, consent, danger: harmless }.run(session)
    }
}
