//! What a run costs on the wire. The proxy answers late, so all that is sent without waiting is one round trip.

use std::path::Path;
use std::time::Duration;

use migrate::{MigrationSet, Migrator};

use crate::database;
use crate::folder::{Folder, postgres};
use crate::proxy::Proxy;

const LATENCY: Duration = Duration::from_millis(10);

fn many(count: usize) -> Folder {
    let folder = postgres(&[]);
    for n in 1..=count {
        folder.write(&format!("{n}_table.up.sql"), &format!("CREATE TABLE table_{n} (id bigint)"));
        folder.write(&format!("{n}_table.down.sql"), &format!("DROP TABLE table_{n}"));
    }
    folder
}

/// The round trips of an apply, of a start that finds nothing to do, and of rolling everything back.
async fn costs(set: &MigrationSet) -> [Vec<String>; 3] {
    let database = database::create("round_trips").await;
    let proxy = Proxy::with_latency(database.config(), LATENCY);
    let pool = database::pool(proxy.config(), 2);
    // A pool checks nothing and makes no round trip when it lends what it has.
    let (one, other) = (pool.get().await.unwrap(), pool.get().await.unwrap());
    drop((one, other));
    let migrator = Migrator::new(set);
    proxy.reset();
    let applied = migrator.migrate(&pool).await.unwrap();
    assert_eq!(applied.migrations.len(), set.migrations().len());
    let apply = proxy.flights();
    proxy.reset();
    assert!(migrator.migrate(&pool).await.unwrap().is_empty());
    let nothing = proxy.flights();
    proxy.reset();
    migrator.rollback(&pool, usize::MAX).await.unwrap();
    [apply, nothing, proxy.flights()]
}

fn told(flights: &[String]) -> String {
    let told = |(number, flight): (usize, &String)| {
        let lines: Vec<&str> = flight.lines().collect();
        format!("{}. {} … ({} requests)", number + 1, lines.first().unwrap_or(&""), lines.len())
    };
    flights.iter().enumerate().map(told).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_start_with_nothing_to_do_is_one_round_trip_however_many_migrations_there_are() {
    for count in [1, 100, 1000] {
        let database = database::create("nothing").await;
        let set = many(count).set();
        Migrator::new(&set).migrate(&database::pool(database.config(), 1)).await.unwrap();
        let proxy = Proxy::with_latency(database.config(), LATENCY);
        let pool = database::pool(proxy.config(), 1);
        drop(pool.get().await.unwrap());
        proxy.reset();
        assert!(Migrator::new(&set).migrate(&pool).await.unwrap().is_empty());
        let flights = proxy.flights();
        assert_eq!(flights.len(), 1, "{count}: {flights:#?}");
        assert_eq!(proxy.sent(), b"PBDES", "one unnamed statement");
    }
}

#[tokio::test]
async fn a_history_of_format_1_costs_no_round_trip_more_where_nothing_is_to_be_done() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/history_1");
    let database = database::create("format_1").await;
    let dump = std::fs::read_to_string(fixtures.join("postgres/complete.sql")).unwrap();
    database.connect().await.unwrap().batch_execute(&dump).await.unwrap();
    let set = MigrationSet::read(fixtures.join("any")).unwrap();
    let proxy = Proxy::with_latency(database.config(), LATENCY);
    let pool = database::pool(proxy.config(), 1);
    drop(pool.get().await.unwrap());
    proxy.reset();
    assert!(Migrator::new(&set).migrate(&pool).await.unwrap().is_empty());
    let flights = proxy.flights();
    assert_eq!(flights.len(), 1, "{flights:#?}");
    let formats = "SELECT DISTINCT format FROM migrate_history";
    assert_eq!(database::rows(&database.connect().await.unwrap(), formats).await, ["1"]);
}

#[tokio::test]
async fn an_apply_and_a_rollback_of_a_hundred_are_a_few_round_trips() {
    let hundred = costs(&many(100).set()).await;
    let [apply, nothing, rollback] = &hundred;
    assert_eq!(nothing.len(), 1, "{nothing:#?}");
    // The proof, the lock, the history under it, what is there in place of it, its creation, the migrations in two windows, the schema as they left
    // it, the end of the lock.
    assert_eq!(apply.len(), 9, "{}", told(apply));
    // The history, the lock, the history under it, the schema as it is, the migrations in two windows, the schema as
    // they left it, the end of the lock.
    assert_eq!(rollback.len(), 8, "{}", told(rollback));
}

/// Who looks more often than every second asks the server thousands of questions in an hour.
#[tokio::test]
async fn a_migration_that_is_not_blocked_is_looked_at_once_a_second() {
    let database = database::create("looks").await;
    let proxy = Proxy::start(database.config());
    let set = postgres(&[("1_slow.up", "SELECT pg_sleep(2.5)")]).set();
    Migrator::new(&set).migrate(&database::pool(proxy.config(), 2)).await.unwrap();
    let looks = proxy.texts().iter().filter(|text| text.contains("pg_blocking_pids")).count();
    assert!((1..=3).contains(&looks), "{looks}");
}
