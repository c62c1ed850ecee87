//! `repair`: records the present checksums of migrations that were edited after they were applied.

use clap::Args;
use migrate_core::Target;

use super::change::{Change, harmless};
use crate::cli::confirm::Consent;
use crate::cli::connection::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;

#[derive(Clone, Debug, Args)]
#[non_exhaustive]
pub struct Repair {}

impl Repair {
    pub(super) fn run(self, session: &Session<'_>) -> Result<Exit, Failure> {
        let (target, access, consent) = (Target::Repair, Access::Existing, &Consent::default());
        Change { verb: "repair", target, access, consent, danger: &harmless }.run(session)
    }
}
