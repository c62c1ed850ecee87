//! `CREATE INDEX CONCURRENTLY` that fails leaves an invalid index, which slows every write and speeds no read up.

use migrate::testing::TestDatabase;
use migrate::{ErrorKind, Migrator};
use tokio_postgres::Client;

use crate::database::{self, HISTORY, assert_nothing_stranded, rows};
use crate::folder::{Folder, postgres};

const VALID: &str =
    "SELECT indexrelid::regclass, indisvalid FROM pg_index WHERE indrelid = 'big'::regclass ORDER BY 1";

async fn with_duplicates() -> (TestDatabase, Client) {
    let database = database::create("indexes").await;
    let client = database.connect().await.unwrap();
    client.batch_execute("CREATE TABLE big AS SELECT unnest(ARRAY[1, 1]) AS n").await.unwrap();
    (database, client)
}

fn unique(create: &str) -> Folder {
    postgres(&[("1_index.up", &format!("-- migrate: no-transaction\nSELECT 1; {create} big_n ON big (n)"))])
}

const CREATE: &str = "CREATE UNIQUE INDEX CONCURRENTLY";
const CREATE_IF: &str = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS";

#[tokio::test]
async fn a_duplicate_value_leaves_no_invalid_index_and_the_next_run_builds_it() {
    for create in [CREATE, CREATE_IF] {
        let (database, client) = with_duplicates().await;
        let set = unique(create).set();
        let pool = database::pool(database.config(), 2);
        let error = Migrator::new(&set).migrate(&pool).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Script, Some("23505")));
        assert_eq!(error.position().map(|position| position.to_string()), Some("2:11".to_owned()));
        assert_eq!(rows(&client, VALID).await, [""; 0]);
        assert_eq!(rows(&client, HISTORY).await, ["1|applying"]);
        assert_nothing_stranded(&client).await;

        client.batch_execute("DELETE FROM big; INSERT INTO big VALUES (1), (2)").await.unwrap();
        Migrator::new(&set).migrate(&pool).await.unwrap();
        assert_eq!(rows(&client, VALID).await, ["big_n|t"]);
        assert_eq!(rows(&client, HISTORY).await, ["1|applied"]);
    }
}

/// As a run that was killed leaves it, or somebody who tried by hand. With `IF NOT EXISTS` the server would call
/// that a success.
#[tokio::test]
async fn an_invalid_index_that_is_there_is_built_anew() {
    for create in [CREATE, CREATE_IF] {
        let (database, client) = with_duplicates().await;
        let by_hand = "CREATE UNIQUE INDEX CONCURRENTLY big_n ON big (n)";
        client.batch_execute(by_hand).await.unwrap_err();
        assert_eq!(rows(&client, VALID).await, ["big_n|f"]);
        client.batch_execute("DELETE FROM big; INSERT INTO big VALUES (1), (2)").await.unwrap();
        let set = unique(create).set();
        let mut own = database.connect().await.unwrap();
        Migrator::new(&set).migrate(&mut own).await.unwrap();
        assert_eq!(rows(&client, VALID).await, ["big_n|t"]);
    }
}

#[tokio::test]
async fn a_valid_index_is_left_alone_where_the_script_says_so_and_an_error_otherwise() {
    let (database, client) = with_duplicates().await;
    client.batch_execute("DELETE FROM big; CREATE UNIQUE INDEX big_n ON big (n)").await.unwrap();
    let before = rows(&client, "SELECT 'big_n'::regclass::oid").await;
    let mut own = database.connect().await.unwrap();
    let error = Migrator::new(&unique(CREATE).set()).migrate(&mut own).await.unwrap_err();
    assert_eq!(error.code(), Some("42P07"));
    assert_eq!(rows(&client, "SELECT 'big_n'::regclass::oid").await, before);
    database::wipe(&client).await;

    let (database, client) = with_duplicates().await;
    client.batch_execute("DELETE FROM big; CREATE UNIQUE INDEX big_n ON big (n)").await.unwrap();
    let before = rows(&client, "SELECT 'big_n'::regclass::oid").await;
    let mut own = database.connect().await.unwrap();
    Migrator::new(&unique(CREATE_IF).set()).migrate(&mut own).await.unwrap();
    assert_eq!(rows(&client, "SELECT 'big_n'::regclass::oid").await, before);
}
