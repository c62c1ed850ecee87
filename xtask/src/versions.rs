//! `cargo xtask versions`.

use std::env;
use std::process::Command;
use std::time::Instant;

use crate::install;
use crate::left_out;
use crate::programs::Programs;
use crate::server;
use crate::step::{Done, Failed};
use crate::test::Chosen;

/// The tests that every version runs: the version of the server, how it reads characters, how its schema is read and created
/// again, what a run does, what only PostgreSQL has, what its statements lock, whether its row-level security keeps
/// tenants apart, and which statements it refuses.
const CORE: Chosen = Chosen {
    binary: "server",
    modules: &[
        "version",
        "lexer",
        "fingerprint",
        "dump",
        "conformance",
        "postgres",
        "trace",
        "tenants",
        "up_fails",
    ],
    skipped: WITHOUT_SERVER,
};
/// The tests that the oldest and the newest version run too: concurrent runs, and runs that are interrupted anywhere.
const FAULTS: Chosen =
    Chosen { binary: "faults", modules: &["alone", "indexes", "races", "sweep"], skipped: WITHOUT_SERVER };
/// Tests that use no server.
const WITHOUT_SERVER: &[&str] = &["::sqlite::", "sqlite_file"];

/// Runs the core of the tests on each version of PostgreSQL in `ci/pg-versions`.
pub(crate) fn run_all(mut run: impl FnMut(&str, &mut Command) -> Done) -> Done {
    if left_out::versions().is_some() {
        let in_ci = env::var("CI").is_ok_and(|value| value == "true");
        return if in_ci { Err(Failed("CI has to run them".to_owned())) } else { Ok(()) };
    }
    install::what_is_missing()?;
    let all = Programs::all()?;
    let mut failed = Vec::new();
    for (index, programs) in all.iter().enumerate() {
        let begin = Instant::now();
        let major = programs.major;
        let mut done = run(&format!("PostgreSQL {major}"), &mut tests(programs, &CORE));
        if [0, all.len() - 1].contains(&index) {
            let faults = &mut tests(programs, &FAULTS);
            // The faults run even if the core failed: its failure says nothing about them.
            done = run(&format!("PostgreSQL {major}, faults"), faults).and(done);
        }
        println!("\nPostgreSQL {major} took {} s", begin.elapsed().as_secs());
        // The next version runs even if this one failed.
        failed.extend(done.err().map(|Failed(why)| why));
    }
    if failed.is_empty() { Ok(()) } else { Err(Failed(failed.join("\n"))) }
}

/// The test runner for a server of one version.
fn tests(programs: &Programs, chosen: &Chosen) -> Command {
    let mut command = chosen.runner();
    // A named server would be used instead of the programs.
    command.env_remove(server::URL);
    command.env("MIGRATE_TEST_PG_BIN", &programs.directory);
    command.env("MIGRATE_TEST_PG_EXPECT", programs.major.to_string());
    // Debian's server stamps its columns and these do not, so the tests see a server of each kind.
    command.env(server::STAMPS, "no");
    command
}
