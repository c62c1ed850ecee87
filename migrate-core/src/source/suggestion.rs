//! Valid names for files whose names are not. `V13.1__x.sql` comes between `V13` and `V14`, and so has to what is suggested:
//! where no whole number is free, there is no suggestion.

use std::collections::BTreeSet;

use super::names::{Named, folder_of, labelled, next_version};
use crate::Version;
use crate::file_name::{FileName, Form, InvalidFileName, Part};

/// The suggested path for each of these names, in their order. `tree` is the form that most files of the folder have.
pub(super) fn all(
    misnamed: &[(FileName<'_>, &InvalidFileName)],
    named: &[Named<'_>],
    tree: Option<Form>,
) -> Vec<Option<String>> {
    let taken: BTreeSet<Version> = named.iter().map(|named| named.version).collect();
    let mut numbers = vec![None; misnamed.len()];
    number_in_order(misnamed, &taken, &mut numbers);
    number_last(misnamed, &taken, &mut numbers);
    let suggested = misnamed.iter().zip(numbers).map(|((file_name, reason), number)| {
        let (number, name) = match reason {
            InvalidFileName::NoName | InvalidFileName::OneUnderscore if has_version(*file_name) => {
                let (number, name) = split(file_name.label);
                (number.to_owned(), name.to_owned())
            }
            InvalidFileName::NoVersion | InvalidFileName::FolderNoVersion => {
                let name = file_name.label.trim_start_matches(|c: char| !c.is_alphabetic());
                (number?, name.to_owned())
            }
            _ => (number?, Place::of(*file_name)?.name.to_owned()),
        };
        let part = Place::of(*file_name).map_or(file_name.part, |place| place.part);
        Some(path(FileName { part, ..*file_name }, tree, &number, &name))
    });
    suggested.collect()
}

/// Whether what stands before the name is a version as it is.
fn has_version(file_name: FileName<'_>) -> bool {
    split(file_name.label).0.parse::<Version>().is_ok()
}

/// A number and a name, of which one may be empty.
fn split(label: &str) -> (&str, &str) {
    let (number, name) = label.split_once('_').unwrap_or((label, ""));
    (number, name.trim_start_matches('_'))
}

fn path(file_name: FileName<'_>, tree: Option<Form>, number: &str, name: &str) -> String {
    let is_folder = file_name.form == Form::Directory;
    let form = if is_folder { Form::Directory } else { tree.unwrap_or(file_name.form) };
    let name = if name.is_empty() { "name" } else { name };
    let path = labelled(FileName { form, ..file_name }, number, name);
    if is_folder { folder_of(&path).to_owned() } else { path }
}

/// Where a name that begins with a number stands among the others.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place<'a> {
    /// `[13, 1]` of `V13.1__x`.
    numbers: Vec<u64>,
    name: &'a str,
    /// Its first number, as it is written.
    first: &'a str,
    part: Part,
}

impl<'a> Place<'a> {
    /// `None` for names that begin with no number, or with one that no version can be.
    fn of(file_name: FileName<'a>) -> Option<Place<'a>> {
        let FileName { label, part, form, .. } = file_name;
        // `V1.add_x.up.sql` is of no form, so its last part was not taken off.
        let (label, part) = match (form, label.rsplit_once('.')) {
            (Form::Prefixed, Some((label, "up"))) => (label, Part::Up),
            (Form::Prefixed, Some((label, "down"))) => (label, Part::Down),
            _ => (label, part),
        };
        let end = label.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-').unwrap_or(label.len());
        let (number, name) = label.split_at(end);
        let digits = || number.split(['.', '-']).filter(|digits| !digits.is_empty());
        let numbers = digits().map(str::parse).collect::<Result<Vec<u64>, _>>().ok()?;
        let name = name.trim_start_matches(['_', ' ', '.']);
        Some(Place { numbers, name, first: digits().next()?, part })
    }
}

/// Gives numbers to the names that have a place among the others, unless no whole number is free there.
fn number_in_order(
    misnamed: &[(FileName<'_>, &InvalidFileName)],
    taken: &BTreeSet<Version>,
    numbers: &mut [Option<String>],
) {
    let has_place = |file_name: FileName<'_>, reason: &InvalidFileName| match reason {
        InvalidFileName::DottedVersion | InvalidFileName::Version(_) => true,
        InvalidFileName::OneUnderscore => !has_version(file_name),
        _ => false,
    };
    let placed = misnamed.iter().enumerate().filter(|(_, (file_name, reason))| has_place(*file_name, reason));
    let mut places: Vec<_> =
        placed.filter_map(|(index, (file_name, _))| Some((Place::of(*file_name)?, index))).collect();
    places.sort();
    let mut last: Option<(&Place<'_>, Version)> = None;
    for (place, index) in &places {
        let Some(own) = Version::new(place.numbers[0]) else { continue };
        let is_same = |other: &Place<'_>| (&other.numbers, other.name) == (&place.numbers, place.name);
        let version = match last {
            Some((before, version)) if is_same(before) => Some(version),
            _ => free(own, place.numbers.len() == 1, last.map(|(_, version)| version), taken),
        };
        let Some(version) = version else { continue };
        last = Some((place, version));
        let is_own = version == own;
        numbers[*index] = Some(if is_own { place.first.to_owned() } else { version.to_string() });
    }
}

/// The lowest version that is free above `last`, and at `own` or after it, but before the next one of the folder.
fn free(own: Version, may_be_own: bool, last: Option<Version>, taken: &BTreeSet<Version>) -> Option<Version> {
    let is_above = |version: &Version| last.is_none_or(|last| *version > last);
    if may_be_own && !taken.contains(&own) && is_above(&own) {
        return Some(own);
    }
    let version = next_version(last.max(Some(own)))?;
    let next = taken.iter().find(|version| **version > own);
    next.is_none_or(|next| version < *next).then_some(version)
}

/// Gives numbers above all others to the names that have none.
fn number_last(
    misnamed: &[(FileName<'_>, &InvalidFileName)],
    taken: &BTreeSet<Version>,
    numbers: &mut [Option<String>],
) {
    let suggested = numbers.iter().flatten().filter_map(|number| number.parse().ok()).max();
    let mut latest: Option<Version> = taken.last().copied().max(suggested);
    for ((_, reason), number) in misnamed.iter().zip(numbers) {
        if matches!(reason, InvalidFileName::NoVersion | InvalidFileName::FolderNoVersion) {
            latest = next_version(latest);
            *number = latest.map(|version| version.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::SourceFile;
    use super::*;

    /// What is suggested for paths without a valid name, in a folder that has these versions.
    fn suggested(paths: &[&str], versions: &[u64], tree: Option<Form>) -> Vec<Option<String>> {
        let file = SourceFile { path: "1_a.up.sql".to_owned(), bytes: Vec::new() };
        let file_name = FileName::parse(&file.path).unwrap();
        let named = |version: &u64| {
            let version = Version::new(*version).unwrap();
            Named { file: &file, file_name, version, name: "a" }
        };
        let named: Vec<_> = versions.iter().map(named).collect();
        let parsed: Vec<_> = paths.iter().map(|path| FileName::parse(path).unwrap()).collect();
        let reasons: Vec<_> = parsed.iter().map(|file_name| file_name.numbered().unwrap_err()).collect();
        let misnamed: Vec<_> = parsed.into_iter().zip(&reasons).collect();
        all(&misnamed, &named, tree)
    }

    #[test]
    fn one_name() {
        use Form::*;
        type Case<'a> = (&'a str, &'a [u64], Option<Form>, Option<&'a str>);
        let cases: [Case<'_>; 17] = [
            ("add_x.up.sql", &[20251117235959], Some(FlatPair), Some("20251118000000_add_x.up.sql")),
            ("add_x.sql", &[7], Some(FlatPair), Some("8_add_x.up.sql")),
            ("a/add_x.sql", &[7], Some(Prefixed), Some("a/V8__add_x.sql")),
            ("add_x.sql", &[7], Some(Directory), Some("8_add_x/up.sql")),
            ("a/add_x/down.sql", &[7], Some(Directory), Some("a/8_add_x")),
            ("-- 5 add_x.sql", &[], None, Some("20251107100000_add_x.sql")),
            ("7.down.sql", &[9], Some(FlatPair), Some("7_name.down.sql")),
            ("V7.sql", &[], None, Some("V7__name.sql")),
            ("V7_add_x.sql", &[], None, Some("V7__add_x.sql")),
            ("V1.5__add_x.sql", &[], None, Some("V2__add_x.sql")),
            ("V1.5__add_x.sql", &[7], Some(Prefixed), Some("V2__add_x.sql")),
            ("V7.5__add_x.sql", &[7], Some(Prefixed), Some("V8__add_x.sql")),
            // No whole number is between 13 and 14.
            ("V13.1__add_x.sql", &[13, 14, 18], Some(Prefixed), None),
            ("V13.1__add_x.sql", &[13, 15, 18], Some(Prefixed), Some("V14__add_x.sql")),
            ("V1a__add_x.sql", &[1], None, Some("V2__a__add_x.sql")),
            ("V0007.Add_x.up.sql", &[], None, Some("V0007__Add_x.sql")),
            ("1.5_add_x/up.sql", &[], None, Some("2_add_x")),
        ];
        for (path, versions, tree, want) in cases {
            assert_eq!(suggested(&[path], versions, tree), [want.map(str::to_owned)], "{path} {versions:?}");
        }
    }

    #[test]
    fn several_names_are_distinct_and_keep_their_order() {
        type Case<'a> = (&'a [&'a str], &'a [u64], &'a [&'a str]);
        let cases: [Case<'_>; 5] = [
            (&["add_a.sql", "add_b.sql"], &[7], &["8_add_a.sql", "9_add_b.sql"]),
            (
                &["V1.10__c.sql", "V1.9__b.sql", "V1__a.sql", "V2.0__d.sql"],
                &[],
                &["V3__c.sql", "V2__b.sql", "", "V4__d.sql"],
            ),
            (
                &["V0001.A.up.sql", "V0001.A.down.sql", "V0002.B.up.sql", "V0010.C.up.sql"],
                &[],
                &["V0001__A.sql", "U0001__A.sql", "V0002__B.sql", "V0010__C.sql"],
            ),
            // Two want the one number that is free.
            (&["V1.1__a.sql", "V1.2__b.sql"], &[1, 3], &["V2__a.sql", ""]),
            (&["V1.1__a.sql", "add_b.sql"], &[1], &["V2__a.sql", "3_add_b.sql"]),
        ];
        for (paths, versions, want) in cases {
            let wrong = |path: &&str| FileName::parse(path).unwrap().numbered().is_err();
            let wrong: Vec<_> = paths.iter().copied().filter(wrong).collect();
            let valid = paths.iter().filter(|path| !wrong.contains(path)).count();
            let versions: Vec<u64> = versions.iter().copied().chain((1..).take(valid)).collect();
            let suggested = suggested(&wrong, &versions, None);
            let suggested: Vec<_> = suggested.iter().map(|path| path.as_deref().unwrap_or("")).collect();
            let want: Vec<_> = want.iter().zip(paths).filter(|(_, path)| wrong.contains(path)).collect();
            let want: Vec<_> = want.into_iter().map(|(want, _)| *want).collect();
            assert_eq!(suggested, want, "{paths:?}");
        }
    }
}
