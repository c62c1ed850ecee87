//! `cargo xtask ci`.

use std::process::Command;

use crate::features;
use crate::install;
use crate::left_out;
use crate::quickstart;
use crate::step::{Done, Failed, cargo, run, run_reading};
use crate::tally::Tally;
use crate::test::{self, EVERYTHING};
use crate::versions;

/// The crates whose features are checked one by one.
const WITH_FEATURES: [&str; 2] = ["migrate-core", "migrate"];

/// Runs all checks that a change must pass. The first failure ends it.
pub(crate) fn run_all() -> Done {
    let mut tally = Tally::default();
    let done = steps(&mut tally);
    let done = left_out::reported(left_out::versions(), done);
    let done = left_out::reported(left_out::corpora(), done);
    let done = left_out::reported(left_out::stamps(), done);
    // The summary comes last, so that the end of the log shows how the tests went.
    match (done, tally.summary()) {
        (Ok(()), Some(summary)) => {
            println!("\n{summary}");
            Ok(())
        }
        (Err(Failed(why)), Some(summary)) => Err(Failed(format!("{why}\n\n{summary}"))),
        (done, None) => done,
    }
}

fn steps(tally: &mut Tally) -> Done {
    install::what_is_newer()?;
    run("format", &mut cargo(&["fmt", "--all", "--check"]))?;
    run("lints", cargo(&["clippy", "--all-targets"]).args(EVERYTHING).args(["--", "-D", "warnings"]))?;
    documentation()?;
    for package in WITH_FEATURES {
        features::each_alone(package)?;
    }
    let mut run_counting =
        |title: &str, command: &mut Command| run_reading(title, command, |line| tally.read(line));
    test::run_all(&[], &mut run_counting)?;
    versions::run_all(&mut run_counting)?;
    quickstart::run()
}

/// There are no examples in the sense of cargo. To ask for them selects the dependencies of tests too, and with them the
/// features of all others that the lints were checked with: without, everything is checked again.
fn documentation() -> Done {
    let mut doc = cargo(&["doc", "--no-deps", "--lib", "--bins", "--examples"]);
    run("documentation", doc.args(EVERYTHING).env("RUSTDOCFLAGS", "-D warnings"))
}
