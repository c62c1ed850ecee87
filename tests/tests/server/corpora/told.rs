//! Of the rollbacks that fail on a server or leave another schema, how many the analysis reports: the numbers of
//! `docs/hazards/accuracy.md`, section "Rollbacks".

use std::collections::{BTreeMap, BTreeSet};

use migrate::testing::{Verdict, round_trip};
use migrate_core::{HazardProblem, Overrides, Problem, Source};
use migrate_tests::{CRATES_IO, Corpus, ZKSYNC};

/// By version, what is reported about the rollback: `syntax`, or the names of hazards.
fn reported(corpus: &Corpus) -> BTreeMap<i64, BTreeSet<String>> {
    let folder = corpus.analysed().unwrap();
    let source = Source::read(&folder.directory(), "migrations").unwrap();
    let diagnostics = match source.check(&Overrides::default(), migrate_lint::analyse) {
        Ok(checked) => checked.warnings,
        Err(diagnostics) => diagnostics.iter().cloned().collect(),
    };
    let mut reported: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    for diagnostic in diagnostics.iter().filter(|one| one.path.ends_with("down.sql")) {
        let name = match &diagnostic.problem {
            Problem::Hazard(HazardProblem::Found { hazard, message, .. }) => format!("{hazard}: {message}"),
            Problem::Script(_) => "syntax".to_owned(),
            _ => continue,
        };
        let file = diagnostic.path.trim_start_matches("migrations/");
        let digits: String =
            file.split(['_', '/']).next().unwrap().chars().filter(char::is_ascii_digit).collect();
        reported.entry(digits.parse().unwrap()).or_default().insert(name);
    }
    reported
}

/// Runs the round trip, and compares how many migrations have each verdict, and about how many of these something is
/// reported.
async fn are_told(corpus: &Corpus, want: &[(&str, usize, usize)]) {
    let Some(set) = corpus.set() else { return };
    let reported = reported(corpus);
    let report = round_trip(&set).run().await.unwrap();
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for migration in &report.migrations {
        let name = match &migration.verdict {
            Verdict::Exact | Verdict::Irreversible(_) | Verdict::ColumnOrderOnly(_) => "restores",
            verdict => verdict.name(),
        };
        let version = migration.version.to_string().parse::<i64>().unwrap();
        let found = reported.get(&version);
        let (all, told) = counts.entry(name.to_owned()).or_default();
        *all += 1;
        *told += usize::from(found.is_some());
        if (name == "restores") == found.is_some() {
            println!("reported: {found:?}\n{migration}");
        }
    }
    let found: Vec<(&str, usize, usize)> =
        counts.iter().map(|(name, (all, told))| (name.as_str(), *all, *told)).collect();
    assert_eq!(found, want);
}

#[tokio::test]
async fn crates_io() {
    are_told(&CRATES_IO, &[("differs", 22, 14), ("down fails", 2, 2), ("restores", 261, 0)]).await;
}

#[tokio::test]
async fn zksync() {
    let want = [("differs", 26, 25), ("down fails", 21, 21), ("restores", 219, 0), ("up fails again", 2, 2)];
    are_told(&ZKSYNC, &want).await;
}
