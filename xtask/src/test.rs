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
    let mut tests = runner(&[]);
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
