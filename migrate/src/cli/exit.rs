//! Exit codes: what they mean, and what `--help` says of them.

use std::process::ExitCode;

/// The exit code of a program.
///
/// The codes of `status` are bits: combine them with [`Exit::and`].
///
/// ```
/// use migrate::cli::Exit;
///
/// assert_eq!(Exit::PENDING.and(Exit::DIVERGED).code(), 9);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(u8);

impl Exit {
    /// The verb is done, or had nothing to do; for `status`: the database is up to date.
    pub const DONE: Exit = Exit(0);
    /// The verb was refused, failed or was declined, or it found a problem.
    pub const FAILED: Exit = Exit(1);
    /// `status`: migrations are pending.
    pub const PENDING: Exit = Exit(1);
    /// `status`: a migration was interrupted.
    pub const INTERRUPTED: Exit = Exit(2);
    /// `status` and `drift`: the schema was changed by hand.
    pub const DRIFT: Exit = Exit(4);
    /// `status`: a migration was edited or is out of order, or the database is ahead of this binary.
    pub const DIVERGED: Exit = Exit(8);
    /// `status` and `drift`: the answer is unknown.
    pub const UNKNOWN: Exit = Exit(16);
    /// `dump`: the schema was written, but for what a dump cannot hold.
    pub const INCOMPLETE: Exit = Exit(32);
    /// The arguments are wrong. This is not the usual 2, because 2 is a bit of `status`.
    pub const USAGE: Exit = Exit(64);

    /// Combines two codes.
    #[must_use]
    pub const fn and(self, other: Exit) -> Exit {
        Exit(self.0 | other.0)
    }

    /// The code as the number that the process exits with.
    pub const fn code(self) -> u8 {
        self.0
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.0)
    }
}

/// The exit codes, as `--help` explains them at its end.
pub const HELP: &str = "\
Exit codes: 0 done or up to date; 1 refused, failed, declined or problems found; 64 wrong arguments.
Those of `status` are bits: 1 pending, 2 interrupted, 4 drift, 8 diverged; 16 unknown.
Those of `drift`: 4 and 16, as for `status`. `dump`: 32 written, but not all of it.";
