//! The tests that this machine cannot run.

use crate::server::Server;
use crate::step::{Done, root};

/// A line about tests that a run left out, so that no run leaves out tests silently.
pub(crate) type LeftOut = Option<&'static str>;

/// The folders that `tests/tests/server/corpora` applies.
pub(crate) fn corpora() -> LeftOut {
    let found = root().join("../shared/corpora").is_dir();
    (!found).then_some("left out: the corpora are not next to this checkout")
}

/// The programs in `ci/pg-versions` run on one kind of machine only.
pub(crate) fn versions() -> LeftOut {
    let runs_here = cfg!(all(target_os = "linux", target_arch = "x86_64"));
    (!runs_here).then_some("left out: the other versions of PostgreSQL, whose programs need Linux on x86-64")
}

/// A server that stamps its columns with an option of its own, as Debian's newest does.
pub(crate) fn stamps() -> LeftOut {
    let found = Server::found().and_then(|server| server.stamps()) == Some(true);
    (!found).then_some("left out: a server that stamps its columns, such as PostgreSQL 15.20 of Debian 12")
}

/// Prints what was left out at the end of the output.
pub(crate) fn reported(left_out: LeftOut, done: Done) -> Done {
    if let Some(line) = left_out {
        println!("\n{line}");
    }
    done
}
