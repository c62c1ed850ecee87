use std::fmt;

use crate::file_name::{Form, InvalidFileName};
use crate::token::Quote;
use crate::{Hazard, InvalidVersion, Risk, Version};

/// What is wrong with a migrations folder. Its text says what was found, [`Problem::help`] what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The folder does not exist.
    MissingDirectory {
        /// Where it was looked for.
        looked_in: String,
    },
    /// The path names a file.
    NotADirectory,
    /// The folder holds no migration.
    EmptyDirectory,
    /// The system did not let us read a file or folder.
    Unreadable {
        /// What it said.
        message: String,
    },
    /// A link leads to nothing.
    DanglingSymlink,
    /// A link leads to a folder that it stands in.
    SymlinkLoop,
    /// A link leads out of the migrations folder.
    LinkOutOfFolder,
    /// What is there is neither a file nor a folder.
    NotAFile {
        /// What it is, with its article.
        what: &'static str,
    },
    /// The folder and those below it have more than [`MAX_ENTRIES`] entries.
    TooManyEntries,
    /// The path of a file or folder is no UTF-8.
    PathNotUtf8,
    /// The path of a file or folder holds a character that a terminal obeys instead of showing it.
    ControlInPath,
    /// A file fits none of the forms.
    FileName {
        /// Why.
        reason: InvalidFileName,
        /// A name that would do.
        suggestion: Option<String>,
    },
    /// Two forms in one tree.
    MixedForms {
        /// The form of this file.
        form: Form,
        /// The form of most others.
        other_form: Form,
        /// One of the others, as the user would type its path.
        other: String,
    },
    /// Two migrations with one version.
    DuplicateVersion {
        /// The version of both.
        version: Version,
        /// The file that came first.
        other: String,
    },
    /// Two scripts apply one migration.
    DuplicateUp {
        /// The file that came first.
        other: String,
    },
    /// Two files for another part of one migration.
    DuplicatePart {
        /// `rollback script` or `verify script`.
        what: &'static str,
        /// The file that came first.
        other: String,
    },
    /// A date of 8 digits beside timestamps of 14 sorts before them for ever.
    DateAmongTimestamps {
        /// The date.
        version: Version,
        /// A file with a timestamp.
        other: String,
    },
    /// A rollback, verify or metadata file without its migration.
    Orphan {
        /// `rollback script`, `verify script` or `metadata file`.
        what: &'static str,
        /// A migration of the same version with another name, if there is one.
        twin: Option<String>,
    },
    /// A migration without a way back.
    MissingDown {
        /// The file that is missing.
        expected: String,
        /// What the migration must be called beside it, if that is another name.
        rename: Option<String>,
    },
    /// A folder of a migration without `up.sql`.
    DirectoryWithoutUp,
    /// A script without a statement.
    EmptyScript,
    /// A rollback script without a statement.
    EmptyDown,
    /// `irreversible` beside a rollback script.
    IrreversibleWithDown {
        /// The rollback script.
        down: String,
    },
    /// `nothing-to-undo` above statements.
    NothingToUndoWithStatements,
    /// A byte order mark before a directive on the first line.
    ByteOrderMark,
    /// The file is UTF-16.
    Utf16,
    /// The file is no UTF-8.
    NotUtf8,
    /// A NUL byte, which no database accepts in SQL.
    NulByte,
    /// The file is larger than [`MAX_SCRIPT_BYTES`].
    TooLarge,
    /// `migrate.toml` or `metadata.toml` does not read.
    InvalidToml {
        /// What the parser said.
        message: String,
    },
    /// A name that says nothing.
    VagueName {
        /// The name.
        name: String,
    },
    /// A name outside the pattern of `migrate.toml`.
    NameOutsidePattern {
        /// The name.
        name: String,
    },
    /// A directive that we do not know.
    UnknownDirective {
        /// What stands there.
        key: String,
        /// What may have been meant.
        closest: Option<&'static str>,
    },
    /// `-- migrate key` instead of `-- migrate: key`.
    DirectiveWithoutColon {
        /// The key.
        key: String,
    },
    /// A directive with a value that it does not take.
    DirectiveValue {
        /// The key.
        key: String,
        /// What stands there.
        value: String,
        /// What it takes, if it takes anything.
        expected: Option<&'static str>,
    },
    /// A directive in a script where it means nothing.
    DirectiveInWrongPart {
        /// The key.
        key: String,
        /// Whether it belongs to the rollback script.
        belongs_to_down: bool,
    },
    /// A directive below a statement.
    DirectiveBelowStatement {
        /// The key.
        key: String,
    },
    /// A directive inside a statement.
    DirectiveInsideStatement {
        /// The key.
        key: String,
    },
    /// One directive twice.
    DirectiveTwice {
        /// The key.
        key: String,
    },
    /// A directive of another tool.
    ForeignDirective {
        /// What stands there.
        theirs: String,
        /// Our key.
        ours: String,
    },
    /// `allow` of a hazard that there is not.
    UnknownHazard {
        /// What stands there.
        name: String,
        /// What may have been meant.
        closest: Option<&'static str>,
    },
    /// `allow` of a hazard that is not there.
    UnusedAllow {
        /// The hazard.
        hazard: Hazard,
    },
    /// A script has more problems than are worth reading at once.
    More {
        /// How many are not shown.
        count: usize,
    },
    /// What would hurt a database that is in use.
    Hazard {
        /// Its name.
        hazard: Hazard,
        /// How bad it is here.
        risk: Risk,
        /// What happens.
        message: String,
        /// What to do instead.
        safer: String,
    },
    /// What is no SQL to the engine.
    Syntax {
        /// What does not fit.
        message: String,
        /// What may have been meant.
        hint: Option<String>,
    },
    /// A quote or comment that never ends.
    Unterminated(Quote),
    /// A script with a transaction of its own.
    TransactionControl {
        /// The statement's first word.
        statement: String,
    },
    /// A statement that refuses a transaction, in a script that runs in one.
    NeedsNoTransaction {
        /// The statement's first words.
        statement: String,
    },
    /// `COPY … FROM STDIN`, whose rows only psql sends.
    CopyFromStdin,
    /// A command to psql, which is no SQL.
    PsqlCommand,
    /// PostgreSQL and SQLite would split the script differently.
    SplitsDifferently,
    /// `lock = "required"`, and there is no lock file.
    MissingLockFile,
    /// A line of the lock file does not read.
    LockLine {
        /// What should stand there.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// git left a conflict in the lock file.
    LockConflict,
    /// The lines of the lock file are not in the order of their versions.
    LockOrder {
        /// The version of the line before.
        above: Version,
    },
    /// A line of the lock file does not follow from those before it.
    LockChain {
        /// Version and name in that line.
        migration: String,
    },
    /// A script is not what was locked.
    Edited {
        /// `script` or `rollback script`.
        what: &'static str,
        /// Version and name of the migration.
        migration: String,
        /// Its version.
        version: Version,
    },
    /// A migration that is locked is gone.
    Removed {
        /// Its version and name.
        migration: String,
    },
    /// The rollback script of a migration that is locked is gone.
    RemovedDown {
        /// Version and name of the migration.
        migration: String,
    },
    /// A migration that is locked has another version or name.
    Renamed {
        /// Version and name that are locked.
        locked: String,
        /// Version and name in the folder.
        now: String,
    },
    /// A new migration comes before the last that is locked.
    Inserted {
        /// Its version and name.
        migration: String,
        /// Version and name of the last that is locked.
        head: String,
        /// A path that comes last.
        suggestion: Option<String>,
    },
    /// `lock = "required"`, and a migration is not locked.
    Draft {
        /// Its version and name.
        migration: String,
    },
}

/// The largest script, 64 MiB: what is baked into a binary should be code, not data.
pub const MAX_SCRIPT_BYTES: usize = 64 << 20;

/// The most files and folders in a migrations folder: more are another folder, or links that multiply one.
pub const MAX_ENTRIES: usize = 100_000;

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::MissingDirectory { looked_in } => {
                write!(f, "the migrations folder does not exist (looked in {looked_in})")
            }
            Problem::NotADirectory => f.write_str("the migrations folder is a file"),
            Problem::EmptyDirectory => f.write_str("the migrations folder holds no migration"),
            Problem::Unreadable { message } => write!(f, "cannot be read: {message}"),
            Problem::DanglingSymlink => f.write_str("a symbolic link that leads nowhere"),
            Problem::SymlinkLoop => f.write_str("a symbolic link leads back to a folder that it stands in"),
            Problem::LinkOutOfFolder => {
                f.write_str("a symbolic link leads out of the migrations folder, and is not followed")
            }
            Problem::NotAFile { what } => write!(f, "this is {what}, not a file"),
            Problem::TooManyEntries => {
                write!(f, "the migrations folder holds more than {MAX_ENTRIES} files and folders")
            }
            Problem::PathNotUtf8 => f.write_str("the path is not valid UTF-8"),
            Problem::ControlInPath => f.write_str("the path holds a control character"),
            Problem::FileName { reason, .. } => reason.fmt(f),
            Problem::MixedForms { form, other_form, other } => {
                write!(
                    f,
                    "two forms of file names in one tree: this file is {form}, `{other}` is {other_form}"
                )
            }
            Problem::DuplicateVersion { version, other } => {
                write!(f, "version {version} is used twice, here and by `{other}`")
            }
            Problem::DuplicateUp { other } => {
                write!(f, "two scripts apply this migration: this one and `{other}`")
            }
            Problem::DuplicatePart { what, other } => {
                write!(f, "two {what}s for one migration: this one and `{other}`")
            }
            Problem::DateAmongTimestamps { version, other } => {
                write!(f, "version {version} is a date of 8 digits beside timestamps of 14, as in `{other}`")
            }
            Problem::Orphan { what, .. } => write!(f, "a {what} without its migration"),
            Problem::MissingDown { expected, .. } => write!(f, "no way back: `{expected}` is missing"),
            Problem::DirectoryWithoutUp => f.write_str("the folder of a migration holds no up.sql"),
            Problem::EmptyScript => f.write_str("the script holds no statement"),
            Problem::EmptyDown => f.write_str("the rollback script holds no statement, so it is no way back"),
            Problem::IrreversibleWithDown { down } => {
                write!(f, "declared irreversible, and yet there is the rollback script `{down}`")
            }
            Problem::NothingToUndoWithStatements => {
                f.write_str("says that there is nothing to undo, and yet holds statements")
            }
            Problem::ByteOrderMark => {
                f.write_str("a byte order mark stands before the directive on the first line and hides it")
            }
            Problem::Utf16 => f.write_str("the file is UTF-16, not UTF-8"),
            Problem::NotUtf8 => f.write_str("the file is not valid UTF-8"),
            Problem::NulByte => f.write_str("the file holds a NUL byte, which no database accepts in SQL"),
            Problem::TooLarge => write!(f, "the file is larger than {} MiB", MAX_SCRIPT_BYTES >> 20),
            Problem::InvalidToml { message } => f.write_str(message),
            Problem::VagueName { name } => write!(f, "the name `{name}` says nothing about the change"),
            Problem::NameOutsidePattern { name } => {
                write!(f, "the name `{name}` does not match the pattern of migrate.toml")
            }
            Problem::UnknownDirective { key, .. } if key.is_empty() => {
                f.write_str("no directive stands behind `migrate:`")
            }
            Problem::UnknownDirective { key, .. } => write!(f, "unknown directive `{key}`"),
            Problem::DirectiveWithoutColon { key } => {
                write!(f, "the directive `{key}` lacks the colon of `migrate:`")
            }
            Problem::DirectiveValue { key, value, expected: None } => {
                write!(f, "the directive `{key}` takes no value, and `{value}` stands there")
            }
            Problem::DirectiveValue { key, value, expected: Some(expected) } if value.is_empty() => {
                write!(f, "the directive `{key}` lacks {expected}")
            }
            Problem::DirectiveValue { key, value, expected: Some(expected) } => {
                write!(f, "the directive `{key}` takes {expected}, not `{value}`")
            }
            Problem::DirectiveInWrongPart { key, .. } => {
                write!(f, "the directive `{key}` means nothing in this script")
            }
            Problem::DirectiveBelowStatement { key } => {
                write!(f, "the directive `{key}` does not stand above the statements")
            }
            Problem::DirectiveInsideStatement { key } => {
                write!(f, "the directive `{key}` stands inside a statement")
            }
            Problem::DirectiveTwice { key } => write!(f, "the directive `{key}` stands here twice"),
            Problem::ForeignDirective { theirs, .. } => {
                write!(f, "`-- {theirs}` is a directive of another tool")
            }
            Problem::UnknownHazard { name, .. } => write!(f, "there is no hazard `{name}`"),
            Problem::UnusedAllow { hazard } => {
                write!(f, "allows the hazard `{hazard}`, which is not there")
            }
            Problem::More { count } => write!(f, "and {count} more in this script"),
            Problem::Hazard { hazard, risk, message, .. } => write!(f, "[{hazard}] {risk}: {message}"),
            Problem::Syntax { message, .. } => f.write_str(message),
            Problem::Unterminated(Quote::String) => f.write_str("this string never ends"),
            Problem::Unterminated(Quote::Identifier) => f.write_str("this quoted identifier never ends"),
            Problem::Unterminated(Quote::Dollar) => f.write_str("this dollar-quoted string never ends"),
            Problem::Unterminated(Quote::Comment) => f.write_str("this comment never ends"),
            Problem::TransactionControl { statement } => {
                write!(f, "the script begins or ends a transaction itself: {statement}")
            }
            Problem::NeedsNoTransaction { statement } => {
                write!(f, "{statement} cannot run inside a transaction")
            }
            Problem::CopyFromStdin => f.write_str("COPY … FROM STDIN needs rows that only psql sends"),
            Problem::PsqlCommand => f.write_str("a psql command, not SQL"),
            Problem::SplitsDifferently => {
                f.write_str("PostgreSQL and SQLite see different statements in this script")
            }
            Problem::MissingLockFile => {
                f.write_str("migrate.toml says `lock = \"required\"`, and there is no lock file")
            }
            Problem::LockLine { expected, found } if found.is_empty() => {
                write!(f, "the lock file lacks {expected}")
            }
            Problem::LockLine { expected, found } => {
                write!(f, "the lock file should have {expected}, not `{found}`")
            }
            Problem::LockConflict => f.write_str("git left a merge conflict in the lock file"),
            Problem::LockOrder { above } => {
                write!(
                    f,
                    "the version in this line of the lock file does not come after {above}, the one above it"
                )
            }
            Problem::LockChain { migration } => {
                write!(
                    f,
                    "the line of {migration} does not follow from those above it: two branches were merged, or something was changed by hand"
                )
            }
            Problem::Edited { what, migration, .. } => {
                write!(f, "the {what} of {migration} was edited since it was locked")
            }
            Problem::Removed { migration } => write!(f, "{migration} is locked, and its script is gone"),
            Problem::RemovedDown { migration } => {
                write!(f, "{migration} was locked with a rollback script, and has none now")
            }
            Problem::Renamed { locked, now } => {
                write!(f, "{now} is a new name for {locked}, which is locked")
            }
            Problem::Inserted { migration, head, .. } => {
                write!(f, "{migration} is new, and comes before {head}, which is locked")
            }
            Problem::Draft { migration } => {
                write!(f, "{migration} is not locked, and migrate.toml says `lock = \"required\"`")
            }
        }
    }
}

impl Problem {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Problem::MissingDirectory { .. } => {
                "create it, or correct the path; a relative one starts at the package's Cargo.toml".into()
            }
            Problem::NotADirectory => "name the folder that holds the scripts".into(),
            Problem::EmptyDirectory => {
                "add the first migration, such as `20251107100000_create_users.up.sql` with its `.down.sql`"
                    .into()
            }
            Problem::Unreadable { .. } => "check that the file exists and that you may read it".into(),
            Problem::DanglingSymlink => "remove the link, or put back what it leads to".into(),
            Problem::SymlinkLoop => "remove the link".into(),
            Problem::LinkOutOfFolder => {
                "copy what it leads to into the folder; the folder itself may be a link".into()
            }
            Problem::NotAFile { .. } => "remove it: a migrations folder holds files and folders".into(),
            Problem::TooManyEntries => "name the folder of the migrations alone".into(),
            Problem::PathNotUtf8 | Problem::ControlInPath => "rename it".into(),
            Problem::FileName { reason, suggestion } => file_name_help(reason, suggestion.as_deref()),
            Problem::MixedForms { .. } => "choose one form and rename the others".into(),
            Problem::DuplicateVersion { .. } => {
                "give the newer migration a version of its own, above all others".into()
            }
            Problem::DuplicateUp { .. } | Problem::DuplicatePart { .. } => "keep one of the two".into(),
            Problem::DateAmongTimestamps { version, .. } => {
                format!("add a time, as in `{version}000000`, or it sorts before every timestamp for ever")
            }
            Problem::Orphan { twin: Some(twin), .. } => {
                format!("`{twin}` has this version: give both the same name")
            }
            Problem::Orphan { twin: None, .. } => "add the migration, or delete this file".into(),
            Problem::MissingDown { rename, .. } => {
                let write = match rename {
                    Some(name) => format!("write it and rename this file to `{name}`"),
                    None => "write it".to_owned(),
                };
                format!(
                    "{write}, or put `-- migrate: irreversible \"why\"` at the top of the migration, or set \
                     `rollback = \"optional\"` in migrate.toml"
                )
            }
            Problem::DirectoryWithoutUp => "add up.sql, or delete the folder".into(),
            Problem::EmptyScript => "write the migration, or delete its files".into(),
            Problem::EmptyDown => {
                "write it, or say `-- migrate: nothing-to-undo \"why\"` in it, or delete it and \
                 put `-- migrate: irreversible \"why\"` at the top of the migration"
                    .into()
            }
            Problem::IrreversibleWithDown { .. } => "delete the rollback script or the directive".into(),
            Problem::NothingToUndoWithStatements => "delete the statements or the directive".into(),
            Problem::ByteOrderMark => "save the file as UTF-8 without a byte order mark".into(),
            Problem::Utf16 => "save it as UTF-8".into(),
            Problem::NotUtf8 => "it may be Latin-1: save it as UTF-8".into(),
            Problem::NulByte => "delete the byte; a file in UTF-16 is full of them: save it as UTF-8".into(),
            Problem::TooLarge => "load data outside of migrations".into(),
            Problem::InvalidToml { .. } => {
                "correct the file; the crate's documentation has the keys of migrate.toml".into()
            }
            Problem::VagueName { .. } => "say what changes, as in `add_tenant_to_orders`".into(),
            Problem::NameOutsidePattern { .. } => "rename the files, or correct `names.pattern`".into(),
            Problem::UnknownDirective { closest: Some(closest), .. } => format!("did you mean `{closest}`?"),
            Problem::UnknownDirective { key, .. } if key == "up" || key == "down" => {
                "sections of one file are dbmate's form: write `.up.sql` and `.down.sql`".into()
            }
            Problem::UnknownDirective { .. } => "the crate's documentation lists the directives; no other \
                 text may stand behind `-- migrate:`"
                .into(),
            Problem::DirectiveWithoutColon { key } => format!("write `-- migrate: {key}`"),
            Problem::DirectiveValue { key, .. } => directive_example(key).into(),
            Problem::DirectiveInWrongPart { belongs_to_down: true, .. } => {
                "move it to the rollback script".into()
            }
            Problem::DirectiveInWrongPart { .. } => "move it to the script that applies the migration".into(),
            Problem::DirectiveInsideStatement { key } if key == "allow" => {
                "move it above the statement, or to the top of the file".into()
            }
            Problem::DirectiveBelowStatement { .. } | Problem::DirectiveInsideStatement { .. } => {
                "move it to the comments at the top of the file".into()
            }
            Problem::DirectiveTwice { .. } => "keep one of the two".into(),
            Problem::ForeignDirective { ours, .. } => format!("write `-- migrate: {ours}`"),
            Problem::UnknownHazard { closest: Some(closest), .. } => format!("did you mean `{closest}`?"),
            Problem::UnknownHazard { closest: None, .. } => {
                "the message of the hazard tells its name, and docs/hazards/ has a page for each".into()
            }
            Problem::UnusedAllow { .. } => {
                "delete the directive, or put it above the statement that it is about".into()
            }
            Problem::More { .. } => "correct or allow those before; the rest is shown then".into(),
            Problem::Hazard { hazard, safer, .. } => format!(
                "{safer}\n allow: -- migrate: allow {hazard} \"why\"\n more: {}",
                hazard.page()
            ),
            Problem::Syntax { hint: Some(hint), .. } => hint.clone(),
            Problem::Syntax { hint: None, .. } => "correct the statement; the server would refuse it".into(),
            Problem::Unterminated(Quote::Dollar) => "close it with the same tag that opens it".into(),
            Problem::Unterminated(_) => "close it".into(),
            Problem::TransactionControl { .. } => {
                "delete the statement: the run commits the script together with \
                 its history row"
                    .into()
            }
            Problem::NeedsNoTransaction { .. } => {
                "put `-- migrate: no-transaction` at the top of the file".into()
            }
            Problem::CopyFromStdin => "write INSERT statements".into(),
            Problem::PsqlCommand => "delete the line, or write the SQL that it stands for".into(),
            Problem::SplitsDifferently => {
                "keep to what both engines read alike, or set `dialect` to one of them".into()
            }
            Problem::MissingLockFile => "run `cargo migrate lock`, and commit `migrate.lock`".into(),
            Problem::LockLine { .. } => {
                "restore the file from git, and run `cargo migrate lock`, which writes it".into()
            }
            Problem::LockConflict => {
                "keep the lines of both sides in the order of their versions; where a migration of yours now \
                 comes before one of theirs, give it a version above and delete its line; then run \
                 `cargo migrate lock`"
                    .into()
            }
            Problem::LockOrder { .. } => {
                "the migration that was merged last goes last: give it a version above all others, delete its \
                 line, and run `cargo migrate lock`"
                    .into()
            }
            Problem::LockChain { .. } => {
                "make sure that it may run after the one above it, then run `cargo migrate lock`".into()
            }
            Problem::Edited { version, .. } => format!(
                "restore the file from git, and put the change in a new migration; where no database has applied it, or \
                 the edit does not change what it does, `cargo migrate lock --accept {version}` accepts it"
            ),
            Problem::Removed { .. } => {
                "restore its files from git, and undo what it does in a new migration; where it was never applied, \
                 delete its line and run `cargo migrate lock`"
                    .into()
            }
            Problem::RemovedDown { .. } => "restore the rollback script from git".into(),
            Problem::Renamed { locked, .. } => {
                format!("name its files `{locked}` again: a database that applied it knows it by that")
            }
            Problem::Inserted { suggestion, .. } => {
                let example = suggestion.as_ref().map_or(String::new(), |path| format!(", as in `{path}`"));
                format!("a new migration comes last: give it a version above all others{example}")
            }
            Problem::Draft { .. } => "run `cargo migrate lock`, and commit `migrate.lock`".into(),
        }
    }
}

fn file_name_help(reason: &InvalidFileName, suggestion: Option<&str>) -> String {
    match (reason, suggestion) {
        (InvalidFileName::Unknown, _) => {
            "if it belongs here, name it in `ignore = [\"…\"]` of migrate.toml".into()
        }
        (InvalidFileName::NoFolder, _) => "put it into a folder `<version>_<name>/`".into(),
        (InvalidFileName::Repeatable, _) => "write a versioned migration that replaces the object".into(),
        (InvalidFileName::Version(InvalidVersion::TooLarge), _) => {
            "use a timestamp such as 20251107100000 as the version".into()
        }
        (InvalidFileName::DottedVersion, Some(name)) => {
            format!("dots are not supported: number it `{name}`")
        }
        (InvalidFileName::Version(InvalidVersion::NotANumber), Some(name)) => format!("number it `{name}`"),
        (_, Some(name)) => format!("rename it, for example to `{name}`"),
        (_, None) => "rename it to `<version>_<name>`, as in `20251107100000_add_user.up.sql`".into(),
    }
}

fn directive_example(key: &str) -> &'static str {
    match key {
        "no-transaction" => "write `-- migrate: no-transaction`",
        "irreversible" => "write `-- migrate: irreversible \"the old column is gone\"`",
        "nothing-to-undo" => "write `-- migrate: nothing-to-undo \"the rows were wrong\"`",
        "lock-timeout" => "write `-- migrate: lock-timeout 5s`",
        "statement-timeout" => "write `-- migrate: statement-timeout 30min`",
        "risk" => "write `-- migrate: risk controlled`",
        "older-binaries" => "write `-- migrate: older-binaries ok`",
        "foreign-keys" => "write `-- migrate: foreign-keys off`",
        _ => "write `-- migrate: allow drop-column \"unused since 2.3\"`",
    }
}
