//! What a scope lets through, the same on every engine: two shops share one database.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

mod reads;
mod shop;
mod soft_deletes;
mod writes;

/// Mounts cases, each an `async fn case<S: Shop>(shop: S)`, for both engines.
#[macro_export]
macro_rules! cases {
    ($($case:ident,)+) => {
        mod postgres {
            $(
                #[tokio::test]
                async fn $case() {
                    use $crate::shop::Shop;
                    super::$case(migrate_tests::PostgresPool::open(stringify!($case)).await).await;
                }
            )+
        }

        mod sqlite {
            $(
                #[tokio::test]
                async fn $case() {
                    use $crate::shop::Shop;
                    super::$case(migrate_tests::SqliteFile::open(stringify!($case)).await).await;
                }
            )+
        }
    };
}
