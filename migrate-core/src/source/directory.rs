use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Source, SourceFile, join};
use crate::config::CONFIG_FILE;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::problem::Problem;

pub(super) fn read(folder: &Path, root: &str) -> Result<Source, Diagnostics> {
    let whole = |problem| Err(Diagnostic::of_file(problem, root).into());
    let looked_in = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()).display().to_string();
    match fs::metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return whole(Problem::MissingDirectory { looked_in });
        }
        Err(error) => return whole(unreadable(&error)),
        Ok(metadata) if !metadata.is_dir() => return whole(Problem::NotADirectory),
        Ok(_) => {}
    }
    let (source, diagnostics) = Walk::through(folder, root, |_| true);
    Diagnostics::warnings_of(diagnostics)?;
    Ok(source)
}

/// The names in `folder`, or `None` when it does not exist or does not read. Of the files only the policy is read.
pub(super) fn list(folder: &Path) -> Option<Source> {
    let is_policy = |path: &Path| path.file_name().is_some_and(|name| name == CONFIG_FILE);
    let (source, diagnostics) = Walk::through(folder, "", is_policy);
    diagnostics.is_empty().then_some(source)
}

struct Walk {
    source: Source,
    diagnostics: Vec<Diagnostic>,
    /// The real paths of the folders that we stand in.
    above: Vec<PathBuf>,
    /// Whether to read a file.
    reads: fn(&Path) -> bool,
}

impl Walk {
    fn through(folder: &Path, root: &str, reads: fn(&Path) -> bool) -> (Source, Vec<Diagnostic>) {
        let source = Source { root: root.to_owned(), ..Source::default() };
        let mut walk = Walk { source, diagnostics: Vec::new(), above: Vec::new(), reads };
        walk.folder(folder, "");
        walk.source.files.sort_by(|a, b| a.path.cmp(&b.path));
        (walk.source, walk.diagnostics)
    }

    /// Reads `folder`, whose path inside the root is `inside`.
    fn folder(&mut self, folder: &Path, inside: &str) {
        match fs::canonicalize(folder) {
            Ok(real) if self.above.contains(&real) => return self.report(Problem::SymlinkLoop, inside),
            Ok(real) => self.above.push(real),
            Err(error) => return self.report(unreadable(&error), inside),
        }
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
        let (path, name) = (entry.path(), entry.file_name());
        let Some(name) = name.to_str() else {
            return self.report(Problem::PathNotUtf8, &join(inside, &name.to_string_lossy()));
        };
        if name.starts_with('.') {
            return;
        }
        let inside = join(inside, name);
        match is_folder(entry, &path) {
            Ok(true) => self.folder(&path, &inside),
            Ok(false) if !(self.reads)(&path) => {
                self.source.files.push(SourceFile { path: inside, bytes: Vec::new() });
            }
            Ok(false) => match fs::read(&path) {
                Ok(bytes) => self.source.files.push(SourceFile { path: inside, bytes }),
                Err(error) => self.report(unreadable(&error), &inside),
            },
            Err(error) => {
                let leads_nowhere = error.kind() == io::ErrorKind::NotFound && path.is_symlink();
                let problem = if leads_nowhere { Problem::DanglingSymlink } else { unreadable(&error) };
                self.report(problem, &inside);
            }
        }
    }

    fn report(&mut self, problem: Problem, inside: &str) {
        self.diagnostics.push(Diagnostic::of_file(problem, join(&self.source.root, inside)));
    }
}

/// Whether the entry is a folder, or a link leads to one. The file system is asked again only about links.
fn is_folder(entry: &fs::DirEntry, path: &Path) -> io::Result<bool> {
    let kind = entry.file_type()?;
    if kind.is_symlink() { fs::metadata(path).map(|metadata| metadata.is_dir()) } else { Ok(kind.is_dir()) }
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

fn unreadable(error: &io::Error) -> Problem {
    Problem::Unreadable { message: error.to_string() }
}
