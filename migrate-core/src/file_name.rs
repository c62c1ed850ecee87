//! Takes the path of a file apart, in all four forms of names, and puts it together again. Whether the files of a folder fit
//! each other is decided in `source`.

use std::fmt;

use crate::{InvalidVersion, Version};

/// The path of a file inside the migrations folder, taken apart: which part of which migration it may be.
///
/// `billing/7_add_x.up.sql` has the folder `billing`, the label `7_add_x` and is the part `Up` of the form `FlatPair`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileName<'a> {
    /// The folders above the migration, which only group.
    pub(crate) folder: &'a str,
    /// What the files of one migration share: version and name, not checked yet.
    pub(crate) label: &'a str,
    pub(crate) part: Part,
    pub(crate) form: Form,
}

/// Which part of a migration a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Part {
    Up,
    Down,
    Verify,
    /// diesel's `metadata.toml`
    Metadata,
}

impl Part {
    /// Its name in messages.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Part::Up => "script",
            Part::Down => "rollback script",
            Part::Verify => "verify script",
            Part::Metadata => "metadata file",
        }
    }

    fn stem(self) -> &'static str {
        match self {
            Part::Up => "up",
            Part::Down => "down",
            Part::Verify => "verify",
            Part::Metadata => "metadata",
        }
    }
}

/// How a folder names its files. One form per tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Form {
    /// `20251107100000_add_user.up.sql` and `.down.sql`
    FlatPair,
    /// `20251107100000_add_user.sql`
    FlatSingle,
    /// `20251107100000_add_user/up.sql` and `down.sql`
    Directory,
    /// `V1__add_user.sql` and `U1__add_user.sql`
    Prefixed,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Form::FlatPair => "`<version>_<name>.up.sql` with `.down.sql`",
            Form::FlatSingle => "`<version>_<name>.sql`",
            Form::Directory => "`<version>_<name>/up.sql` with `down.sql`",
            Form::Prefixed => "`V<version>__<name>.sql` with `U<version>__<name>.sql`",
        })
    }
}

/// Why a path is not the name of a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidFileName {
    /// It fits none of the forms.
    Unknown,
    /// `up.sql` next to the migrations instead of in a folder of its own.
    NoFolder,
    /// There is no number before the name.
    NoVersion,
    /// There is no number before the name of the folder.
    FolderNoVersion,
    /// There is a number and no name after it.
    NoName,
    /// `V1.5__name.sql`
    DottedVersion,
    /// The number is not a version.
    Version(InvalidVersion),
    /// Flyway's `R__name.sql`.
    Repeatable,
    /// `V1_name.sql`: one underscore where the form has two.
    OneUnderscore,
}

impl fmt::Display for InvalidFileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InvalidFileName::Unknown => f.write_str("this file is not a migration"),
            InvalidFileName::NoFolder => f.write_str("this script is not in the folder of a migration"),
            InvalidFileName::NoVersion => f.write_str("the name has no version"),
            InvalidFileName::FolderNoVersion => f.write_str("the folder's name has no version"),
            InvalidFileName::NoName => f.write_str("the version has no name after it"),
            InvalidFileName::DottedVersion => f.write_str("a version is one number, and this one has dots"),
            InvalidFileName::Version(invalid) => invalid.fmt(f),
            InvalidFileName::Repeatable => f.write_str("repeatable migrations are not supported"),
            InvalidFileName::OneUnderscore => {
                f.write_str("this form has two underscores between version and name")
            }
        }
    }
}

impl<'a> FileName<'a> {
    /// Takes a path apart, `/` between its components.
    pub(crate) fn parse(path: &'a str) -> Result<FileName<'a>, InvalidFileName> {
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        let in_directory = match file {
            "up.sql" | "migration.sql" => Some(Part::Up),
            "down.sql" => Some(Part::Down),
            "verify.sql" => Some(Part::Verify),
            "metadata.toml" => Some(Part::Metadata),
            _ => None,
        };
        match in_directory {
            Some(_) if folder.is_empty() => Err(InvalidFileName::NoFolder),
            Some(part) => {
                let (folder, label) = folder.rsplit_once('/').unwrap_or(("", folder));
                Ok(FileName { folder, label, part, form: Form::Directory })
            }
            None => {
                let stem = file.strip_suffix(".sql").ok_or(InvalidFileName::Unknown)?;
                Ok(FileName::of_stem(folder, stem))
            }
        }
    }

    /// A file of the flat forms or the prefixed one, without its `.sql`.
    fn of_stem(folder: &'a str, stem: &'a str) -> FileName<'a> {
        let (label, part, form) = match (stem.split_at_checked(1), stem.rsplit_once('.')) {
            (Some(("V", label)), _) if starts_with_digit(label) => (label, Part::Up, Form::Prefixed),
            (Some(("U", label)), _) if starts_with_digit(label) => (label, Part::Down, Form::Prefixed),
            (_, Some((label, "up"))) => (label, Part::Up, Form::FlatPair),
            (_, Some((label, "down"))) => (label, Part::Down, Form::FlatPair),
            (_, Some((label, "verify"))) => (label, Part::Verify, Form::FlatPair),
            _ => (stem, Part::Up, Form::FlatSingle),
        };
        FileName { folder, label, part, form }
    }

    /// The path. If part or form were changed, the path with the new ones.
    pub(crate) fn path(&self) -> String {
        let FileName { folder, label, part, form } = self;
        let file = match (form, part) {
            (Form::Directory, Part::Metadata) => format!("{label}/metadata.toml"),
            (Form::Directory, part) => format!("{label}/{}.sql", part.stem()),
            (Form::Prefixed, Part::Down) => format!("U{label}.sql"),
            (Form::Prefixed, _) => format!("V{label}.sql"),
            (Form::FlatSingle, Part::Up) => format!("{label}.sql"),
            (Form::FlatSingle | Form::FlatPair, part) => format!("{label}.{}.sql", part.stem()),
        };
        if folder.is_empty() { file } else { format!("{folder}/{file}") }
    }

    /// Version and name.
    pub(crate) fn numbered(&self) -> Result<(Version, &'a str), InvalidFileName> {
        let (number, name) = match self.form {
            Form::Prefixed => match self.label.split_once("__") {
                Some(numbered) => numbered,
                None if self.label.contains('_') => return Err(InvalidFileName::OneUnderscore),
                None => (self.label, ""),
            },
            _ if self.label.starts_with("R__") => return Err(InvalidFileName::Repeatable),
            _ => self.label.split_once('_').unwrap_or((self.label, "")),
        };
        match number.parse() {
            Ok(_) if name.is_empty() => Err(InvalidFileName::NoName),
            Ok(version) => Ok((version, name)),
            Err(invalid) => Err(self.invalid_number(number, invalid)),
        }
    }

    fn invalid_number(&self, number: &str, invalid: InvalidVersion) -> InvalidFileName {
        let has_dots = starts_with_digit(number) && number.contains('.');
        match (invalid, self.form) {
            (InvalidVersion::TooLarge, _) => InvalidFileName::Version(invalid),
            _ if has_dots && number.bytes().all(|b| b.is_ascii_digit() || b".-".contains(&b)) => {
                InvalidFileName::DottedVersion
            }
            (_, Form::Prefixed) => InvalidFileName::Version(invalid),
            (_, Form::Directory) => InvalidFileName::FolderNoVersion,
            (_, Form::FlatPair | Form::FlatSingle) => InvalidFileName::NoVersion,
        }
    }
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        use {Form::*, Part::*};
        let cases = [
            ("20251107100000_add_user.up.sql", 20251107100000, "add_user", Up, FlatPair),
            ("20251107100000_add_user.down.sql", 20251107100000, "add_user", Down, FlatPair),
            ("20251107100000_add_user.verify.sql", 20251107100000, "add_user", Verify, FlatPair),
            ("auth/eu/7_add_user.up.sql", 7, "add_user", Up, FlatPair),
            ("7_add_user.sql", 7, "add_user", Up, FlatSingle),
            ("7_v1.2.sql", 7, "v1.2", Up, FlatSingle),
            ("7_V2__x.up.sql", 7, "V2__x", Up, FlatPair),
            ("2024-02-12-120203_a-b c/up.sql", 20240212120203, "a-b c", Up, Directory),
            ("x/00000000000000_init/down.sql", 0, "init", Down, Directory),
            ("1_x/verify.sql", 1, "x", Verify, Directory),
            ("1_x/migration.sql", 1, "x", Up, Directory),
            ("1_x/metadata.toml", 1, "x", Metadata, Directory),
            ("V1__add_user.sql", 1, "add_user", Up, Prefixed),
            ("U0001__add_user.sql", 1, "add_user", Down, Prefixed),
        ];
        for (path, version, name, part, form) in cases {
            let file_name = FileName::parse(path).unwrap();
            assert_eq!((file_name.part, file_name.form), (part, form), "{path}");
            assert_eq!(file_name.numbered(), Ok((Version::from_i64(version).unwrap(), name)), "{path}");
            assert_eq!(file_name.path(), path.replace("migration.sql", "up.sql"));
        }
    }

    #[test]
    fn what_fits_no_form_says_why() {
        use InvalidFileName::*;
        let cases = [
            ("README.txt", Unknown),
            ("up.sql", NoFolder),
            ("metadata.toml", NoFolder),
            ("add_performance_indexes.sql", NoVersion),
            ("add_performance_indexes/up.sql", FolderNoVersion),
            ("User.up.sql", NoVersion),
            ("V__x.sql", NoVersion),
            ("7.sql", NoName),
            ("7_.up.sql", NoName),
            ("V7__.sql", NoName),
            ("7x_y.sql", NoVersion),
            ("v1.5_x.sql", NoVersion),
            ("1.5_x.sql", DottedVersion),
            ("1.5_x/up.sql", DottedVersion),
            ("V1.5__x.sql", DottedVersion),
            ("V1_5__x.sql", Version(InvalidVersion::NotANumber)),
            ("99999999999999999999_x.sql", Version(InvalidVersion::TooLarge)),
            ("99999999999999999999_x/up.sql", Version(InvalidVersion::TooLarge)),
            ("V1_x.sql", OneUnderscore),
            ("V1.sql", NoName),
            ("R__views.sql", Repeatable),
        ];
        for (path, want) in cases {
            let numbered = FileName::parse(path).and_then(|file_name| file_name.numbered());
            assert_eq!(numbered, Err(want), "{path}");
        }
    }
}
