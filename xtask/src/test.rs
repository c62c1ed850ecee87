use std::process::Command;

use crate::install;
use crate::server::Server;
use crate::step::{Done, cargo, works};

/// What is built and tested: all that is there.
pub(crate) const EVERYTHING: [&str; 2] = ["--workspace", "--all-features"];

/// Makes sure that there is a server to test with, has `run` run all tests, and says which server it was.
pub(crate) fn run_all(arguments: &[&str], mut run: impl FnMut(&str, &mut Command) -> Done) -> Done {
    install::what_is_missing()?;
    let server = Server::found();
    let mut tests = if has_nextest() { nextest() } else { cargo_test(&["--tests"]) };
    tests.args(EVERYTHING).args(arguments);
    if let Some(server) = &server {
        server.expect(&mut tests);
    }
    // Neither runner has run the tests of the documentation yet.
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

/// Some of the tests.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) binary: &'static str,
    pub(crate) modules: &'static [&'static str],
    /// Parts of the names of tests that are left out.
    pub(crate) skipped: &'static [&'static str],
}

impl Chosen {
    /// All features of all packages, as in the run of everything: nothing is compiled again.
    pub(crate) fn runner(&self) -> Command {
        let mut command = if has_nextest() {
            let mut command = nextest();
            command.args(EVERYTHING).args(["--test", self.binary]);
            command.args(["-E", &format!("test(/^({})::/)", self.modules.join("|"))]).arg("--");
            command
        } else {
            // It looks for these words anywhere in a name, and so runs a few more.
            let mut command = cargo_test(&["--test", self.binary]);
            command.args(EVERYTHING).arg("--").args(self.modules.iter().map(|module| format!("{module}::")));
            command
        };
        command.args(self.skipped.iter().flat_map(|part| ["--skip", part]));
        command
    }
}

/// Whether the runner is installed that runs tests side by side.
fn has_nextest() -> bool {
    works(&mut cargo(&["nextest", "--version"]))
}

fn nextest() -> Command {
    cargo(&["nextest", "run", "--no-fail-fast"])
}

fn cargo_test(targets: &[&str]) -> Command {
    let mut command = cargo(&["test", "--no-fail-fast"]);
    command.args(targets);
    command
}
