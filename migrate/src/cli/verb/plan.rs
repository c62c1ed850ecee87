//! `plan`: shows what a run would do. `up --dry-run` and `down --dry-run` show the same.

use clap::Args;
use migrate_core::{OutOfOrder, Target, Version};

use crate::cli::connection::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;

#[derive(Clone, Debug, Args)]
pub struct Plan {
    /// Plan up to this version; with `--down`, down to it
    #[arg(long, value_name = "VERSION")]
    to: Option<Version>,
    /// Plan a rollback of the last N migrations. Default: 1
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "1")]
    down: Option<usize>,
    /// Also plan pending migrations that are older than an applied one
    #[arg(long)]
    out_of_order: bool,
    /// Leave out the SQL
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

/// Prints the plan to a target.
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
