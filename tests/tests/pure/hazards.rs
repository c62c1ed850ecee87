//! The table of statements, classed by the rules: what a statement does is known before it runs. That the table tells
//! the truth about locks and work is the trace's test.

use migrate::{Engine, Risk};
use migrate_lint::inspect;
use migrate_tests::hazard_cases::{CASES, Case, SETUP};

/// The findings that stand beside the one of the table: another harm of the same statement. To attach a partition may
/// read that one and the default one; a foreign key without an index harms later.
const BESIDE: &[&str] = &[
    "lock-then-work high",
    "index-concurrent controlled",
    "default-partition-scan high",
    "fk-index controlled",
];

#[test]
fn each_statement_has_its_class_and_its_rule() {
    let wrong: Vec<String> = CASES.iter().filter_map(difference).collect();
    assert!(CASES.len() > 80, "{} cases", CASES.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn difference(case: &Case) -> Option<String> {
    // The gate refuses it in words of its own, because it cannot run at all.
    if case.rule == "concurrently-in-tx" {
        return None;
    }
    let found = inspect::hazards([SETUP, case.given], case.sql, Engine::Postgres, case.transaction);
    let worst = found.iter().map(|finding| risk(finding)).max().unwrap_or(Risk::Safe);
    let has_rule = case.rule.is_empty() || found.contains(&format!("{} {}", case.rule, case.class));
    let is_safe = case.class == "safe" && found.is_empty();
    let is_right = worst.to_string() == case.class && has_rule && (is_safe || case.class != "safe");
    (!is_right).then(|| format!("{}\n  want {} {}, found {found:?}", case.sql, case.rule, case.class))
}

fn risk(finding: &str) -> Risk {
    match finding.rsplit(' ').next() {
        Some("safe") => Risk::Safe,
        Some("controlled") => Risk::Controlled,
        Some("high") => Risk::High,
        other => panic!("no risk: {other:?}"),
    }
}

/// One harm is told once, unless the statement does two.
#[test]
fn no_statement_is_told_twice() {
    let told_twice = CASES.iter().filter(|case| case.rule != "concurrently-in-tx").filter_map(|case| {
        let found = inspect::hazards([SETUP, case.given], case.sql, Engine::Postgres, case.transaction);
        let rest: Vec<&String> = found.iter().filter(|finding| !BESIDE.contains(&finding.as_str())).collect();
        let statements = case.sql.split(';').filter(|part| !part.trim().is_empty()).count();
        (rest.len() > statements).then(|| format!("{}: {found:?}", case.sql))
    });
    assert_eq!(told_twice.collect::<Vec<_>>(), Vec::<String>::new());
}
