//! The oracle: what a scope answers on a database that tenants share is what plain SQL answers on one that holds only
//! the live rows of this tenant.
//!
//! Data and statements are random. `MIGRATE_ORACLE_SEED=17` repeats a run, and a failure says the seed of its
//! statement; `MIGRATE_ORACLE_STATEMENTS` says how many there are.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

mod change;
mod query;
mod world;

use std::env;

use fastrand::Rng;
use migrate::scope::{Scope, Unscoped, UnscopedUse};
use migrate_tests::{PostgresPool, PostgresProtected, Scoped, SqliteFile};

use crate::scope_oracle::change::Change;
use crate::scope_oracle::query::{Maker, Makes, Row, Rows, send};
use crate::scope_oracle::world::{A, World};

/// How many statements share the same rows.
const ROUND: u64 = 500;

#[tokio::test]
async fn sqlite_queries() {
    let tally = queries::<SqliteFile, _>("queries", statements(85_000), &Scope::tenant(A), Rows::Live).await;
    tally.is_proven();
}

#[tokio::test]
async fn sqlite_changes() {
    changes::<SqliteFile>("changes", statements(15_000)).await;
}

#[tokio::test]
async fn postgres_queries() {
    let tally = queries::<PostgresPool, _>("queries", statements(8_500), &Scope::tenant(A), Rows::Live).await;
    tally.is_proven();
}

#[tokio::test]
async fn postgres_changes() {
    changes::<PostgresPool>("changes", statements(1_500)).await;
}

/// With row-level security behind the scope, and a transaction of the tenant around each query. Changes are not tried
/// so: they are taken back by a transaction around them, which is the superuser's here and not the tenant's.
#[tokio::test]
async fn protected_queries() {
    let tally =
        queries::<PostgresProtected, _>("queries", statements(1_000), &Scope::tenant(A), Rows::Live).await;
    tally.is_proven();
}

/// With a half of the rule switched off the oracle has to notice.
#[tokio::test]
async fn the_oracle_notices_a_missing_rule() {
    notices_a_missing_rule::<SqliteFile>().await;
    notices_a_missing_rule::<PostgresPool>().await;
}

async fn notices_a_missing_rule<D: Scoped>() {
    let audit = |_: &UnscopedUse<'_>| {};
    let everybody = Unscoped::because("a test of the test", &audit);
    let of_all_tenants = queries::<D, _>("control", 500, &everybody, Rows::Live).await;
    of_all_tenants.is_refuted();
    let with_deleted = queries::<D, _>("control", 500, &Scope::tenant(A), Rows::WithDeleted).await;
    with_deleted.is_refuted();
    let of_another = queries::<D, _>("control", 500, &Scope::tenant(2), Rows::Live).await;
    of_another.is_refuted();
}

fn statements(usual: u64) -> u64 {
    match env::var("MIGRATE_ORACLE_STATEMENTS") {
        Ok(count) => count.parse().unwrap(),
        Err(_) => usual,
    }
}

fn seed() -> u64 {
    match env::var("MIGRATE_ORACLE_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => fastrand::u64(..u64::MAX / 2),
    }
}

/// How many answers there were, with rows and without, and what is wrong.
#[derive(Debug, Default)]
struct Tally {
    seed: u64,
    equal: u64,
    with_rows: u64,
    wrong: Vec<String>,
}

impl Tally {
    fn is_proven(&self) {
        println!("seed {}: {} answers, {} with rows", self.seed, self.equal, self.with_rows);
        assert!(self.wrong.is_empty(), "{} wrong answers, the first:\n{}", self.wrong.len(), self.wrong[0]);
        assert!(self.with_rows * 4 > self.equal, "too few answers have rows: {self:?}");
    }

    fn is_refuted(&self) {
        let wrong = self.wrong.len() as u64;
        assert!(
            wrong * 10 > self.equal + wrong,
            "the oracle is blind: {wrong} of {} noticed",
            self.equal + wrong
        );
    }
}

async fn queries<D: Scoped, S: Makes>(hint: &str, count: u64, scope: &S, rows: Rows) -> Tally {
    let mut world = World::<D>::create(hint).await;
    let mut tally = Tally { seed: seed(), ..Tally::default() };
    for number in 0..count {
        if number % ROUND == 0 {
            world.fill(&mut Rng::with_seed(tally.seed + number)).await;
        }
        let mut rng = Rng::with_seed(tally.seed + number);
        let mut maker = Maker::new(&mut rng);
        let query = maker.query(&[], 2);
        let shape = maker.shape(&query);
        let plain = query.plain_select(&shape);
        let mut want = world.alone.rows(&plain).await;
        let answer = send(&world.shared, (&query, &shape), scope, rows).await;
        let mut answer: Vec<Vec<String>> = match answer {
            Ok(rows) => rows.into_iter().map(texts).collect(),
            Err(error) => panic!("seed {}, statement {number}: {error:?}\n{plain}", tally.seed),
        };
        if !shape.is_ordered() {
            want.sort();
            answer.sort();
        }
        if answer == want {
            tally.equal += 1;
            tally.with_rows += u64::from(!want.is_empty());
        } else {
            let seed = tally.seed;
            tally.wrong.push(format!("seed {seed}, statement {number}: {answer:?} is not {want:?}\n{plain}"));
        }
    }
    tally
}

fn texts((a, b, c, d): Row) -> Vec<String> {
    let number = |number: Option<i64>| number.map_or("NULL".to_owned(), |number| number.to_string());
    vec![number(a), number(b), number(c), d.unwrap_or("NULL".to_owned())]
}

async fn changes<D: Scoped>(hint: &str, count: u64) {
    let mut world = World::<D>::create(hint).await;
    let seed = seed();
    let mut changed = 0;
    for number in 0..count {
        if number % ROUND == 0 {
            world.fill(&mut Rng::with_seed(seed + number)).await;
        }
        let mut rng = Rng::with_seed(seed + number);
        let change = Change::make(&mut rng);
        let at = format!("seed {seed}, statement {number}");
        for database in [&mut world.shared, &mut world.alone] {
            database.execute("BEGIN").await;
        }
        changed += u64::from(change.holds(&mut world, &at).await);
        for database in [&mut world.shared, &mut world.alone] {
            database.execute("ROLLBACK").await;
        }
    }
    println!("seed {seed}: {count} changes, {changed} with rows");
    assert!(changed * 4 > count, "seed {seed}: only {changed} of {count} changed something");
}
