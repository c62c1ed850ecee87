//! Problems of the folder and its entries: missing, unreadable, links, pipes.

use super::MAX_ENTRIES;
use super::wording::Wording;

/// The folder, or something in it, cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FolderProblem {
    /// The folder does not exist.
    Missing {
        /// The absolute path.
        looked_in: String,
    },
    /// The path names a file.
    IsFile,
    /// The folder holds no migration.
    Empty,
    /// The system did not let us read a file or folder.
    Unreadable {
        /// What the system said.
        message: String,
    },
    /// A link leads to nothing.
    DanglingSymlink,
    /// A link leads to a folder that contains it.
    SymlinkLoop,
    /// A link leads out of the migrations folder.
    LinkOut,
    /// An entry is neither a file nor a folder.
    NotAFile {
        /// What it is, with its article.
        what: &'static str,
    },
    /// The folder has more than [`MAX_ENTRIES`] entries, those of its folders included.
    TooManyEntries,
    /// The path of a file or folder is not UTF-8.
    PathNotUtf8,
    /// The path of a file or folder contains a character that a terminal obeys instead of showing it.
    ControlInPath,
}

impl FolderProblem {
    pub(super) fn wording(&self) -> Wording {
        match self {
            FolderProblem::Missing { looked_in } => Wording::new(
                "missing-directory",
                format!("the migrations folder does not exist (looked in {looked_in})"),
                "create it, or correct the path; a relative path starts at the package's Cargo.toml",
            ),
            FolderProblem::IsFile => Wording::new(
                "not-a-directory",
                "the migrations folder is a file",
                "name the folder that holds the scripts",
            ),
            FolderProblem::Empty => Wording::new(
                "empty-directory",
                "the migrations folder holds no migration",
                "add the first migration, such as `20251107100000_create_users.up.sql` with its `.down.sql`",
            ),
            FolderProblem::Unreadable { message } => Wording::new(
                "unreadable",
                format!("cannot be read: {message}"),
                "check that the file exists and that you may read it",
            ),
            FolderProblem::DanglingSymlink => Wording::new(
                "dangling-symlink",
                "this symbolic link leads nowhere",
                "remove the link, or put its target back",
            ),
            FolderProblem::SymlinkLoop => Wording::new(
                "symlink-loop",
                "this symbolic link leads back to a folder that contains it",
                "remove the link",
            ),
            FolderProblem::LinkOut => Wording::new(
                "link-out-of-folder",
                "this symbolic link leads out of the migrations folder, and is not followed",
                "copy its target into the folder; the folder itself may be a link",
            ),
            FolderProblem::NotAFile { what } => Wording::new(
                "not-a-file",
                format!("this is {what}, not a file"),
                "remove it: a migrations folder holds files and folders",
            ),
            FolderProblem::TooManyEntries => Wording::new(
                "too-many-entries",
                format!("the migrations folder holds more than {MAX_ENTRIES} files and folders"),
                "name the folder that holds only the migrations",
            ),
            FolderProblem::PathNotUtf8 => {
                Wording::new("path-not-utf8", "the path is not valid UTF-8", "rename it")
            }
            FolderProblem::ControlInPath => {
                Wording::new("control-in-path", "the path contains a control character", "rename it")
            }
        }
    }
}
