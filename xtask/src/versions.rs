use std::env;
use std::process::Command;
use std::time::Instant;

use crate::install;
use crate::left_out;
use crate::programs::Programs;
use crate::server;
use crate::step::{Done, Failed};
use crate::test::{EVERYTHING, runner};

/// What every version runs: which server it is, how its schema reads and is made again, what a run does, what only
/// PostgreSQL has, what its statements lock, and whether its row-level security keeps tenants apart.
const CORE: [&str; 14] = [
    "--test",
    "version",
    "--test",
    "fingerprint",
    "--test",
    "dump",
    "--test",
    "conformance",
    "--test",
    "postgres",
    "--test",
    "trace",
    "--test",
    "tenants",
];
/// What the oldest and the newest run besides: a run beside others, and cut off anywhere.
const FAULTS: [&str; 2] = ["--test", "faults"];
const FAULTS_CHOSEN: [&str; 3] = ["indexes::", "races::", "sweep::"];
/// No server takes part in these.
const WITHOUT_SERVER: [&str; 4] = ["--skip", "::sqlite::", "--skip", "sqlite_file"];

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
        let mut done = run(&format!("PostgreSQL {major}"), tests(programs, &CORE).args(WITHOUT_SERVER));
        if [0, all.len() - 1].contains(&index) {
            let faults = &mut tests(programs, &FAULTS);
            let faults = faults.args(FAULTS_CHOSEN).args(WITHOUT_SERVER);
            // The core's failure says nothing about these.
            done = run(&format!("PostgreSQL {major}, faults"), faults).and(done);
        }
        println!("\nPostgreSQL {major} took {} s", begin.elapsed().as_secs());
        // Nor does one version's about the next.
        failed.extend(done.err().map(|Failed(why)| why));
    }
    if failed.is_empty() { Ok(()) } else { Err(Failed(failed.join("\n"))) }
}

/// The runner on one version's server. What comes after the last argument chooses among the tests.
fn tests(programs: &Programs, targets: &[&str]) -> Command {
    let mut command = runner(targets);
    // All features of all packages, as in the run of everything: nothing is compiled again.
    command.args(EVERYTHING).arg("--");
    // It would come before the programs.
    command.env_remove(server::URL);
    command.env("MIGRATE_TEST_PG_BIN", &programs.directory);
    command.env("MIGRATE_TEST_PG_EXPECT", programs.major.to_string());
    // Debian's does, so that the tests see a server of each kind.
    command.env(server::STAMPS, "no");
    command
}
