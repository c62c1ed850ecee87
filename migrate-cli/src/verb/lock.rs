//! `lock`: writes `migrate.lock`, or checks that it is complete.

use std::fmt::Write as _;

use clap::Args;
use migrate::Version;
use migrate::cli::{Console, Exit, Failure};
use migrate::lock_file::{self, LockError};
use serde_json::json;

use crate::diff;
use crate::folder::Folder;

#[derive(Debug, Args)]
pub(crate) struct Lock {
    /// Write nothing; exit with 1 if a migration is not locked. For CI
    #[arg(long, conflicts_with = "accept")]
    check: bool,
    /// Accept an edit of this locked migration, which must still do the same, and lock no draft; can be repeated
    #[arg(long, value_name = "VERSION")]
    accept: Vec<Version>,
}

impl Lock {
    pub(crate) fn run(self, folder: &Folder, console: &Console) -> Result<Exit, Failure> {
        let source = folder.source()?;
        let before = source.files().iter().find(|file| file.path() == "migrate.lock");
        let before = before.and_then(|file| file.text()).unwrap_or_default().to_owned();
        let update = source.lock(&self.accept, Some(migrate_lint::analyse))?;
        let changes = if self.check {
            update.changes().to_vec()
        } else {
            lock_file::write_analysed(folder.path(), &self.accept, Some(migrate_lint::analyse))
                .map_err(failure)?
        };
        if !changes.is_empty() {
            console.note(diff::of_lines(&before, update.text()));
        }
        let mut text = String::new();
        for change in &changes {
            let _ = writeln!(text, "{change}");
        }
        let summary = match (changes.is_empty(), self.check) {
            (true, _) => "everything is locked",
            (false, true) => "not everything is locked: run `cargo migrate lock`",
            (false, false) if !self.accept.is_empty() => {
                "accepted; drafts stay drafts until `cargo migrate lock`"
            }
            (false, false) => "locked",
        };
        console.answer(
            "lock",
            text + summary,
            json!({ "written": !self.check && !changes.is_empty(), "changes": changes }),
        );
        Ok(if self.check && !changes.is_empty() { Exit::FAILED } else { Exit::DONE })
    }
}

fn failure(error: LockError) -> Failure {
    match error {
        LockError::Folder(diagnostics) => diagnostics.into(),
        other => Failure::new("lock", other.to_string()),
    }
}
