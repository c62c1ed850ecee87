//! The same forty tests with a database each, made by sqlx.

use sqlx::PgPool;

macro_rules! tests {
    ($($name:ident)*) => {
        $(#[sqlx::test]
        async fn $name(pool: PgPool) {
            let count: i64 = sqlx::query_scalar("SELECT count(*) FROM t0").fetch_one(&pool).await.expect("the table is there");
            assert_eq!(count, 3);
        })*
    };
}

tests! {
    test_00 test_01 test_02 test_03 test_04 test_05 test_06 test_07 test_08 test_09 test_10
    test_11 test_12 test_13 test_14 test_15 test_16 test_17 test_18 test_19 test_20 test_21
    test_22 test_23 test_24 test_25 test_26 test_27 test_28 test_29 test_30 test_31 test_32
    test_33 test_34 test_35 test_36 test_37 test_38 test_39
}
