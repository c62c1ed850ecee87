//! Five more tables in a database with many, with and without keeping the schema. The limit is reading the schema once.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};
use deadpool_postgres::{Manager, Pool};
use migrate::testing::Server;
use migrate::{MigrationSet, Migrator};
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::runtime::Builder;
use tokio_postgres::NoTls;

/// The number of tables before the run.
const TABLES: [usize; 3] = [100, 1_000, 5_000];
const MORE: usize = 5;

/// A table with a key, a reference, a default, a check and an index, as both engines read it.
fn table(number: usize) -> String {
    let before = number.saturating_sub(1);
    format!(
        "CREATE TABLE many_{number} (id integer PRIMARY KEY, parent integer REFERENCES many_{before} (id),
            name text NOT NULL DEFAULT 'x', amount integer CHECK (amount > 0), made text NOT NULL);
        CREATE INDEX many_{number}_name ON many_{number} (name);\n"
    )
}

fn tables(count: usize) -> String {
    (0..count).map(table).collect()
}

/// Five migrations with a table each. Their numbers follow those of the `tables` that exist.
fn set(tables: usize, dialect: &str) -> (TempDir, MigrationSet) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: String, text: String| {
        std::fs::write(folder.path().join(name), text).expect("a file in it");
    };
    write("migrate.toml".to_owned(), format!("dialect = \"{dialect}\"\n"));
    for number in tables..tables + MORE {
        write(format!("{number}_more.up.sql"), table(number));
        write(format!("{number}_more.down.sql"), format!("DROP TABLE many_{number}"));
    }
    let set = migrate_benches::set(folder.path());
    (folder, set)
}

fn postgres(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let server = Server::shared().expect("a server");
    for count in TABLES {
        let (_folder, set) = set(count, "postgres");
        let database = runtime.block_on(server.create_database("bench_schema")).expect("a database");
        let pool = Pool::builder(Manager::new(database.config(), NoTls)).max_size(2).build().expect("a pool");
        runtime.block_on(async {
            let client = pool.get().await.expect("a connection");
            // The tables are created in parts, because one transaction would lock all of them at once.
            for part in (0..count).step_by(100) {
                let part: String = (part..count.min(part + 100)).map(table).collect();
                client.batch_execute(&part).await.expect("the tables are right");
            }
        });
        let mut group = criterion.benchmark_group(format!("postgres, {MORE} more tables on {count}"));
        group.sample_size(10).sampling_mode(SamplingMode::Flat);
        group.bench_function("limit: read the schema once", |b| {
            b.iter(|| {
                black_box(runtime.block_on(Migrator::new(&set).fingerprint(&pool)).expect("it can be read"))
            });
        });
        for keep in [false, true] {
            let migrator = Migrator::new(&set).keep_schema(keep);
            let name = if keep { "migrate" } else { "migrate, and keep nothing" };
            group.bench_function(name, |b| {
                b.iter_custom(|times| {
                    let mut total = Duration::ZERO;
                    for _ in 0..times {
                        let began = Instant::now();
                        let report = runtime.block_on(migrator.migrate(&pool)).expect("the set is right");
                        total += began.elapsed();
                        assert_eq!(report.migrations.len(), MORE);
                        runtime.block_on(migrator.rollback(&pool, MORE)).expect("it can be undone");
                    }
                    total
                });
            });
        }
        group.bench_function("drift", |b| {
            b.iter(|| black_box(runtime.block_on(Migrator::new(&set).drift(&pool)).expect("it can be read")));
        });
        group.finish();
    }
}

fn sqlite(criterion: &mut Criterion) {
    for count in TABLES {
        let (folder, set) = set(count, "sqlite");
        let mut connection = Connection::open(folder.path().join("database")).expect("a file");
        connection.execute_batch(&format!("BEGIN; {}; COMMIT", tables(count))).expect("the tables are right");
        let mut group = criterion.benchmark_group(format!("sqlite, {MORE} more tables on {count}"));
        group.sample_size(10).sampling_mode(SamplingMode::Flat);
        group.bench_function("limit: read the schema once", |b| {
            b.iter(|| black_box(Migrator::new(&set).fingerprint(&mut connection).expect("it can be read")));
        });
        for keep in [false, true] {
            let migrator = Migrator::new(&set).keep_schema(keep);
            let name = if keep { "migrate" } else { "migrate, and keep nothing" };
            group.bench_function(name, |b| {
                b.iter_custom(|times| {
                    let mut total = Duration::ZERO;
                    for _ in 0..times {
                        let began = Instant::now();
                        let report = migrator.migrate(&mut connection).expect("the set is right");
                        total += began.elapsed();
                        assert_eq!(report.migrations.len(), MORE);
                        migrator.rollback(&mut connection, MORE).expect("it can be undone");
                    }
                    total
                });
            });
        }
        group.bench_function("drift", |b| {
            b.iter(|| black_box(Migrator::new(&set).drift(&mut connection).expect("it can be read")));
        });
        group.finish();
    }
}

criterion_group!(benches, postgres, sqlite);
criterion_main!(benches);
