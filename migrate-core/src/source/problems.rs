//! The list to which each step of reading a folder adds its problems. Why not an error at the first one? A user should see
//! every mistake of a folder at once.

use super::join;
use crate::diagnostic::Diagnostic;
use crate::problem::Problem;

/// Collects the problems of a folder.
pub(super) struct Problems<'a> {
    /// The folder as the user named it.
    root: &'a str,
    pub(super) found: Vec<Diagnostic>,
}

impl<'a> Problems<'a> {
    pub(super) fn new(root: &'a str) -> Problems<'a> {
        Problems { root, found: Vec::new() }
    }

    /// A path inside the folder as the user would type it.
    pub(super) fn display_path(&self, inside: &str) -> String {
        join(self.root, inside)
    }

    /// A problem of a whole file or folder.
    pub(super) fn of_file(&mut self, problem: impl Into<Problem>, path: &str) {
        self.found.push(Diagnostic::of_file(problem, self.display_path(path)));
    }

    /// A problem at a byte of `text`, the content of the file.
    pub(super) fn at(&mut self, problem: impl Into<Problem>, path: &str, text: &str, offset: usize) {
        self.found.push(Diagnostic::at(problem, self.display_path(path), text, offset));
    }
}
