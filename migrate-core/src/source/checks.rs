//! Rules across migrations: one form in a tree, one version for each migration, no part without its migration.

use super::names::{self, Named};
use super::parts::Parts;
use super::problems::Problems;
use crate::Version;
use crate::diagnostic::{Diagnostic, Severity};
use crate::file_name::{FileName, Form, Part};
use crate::lock_file::LockFile;
use crate::problem::{FileNameProblem, FilesProblem};

/// An empty folder with the name of a migration, in a tree of folders, is a migration that someone forgot to fill.
pub(super) fn empty_folders(folders: &[String], named: &[Named<'_>], problems: &mut Problems<'_>) {
    if named.iter().all(|named| named.file_name.form != Form::Directory) {
        return;
    }
    for folder in folders {
        let up = format!("{folder}/up.sql");
        if FileName::parse(&up).is_ok_and(|name| name.numbered().is_ok()) {
            problems.of_file(FilesProblem::NoUp, folder);
        }
    }
}

/// The migrations of the form that most files have. The others are reported.
pub(super) fn one_form<'a>(migrations: Vec<Parts<'a>>, problems: &mut Problems<'_>) -> Vec<Parts<'a>> {
    let Some(most) = names::most_used(migrations.iter().flat_map(Parts::files)) else { return migrations };
    let of_most = |named: &&Named<'_>| named.file_name.form == most;
    let example = ups(&migrations)
        .find(of_most)
        .or_else(|| migrations.iter().flat_map(Parts::files).find(of_most))
        .map_or(String::new(), |named| problems.display_path(&named.file.path));
    let mut of_one = Vec::new();
    for parts in migrations {
        let stranger = parts.files().find(|named| !goes_with(most, named.file_name));
        let Some(Named { file, file_name, .. }) = stranger else {
            of_one.push(parts);
            continue;
        };
        let form = file_name.form;
        let problem = FileNameProblem::MixedForms { form, other_form: most, other: example.clone() };
        problems.of_file(problem, &file.path);
    }
    of_one
}

/// A verify script goes with either flat form.
fn goes_with(form: Form, file_name: FileName<'_>) -> bool {
    let is_flat = |form| matches!(form, Form::FlatPair | Form::FlatSingle);
    let is_flat_verify = file_name.part == Part::Verify && is_flat(form) && is_flat(file_name.form);
    file_name.form == form || is_flat_verify
}

/// A bare date (`20251202`) sorts before every timestamp, and so before migrations that are years older.
pub(super) fn dates(migrations: &[Parts<'_>], problems: &mut Problems<'_>) {
    let Some(timestamp) = ups(migrations).find(|up| up.version.is_timestamp()) else { return };
    for date in ups(migrations).filter(|up| up.version.is_date()) {
        let other = problems.display_path(&timestamp.file.path);
        let problem = FileNameProblem::DateAmongTimestamps { version: date.version, other };
        problems.of_file(problem, &date.file.path);
    }
}

/// A moment with a digit too few or too many (`2020-12-7-190800`) sorts before all timestamps, or after them. Only a warning: a
/// folder that was applied has it for good, and where it is locked it is silent.
pub(super) fn moments(migrations: &[Parts<'_>], locked: Option<&LockFile>, problems: &mut Problems<'_>) {
    let is_locked = |version| locked.is_some_and(|locked| locked.get(version).is_some());
    let mut timestamps: Vec<_> = ups(migrations).filter(|up| up.version.is_timestamp()).collect();
    timestamps.sort_by_cached_key(|up| up.version.to_string());
    let (Some(first), Some(last)) = (timestamps.first(), timestamps.last()) else { return };
    for up in ups(migrations).filter(|up| looks_like_moment(up.version) && !is_locked(up.version)) {
        let digits = up.version.to_string();
        // As texts, both are in the order of their dates, as far as the digits are right.
        let passed = [first, last]
            .into_iter()
            .find(|timestamp| (up.version < timestamp.version) != (digits < timestamp.version.to_string()));
        let Some(passed) = passed else { continue };
        let problem = FileNameProblem::MisplacedMoment {
            version: up.version,
            other: problems.display_path(&passed.file.path),
            suggestion: padded(up.file_name.label),
        };
        let diagnostic = Diagnostic::of_file(problem, problems.display_path(&up.file.path));
        problems.found.push(diagnostic.with_severity(Severity::Warning));
    }
}

/// Whether a version begins with a year and goes on, but is no date and no timestamp.
fn looks_like_moment(version: Version) -> bool {
    let digits = version.to_string();
    let year = digits.get(..4).and_then(|year| year.parse().ok()).unwrap_or(0);
    digits.len() > 8 && (1970..3000).contains(&year) && !version.is_timestamp()
}

/// `2020-12-7-190800_x` as `2020-12-07-190800`, if that is a timestamp.
fn padded(label: &str) -> Option<String> {
    let number = label.split('_').next()?;
    let parts: Vec<String> = number.split('-').map(|part| format!("{part:0>2}")).collect();
    let padded = parts.join("-");
    padded.parse::<Version>().is_ok_and(Version::is_timestamp).then_some(padded)
}

/// Two migrations cannot share a version. If one of them is locked, the other has to give way.
pub(super) fn versions(migrations: &[Parts<'_>], locked: Option<&LockFile>, problems: &mut Problems<'_>) {
    let mut later = migrations;
    let latest = ups(migrations).map(|up| up.version).max();
    for same in migrations.chunk_by(|a, b| a.version == b.version) {
        later = &later[same.len()..];
        let line = locked.and_then(|locked| locked.get(same[0].version));
        if let Some(first) = line.and_then(|line| ups(same).find(|up| line.is_named(up.name))) {
            let head = locked.and_then(LockFile::head).map(|line| line.version);
            for up in ups(same).filter(|up| up.file.path != first.file.path) {
                let suggestion = names::renumbered(&up.file.path, latest.max(head));
                let problem = FileNameProblem::DuplicateOfLocked {
                    version: up.version,
                    other: problems.display_path(&first.file.path),
                    suggestion: suggestion.map(|path| problems.display_path(&path)),
                };
                problems.of_file(problem, &up.file.path);
            }
            continue;
        }
        let Some(first) = first_by_path(same) else { continue };
        let next = ups(later).next();
        for up in ups(same).filter(|up| up.file.path != first.file.path) {
            let free = names::next_version(Some(up.version));
            let is_free = free.is_some_and(|free| next.is_none_or(|next| free < next.version));
            let suggestion = names::renumbered(&up.file.path, Some(up.version)).filter(|_| is_free);
            let problem = FileNameProblem::DuplicateVersion {
                version: up.version,
                other: problems.display_path(&first.file.path),
                suggestion: suggestion.map(|path| problems.display_path(&path)),
                next: next.map(|next| problems.display_path(&next.file.path)),
            };
            problems.of_file(problem, &up.file.path);
        }
    }
}

/// Reports the parts without their migration. Returns the versions for which a rollback script is such a part.
pub(super) fn orphans(migrations: &[Parts<'_>], problems: &mut Problems<'_>) -> Vec<Version> {
    let mut downs = Vec::new();
    for same in migrations.chunk_by(|a, b| a.version == b.version) {
        let twin = first_by_path(same).map(|up| problems.display_path(&up.file.path));
        for parts in same.iter().filter(|parts| parts.up.is_none()) {
            downs.extend(parts.down.as_ref().map(|down| down.version));
            for named in parts.files() {
                let what = named.file_name.part.noun();
                problems.of_file(FilesProblem::Orphan { what, twin: twin.clone() }, &named.file.path);
            }
        }
    }
    downs
}

/// The scripts that apply the migrations.
fn ups<'a, 'b>(migrations: &'b [Parts<'a>]) -> impl Iterator<Item = &'b Named<'a>> {
    migrations.iter().filter_map(|parts| parts.up.as_ref())
}

fn first_by_path<'a, 'b>(migrations: &'b [Parts<'a>]) -> Option<&'b Named<'a>> {
    ups(migrations).min_by(|a, b| a.file.path.cmp(&b.file.path))
}
