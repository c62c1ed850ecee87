//! Which server the tests run on: one that is not the wanted version would prove nothing about it.

use std::env::{self, VarError};

use migrate::testing::Server;

/// The major version that a run is about, set by `cargo xtask versions`.
const EXPECTED: &str = "MIGRATE_TEST_PG_EXPECT";
const OLDEST: u32 = 14;

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
