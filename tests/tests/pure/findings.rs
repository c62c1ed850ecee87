//! What the rules find in real folders that no one here wrote, all of it analysed: a change of a rule shows in these
//! numbers. `docs/hazards/accuracy.md` says how many of them are right.
//!
//! The folders lie beside the project and not in it, so a checkout without them says that they were left out.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::collections::BTreeMap;

use migrate_core::{Diagnostic, HazardProblem, Overrides, Problem, Source};
use migrate_tests::{CRATES_IO, Corpus, ZKSYNC};

/// The findings of a folder by hazard and risk, as if no one had ever allowed or applied anything.
fn counts(corpus: &Corpus) -> Option<BTreeMap<String, usize>> {
    let folder = corpus.analysed()?;
    let source = Source::read(&folder.directory(), "migrations").unwrap();
    let diagnostics: Vec<Diagnostic> = match source.check(&Overrides::default(), migrate_lint::analyse) {
        Ok(checked) => checked.warnings,
        Err(diagnostics) => diagnostics.iter().cloned().collect(),
    };
    let mut counts = BTreeMap::new();
    for diagnostic in diagnostics {
        if let Problem::Hazard(HazardProblem::Found { hazard, risk, .. }) = diagnostic.problem {
            *counts.entry(format!("{hazard} {risk}")).or_default() += 1;
        }
    }
    Some(counts)
}

#[track_caller]
fn finds(corpus: &Corpus, want: &[(&str, usize)]) {
    let Some(found) = counts(corpus) else { return };
    let found: Vec<(&str, usize)> = found.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(found, want);
}

#[test]
fn crates_io() {
    finds(
        &CRATES_IO,
        &[
            ("check-validate high", 1),
            ("down-fails high", 1),
            ("down-mismatch controlled", 15),
            ("drop-cascade high", 1),
            ("drop-column high", 20),
            ("drop-default controlled", 8),
            ("drop-not-null controlled", 3),
            ("drop-table high", 8),
            ("drop-view controlled", 4),
            ("drop-view high", 2),
            ("fk-index controlled", 21),
            ("fk-two-tables controlled", 23),
            ("fk-validate high", 30),
            ("index-blocking controlled", 1),
            ("index-blocking high", 50),
            ("index-concurrent controlled", 5),
            ("index-drop controlled", 26),
            ("inline-check high", 2),
            ("lock-then-work controlled", 2),
            ("lock-then-work high", 30),
            ("new-write-limit controlled", 2),
            ("rename high", 5),
            ("required-column high", 3),
            ("set-not-null high", 17),
            ("stored-column high", 1),
            ("trigger controlled", 35),
            ("type-reindex high", 3),
            ("type-rewrite controlled", 19),
            ("type-rewrite high", 5),
            ("unbounded-dml controlled", 13),
            ("unbounded-dml high", 3),
            ("unique-build high", 12),
            ("volatile-default high", 2),
        ],
    );
}

#[test]
fn zksync() {
    finds(
        &ZKSYNC,
        &[
            ("down-fails high", 10),
            ("down-lossy controlled", 2),
            ("down-mismatch controlled", 33),
            ("drop-cascade high", 13),
            ("drop-column high", 40),
            ("drop-default controlled", 1),
            ("drop-not-null controlled", 46),
            ("drop-table high", 28),
            ("drop-view high", 1),
            ("enum-add controlled", 5),
            ("fk-index controlled", 43),
            ("fk-two-tables controlled", 47),
            ("fk-validate high", 10),
            ("identifier-too-long controlled", 2),
            ("index-blocking high", 113),
            ("index-drop controlled", 47),
            ("lock-then-work controlled", 7),
            ("lock-then-work high", 99),
            ("rename controlled", 5),
            ("rename high", 32),
            ("required-column high", 15),
            ("set-not-null high", 4),
            ("type-rewrite high", 2),
            ("unbounded-dml controlled", 18),
            ("unbounded-dml high", 3),
            ("unique-build high", 11),
        ],
    );
}
