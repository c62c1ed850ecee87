use std::fmt;

use crate::{InvalidVersion, Version};

/// What the path of a file inside the migrations folder says: which migration, and which part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileName {
    pub(crate) version: Version,
    pub(crate) name: String,
    pub(crate) part: Part,
    pub(crate) form: Form,
}

/// Which part of a migration a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Up,
    Down,
    Verify,
    /// diesel's `metadata.toml`
    Metadata,
}

/// How a folder names its files. One form per tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

/// Why a path names no migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidFileName {
    /// It fits none of the forms.
    Unknown,
    /// There is no number before the name.
    NoVersion,
    /// There is a number and nothing behind it.
    NoName,
    /// The number is no version.
    Version(InvalidVersion),
    /// Flyway's `R__name.sql`.
    Repeatable,
    /// `V1_name.sql`: one underscore where the form has two.
    OneUnderscore,
}

impl fmt::Display for InvalidFileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InvalidFileName::Unknown => f.write_str("this file is no migration"),
            InvalidFileName::NoVersion => f.write_str("the name has no version"),
            InvalidFileName::NoName => f.write_str("the version has no name behind it"),
            InvalidFileName::Version(invalid) => invalid.fmt(f),
            InvalidFileName::Repeatable => f.write_str("repeatable migrations are not supported"),
            InvalidFileName::OneUnderscore => {
                f.write_str("two underscores stand between version and name here")
            }
        }
    }
}

/// Reads a path inside the migrations folder, `/` between its components. Folders above the last one only group.
pub(crate) fn parse(path: &str) -> Result<FileName, InvalidFileName> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let folder = folder.rsplit('/').next().unwrap_or_default();
    let in_directory = match file {
        "up.sql" | "migration.sql" => Some(Part::Up),
        "down.sql" => Some(Part::Down),
        "verify.sql" => Some(Part::Verify),
        "metadata.toml" => Some(Part::Metadata),
        _ => None,
    };
    match in_directory {
        Some(_) if folder.is_empty() => Err(InvalidFileName::Unknown),
        Some(part) => {
            let (version, name) = numbered(folder)?;
            Ok(FileName { version, name, part, form: Form::Directory })
        }
        None => parse_file(file.strip_suffix(".sql").ok_or(InvalidFileName::Unknown)?),
    }
}

/// Reads the name of a file without its `.sql`.
fn parse_file(stem: &str) -> Result<FileName, InvalidFileName> {
    if stem.starts_with("R__") {
        return Err(InvalidFileName::Repeatable);
    }
    if let Some(name) = prefixed(stem) {
        return name;
    }
    let (stem, part, form) = match stem.rsplit_once('.') {
        Some((stem, "up")) => (stem, Part::Up, Form::FlatPair),
        Some((stem, "down")) => (stem, Part::Down, Form::FlatPair),
        Some((stem, "verify")) => (stem, Part::Verify, Form::FlatPair),
        _ => (stem, Part::Up, Form::FlatSingle),
    };
    let (version, name) = numbered(stem)?;
    Ok(FileName { version, name, part, form })
}

/// `V1__name` or `U1__name`, or `None` where the stem does not begin like one.
fn prefixed(stem: &str) -> Option<Result<FileName, InvalidFileName>> {
    let part = match stem.as_bytes().first()? {
        b'V' => Part::Up,
        b'U' => Part::Down,
        _ => return None,
    };
    let rest = &stem[1..];
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let Some((version, name)) = rest.split_once("__") else {
        return Some(Err(if rest.contains('_') {
            InvalidFileName::OneUnderscore
        } else {
            InvalidFileName::NoName
        }));
    };
    if name.is_empty() {
        return Some(Err(InvalidFileName::NoName));
    }
    let version = version.parse().map_err(InvalidFileName::Version);
    Some(version.map(|version| FileName { version, name: name.to_owned(), part, form: Form::Prefixed }))
}

/// `<version>_<name>`.
fn numbered(stem: &str) -> Result<(Version, String), InvalidFileName> {
    if !stem.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(InvalidFileName::NoVersion);
    }
    let (version, name) = stem.split_once('_').unwrap_or((stem, ""));
    match version.parse() {
        Err(InvalidVersion::NotANumber) => Err(InvalidFileName::NoVersion),
        Err(invalid) => Err(InvalidFileName::Version(invalid)),
        Ok(_) if name.is_empty() => Err(InvalidFileName::NoName),
        Ok(version) => Ok((version, name.to_owned())),
    }
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
            let version = Version::from_i64(version).unwrap();
            let want = FileName { version, name: name.to_owned(), part, form };
            assert_eq!(parse(path), Ok(want), "{path}");
        }
    }

    #[test]
    fn what_fits_no_form_says_why() {
        use InvalidFileName::*;
        let cases = [
            ("README.txt", Unknown),
            ("up.sql", Unknown),
            ("add_performance_indexes.sql", NoVersion),
            ("add_performance_indexes/up.sql", NoVersion),
            ("User.up.sql", NoVersion),
            ("V__x.sql", NoVersion),
            ("7.sql", NoName),
            ("7_.up.sql", NoName),
            ("V7__.sql", NoName),
            ("1.5_x.sql", NoVersion),
            ("V1.5__x.sql", Version(InvalidVersion::NotANumber)),
            ("99999999999999999999_x.sql", Version(InvalidVersion::TooLarge)),
            ("V1_x.sql", OneUnderscore),
            ("V1.sql", NoName),
            ("R__views.sql", Repeatable),
        ];
        for (path, want) in cases {
            assert_eq!(parse(path), Err(want), "{path}");
        }
    }
}
