//! A run on PostgreSQL, compared with one query, and with a bare transaction for each script, sent one by one or ahead.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use deadpool_postgres::{Manager, Pool};
use migrate::testing::{Server, TestDatabase};
use migrate::{MigrationSet, Migrator};
use migrate_benches::{SIZES, folder, set};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::NoTls;

/// A new database, and a pool that is already connected.
async fn database(server: &Server) -> (TestDatabase, Pool) {
    let database = server.create_database("bench").await.expect("a database");
    let pool = Pool::builder(Manager::new(database.config(), NoTls)).max_size(2).build().expect("a pool");
    let both = (pool.get().await, pool.get().await);
    drop(both);
    (database, pool)
}

async fn one_script_after_another(set: &MigrationSet, pool: &Pool) {
    let client = pool.get().await.expect("a connection");
    for migration in set.migrations() {
        let script = format!("BEGIN;{};COMMIT", migration.up().script().expect("SQL").sql());
        client.batch_execute(&script).await.expect("the scripts are right");
    }
}

async fn migrate(set: &MigrationSet, pool: &Pool) {
    let report = Migrator::new(set).migrate(pool).await.expect("the set is right");
    assert_eq!(report.migrations.len(), set.migrations().len());
}

/// The time of `work` without that of creating its database, on a new database each time.
fn on_new_databases<F>(runtime: &Runtime, server: &Server, times: u64, work: impl Fn(Pool) -> F) -> Duration
where
    F: Future<Output = ()>,
{
    runtime.block_on(async {
        let mut total = Duration::ZERO;
        for _ in 0..times {
            let (_database, pool) = database(server).await;
            let began = Instant::now();
            work(pool).await;
            total += began.elapsed();
        }
        total
    })
}

fn runs(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let server = Server::shared().expect("a server");
    for size in SIZES {
        let folder = folder(size);
        let set = &set(folder.path());

        let mut group = criterion.benchmark_group(format!("postgres, apply {size}"));
        group.sample_size(10);
        group.bench_function("limit: a bare transaction each", |b| {
            b.iter_custom(|times| {
                on_new_databases(&runtime, &server, times, |pool| async move {
                    one_script_after_another(set, &pool).await;
                })
            });
        });
        group.bench_function("migrate", |b| {
            b.iter_custom(|times| {
                on_new_databases(&runtime, &server, times, |pool| async move { migrate(set, &pool).await })
            });
        });
        group.finish();

        let mut group = criterion.benchmark_group(format!("postgres, nothing to do, {size}"));
        let (_database, pool) = runtime.block_on(database(&server));
        runtime.block_on(migrate(set, &pool));
        let proof = "SELECT count(*), max(chain) FROM migrate_history WHERE set_name = 'default'";
        group.bench_function("limit: one query", |b| {
            b.iter(|| {
                runtime.block_on(async {
                    let client = pool.get().await.expect("a connection");
                    black_box(client.simple_query(proof).await.expect("an answer"));
                });
            });
        });
        group.bench_function("migrate", |b| {
            b.iter(|| {
                black_box(runtime.block_on(Migrator::new(set).migrate(&pool)).expect("the set is right"))
            });
        });
        group.finish();
    }
}

criterion_group!(benches, runs);
criterion_main!(benches);
