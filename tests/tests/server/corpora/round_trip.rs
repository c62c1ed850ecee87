//! What the round trip says of each pair, held to what is known.
//!
//! `crates_io.txt` and `zksync.txt` list the verdicts of all that are not exact. That they are right is not for this test
//! to say but for [`dump`](crate::corpora::dump), which finds them out in another way.

use std::collections::BTreeMap;
use std::fmt::Write;

use migrate::testing::round_trip;
use migrate_tests::{CRATES_IO, Corpus, ZKSYNC};

/// By version, the verdicts that are not exact.
pub(crate) type Verdicts = BTreeMap<i64, String>;

pub(crate) fn known(list: &str) -> Verdicts {
    let line = |line: &str| {
        let (version, verdict) = line.split_once(' ').unwrap();
        (version.parse().unwrap(), verdict.to_owned())
    };
    list.lines().map(line).collect()
}

pub(crate) const KNOWN_OF_CRATES_IO: &str = include_str!("crates_io.txt");
pub(crate) const KNOWN_OF_ZKSYNC: &str = include_str!("zksync.txt");

async fn is_as_known(corpus: &Corpus, list: &str, counts: &[(&str, usize)]) {
    let Some(set) = corpus.set() else { return };
    let report = round_trip(&set).run().await.unwrap();
    for (verdict, count) in counts {
        assert_eq!(report.count(verdict), *count, "{verdict}: {report}");
    }
    assert_eq!(counts.iter().map(|(_, count)| count).sum::<usize>(), corpus.count);

    let found = report.migrations.iter().filter(|migration| migration.verdict.name() != "exact");
    let found = found.fold(String::new(), |mut text, migration| {
        writeln!(text, "{} {}", migration.version, migration.verdict.name()).unwrap();
        text
    });
    assert_eq!(known(&found), known(list), "{report}");
}

/// Counted once by others with `pg_dump`: 244 exact, 8 but for the order of columns, 22 different, 4 empty although the
/// schema changes, 1 syntax error, 1 that fails; with 5 that are empty where nothing changes, these are all. An empty
/// rollback is none to us, so those 9 are irreversible here, and so is one of the 8, which cannot run in a transaction and
/// which the policy leaves out.
#[tokio::test]
async fn crates_io() {
    let counts =
        [("exact", 244), ("column order only", 7), ("differs", 22), ("irreversible", 10), ("down fails", 2)];
    is_as_known(&CRATES_IO, KNOWN_OF_CRATES_IO, &counts).await;
}

/// Counted once by others with `pg_dump`: 204 exact, 9 but for the order of columns, 28 different (2 of them cannot be applied
/// again), 12 syntax errors, 9 that fail, 1 missing; with 5 that are empty where nothing
/// changes, these are all. The 6 without a rollback are irreversible here.
#[tokio::test]
async fn zksync() {
    let counts = [
        ("exact", 204),
        ("column order only", 9),
        ("differs", 26),
        ("up fails again", 2),
        ("down fails", 21),
        ("irreversible", 6),
    ];
    is_as_known(&ZKSYNC, KNOWN_OF_ZKSYNC, &counts).await;
}
