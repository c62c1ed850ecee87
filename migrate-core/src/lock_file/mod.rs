//! `migrate.lock`: what each migration was when it was locked.
//!
//! A line for each migration, in the order of the versions:
//!
//! ```text
//! 20251107100000_add_user up=v1:… down=v1:… risk=safe older-binaries=refuse chain=v1:…
//! ```
//!
//! `chain` covers the line and, through the value of the line before, all lines before it. So the lines of two
//! branches do not fit together until someone locks the merged folder again.
//!
//! `parse` reads the text, `update` computes the text that it should become. Both are pure: the edge reads and writes.

mod parse;
#[cfg(test)]
mod tests;
mod update;

use std::fmt;

pub(crate) use parse::{InvalidLine, Locked, parse};
pub use update::{LockChange, LockUpdate};

use crate::{Checksum, FoundHazard, Hazard, Migration, MigrationSet, OlderBinaries, Risk, Script, Version};

/// The name of the lock file, at the top of the migrations folder.
pub(crate) const LOCK_FILE: &str = "migrate.lock";

const HEADER: &str =
    "# What each migration was when it was locked. `cargo migrate lock` writes this file; commit it.";

/// The lines of `migrate.lock`, in the order of the versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LockFile {
    pub(crate) lines: Vec<Line>,
}

/// What a migration was when it was locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) version: Version,
    pub(crate) name: String,
    pub(crate) up: Checksum,
    /// `None` when it was irreversible.
    pub(crate) down: Option<Checksum>,
    pub(crate) verdict: Verdict,
    /// Checksums that the script had before, in databases that need not be told of the edit.
    pub(crate) accepts: Vec<Checksum>,
}

/// The result of a migration's analysis when it was locked, so that its statements need not be analysed again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// `None` without an analysis.
    pub(crate) risk: Option<Risk>,
    pub(crate) hazards: Vec<LockedHazard>,
    pub(crate) older_binaries: OlderBinaries,
}

/// A hazard of a locked migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LockedHazard {
    pub(crate) hazard: Hazard,
    /// The line of the script, from 1.
    pub(crate) line: u32,
    pub(crate) risk: Risk,
}

impl LockFile {
    /// The lock file of a set in which nothing was locked before.
    pub(crate) fn of(set: &MigrationSet) -> LockFile {
        LockFile { lines: set.migrations().iter().map(Line::of).collect() }
    }

    /// The line of this version.
    pub(crate) fn get(&self, version: Version) -> Option<&Line> {
        self.lines.binary_search_by_key(&version, |line| line.version).ok().map(|i| &self.lines[i])
    }

    /// The last line: what is new comes after it.
    pub(crate) fn head(&self) -> Option<&Line> {
        self.lines.last()
    }
}

impl Line {
    pub(crate) fn of(migration: &Migration) -> Line {
        Line {
            version: migration.version(),
            name: locked_name(migration.name()),
            up: migration.up().checksum(),
            down: migration.down().script().map(Script::checksum),
            verdict: Verdict::of(migration),
            accepts: Vec::new(),
        }
    }

    /// Version and name.
    pub(crate) fn label(&self) -> String {
        format!("{}_{}", self.version, self.name)
    }

    /// Whether the migration still is what it was when it was locked.
    pub(crate) fn is_of(&self, migration: &Migration) -> bool {
        let down = migration.down().script().map(Script::checksum);
        self.up == migration.up().checksum() && self.down == down
    }

    /// Whether this is the name of the migration.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.name == locked_name(name)
    }
}

/// The name as a line holds it: a file name may hold a line end.
fn locked_name(name: &str) -> String {
    name.replace(char::is_control, "\u{fffd}")
}

impl Verdict {
    fn of(migration: &Migration) -> Verdict {
        let hazard =
            |found: &FoundHazard| LockedHazard { hazard: found.hazard, line: found.line, risk: found.risk };
        Verdict {
            risk: migration.risk(),
            hazards: migration.hazards().iter().map(hazard).collect(),
            older_binaries: migration.older_binaries(),
        }
    }
}

const RISKS: [(&str, Option<Risk>); 4] = [
    ("safe", Some(Risk::Safe)),
    ("controlled", Some(Risk::Controlled)),
    ("high", Some(Risk::High)),
    ("unknown", None),
];

const OLDER_BINARIES: [(&str, OlderBinaries); 2] =
    [("ok", OlderBinaries::Ok), ("refuse", OlderBinaries::Refuse)];

/// The word for a value, from a table of all.
fn word<T: PartialEq>(table: &[(&'static str, T)], value: &T) -> &'static str {
    table.iter().find(|(_, of)| of == value).map_or("", |(word, _)| word)
}

/// The line without its chain value.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verdict { risk, hazards, older_binaries } = &self.verdict;
        write!(f, "{} up={} down=", self.label(), self.up)?;
        match self.down {
            Some(down) => down.fmt(f)?,
            None => f.write_str("-")?,
        }
        write!(f, " risk={}", word(&RISKS, risk))?;
        for (i, LockedHazard { hazard, line, risk }) in hazards.iter().enumerate() {
            let separator = if i == 0 { " hazards=" } else { "," };
            write!(f, "{separator}{hazard}:{line}:{risk}")?;
        }
        write!(f, " older-binaries={}", word(&OLDER_BINARIES, older_binaries))?;
        for (i, accepted) in self.accepts.iter().enumerate() {
            let separator = if i == 0 { " accepts=" } else { "," };
            write!(f, "{separator}{accepted}")?;
        }
        Ok(())
    }
}

/// The text of the file.
impl fmt::Display for LockFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        let mut before = None;
        for line in self.lines.iter().map(Line::to_string) {
            let value = Checksum::chain_line(before, &line);
            writeln!(f, "{line} chain={value}")?;
            before = Some(value);
        }
        Ok(())
    }
}
