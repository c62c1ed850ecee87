//! Forty tests with a database each, made by migrate.

use migrate::{MigrationSet, embed_migrations};
use tokio_postgres::Client;

static MIGRATIONS: MigrationSet = embed_migrations!();

macro_rules! tests {
    ($($name:ident)*) => {
        $(#[migrate::test]
        async fn $name(client: Client) {
            let row = client.query_one("SELECT count(*) FROM t0", &[]).await.expect("the table is there");
            assert_eq!(row.get::<_, i64>(0), 3);
        })*
    };
}

tests! {
    test_00 test_01 test_02 test_03 test_04 test_05 test_06 test_07 test_08 test_09 test_10
    test_11 test_12 test_13 test_14 test_15 test_16 test_17 test_18 test_19 test_20 test_21
    test_22 test_23 test_24 test_25 test_26 test_27 test_28 test_29 test_30 test_31 test_32
    test_33 test_34 test_35 test_36 test_37 test_38 test_39
}
