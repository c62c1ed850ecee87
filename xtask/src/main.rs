//! The commands that people and CI run: `cargo xtask test`, `cargo xtask versions` and `cargo xtask ci`.

mod ci;
mod features;
mod install;
mod left_out;
#[path = "../../migrate/src/testing/locate.rs"]
mod locate;
mod programs;
mod quickstart;
mod server;
mod step;
mod tally;
mod test;
mod versions;

use std::env;
use std::process::ExitCode;

use step::Failed;

const HELP: &str = "\
usage: cargo xtask VERB

  test [-- ARGUMENTS]  install PostgreSQL and PgBouncer if they are absent (as root, on Debian and its
                       relatives), then run all tests; ARGUMENTS go to the test runner. An installed
                       PostgreSQL is not upgraded; MIGRATE_TEST_PG_URL=postgres://… names a running server
  versions             run the core of the tests on the other versions of PostgreSQL; npm provides their programs
  ci                   run all checks that a change must pass, on the newest PostgreSQL that the distribution
                       has; as root, an older one is upgraded first";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["test"] => left_out::reported(left_out::corpora(), test::run_all(&[], step::run)),
        ["test", "--", runner @ ..] => {
            left_out::reported(left_out::corpora(), test::run_all(runner, step::run))
        }
        ["versions"] => left_out::reported(left_out::versions(), versions::run_all(step::run)),
        ["ci"] => ci::run_all(),
        ["test", unknown, ..] => Err(Failed(format!("`test` has no argument `{unknown}`\n\n{HELP}"))),
        _ => Err(Failed(HELP.to_owned())),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed(why)) => {
            eprintln!("\n{why}");
            ExitCode::FAILURE
        }
    }
}
