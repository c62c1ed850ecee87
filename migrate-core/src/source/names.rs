//! Which files of a folder are migrations.

use std::collections::BTreeMap;

use super::problems::Problems;
use super::{Source, SourceFile, suggestion};
use crate::Version;
use crate::config::{CONFIG_FILE, Config};
use crate::file_name::{FileName, Form, InvalidFileName, Part};
use crate::lock_file::LOCK_FILE;
use crate::problem::FileNameProblem;

/// A file whose name is understood.
pub(super) struct Named<'a> {
    pub(super) file: &'a SourceFile,
    pub(super) file_name: FileName<'a>,
    pub(super) version: Version,
    pub(super) name: &'a str,
}

/// The files that belong to migrations, in the order of their paths.
pub(super) fn read<'a>(source: &'a Source, config: &Config, problems: &mut Problems<'_>) -> Vec<Named<'a>> {
    let mut named = Vec::new();
    // A wrong name is reported once, not for each part of a migration.
    let mut misnamed = BTreeMap::new();
    let mut strangers = Vec::new();
    for file in source.files.iter().filter(|file| !is_no_migration(&file.path, config)) {
        match FileName::parse(&file.path) {
            Err(InvalidFileName::Unknown) => strangers.push(file.path.as_str()),
            Err(reason) => {
                problems.of_file(FileNameProblem::Invalid { reason, suggestion: None }, &file.path);
            }
            Ok(file_name) => match file_name.numbered() {
                Ok((version, name)) => named.push(Named { file, file_name, version, name }),
                Err(reason) => {
                    let key = (file_name.folder, file_name.label);
                    if file_name.part == Part::Up || !misnamed.contains_key(&key) {
                        misnamed.insert(key, (file, file_name, reason));
                    }
                }
            },
        }
    }
    report_strangers(&strangers, config, problems);
    let wrong: Vec<_> = misnamed.values().map(|(_, file_name, reason)| (*file_name, reason)).collect();
    let suggestions = suggestion::all(&wrong, &named, most_used(&named));
    for ((file, file_name, reason), suggestion) in misnamed.into_values().zip(suggestions) {
        let suggestion = suggestion.map(|path| problems.display_path(&path));
        problems.of_file(FileNameProblem::Invalid { reason, suggestion }, misnamed_path(file, file_name));
    }
    named
}

/// Reports the files that belong to no migration: several as one problem, with the line that ignores all of them.
fn report_strangers(strangers: &[&str], config: &Config, problems: &mut Problems<'_>) {
    if strangers.is_empty() {
        return;
    }
    let end = |path: &str| {
        let file = path.rsplit('/').next().unwrap_or_default();
        file.rsplit_once('.')
            .map(|(_, end)| end.to_owned())
            .filter(|end| !["sql", "toml"].contains(&end.as_str()))
    };
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    strangers.iter().filter_map(|path| end(path)).for_each(|end| *ends.entry(end).or_default() += 1);
    let glob = |path: &str| match end(path) {
        Some(end) if ends[&end] > 1 => format!("*.{end}"),
        _ => glob::Pattern::escape(path),
    };
    let mut ignore: Vec<String> = config.ignore.iter().map(ToString::to_string).collect();
    for glob in strangers.iter().map(|path| glob(path)) {
        if !ignore.contains(&glob) {
            ignore.push(glob);
        }
    }
    if let [path] = strangers {
        let (reason, suggestion) = (InvalidFileName::Unknown, Some(ignore.join("', '")));
        return problems.of_file(FileNameProblem::Invalid { reason, suggestion }, path);
    }
    let paths = strangers.iter().map(ToString::to_string).collect();
    problems.of_file(FileNameProblem::NotMigrations { paths, ignore }, "");
}

fn is_no_migration(path: &str, config: &Config) -> bool {
    [CONFIG_FILE, LOCK_FILE, PREPARE_FILE].contains(&path) || is_left_out(path, config)
}

/// What the migrations need from outside, such as roles and extensions: run in throw-away databases before the first
/// migration, and never in a real one.
pub const PREPARE_FILE: &str = "prepare.sql";

/// The schema that all migrations together make: for people to read, and for the round-trip test to compare with.
pub(crate) const SCHEMA_FILE: &str = "schema.sql";

/// Whether a file is none of ours.
pub(super) fn is_left_out(path: &str, config: &Config) -> bool {
    let file = path.rsplit('/').next().unwrap_or_default();
    let is_markdown = file.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case("md"));
    is_markdown || path == SCHEMA_FILE || config.ignores(path)
}

/// The form that most files have.
pub(super) fn most_used<'a>(named: impl IntoIterator<Item = &'a Named<'a>>) -> Option<Form> {
    let mut counts: BTreeMap<Form, usize> = BTreeMap::new();
    for named in named {
        // A verify script goes with either flat form.
        if !matches!(named.file_name.part, Part::Verify | Part::Metadata) {
            *counts.entry(named.file_name.form).or_default() += 1;
        }
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(form, _)| form)
}

/// The path that has the wrong name: the file, or its folder.
fn misnamed_path<'a>(file: &'a SourceFile, file_name: FileName<'_>) -> &'a str {
    match file.path.rsplit_once('/') {
        Some((folder, _)) if file_name.form == Form::Directory => folder,
        _ => &file.path,
    }
}

/// The path of a migration, or of its folder, with a version above `latest`.
pub(super) fn renumbered(path: &str, latest: Option<Version>) -> Option<String> {
    let file_name = FileName::parse(path).ok()?;
    let (_, name) = file_name.numbered().ok()?;
    let path = labelled(file_name, &next_version(latest)?.to_string(), name);
    Some(if file_name.form == Form::Directory { folder_of(&path).to_owned() } else { path })
}

/// The path of the file with this number and name.
pub(super) fn labelled(file_name: FileName<'_>, number: &str, name: &str) -> String {
    let separator = if file_name.form == Form::Prefixed { "__" } else { "_" };
    FileName { label: &format!("{number}{separator}{name}"), ..file_name }.path()
}

pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(folder, _)| folder)
}

/// A version above `latest`: the next second of a timestamp, else the next number.
pub(super) fn next_version(latest: Option<Version>) -> Option<Version> {
    let Some(latest) = latest else { return Version::new(20_251_107_100_000) };
    let number = latest.as_i64();
    Version::from_i64(match latest.is_timestamp() {
        true if number < LONG => next_second(number),
        true => next_second(number / 10_000),
        false => number.checked_add(1)?,
    })
}

/// Timestamps from here on have 18 digits.
const LONG: i64 = 100_000_000_000_000_000;

/// The second after a timestamp of 14 digits. After the 28th comes the first of the next month, a day that every month has.
fn next_second(moment: i64) -> i64 {
    let (date, time) = (moment / 1_000_000, moment % 1_000_000);
    match (time / 10_000, time / 100 % 100, time % 100) {
        (_, _, second) if second < 59 => moment + 1,
        (_, minute, second) if minute < 59 => moment + 100 - second,
        (hour, ..) if hour < 23 => date * 1_000_000 + (hour + 1) * 10_000,
        _ => {
            1_000_000
                * match (date / 100 % 100, date % 100) {
                    (_, day) if day < 28 => date + 1,
                    (month, day) if month < 12 => date + 100 - day + 1,
                    _ => (date / 10_000 + 1) * 10_000 + 101,
                }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_second_is_one() {
        let cases = [
            (20251107100000, 20251107100001),
            (20251107100059, 20251107100100),
            (20251107105959, 20251107110000),
            (20251107235959, 20251108000000),
            (20250228235959, 20250301000000),
            (20251231235959, 20260101000000),
        ];
        for (second, next) in cases {
            assert_eq!(next_second(second), next);
            assert_eq!(next_version(Version::from_i64(second)), Version::from_i64(next));
        }
        let long = Version::new(202607301400000001);
        assert_eq!(next_version(long), Version::new(20260730140001));
        assert!(next_version(long) > long);
    }
}
