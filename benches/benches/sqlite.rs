//! A run on SQLite in memory, compared with a bare transaction for each script.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use migrate::{MigrationSet, Migrator};
use migrate_benches::{SIZES, folder, set};
use rusqlite::Connection;

fn empty() -> Connection {
    Connection::open_in_memory().expect("a database in memory")
}

fn bare(set: &MigrationSet, connection: &Connection) {
    for migration in set.migrations() {
        let script = format!("BEGIN IMMEDIATE;{};COMMIT", migration.up().script().expect("SQL").sql());
        connection.execute_batch(&script).expect("the scripts are right");
    }
}

fn runs(criterion: &mut Criterion) {
    for size in SIZES {
        let folder = folder(size);
        let set = set(folder.path());
        let migrator = Migrator::new(&set);
        let migrate = |connection: &mut Connection| migrator.migrate(connection).expect("the set is right");

        let mut group = criterion.benchmark_group(format!("sqlite, apply {size}"));
        group.sample_size(10);
        group.bench_function("limit: a bare transaction each", |b| {
            b.iter_batched_ref(empty, |connection| bare(&set, connection), BatchSize::PerIteration);
        });
        group.bench_function("migrate", |b| b.iter_batched_ref(empty, migrate, BatchSize::PerIteration));
        group.finish();

        let mut group = criterion.benchmark_group(format!("sqlite, nothing to do, {size}"));
        let mut connection = empty();
        migrate(&mut connection);
        let proof = "SELECT count(*), max(chain) FROM migrate_history WHERE set_name = 'default'";
        group.bench_function("limit: one query", |b| {
            b.iter(|| black_box(connection.query_row(proof, [], |row| row.get::<_, i64>(0))));
        });
        group.bench_function("migrate", |b| b.iter(|| black_box(migrate(&mut connection))));
        group.finish();
    }
}

criterion_group!(benches, runs);
criterion_main!(benches);
