//! `redo`: rolls the last migration back and applies it again.

use clap::Args;
use migrate_core::Target;

use super::change::{Change, of_rollback};
use crate::cli::confirm::Consent;
use crate::cli::connection::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;

#[derive(Clone, Debug, Args)]
pub struct Redo {
    #[command(flatten)]
    consent: Consent,
}

impl Redo {
    pub(super) fn run(self, session: &Session<'_>) -> Result<Exit, Failure> {
        let (access, consent) = (Access::Existing, &self.consent);
        Change { verb: "redo", target: Target::Redo, access, consent, danger: &of_rollback }.run(session)
    }
}
