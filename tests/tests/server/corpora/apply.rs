use deadpool_postgres::{Manager, Pool};
use migrate::testing::Server;
use migrate::{Migrator, SetState};
use migrate_tests::{CRATES_IO, Corpus, ZKSYNC};
use tokio_postgres::NoTls;

async fn applies_completely(corpus: &Corpus) {
    let Some(set) = corpus.set() else { return };
    assert_eq!(set.migrations().len(), corpus.count);
    let database = Server::shared().unwrap().create_database(corpus.name).await.unwrap();
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
    applies_completely(&CRATES_IO).await;
}

#[tokio::test]
async fn zksync() {
    applies_completely(&ZKSYNC).await;
}
