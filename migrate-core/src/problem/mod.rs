//! What can be wrong with a migrations folder: one file for each area.
//!
//! A problem is a variant of the area's enum, such as [`FolderProblem`], and one arm of its `wording`: the code, the
//! message and the help together. `Problem::from` puts it into its area.

mod directive;
mod file_name;
mod files;
mod folder;
mod hazard;
mod lock_file;
mod policy;
mod rollback;
mod script;
mod text;
mod wording;

use std::fmt;

pub use directive::DirectiveProblem;
pub use file_name::FileNameProblem;
pub use files::FilesProblem;
pub use folder::FolderProblem;
pub use hazard::HazardProblem;
pub use lock_file::LockFileProblem;
pub use policy::PolicyProblem;
pub use rollback::RollbackProblem;
pub use script::ScriptProblem;
pub use text::TextProblem;
use wording::Wording;

/// The largest script, 64 MiB: a binary should embed code, not data.
pub const MAX_SCRIPT_BYTES: usize = 64 << 20;

/// The most files and folders in a migrations folder: more are another folder, or links that multiply one.
pub const MAX_ENTRIES: usize = 100_000;

/// What is wrong with a migrations folder.
///
/// Its text says what was found, [`Problem::help`] what to do, and [`Problem::code`] is its name for programs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The folder, or something in it, cannot be read.
    Folder(FolderProblem),
    /// The name of a file.
    FileName(FileNameProblem),
    /// Files that do not make up a migration.
    Files(FilesProblem),
    /// A rollback script that is missing or says nothing.
    Rollback(RollbackProblem),
    /// A file that is not text.
    Text(TextProblem),
    /// `migrate.toml`, or a name that it refuses.
    Policy(PolicyProblem),
    /// A `-- migrate:` comment.
    Directive(DirectiveProblem),
    /// A statement that cannot run.
    Script(ScriptProblem),
    /// A statement that can hurt a database that is in use.
    Hazard(HazardProblem),
    /// `migrate.lock`, or a folder that differs from it.
    LockFile(LockFileProblem),
}

impl Problem {
    /// Its name for programs, such as `missing-down`. It stays the same when the message changes.
    ///
    /// `docs/problems.md` lists all of them.
    pub fn code(&self) -> &'static str {
        self.wording().code
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        self.wording().help.into_owned()
    }

    fn wording(&self) -> Wording {
        let wording = match self {
            Problem::Folder(problem) => problem.wording(),
            Problem::FileName(problem) => problem.wording(),
            Problem::Files(problem) => problem.wording(),
            Problem::Rollback(problem) => problem.wording(),
            Problem::Text(problem) => problem.wording(),
            Problem::Policy(problem) => problem.wording(),
            Problem::Directive(problem) => problem.wording(),
            Problem::Script(problem) => problem.wording(),
            Problem::Hazard(problem) => problem.wording(),
            Problem::LockFile(problem) => problem.wording(),
        };
        wording.naming_the_invisible()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.wording().message)
    }
}

macro_rules! areas {
    ($($area:ident($problem:ident),)*) => {$(
        impl From<$problem> for Problem {
            fn from(problem: $problem) -> Problem {
                Problem::$area(problem)
            }
        }
    )*};
}

areas! {
    Folder(FolderProblem),
    FileName(FileNameProblem),
    Files(FilesProblem),
    Rollback(RollbackProblem),
    Text(TextProblem),
    Policy(PolicyProblem),
    Directive(DirectiveProblem),
    Script(ScriptProblem),
    Hazard(HazardProblem),
    LockFile(LockFileProblem),
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    /// What stands before a code; in two parts, so that this is not one.
    const CALL: &str = concat!("Wording::", "new(");

    /// The codes that the sources give, so that the test needs no list of its own.
    fn codes() -> Vec<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/problem");
        let sources =
            fs::read_dir(folder).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
        let codes = |source: String| {
            let calls = source.split(CALL).skip(1);
            calls
                .filter_map(|call| Some(call.trim_start().strip_prefix('"')?.split_once('"')?.0.to_owned()))
                .collect()
        };
        sources.flat_map(|source| -> Vec<String> { codes(source) }).collect()
    }

    #[test]
    fn each_code_is_one_problem_and_has_its_line_in_the_list() {
        let codes = codes();
        let unique: BTreeSet<&str> = codes.iter().map(String::as_str).collect();
        assert_eq!(unique.len(), codes.len(), "a code is given twice: {codes:?}");
        assert!(codes.len() > 50, "{codes:?}");
        let list = include_str!("../../../docs/problems.md");
        let listed: Vec<&str> =
            list.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0)).collect();
        assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), unique, "left: docs/problems.md");
        assert_eq!(listed.len(), codes.len(), "a code is listed twice");
    }
}
