//! Problems of names and versions.

use std::borrow::Cow;

use super::wording::Wording;
use crate::file_name::{Form, InvalidFileName};
use crate::{InvalidVersion, Version};

/// The name of a file is not that of a migration, or does not fit the other names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileNameProblem {
    /// A file fits none of the forms.
    Invalid {
        /// Why.
        reason: InvalidFileName,
        /// A name that fits.
        suggestion: Option<String>,
    },
    /// The folder has names of two forms.
    MixedForms {
        /// The form of this file.
        form: Form,
        /// The form of most others.
        other_form: Form,
        /// One of the others, as the user would type its path.
        other: String,
    },
    /// Two migrations have one version.
    DuplicateVersion {
        /// The version of both.
        version: Version,
        /// The file that came first.
        other: String,
        /// A path with a version that is free, and keeps the order of the folder.
        suggestion: Option<String>,
        /// The migration that comes next.
        next: Option<String>,
    },
    /// A number of digits with which a moment sorts before or after others that it should not.
    MisplacedMoment {
        /// The version.
        version: Version,
        /// A file with a timestamp on the wrong side of it.
        other: String,
        /// The version as a timestamp of 14 digits, if that can be read from it.
        suggestion: Option<String>,
    },
    /// A migration has the version of one that is locked.
    DuplicateOfLocked {
        /// The version of both.
        version: Version,
        /// The file of the locked one.
        other: String,
        /// A path after all others.
        suggestion: Option<String>,
    },
    /// Files that belong to no migration.
    NotMigrations {
        /// Their paths inside the folder.
        paths: Vec<String>,
        /// The globs of `migrate.toml` that take all of them, with those that are there already.
        ignore: Vec<String>,
    },
    /// A date of 8 digits sorts before all timestamps of 14.
    DateAmongTimestamps {
        /// The date.
        version: Version,
        /// A file with a timestamp.
        other: String,
    },
}

impl FileNameProblem {
    pub(super) fn wording(&self) -> Wording {
        match self {
            FileNameProblem::Invalid { reason, suggestion } => {
                Wording::new("file-name", reason.to_string(), help(reason, suggestion.as_deref()))
            }
            FileNameProblem::MixedForms { form, other_form, other } => Wording::new(
                "mixed-forms",
                format!(
                    "two forms of file names in one folder: this file is {form}, `{other}` is {other_form}"
                ),
                "choose one form and rename the others",
            ),
            FileNameProblem::DuplicateVersion { version, other, suggestion, next } => Wording::new(
                "duplicate-version",
                format!("version {version} is used twice, here and by `{other}`"),
                match (suggestion, next) {
                    (Some(path), None) => {
                        format!(
                            "give the newer migration a version of its own, above all others, as in `{path}`"
                        )
                    }
                    (Some(path), Some(next)) => format!(
                        "give the newer of the two a version of its own: `{path}` is free, and stays before `{next}`"
                    ),
                    (None, Some(next)) => format!(
                        "no version is free before `{next}`: give the newer of the two one above all others, if what \
                         comes after it does not need it"
                    ),
                    (None, None) => "give the newer migration a version of its own".to_owned(),
                },
            ),
            FileNameProblem::MisplacedMoment { version, other, suggestion } => Wording::new(
                "misplaced-moment",
                format!(
                    "version {version} has {} digits, and `{other}` has a timestamp of 14: a number sorts by its \
                     size, so the two are not in the order of their dates",
                    version.to_string().len()
                ),
                match suggestion {
                    Some(moment) => format!("write it as `{moment}`, with two digits for each part"),
                    None => "write year, month, day, hour, minute and second with 14 digits, as in \
                             `20251107100000`"
                        .to_owned(),
                },
            ),
            FileNameProblem::DuplicateOfLocked { version, other, suggestion } => Wording::new(
                "duplicate-of-locked",
                format!("version {version} is used twice, here and by `{other}`"),
                match suggestion {
                    Some(path) => format!(
                        "`{other}` is locked: name this migration `{path}`, or let `cargo migrate rebase` do it"
                    ),
                    None => format!("`{other}` is locked: give this migration a version above all others"),
                },
            ),
            FileNameProblem::NotMigrations { paths, ignore } => {
                let shown = paths.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
                let more = paths.len().saturating_sub(SHOWN);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                Wording::new(
                    "not-migrations",
                    format!("{} files are not migrations: {shown}{more}", paths.len()),
                    format!("if they belong here, write `{}` in migrate.toml", ignore_line(ignore)),
                )
            }
            FileNameProblem::DateAmongTimestamps { version, other } => Wording::new(
                "date-among-timestamps",
                format!("version {version} is a date of 8 digits, and `{other}` has a timestamp of 14"),
                format!("add a time, as in `{version}000000`: a date sorts before every timestamp"),
            ),
        }
    }
}

/// The number of paths that a message names.
const SHOWN: usize = 3;

/// The line of `migrate.toml` for these globs.
fn ignore_line(globs: &[String]) -> String {
    let quoted: Vec<String> = globs.iter().map(|glob| format!("'{glob}'")).collect();
    format!("ignore = [{}]", quoted.join(", "))
}

fn help(reason: &InvalidFileName, suggestion: Option<&str>) -> Cow<'static, str> {
    match (reason, suggestion) {
        (InvalidFileName::Unknown, globs) => format!(
            "if it belongs here, write `ignore = ['{}']` in migrate.toml",
            globs.unwrap_or("…")
        )
        .into(),
        (InvalidFileName::NoFolder, _) => "put it into a folder `<version>_<name>/`".into(),
        (InvalidFileName::Repeatable, _) => "write a versioned migration that replaces the object".into(),
        (InvalidFileName::Version(InvalidVersion::TooLarge), _) => {
            "use a timestamp such as 20251107100000 as the version".into()
        }
        (InvalidFileName::DottedVersion, Some(name)) => {
            format!("dots are not supported: number it `{name}`").into()
        }
        (InvalidFileName::DottedVersion, None) => {
            "dots are not supported, and no whole number is free before the next migration: give this one and all \
             that come after it new numbers, in their order"
                .into()
        }
        (InvalidFileName::Version(InvalidVersion::NotANumber), Some(name)) => {
            format!("number it `{name}`").into()
        }
        (_, Some(name)) => format!("rename it, for example to `{name}`").into(),
        (_, None) => "rename it to `<version>_<name>`, as in `20251107100000_add_user.up.sql`".into(),
    }
}
