//! The folder as `adopt` would change it: it is built and read in a temporary copy, and written to the folder only once
//! everything fits.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use migrate::cli::Failure;
use migrate::{Engine, MigrationSet};
use tempfile::TempDir;

use super::Found;
use crate::adopt::{Conversion, Policy, conversion};
use crate::folder::Folder;

/// The folder as it will be, with the set that it holds then.
pub(super) struct Draft {
    pub(super) set: MigrationSet,
    pub(super) conversion: Conversion,
    /// The `migrate.toml` to write, if the folder has none.
    pub(super) policy: Option<Policy>,
}

impl Draft {
    /// Builds the folder in a copy and reads it there. The folder itself is not changed before everything is known to fit.
    pub(super) fn of(
        found: &Found,
        folder: &Folder,
        files: &[(String, String)],
        engine: Engine,
    ) -> Result<Draft, Failure> {
        let conversion = conversion(found.tool, files).map_err(|obstacles| {
            let lines = obstacles
                .iter()
                .map(|(path, why)| format!("{why}\n --> {}", folder.path().join(path).display()));
            let lines: Vec<String> = lines.collect();
            Failure::new("not-split", lines.join("\n")).help(format!(
                "write the file in the form that {} reads, or move it out of the folder",
                found.tool
            ))
        })?;
        let copy =
            tempfile::tempdir().map_err(|error| unreadable(Path::new("the temporary folder"), &error))?;
        let kept = files.iter().filter(|(path, _)| !conversion.removes.contains(path));
        for (path, text) in kept.chain(&conversion.writes) {
            write(copy.path(), path, text)?;
        }
        let has_policy = files.iter().any(|(path, _)| path == POLICY);
        let (set, policy) = if has_policy {
            (read(folder, &copy)?, None)
        } else {
            let policy = forgiving(folder, &copy, found.policy(engine))?;
            (read(folder, &copy)?, Some(policy))
        };
        Ok(Draft { set, conversion, policy })
    }

    /// The changes to the folder, as text for the user.
    pub(super) fn shown(&self, folder: &Path) -> String {
        let path = |path: &str| folder.join(path).display().to_string();
        let mut lines = Vec::new();
        if let Some(policy) = &self.policy {
            lines.push(format!("+ {}", path(POLICY)));
            lines.extend(policy.to_string().lines().map(|line| format!("    {line}")));
        }
        lines.extend(self.conversion.writes.iter().map(|(new, _)| format!("+ {}", path(new))));
        lines.extend(self.conversion.removes.iter().map(|old| format!("- {}", path(old))));
        if lines.is_empty() { "the files stay as they are".to_owned() } else { lines.join("\n") }
    }

    /// Writes the changes to the folder. New files come first, so that every migration is in some file at all times.
    pub(super) fn write(&self, folder: &Path) -> Result<(), Failure> {
        let policy = self.policy.iter().map(|policy| (POLICY.to_owned(), policy.to_string()));
        for (path, text) in policy.chain(self.conversion.writes.iter().cloned()) {
            write(folder, &path, &text)?;
        }
        for path in &self.conversion.removes {
            let path = folder.join(path);
            fs::remove_file(&path).map_err(|error| unwritable(&path, &error))?;
        }
        Ok(())
    }
}

const POLICY: &str = "migrate.toml";

/// Writes the strictest policy under which the copy can be read.
fn forgiving(folder: &Folder, copy: &TempDir, policy: Policy) -> Result<Policy, Failure> {
    write(copy.path(), POLICY, &policy.to_string())?;
    let Err(diagnostics) = folder.source_at(copy.path())?.into_set(folder.overrides()) else {
        return Ok(policy);
    };
    let root = format!("{}/", folder.path().to_string_lossy().trim_end_matches('/'));
    let policy = policy.forgiving(&diagnostics, |path| path.strip_prefix(&root).unwrap_or(path).to_owned());
    fs::write(copy.path().join(POLICY), policy.to_string())
        .map_err(|error| unwritable(&copy.path().join(POLICY), &error))?;
    Ok(policy)
}

fn read(folder: &Folder, copy: &TempDir) -> Result<MigrationSet, Failure> {
    Ok(folder.source_at(copy.path())?.into_set(folder.overrides())?)
}

/// Writes a file that is not there yet.
fn write(folder: &Path, path: &str, text: &str) -> Result<(), Failure> {
    let path = folder.join(path);
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| {
        OpenOptions::new().write(true).create_new(true).open(&path)?.write_all(text.as_bytes())
    });
    written.map_err(|error| unwritable(&path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new("folder", format!("cannot read the folder: {error}\n --> {}", path.display()))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new("folder", format!("cannot write the file: {error}\n --> {}", path.display()))
}

/// The text files of the folder, each with its path inside the folder.
pub(super) fn files(folder: &Folder) -> Result<Vec<(String, String)>, Failure> {
    let source = folder.source()?;
    let files = source.files().iter();
    Ok(files.filter_map(|file| Some((file.path().to_owned(), file.text()?.to_owned()))).collect())
}
