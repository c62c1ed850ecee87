//! `rebase`: renumbers drafts so that they come after the locked migrations.

use std::fs;
use std::path::Path;

use clap::Args;
use migrate::cli::{Address, Console, Database, Exit, Failure, Options, confirm};
use migrate::{MigrationSet, Migrator, Version};
use migrate_core::Renumbering;
use serde_json::{Value, json};

use crate::diff;
use crate::folder::Folder;
use crate::moment;

#[derive(Debug, Args)]
pub(crate) struct Rebase {
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

impl Rebase {
    pub(crate) fn run(self, folder: &Folder, options: &Options, console: &Console) -> Result<Exit, Failure> {
        let outline = folder.outline()?;
        let now = moment::now();
        let renumbered = outline.rebased(now);
        let Some(head) = outline.locked_head().filter(|_| !renumbered.is_empty()) else {
            let text = match outline.locked_head() {
                Some(head) => format!("all drafts come after {head}, the last locked migration"),
                None => "nothing is locked, so nothing has to come after it".to_owned(),
            };
            console.answer("rebase", text, json!({ "renamed": [] }));
            return Ok(Exit::DONE);
        };
        let pairs = || renumbered.iter().flat_map(|draft| &draft.paths);
        places_are_free(folder.path(), &renumbered)?;
        for version in applied(&renumbered, &outline.empty_set(), options, console) {
            console.warn(&format!(
                "migration {version} is applied to the database, which would not know it under its new version\n \
                 help: answer no, roll it back with `cargo migrate down`, and then rebase"
            ));
        }
        let shown: Vec<String> =
            pairs().map(|(from, to)| format!("{}\n{}", diff::gone(from), diff::new(to))).collect();
        let shown = shown.join("\n");
        if self.yes {
            console.note(&shown);
        } else {
            let what = format!("drafts come before {head}, the last locked migration");
            confirm(console, &shown, &what, "Rename them?")?;
        }
        // The folder may have changed while the question was open.
        places_are_free(folder.path(), &renumbered)?;
        if folder.outline()?.rebased(now) != renumbered {
            return Err(Failure::new(
                "changed",
                "the folder has changed since it was read: nothing was renamed",
            )
            .help("run it again"));
        }
        rename(folder.path(), &renumbered)?;
        let count = renumbered.len();
        let drafts = if count == 1 { "1 draft".to_owned() } else { format!("{count} drafts") };
        let text = format!("renumbered {drafts} to come after {head}");
        let renamed: Vec<Value> = pairs().map(|(from, to)| json!({ "from": from, "to": to })).collect();
        console.answer("rebase", text, json!({ "renamed": renamed }));
        Ok(Exit::DONE)
    }
}

/// Refuses if a file already has a new name: a rename would replace it.
fn places_are_free(folder: &Path, renumbered: &[Renumbering]) -> Result<(), Failure> {
    let pairs = || renumbered.iter().flat_map(|draft| &draft.paths);
    let is_left = |path: &String| pairs().any(|(from, _)| from == path);
    match pairs().map(|(_, to)| to).find(|to| !is_left(to) && folder.join(to).exists()) {
        Some(to) => Err(Failure::new("exists", format!("there is a {} already", folder.join(to).display()))
            .help("rename or remove that file first; nothing was renamed")),
        None => Ok(()),
    }
}

/// Renames all files, or none. The last one comes first, so that no file replaces one that has not moved yet.
fn rename(folder: &Path, renumbered: &[Renumbering]) -> Result<(), Failure> {
    let mut done = Vec::new();
    for (from, to) in renumbered.iter().rev().flat_map(|draft| &draft.paths) {
        if let Err(error) = fs::rename(folder.join(from), folder.join(to)) {
            for (from, to) in done.into_iter().rev() {
                // An error here is ignored: if the folder is gone, nothing can be put back.
                let _ = fs::rename(folder.join(to), folder.join(from));
            }
            return Err(Failure::new("write", format!("cannot rename {from} to {to}: {error}"))
                .help("check that you may write there; the files that were already renamed were put back"));
        }
        done.push((from, to));
    }
    Ok(())
}

/// The drafts that the database has applied, if a database is named and can be reached.
fn applied(
    renumbered: &[Renumbering],
    set: &MigrationSet,
    options: &Options,
    console: &Console,
) -> Vec<Version> {
    match Address::find(options.database_url.as_deref()) {
        Err(_) => return Vec::new(),
        Ok((Address::Sqlite(file), _)) if !file.path().exists() => return Vec::new(),
        Ok(_) => {}
    }
    let status = options.clone().complete().and_then(|options| {
        let migrator = options.configure(Migrator::new(set));
        Ok(Database::open(&options, console)?.status(&migrator)?)
    });
    match status {
        Ok(status) => {
            let known: Vec<Version> = status.migrations.iter().map(|migration| migration.version).collect();
            renumbered.iter().map(|draft| draft.from).filter(|version| known.contains(version)).collect()
        }
        Err(failure) => {
            console.warn(&format!("could not check whether a draft is applied: {failure}"));
            Vec::new()
        }
    }
}
