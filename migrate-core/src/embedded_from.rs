use std::fmt;
use std::path::Path;

use crate::{MigrationSet, Source};

/// The folder that a set was embedded from, and the files that it held.
///
/// Cargo compiles a crate again when one of these files is edited or removed, but does not notice an added one. So a
/// binary may lack a file that its author sees in the folder.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmbeddedFrom {
    pub(crate) folder: &'static str,
    /// The paths inside the folder, in order, each followed by a NUL, which no path contains.
    pub(crate) files: &'static str,
}

impl EmbeddedFrom {
    pub(crate) fn staleness(self) -> Option<Staleness> {
        let source = Source::list(Path::new(self.folder))?;
        let now = source.watched();
        let then: Vec<&str> = self.files.split_terminator('\0').collect();
        if now.is_empty() || now == then {
            return None;
        }
        let new = now.iter().filter(|path| !then.contains(path));
        let gone = then.iter().filter(|path| !now.contains(path));
        Some(Staleness {
            folder: self.folder.to_owned(),
            added: new.map(ToString::to_string).collect(),
            removed: gone.map(ToString::to_string).collect(),
        })
    }
}

impl MigrationSet {
    /// The set, with this folder and these files recorded as its source.
    #[doc(hidden)]
    #[must_use]
    pub fn embedded_from(self, embedded_from: EmbeddedFrom) -> MigrationSet {
        MigrationSet { embedded_from: Some(embedded_from), ..self }
    }

    /// How the folder differs from its state when the set was embedded; `None` if it does not differ. Only a build with
    /// debug assertions knows this, on a machine that has the folder.
    pub fn staleness(&self) -> Option<Staleness> {
        self.embedded_from?.staleness()
    }

    /// The path of the folder when the set was embedded. Only a build with debug assertions knows it.
    pub fn folder(&self) -> Option<&Path> {
        self.embedded_from.map(|embedded_from| Path::new(embedded_from.folder))
    }
}

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
