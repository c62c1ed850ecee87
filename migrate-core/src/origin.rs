use std::fmt;
use std::path::Path;

use crate::Source;

/// The folder that a set was embedded from, and the files that it held.
///
/// Cargo compiles a crate again when one of its files is edited or removed, but not when one is added. So a binary may
/// run that does not contain what its author sees in the folder.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    pub(crate) folder: &'static str,
    /// In the order of their paths.
    pub(crate) files: &'static [&'static str],
}

impl Origin {
    pub(crate) fn staleness(self) -> Option<Staleness> {
        let source = Source::list(Path::new(self.folder))?;
        let now = source.watched();
        if now.is_empty() || now == self.files {
            return None;
        }
        let new = now.iter().filter(|path| !self.files.contains(path));
        let gone = self.files.iter().filter(|path| !now.contains(path));
        Some(Staleness {
            folder: self.folder.to_owned(),
            added: new.map(ToString::to_string).collect(),
            removed: gone.map(ToString::to_string).collect(),
        })
    }
}

/// How a folder differs from what it was when a set was embedded from it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Staleness {
    /// The folder.
    pub folder: String,
    /// The files that came, as paths inside the folder.
    pub added: Vec<String>,
    /// The files that went.
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
