//! `baseline`: records the migrations of a database that is older than its history.

use clap::Args;
use migrate_core::{Target, Version};

use super::change::{Change, harmless};
use crate::cli::confirm::Consent;
use crate::cli::connection::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;

#[derive(Clone, Debug, Args)]
pub struct Baseline {
    /// The last migration that is already in place
    version: Version,
}

impl Baseline {
    pub(super) fn run(self, session: &Session<'_>) -> Result<Exit, Failure> {
        let (target, access, consent) =
            (Target::Baseline(self.version), Access::Existing, &Consent::default());
        Change { verb: "baseline", target, access, consent, danger: &harmless }.run(session)
    }
}
