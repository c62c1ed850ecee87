use std::process::Command;

use crate::install;
use crate::step::{Done, cargo, works};

/// What is built and tested: all that is there.
pub(crate) const EVERYTHING: [&str; 2] = ["--workspace", "--all-features"];

/// Makes sure that there is a server to test with, then has `run` run all tests.
pub(crate) fn run_all(arguments: &[&str], mut run: impl FnMut(&str, &mut Command) -> Done) -> Done {
    install::what_is_missing()?;
    run("tests", runner(&[]).args(EVERYTHING).args(arguments))?;
    // Neither runner has run them yet.
    run("doc tests", cargo(&["test", "--doc"]).args(EVERYTHING))
}

/// The one that runs tests side by side, where it is installed. It runs `targets`, or all when there are none.
pub(crate) fn runner(targets: &[&str]) -> Command {
    let (mut command, all): (_, &[&str]) = if works(&mut cargo(&["nextest", "--version"])) {
        (cargo(&["nextest", "run", "--no-fail-fast"]), &[])
    } else {
        (cargo(&["test", "--no-fail-fast"]), &["--tests"])
    };
    command.args(if targets.is_empty() { all } else { targets });
    command
}
