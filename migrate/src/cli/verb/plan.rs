use clap::Args;
use migrate_core::{OutOfOrder, Target, Version};

use crate::cli::connection::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;

#[derive(Clone, Debug, Args)]
pub struct Plan {
    /// Up to this version; with `--down`, down to it
    #[arg(long, value_name = "VERSION")]
    to: Option<Version>,
    /// Of a rollback: of so many migrations, 1 unless said otherwise
    #[arg(long, value_name = "STEPS", num_args = 0..=1, default_missing_value = "1")]
    down: Option<usize>,
    /// Also what is older than a migration that is applied
    #[arg(long)]
    out_of_order: bool,
    /// Without the SQL
    #[arg(long)]
    brief: bool,
}

impl Plan {
    pub(super) fn run(self, session: &Session<'_>) -> Result<Exit, Failure> {
        let target = match (self.down, self.to) {
            (None, None) => Target::Latest,
            (None, Some(version)) => Target::UpTo(version),
            (Some(_), Some(version)) => Target::DownTo(version),
            (Some(steps), None) => Target::Down(steps),
        };
        show(session, target, self.out_of_order, self.brief)
    }
}

/// Plans and prints.
pub(super) fn show(
    session: &Session<'_>,
    target: Target,
    out_of_order: bool,
    brief: bool,
) -> Result<Exit, Failure> {
    let mut migrator = session.migrator.clone();
    if out_of_order {
        migrator = migrator.out_of_order(OutOfOrder::Apply);
    }
    let mut database = session.open(Access::Read)?;
    let plan = migrator.plan(&mut database.connection, target)?;
    let text = if brief { plan.to_string() } else { format!("{plan:#}") };
    session.console.answer("plan", text, database.json(&plan));
    Ok(Exit::DONE)
}
