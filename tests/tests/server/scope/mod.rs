//! What a scope lets through, the same on every engine: two shops share one database.
//!
//! The cases are those of a checklist of leaks that were found in other libraries. What only SQL by hand can say waits
//! for a macro that reads it:
//!
//! | waits | because the builder |
//! |---|---|
//! | C6: natural joins, comma lists | has no such joins |
//! | C8: in LIMIT, CASE, FILTER and windows | puts no subquery there |
//! | C9: UNION, EXCEPT, INTERSECT | has no set operations |
//! | C10, C11: common table expressions, and names that hide a table | lets no one name one |
//! | C12: LATERAL | has no such joins |
//! | C16: the ways to write a table's name | writes all of them |
//! | C17: functions in a statement by hand | calls none but in `raw`, where they are refused: `reads` |
//! | C19: UPDATE … FROM, DELETE … USING | reads other tables in subqueries alone: `writes` |
//! | C22: DEFAULT VALUES; C23: INSERT OR REPLACE | has no such inserts |
//! | C24: a subquery in RETURNING | gives columns back |
//! | C36: the number of parameters | counts them itself |
//!
//! C1, C21 and the columns that no one sets are cases of `compiler/ui_scope`, for the compiler says it.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

mod collations;
mod engines;
mod forgery;
mod leaks;
mod raw;
mod readme;
mod reads;
mod shop;
mod soft_deletes;
mod values;
mod writes;

/// Mounts cases, each an `async fn case<S: Shop>(shop: S)`, for both engines, and on PostgreSQL once more with row-level
/// security behind them: it takes nothing away from a scope. Without policies are those about the rows of all tenants,
/// and about references from one to another.
macro_rules! cases {
    (without policies: $($open:ident,)+) => {
        $crate::scope::cases!(@mount postgres, PostgresPool: $($open,)+);
        $crate::scope::cases!(@mount sqlite, SqliteFile: $($open,)+);
    };
    ($($case:ident,)+ $(; without policies: $($open:ident,)+)?) => {
        $crate::scope::cases!(@mount postgres, PostgresPool: $($case,)+ $($($open,)+)?);
        $crate::scope::cases!(@mount protected, PostgresProtected: $($case,)+);
        $crate::scope::cases!(@mount sqlite, SqliteFile: $($case,)+ $($($open,)+)?);
    };
    (@mount $engine:ident, $shop:ident: $($case:ident,)+) => {
        mod $engine {
            $(
                #[tokio::test]
                async fn $case() {
                    use $crate::scope::shop::Shop;
                    super::$case(migrate_tests::$shop::open(stringify!($case)).await).await;
                }
            )+
        }
    };
}

use cases;
