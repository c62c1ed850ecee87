//! The same verdicts found out without our code: by `pg_dump -s` before and after, with the scripts sent as they are.
//!
//! Of 553 migrations there is none of which the two say something else.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use migrate::testing::{Server, TestDatabase};
use migrate::{Migration, Script};
use migrate_tests::{CRATES_IO, Corpus, ZKSYNC};
use tokio_postgres::Client;

use crate::corpora::round_trip::{KNOWN_OF_CRATES_IO, KNOWN_OF_ZKSYNC, known};

/// A database, as pg_dump sees it.
struct Dumped {
    server: Server,
    program: PathBuf,
    database: TestDatabase,
    client: Client,
}

impl Dumped {
    async fn create() -> Self {
        let server = Server::shared().unwrap();
        let database = server.create_database("dump").await.unwrap();
        let client = database.connect().await.unwrap();
        let programs = "SELECT setting FROM pg_config WHERE name = 'BINDIR'";
        let programs: String = client.query_one(programs, &[]).await.unwrap().get(0);
        Self { server, program: PathBuf::from(programs).join("pg_dump"), database, client }
    }

    async fn anew(&mut self, migrations: &[Migration]) {
        self.database = self.server.create_database("dump").await.unwrap();
        self.client = self.database.connect().await.unwrap();
        for migration in migrations {
            self.run(migration.up().script().unwrap()).await.unwrap();
        }
    }

    async fn run(&self, script: &Script) -> Result<(), tokio_postgres::Error> {
        let done = if script.execution().transaction {
            // In one message, and with that in one transaction.
            self.client.batch_execute(script.sql()).await
        } else {
            let mut done = Ok(());
            for statement in script.statements() {
                if done.is_ok() {
                    done = self.client.batch_execute(statement).await;
                }
            }
            done
        };
        self.client.batch_execute("RESET ALL").await.unwrap();
        done
    }

    /// The schema, without comments and without what only psql understands.
    fn dump(&self) -> String {
        let output = Command::new(&self.program).args(["-s", self.database.url()]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let says_something =
            |line: &&str| !(line.is_empty() || line.starts_with("--") || line.starts_with('\\'));
        text.lines().filter(says_something).flat_map(|line| [line, "\n"]).collect()
    }

    /// Afterwards the last of them is in place.
    async fn there_and_back(&mut self, before: &str, migrations: &[Migration]) -> (&'static str, String) {
        let migration = migrations.last().unwrap();
        self.run(migration.up().script().unwrap()).await.unwrap();
        let there = self.dump();
        let Some(down) = migration.down().script() else { return ("irreversible", there) };
        if self.run(down).await.is_err() {
            self.anew(migrations).await;
            return ("down fails", there);
        }
        let back = self.dump();
        let verdict = if back == before {
            "exact"
        } else if unordered(&back) == unordered(before) {
            "column order only"
        } else {
            "differs"
        };
        let again = self.run(migration.up().script().unwrap()).await;
        if again.is_err() || (verdict != "exact" && self.dump() != there) {
            self.anew(migrations).await;
        }
        (if again.is_err() { "up fails again" } else { verdict }, there)
    }
}

/// The lines of each statement in alphabetical order.
fn unordered(dump: &str) -> BTreeSet<Vec<String>> {
    let statements = dump.split(";\n").map(|statement| {
        let mut lines: Vec<String> =
            statement.lines().map(|line| line.trim_end_matches(',').to_owned()).collect();
        lines.sort();
        lines
    });
    statements.collect()
}

/// One half of a corpus, because a dump of many tables takes its time.
async fn agrees(corpus: &Corpus, half: usize, list: &str) {
    let Some(set) = corpus.set() else { return };
    let (known, migrations) = (known(list), set.migrations());
    let middle = migrations.len() / 2;
    let range = [0..middle, middle..migrations.len()][half].clone();
    let mut dumped = Dumped::create().await;
    dumped.anew(&migrations[..range.start]).await;
    let mut before = dumped.dump();
    let mut disagreements = Vec::new();
    for at in range {
        let version = migrations[at].version().as_i64();
        let (verdict, there) = dumped.there_and_back(&before, &migrations[..=at]).await;
        before = there;
        if verdict != known.get(&version).map_or("exact", String::as_str) {
            disagreements.push((version, verdict));
        }
    }
    assert_eq!(disagreements, [], "what pg_dump finds and the round trip does not");
}

#[tokio::test]
async fn agrees_on_the_first_half_of_crates_io() {
    agrees(&CRATES_IO, 0, KNOWN_OF_CRATES_IO).await;
}

#[tokio::test]
async fn agrees_on_the_second_half_of_crates_io() {
    agrees(&CRATES_IO, 1, KNOWN_OF_CRATES_IO).await;
}

#[tokio::test]
async fn agrees_on_the_first_half_of_zksync() {
    agrees(&ZKSYNC, 0, KNOWN_OF_ZKSYNC).await;
}

#[tokio::test]
async fn agrees_on_the_second_half_of_zksync() {
    agrees(&ZKSYNC, 1, KNOWN_OF_ZKSYNC).await;
}
