//! A migrated database for a test, against a bare `CREATE DATABASE … TEMPLATE` and a connection to it.
//!
//! Dropping is not measured in either, because it happens during the next test. `peers/` compares with other libraries.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use migrate::testing::{Server, TestArgument, TestDatabase};
use migrate::{MigrationSet, Migrator};
use migrate_benches::{folder, set};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, Config, NoTls};

const SIZE: usize = 100;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

async fn connected(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

async fn use_it(client: &Client) {
    let rows = client.simple_query("SELECT count(*) FROM t0").await.expect("the table is there");
    black_box(rows);
}

/// The least that any test framework needs: a copy and a connection to it. The maintenance connection exists already.
fn bare(server: &Server, set: &MigrationSet, times: u64) -> Duration {
    let runtime = runtime();
    let (maintenance, template) = runtime.block_on(async {
        let template = server.create_database("bench_template").await.expect("a database");
        let mut client = template.connect().await.expect("a connection");
        Migrator::new(set).migrate(&mut client).await.expect("the set is right");
        (server.connect().await.expect("a connection"), template)
    });
    let mut total = Duration::ZERO;
    let mut copies = Vec::new();
    for number in 0..times {
        let name = format!("bench_copy_{}_{number}", std::process::id());
        let sql = format!("CREATE DATABASE {name} TEMPLATE {} STRATEGY file_copy", template.name());
        let mut config = server.config();
        config.dbname(&name);
        let began = Instant::now();
        runtime.block_on(async {
            while let Err(error) = maintenance.batch_execute(&sql).await {
                // The connection that migrated the template may still be open.
                assert_eq!(error.code().map(tokio_postgres::error::SqlState::code), Some("55006"), "{error}");
            }
        });
        let test = self::runtime();
        let client = test.block_on(connected(&config));
        total += began.elapsed();
        test.block_on(use_it(&client));
        copies.push(name);
    }
    // Copies are dropped at the end, because a copy would be slower if it waited for the drop of the one before.
    for name in copies {
        let drop = format!("DROP DATABASE {name} WITH (FORCE)");
        runtime.block_on(maintenance.batch_execute(&drop)).expect("no one else uses it");
    }
    total
}

/// The same work as `#[migrate::test]` does it.
fn ours(set: &'static MigrationSet, times: u64) -> Duration {
    use migrate::__private::testing::{Test, run};

    let test = Test { name: "bench", set, up_to: None, seeds: &[], should_panic: false };
    let mut total = Duration::ZERO;
    for _ in 0..times {
        let began = Instant::now();
        let mut ready = Duration::ZERO;
        let code = run::<TestDatabase, _, _>(test, |database| {
            let ready = &mut ready;
            async move {
                let client = Client::of(&database).await?;
                *ready = began.elapsed();
                use_it(&client).await;
                Ok(())
            }
        });
        assert_eq!(code, ExitCode::SUCCESS);
        total += ready;
    }
    total
}

fn databases(criterion: &mut Criterion) {
    let server = Server::shared().expect("a server");
    let folder = folder(SIZE);
    let set: &'static MigrationSet = Box::leak(Box::new(set(folder.path())));
    let mut group = criterion.benchmark_group(format!("database for a test, {SIZE} migrations"));
    group.sample_size(20).measurement_time(Duration::from_secs(10));
    group.bench_function("limit: create from a template and connect", |b| {
        b.iter_custom(|times| bare(&server, set, times));
    });
    group.bench_function("migrate", |b| b.iter_custom(|times| ours(set, times)));
    group.finish();
}

criterion_group!(benches, databases);
criterion_main!(benches);
