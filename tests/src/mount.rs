/// Mounts cases, each an `async fn case(database: impl Sandbox)`, for every engine: one test for each of both.
///
/// A case that no one mounts is dead code, and the compiler says so.
#[macro_export]
macro_rules! conformance {
    ($($case:ident,)+) => {
        $crate::conformance!(@engine postgres_pool, PostgresPool: $($case,)+);
        $crate::conformance!(@engine postgres_client, PostgresClient: $($case,)+);
        $crate::conformance!(@engine sqlite, SqliteFile: $($case,)+);
    };
    (@engine $engine:ident, $sandbox:ident: $($case:ident,)+) => {
        mod $engine {
            use $crate::Sandbox;
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case($crate::$sandbox::create(stringify!($case)).await).await;
                }
            )+
        }
    };
}
