//! `cargo xtask test`.

use std::process::Command;

use crate::install;
use crate::server::Server;
use crate::step::{Done, cargo, works};

/// Builds and tests the whole workspace with all features.
pub(crate) const EVERYTHING: [&str; 2] = ["--workspace", "--all-features"];

/// Makes sure that there is a server, runs all tests with `run`, and prints which server they used.
pub(crate) fn run_all(arguments: &[&str], mut run: impl FnMut(&str, &mut Command) -> Done) -> Done {
    install::what_is_missing()?;
    let server = Server::found();
    let mut tests = runner(&[]);
    tests.args(EVERYTHING).args(arguments);
    if let Some(server) = &server {
        server.expect(&mut tests);
    }
    // Neither runner runs the tests in the documentation.
    let done =
        run("tests", &mut tests).and_then(|()| run("doc tests", cargo(&["test", "--doc"]).args(EVERYTHING)));
    if let Some(server) = server {
        println!("\ntested on {}", server.seen());
        if let Some(offer) = server.offer() {
            println!("{offer}");
        }
    }
    done
}

/// The test runner: nextest if it is installed, because it runs tests of several binaries at once, else `cargo test`. It
/// runs `targets`, or all tests if there are none.
pub(crate) fn runner(targets: &[&str]) -> Command {
    let (mut command, all): (_, &[&str]) = if works(&mut cargo(&["nextest", "--version"])) {
        (cargo(&["nextest", "run", "--no-fail-fast"]), &[])
    } else {
        (cargo(&["test", "--no-fail-fast"]), &["--tests"])
    };
    command.args(if targets.is_empty() { all } else { targets });
    command
}
