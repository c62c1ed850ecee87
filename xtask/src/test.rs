//! `cargo xtask test`.

use std::env;
use std::num::NonZero;
use std::process::Command;
use std::thread;

use crate::install;
use crate::server::Server;
use crate::step::{Done, cargo, works};

/// Builds and tests the whole workspace with all features.
pub(crate) const EVERYTHING: [&str; 2] = ["--workspace", "--all-features"];

/// Makes sure that there is a server, runs all tests with `run`, and prints which server they used.
pub(crate) fn run_all(arguments: &[&str], mut run: impl FnMut(&str, &mut Command) -> Done) -> Done {
    install::what_is_missing()?;
    let server = Server::found();
    let mut tests = if has_nextest() { nextest() } else { cargo_test(&["--tests"]) };
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

/// A part of the tests: some modules of one binary.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) binary: &'static str,
    pub(crate) modules: &'static [&'static str],
    /// Tests with one of these words in their names are left out.
    pub(crate) skipped: &'static [&'static str],
}

impl Chosen {
    /// All features of all packages, as in the run of all tests, so that nothing is compiled again.
    pub(crate) fn runner(&self) -> Command {
        let mut command = if has_nextest() {
            let mut command = nextest();
            command.args(EVERYTHING).args(["--test", self.binary]);
            command.args(["-E", &format!("test(/^({})::/)", self.modules.join("|"))]).arg("--");
            command
        } else {
            // `cargo test` looks for these words anywhere in a name, and so runs a few more tests.
            let mut command = cargo_test(&["--test", self.binary]);
            command.args(EVERYTHING).arg("--").args(self.modules.iter().map(|module| format!("{module}::")));
            command
        };
        command.args(self.skipped.iter().flat_map(|part| ["--skip", part]));
        command
    }
}

/// Whether nextest is installed, which runs the tests of several binaries at once.
fn has_nextest() -> bool {
    works(&mut cargo(&["nextest", "--version"]))
}

/// How many tests run at once. It is a variable and not an argument, so that arguments of a caller win over it.
const THREADS: &str = "NEXTEST_TEST_THREADS";

/// Two tests for each processor, because most of them wait for servers and other processes.
fn nextest() -> Command {
    let mut command = cargo(&["nextest", "run", "--no-fail-fast"]);
    if env::var_os(THREADS).is_none() {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        command.env(THREADS, (2 * processors).to_string());
    }
    command
}

fn cargo_test(targets: &[&str]) -> Command {
    let mut command = cargo(&["test", "--no-fail-fast"]);
    command.args(targets);
    command
}
