//! Real migration folders that nobody here wrote, from an empty database to the end.
//!
//! They lie beside the project and not in it, so a checkout without them says that they were left out.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::fs;
use std::path::{Path, PathBuf};

use deadpool_postgres::{Manager, Pool};
use migrate::testing::Server;
use migrate::{MigrationSet, Migrator, SetState};
use tempfile::TempDir;
use tokio_postgres::NoTls;

/// The corpus in a folder of its own with a policy beside it, or `None` where there is no corpus.
fn corpus(name: &str, policy: &str) -> Option<TempDir> {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora");
    let original = corpora.join(name).join("migrations");
    if !original.is_dir() {
        println!("LEFT OUT: the corpus {name} does not lie beside this checkout");
        return None;
    }
    let copy = tempfile::tempdir().unwrap();
    copy_folder(&original, copy.path());
    fs::write(copy.path().join("migrate.toml"), policy).unwrap();
    Some(copy)
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target: PathBuf = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::write(target, fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

async fn applies_completely(name: &str, policy: &str, count: usize) {
    let Some(folder) = corpus(name, policy) else { return };
    let set = MigrationSet::read(folder.path()).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    assert_eq!(set.migrations().len(), count);
    let database = Server::shared().unwrap().create_database(name).await.unwrap();
    let pool = Pool::builder(Manager::new(database.config(), NoTls)).max_size(1).build().unwrap();

    let report = Migrator::new(&set).migrate(&pool).await.unwrap();
    let applied: Vec<_> = report.migrations.iter().map(|migration| migration.version).collect();
    let in_order: Vec<_> = set.migrations().iter().map(migrate::Migration::version).collect();
    assert_eq!(applied, in_order);

    let again = Migrator::new(&set).migrate(&pool).await.unwrap();
    assert!(again.is_empty(), "{again}");
    assert_eq!(Migrator::new(&set).status(&pool).await.unwrap().state, SetState::UpToDate);
    let client = pool.get().await.unwrap();
    let invalid = client.query_one("SELECT count(*) FROM pg_index WHERE NOT indisvalid", &[]).await.unwrap();
    assert_eq!(invalid.get::<_, i64>(0), 0);
}

#[tokio::test]
async fn crates_io() {
    let policy = "rollback = 'optional'
        ignore = [
            'data_oauth_github.sql', # a script to run by hand
            '2024-04-12-144536_remove-downloads-column/down.sql', # CREATE INDEX CONCURRENTLY in a transaction
        ]";
    applies_completely("crates-io", policy, 285).await;
}

#[tokio::test]
async fn zksync() {
    let policy = "rollback = 'optional'
        ignore = [
            '20241812144402_*.sql', # no `.up`: never part of the pairs, and there is no month 18
            '20240325133100_*.down.sql', # its migration is 20240325143100
        ]";
    applies_completely("zksync", policy, 268).await;
}
