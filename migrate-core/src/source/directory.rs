//! Reads a migrations folder: the only file of the core that touches the world. A path comes in; the files, ordered by path,
//! go out.
//!
//! A folder may come from a branch that no one has read yet. So pipes and devices are not opened, links may not lead out, and
//! the number of entries and the size of a file are limited.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{Source, SourceFile, join};
use crate::config::CONFIG_FILE;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::problem::{FolderProblem, MAX_ENTRIES, MAX_SCRIPT_BYTES};
use crate::visible::visible;

pub(super) fn read(folder: &Path, root: &str) -> Result<Source, Diagnostics> {
    let whole = |problem| Err(Diagnostic::of_file(problem, root).into());
    let looked_in = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()).display().to_string();
    match fs::metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return whole(FolderProblem::Missing { looked_in });
        }
        Err(error) => return whole(unreadable(&error)),
        Ok(metadata) if !metadata.is_dir() => return whole(FolderProblem::IsFile),
        Ok(_) => {}
    }
    let (source, diagnostics) = Walk::through(folder, root, |_| true);
    Diagnostics::warnings_of(diagnostics)?;
    Ok(source)
}

/// The names in `folder`, or `None` if it does not exist or cannot be read. The only file that is read is the policy.
pub(super) fn list(folder: &Path) -> Option<Source> {
    let is_policy = |path: &Path| path.file_name().is_some_and(|name| name == CONFIG_FILE);
    let (source, diagnostics) = Walk::through(folder, "", is_policy);
    diagnostics.is_empty().then_some(source)
}

struct Walk {
    source: Source,
    diagnostics: Vec<Diagnostic>,
    /// The real path of the folder where the walk began, once it is known.
    root: PathBuf,
    /// The real paths of the folders from the root to the present one: a link to one of these is a loop.
    above: Vec<PathBuf>,
    /// Whether to read a file.
    reads: fn(&Path) -> bool,
    /// The number of entries so far. Links inside the folder can multiply it without end.
    entries: usize,
}

impl Walk {
    fn through(folder: &Path, root: &str, reads: fn(&Path) -> bool) -> (Source, Vec<Diagnostic>) {
        let mut walk = Walk {
            source: Source { root: root.to_owned(), ..Source::default() },
            diagnostics: Vec::new(),
            root: PathBuf::new(),
            above: Vec::new(),
            reads,
            entries: 0,
        };
        match fs::canonicalize(folder) {
            Ok(real) => {
                walk.root.clone_from(&real);
                walk.folder(folder, real, "");
            }
            Err(error) => walk.report(unreadable(&error), ""),
        }
        walk.source.files.sort_by(|a, b| a.path.cmp(&b.path));
        (walk.source, walk.diagnostics)
    }

    /// Reads `folder`. `real` is its path once links are followed, `inside` its path from the root.
    fn folder(&mut self, folder: &Path, real: PathBuf, inside: &str) {
        if self.above.contains(&real) {
            return self.report(FolderProblem::SymlinkLoop, inside);
        }
        self.above.push(real);
        match fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Ok(entries) if entries.is_empty() => self.source.empty_folders.push(inside.to_owned()),
            Ok(mut entries) => {
                entries.sort_by_key(fs::DirEntry::file_name);
                entries.iter().for_each(|entry| self.entry(entry, inside));
            }
            Err(error) => self.report(unreadable(&error), inside),
        }
        self.above.pop();
    }

    fn entry(&mut self, entry: &fs::DirEntry, inside: &str) {
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            return self.report(FolderProblem::PathNotUtf8, &join(inside, &name.to_string_lossy()));
        };
        if name.starts_with('.') || self.entries > MAX_ENTRIES {
            return;
        }
        self.entries += 1;
        if self.entries > MAX_ENTRIES {
            return self.report(FolderProblem::TooManyEntries, "");
        }
        let inside = join(inside, name);
        if name.chars().any(|c| visible(c) != c) {
            return self.report(FolderProblem::ControlInPath, &inside);
        }
        match self.kind(entry) {
            Ok(Kind::Folder(real)) => self.folder(&entry.path(), real, &inside),
            Ok(Kind::File) => self.file(&entry.path(), inside),
            Err(problem) => self.report(problem, &inside),
        }
    }

    /// The kind of an entry, once its links are followed. Only links and folders cost a second call of the file system.
    fn kind(&self, entry: &fs::DirEntry) -> Result<Kind, FolderProblem> {
        let path = entry.path();
        let kind = entry.file_type().map_err(|error| unreadable(&error))?;
        if kind.is_file() {
            return Ok(Kind::File);
        }
        let real = fs::canonicalize(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound if kind.is_symlink() => FolderProblem::DanglingSymlink,
            _ => unreadable(&error),
        })?;
        if !real.starts_with(&self.root) {
            return Err(FolderProblem::LinkOut);
        }
        let metadata = fs::metadata(&real).map_err(|error| unreadable(&error))?;
        match metadata.file_type() {
            kind if kind.is_dir() => Ok(Kind::Folder(real)),
            kind if kind.is_file() => Ok(Kind::File),
            kind => Err(FolderProblem::NotAFile { what: special(kind) }),
        }
    }

    fn file(&mut self, path: &Path, inside: String) {
        let bytes = if (self.reads)(path) { read_bounded(path) } else { Ok(Vec::new()) };
        match bytes {
            Ok(bytes) => self.source.files.push(SourceFile { path: inside, bytes }),
            Err(error) => self.report(unreadable(&error), &inside),
        }
    }

    fn report(&mut self, problem: FolderProblem, inside: &str) {
        self.diagnostics.push(Diagnostic::of_file(problem, join(&self.source.root, inside)));
    }
}

enum Kind {
    File,
    /// A folder, with its real path.
    Folder(PathBuf),
}

/// One byte more than any script may have is enough to know that a file is too large.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_SCRIPT_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reading one of these may never end.
#[cfg(unix)]
fn special(kind: fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    match kind {
        _ if kind.is_fifo() => "a named pipe",
        _ if kind.is_socket() => "a socket",
        _ => "a device",
    }
}

#[cfg(not(unix))]
fn special(_kind: fs::FileType) -> &'static str {
    "a device"
}

#[cfg(feature = "include_dir")]
pub(super) fn from_dir(dir: &include_dir::Dir<'_>) -> Source {
    let mut source = Source { root: dir.path().to_string_lossy().into_owned(), ..Source::default() };
    collect(dir, &mut source);
    source.files.sort_by(|a, b| a.path.cmp(&b.path));
    source
}

#[cfg(feature = "include_dir")]
fn collect(dir: &include_dir::Dir<'_>, source: &mut Source) {
    let slashed = |path: &Path| path.to_string_lossy().replace('\\', "/");
    let is_hidden =
        |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    for entry in dir.entries() {
        match entry {
            _ if is_hidden(entry.path()) => {}
            include_dir::DirEntry::Dir(dir) if dir.entries().is_empty() => {
                source.empty_folders.push(slashed(dir.path()));
            }
            include_dir::DirEntry::Dir(dir) => collect(dir, source),
            include_dir::DirEntry::File(file) => {
                source.files.push(SourceFile { path: slashed(file.path()), bytes: file.contents().to_vec() });
            }
        }
    }
}

fn unreadable(error: &io::Error) -> FolderProblem {
    FolderProblem::Unreadable { message: error.to_string() }
}
