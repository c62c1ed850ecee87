//! The tables of the documentation, held to the code: what exists is listed, and what is listed exists.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::collections::BTreeSet;
use std::fs;

use migrate::MigrationSet;
use migrate::diagnostic::DirectiveKey;

/// The page of the crate.
const PAGE: &str = include_str!("../../../migrate/src/lib.rs");
const MANIFEST: &str = include_str!("../../../migrate/Cargo.toml");
const README: &str = include_str!("../../../README.md");
const DAY_ONE: &str = include_str!("../../../docs/day-one.md");

/// The first column of the table under a heading of the crate's page.
fn listed(heading: &str) -> Vec<&'static str> {
    let (_, section) = PAGE.split_once(&format!("\n//! {heading}\n")).unwrap();
    let lines = section.lines().take_while(|line| line.starts_with("//!") && !line.starts_with("//! #"));
    let mut names: Vec<&str> =
        lines.filter_map(|line| Some(line.strip_prefix("//! | `")?.split_once('`')?.0)).collect();
    names.sort_unstable();
    names
}

fn sorted<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_unstable();
    names
}

/// What is wrong with a folder that holds only this policy.
fn problem_of(policy: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("migrate.toml"), policy).unwrap();
    MigrationSet::read(folder.path()).unwrap_err().to_string()
}

/// The keys that a table of the policy takes: the parser lists them when it refuses one.
fn keys(table: &str) -> Vec<String> {
    let message = problem_of(&format!("{table}no-such-key = 1\n"));
    let (_, expected) = message.split_once("expected ").unwrap();
    let names = expected.lines().next().unwrap().split('`').skip(1).step_by(2);
    names.map(str::to_owned).collect()
}

#[test]
fn keys_of_the_policy() {
    let tables = ["names", "history", "run", "drift", "hazards"];
    let top = keys("");
    assert!(tables.iter().all(|table| top.contains(&(*table).to_owned())), "{top:?}");
    let mut all: Vec<String> = top.into_iter().filter(|key| !tables.contains(&key.as_str())).collect();
    for table in tables.into_iter().filter(|table| *table != "hazards") {
        all.extend(keys(&format!("[{table}]\n")).into_iter().map(|key| format!("{table}.{key}")));
    }
    // Its keys are the hazards and the risks, and not a list.
    all.push("hazards".to_owned());
    assert_eq!(listed("## `migrate.toml`"), sorted(all.iter().map(String::as_str)));
}

#[test]
fn directives() {
    let of_table = listed("## Directives").into_iter().map(|directive| {
        let directive = directive.strip_prefix("-- migrate: ").unwrap();
        directive.split_once(' ').map_or(directive, |(key, _)| key)
    });
    assert_eq!(sorted(of_table), sorted(DirectiveKey::ALL.iter().map(|key| key.name())));
}

/// A directive in an example is one that exists.
#[test]
fn directives_of_the_examples() {
    for page in [PAGE, README, DAY_ONE] {
        for rest in page.split("-- migrate: ").skip(1) {
            let key = rest.split(|c: char| !c.is_ascii_lowercase() && c != '-').next().unwrap();
            assert!(
                DirectiveKey::from_name(key).is_some(),
                "`-- migrate: {key}` of {:?}",
                &rest[..40.min(rest.len())]
            );
        }
    }
}

#[test]
fn features() {
    assert_eq!(listed("# Features"), sorted(features_of_the_manifest()));
}

/// The features in its section of the manifest, but for the list of those that are on by default.
fn features_of_the_manifest() -> Vec<&'static str> {
    let (_, section) = MANIFEST.split_once("\n[features]\n").unwrap();
    let lines = section.lines().take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| Some(line.split_once(" = [")?.0));
    names.filter(|name| *name != "default").collect()
}

/// The crate's page marks the features that are on by default.
#[test]
fn features_of_the_default() {
    let (_, default) = MANIFEST.split_once("\ndefault = [").unwrap();
    let default = default.split_once(']').unwrap().0.split('"').skip(1).step_by(2);
    let marked = PAGE.lines().filter(|line| line.contains("` (default) |"));
    let marked = marked.filter_map(|line| Some(line.strip_prefix("//! | `")?.split_once('`')?.0));
    assert_eq!(sorted(marked), sorted(default));
}

/// A feature that an example turns on exists.
#[test]
fn features_of_the_examples() {
    let features: BTreeSet<&str> = features_of_the_manifest().into_iter().collect();
    for page in [PAGE, README, DAY_ONE] {
        let lines = page.lines().filter(|line| line.trim_start_matches("//! ").starts_with("migrate = "));
        for line in lines {
            let Some((_, named)) = line.split_once("features = [") else { continue };
            let named = named.split_once(']').unwrap().0.split('"').skip(1).step_by(2);
            assert!(named.clone().all(|feature| features.contains(feature)), "{line}");
        }
    }
}

/// A policy in an example reads.
#[test]
fn policies_of_the_examples() {
    let mut count = 0;
    for page in [README, DAY_ONE] {
        for block in page.split("```toml\n").skip(1) {
            let block = block.split_once("```").unwrap().0;
            if block.contains("[hazards]") {
                assert!(problem_of(block).contains("holds no migration"), "{}", problem_of(block));
                count += 1;
            }
        }
    }
    assert!(count > 0, "no example was found");
}
