//! Finds out whether the folder of an embedded set has other files by now. Cargo does not notice an added file, so a debug
//! build compares the names before each run.

use std::fmt;
use std::path::Path;

use super::Source;
use crate::{EmbeddedFrom, MigrationSet};

/// How a folder differs from its state when a set was embedded from it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Staleness {
    /// The folder.
    pub folder: String,
    /// The added files, as paths inside the folder.
    pub added: Vec<String>,
    /// The removed files.
    pub removed: Vec<String>,
}

impl fmt::Display for Staleness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this binary was compiled before the migrations folder changed")?;
        self.added.iter().try_for_each(|path| write!(f, "\n added: {path}"))?;
        self.removed.iter().try_for_each(|path| write!(f, "\n removed: {path}"))?;
        write!(f, "\n --> {}", self.folder)
    }
}

impl MigrationSet {
    /// How the folder differs from its state when the set was embedded; `None` if it does not differ. Only a build with
    /// debug assertions knows this, on a machine that has the folder.
    pub fn staleness(&self) -> Option<Staleness> {
        self.embedded_from.and_then(staleness)
    }
}

fn staleness(embedded: EmbeddedFrom) -> Option<Staleness> {
    let source = Source::list(Path::new(embedded.folder))?;
    let now = source.watched();
    let then: Vec<&str> = embedded.files.split_terminator('\0').collect();
    if now.is_empty() || now == then {
        return None;
    }
    let new = now.iter().filter(|path| !then.contains(path));
    let gone = then.iter().filter(|path| !now.contains(path));
    Some(Staleness {
        folder: embedded.folder.to_owned(),
        added: new.map(ToString::to_string).collect(),
        removed: gone.map(ToString::to_string).collect(),
    })
}
