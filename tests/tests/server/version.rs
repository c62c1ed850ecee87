//! Which server the tests run on: one that is not the wanted version or kind would prove nothing about it.

use std::env::{self, VarError};
use std::fs;

use migrate::testing::Server;

/// The major version that a run is about, set by `cargo xtask versions`.
const EXPECTED: &str = "MIGRATE_TEST_PG_EXPECT";
const OLDEST: u32 = 14;
/// Whether the server stamps each column with an option of its own, `yes` or `no`: set where `cargo xtask` knows.
const STAMPS: &str = "MIGRATE_TEST_PG_STAMPS";
/// A file for the version that was found, which `cargo xtask test` reports.
const REPORT: &str = "MIGRATE_TEST_PG_REPORT";

#[tokio::test]
async fn the_server_is_the_one_that_this_run_is_about() {
    let number = Server::shared().unwrap().version_num().await.unwrap();
    let major = number / 10_000;
    match env::var(EXPECTED) {
        Ok(expected) => assert_eq!(major.to_string(), expected, "{EXPECTED}; the server says {number}"),
        Err(VarError::NotPresent) => assert!(major >= OLDEST, "the server says {number}"),
        Err(error) => panic!("{EXPECTED}: {error}"),
    }
}

/// Such servers have other fingerprints unless what they stamp is left out, so the tests need one of each kind.
#[tokio::test]
async fn the_server_stamps_its_columns_as_this_run_expects() {
    let database = Server::shared().unwrap().create_database("stamps").await.unwrap();
    let client = database.connect().await.unwrap();
    client.batch_execute("CREATE TABLE t (id bigint)").await.unwrap();
    let stamp = "SELECT attoptions::text, current_setting('server_version') FROM pg_attribute
                 WHERE attrelid = 't'::regclass AND attname = 'id'";
    let row = client.query_one(stamp, &[]).await.unwrap();
    let (stamp, version): (Option<String>, String) = (row.get(0), row.get(1));
    if let Some(report) = env::var_os(REPORT) {
        fs::write(report, &version).unwrap();
    }
    match env::var(STAMPS).as_deref() {
        Ok("yes") => assert!(stamp.is_some(), "{STAMPS}; PostgreSQL {version} stamps nothing"),
        Ok("no") => assert_eq!(stamp, None, "{STAMPS}; PostgreSQL {version}"),
        Ok(other) => panic!("{STAMPS} is {other}, which is neither yes nor no"),
        Err(VarError::NotPresent) => {}
        Err(error) => panic!("{STAMPS}: {error}"),
    }
}
