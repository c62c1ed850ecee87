//! The cost of a migrated database for a test with `#[migrate::test]` and with `#[sqlx::test]`.
//!
//! `cargo run` in this folder writes the migrations, and runs each test binary several times against one throw-away server,
//! one test after another. It prints the median time of a test, with creating and dropping its database.

#[path = "../../src/scripts.rs"]
mod scripts;

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use migrate::testing::Server;

/// The number of migrations.
const MIGRATIONS: usize = 100;
/// The number of tests in a binary.
const TESTS: f64 = 40.0;
const RUNS: usize = 5;

fn main() -> ExitCode {
    match compare() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn compare() -> Result<(), Box<dyn Error>> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::create_dir_all(package.join("migrations"))?;
    scripts::write(&package.join("migrations"), MIGRATIONS)?;
    let server = Server::shared()?;
    let mut medians = Vec::new();
    for peer in ["migrate", "sqlx"] {
        // The first run compiles, and with `migrate` makes the template.
        test_milliseconds(package, peer, &server)?;
        let runs = (0..RUNS).map(|_| test_milliseconds(package, peer, &server));
        let mut runs = runs.collect::<Result<Vec<f64>, _>>()?;
        runs.sort_by(f64::total_cmp);
        println!("{peer:8} {:6.1} ms each test ({:.1} to {:.1})", runs[RUNS / 2], runs[0], runs[RUNS - 1]);
        medians.push(runs[RUNS / 2]);
    }
    println!("sqlx / migrate = {:.1}, with {MIGRATIONS} migrations", medians[1] / medians[0]);
    Ok(())
}

/// The time of a test in a run of a test binary.
fn test_milliseconds(package: &Path, peer: &str, server: &Server) -> Result<f64, Box<dyn Error>> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["test", "--quiet", "--test", peer, "--", "--test-threads=1"]).current_dir(package);
    cargo.env("DATABASE_URL", server.url()).env("MIGRATE_TEST_PG_URL", server.url());
    let output = cargo.output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let seconds = text.lines().find_map(|line| {
        let line = line.strip_prefix(&format!("test result: ok. {TESTS} passed"))?;
        line.rsplit_once("finished in ")?.1.strip_suffix('s')?.parse::<f64>().ok()
    });
    let seconds = seconds.ok_or_else(|| format!("{text}{}", String::from_utf8_lossy(&output.stderr)))?;
    Ok(seconds * 1000.0 / TESTS)
}
