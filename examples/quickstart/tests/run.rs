//! Runs the example as a reader does.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::path::Path;
use std::process::{Command, Output};

fn quickstart(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quickstart"));
    command.args(arguments).current_dir(directory).output().unwrap()
}

/// The lines of one section of the output.
fn section<'a>(output: &'a str, title: &str) -> Vec<&'a str> {
    let lines = output.lines().skip_while(|line| !line.starts_with(title)).skip(1);
    lines.take_while(|line| !line.is_empty()).map(str::trim).collect()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn shows_each_step_and_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let output = text(&quickstart(directory.path(), &[]));

    let plan = section(&output, "The plan");
    assert_eq!(plan.len(), 4, "{output}");
    assert!(plan[0].starts_with("apply    20251107100000_create_tenants"), "{output}");
    assert_eq!(section(&output, "The run")[0], "migrations to go: 4");
    assert_eq!(section(&output, "The report").len(), 4, "{output}");
    assert_eq!(
        section(&output, "The tables in use"),
        [
            "customers of the bakery: ada@example.com (120 points), grace@example.com (45 points)",
            "after Grace has left:    ada@example.com (120 points)",
        ]
    );
    assert_eq!(section(&output, "The status")[0], "up to date");
    assert_eq!(
        section(&output, "One step back"),
        ["migrations to go: 1", "forbid_negative_points, statements: 7"]
    );
    let after = output.split_once("One step back").unwrap().1;
    assert!(section(after, "The status")[4].starts_with("pending"), "{output}");
    let forth = output.split_once("And forth again").unwrap().1;
    assert_eq!(section(forth, "The status")[0], "up to date");

    assert_eq!(directory.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_second_run_on_a_file_has_nothing_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let first = text(&quickstart(directory.path(), &["--database", "shop.db"]));
    let second = text(&quickstart(directory.path(), &["--database", "shop.db"]));
    assert!(directory.path().join("shop.db").is_file());
    assert_eq!(section(&second, "The plan"), ["nothing to do"]);
    assert_eq!(section(&second, "The report"), ["nothing to do"]);
    assert_eq!(section(&second, "The tables in use"), section(&first, "The tables in use"));
}

#[test]
fn says_how_it_is_used() {
    let output = quickstart(Path::new("."), &["--help"]);
    assert!(!output.status.success());
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("usage: quickstart [--database PATH]"),
        "{output:?}"
    );
}
