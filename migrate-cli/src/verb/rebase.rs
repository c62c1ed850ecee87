use std::fs;
use std::path::Path;

use clap::Args;
use migrate::cli::{Console, Exit, Failure, Options, confirm};
use migrate_core::Renumbering;
use serde_json::{Value, json};

use crate::diff;
use crate::folder::Folder;
use crate::moment;

#[derive(Debug, Args)]
pub(crate) struct Rebase {
    /// Renames without asking
    #[arg(long, short)]
    yes: bool,
}

impl Rebase {
    pub(crate) fn run(self, folder: &Folder, _options: &Options, console: &Console) -> Result<Exit, Failure> {
        let outline = folder.outline()?;
        let renumbered = outline.rebased(moment::now());
        let Some(head) = outline.locked_head().filter(|_| !renumbered.is_empty()) else {
            let text = match outline.locked_head() {
                Some(head) => format!("all drafts come after {head}, the last that is locked"),
                None => "nothing is locked, so nothing has to come after it".to_owned(),
            };
            console.answer("rebase", text, json!({ "renamed": [] }));
            return Ok(Exit::DONE);
        };
        let pairs = || renumbered.iter().flat_map(|draft| &draft.paths);
        if let Some((_, to)) =
            pairs().find(|(_, to)| !pairs().any(|(from, _)| from == to) && folder.path().join(to).exists())
        {
            return Err(Failure::new(
                "exists",
                format!("there is a {} already", folder.path().join(to).display()),
            )
            .help("rename that first, or remove it; nothing was renamed"));
        }
        let shown: Vec<String> =
            pairs().map(|(from, to)| format!("{}\n{}", diff::gone(from), diff::new(to))).collect();
        let shown = shown.join("\n");
        if self.yes {
            console.note(&shown);
        } else {
            let what = format!("drafts come before {head}, the last that is locked");
            confirm(&shown, &what, "Rename them?")?;
        }
        rename(folder.path(), &renumbered)?;
        let count = renumbered.len();
        let drafts = if count == 1 { "1 draft is".to_owned() } else { format!("{count} drafts are") };
        let text = format!("{drafts} renumbered to come after {head}");
        let renamed: Vec<Value> = pairs().map(|(from, to)| json!({ "from": from, "to": to })).collect();
        console.answer("rebase", text, json!({ "renamed": renamed }));
        Ok(Exit::DONE)
    }
}

/// The last first, so that none takes the place of one that is yet to move.
fn rename(folder: &Path, renumbered: &[Renumbering]) -> Result<(), Failure> {
    for (from, to) in renumbered.iter().rev().flat_map(|draft| &draft.paths) {
        fs::rename(folder.join(from), folder.join(to)).map_err(|error| {
            Failure::new("write", format!("cannot rename {from} to {to}: {error}"))
                .help("`cargo migrate rebase` goes on with what is left")
        })?;
    }
    Ok(())
}
