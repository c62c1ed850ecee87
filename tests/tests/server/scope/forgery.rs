//! What the compiler lets pass, because whatever `tables!` writes anybody can write: it is refused when the statement is
//! written.

use migrate::scope::{
    Col, Error, FromRow, Global, GlobalTable, InvalidStatement, Result, Row, RowColumn, Scope, Table as _,
    TenantTable, tables,
};
use migrate_tests::ask;

use crate::scope::cases;
use crate::scope::shop::{Order, Shop, a, all_of_b, orders};

cases! {
    a_column_that_the_library_keeps_is_not_set,
    a_column_of_another_table_is_not_set,
    tables_of_tenants_are_not_shared_by_an_impl,
    a_row_names_declared_columns,
}

/// The place of a column in the declaration.
fn place(name: &str) -> usize {
    orders::definition().columns.iter().position(|column| *column == name).unwrap()
}

fn is_not_settable<T: std::fmt::Debug>(sent: Result<T>, name: &str) {
    match sent {
        Err(Error::Invalid(InvalidStatement::NotSettable { table: "orders", column })) if column == name => {}
        sent => panic!("{name}: {sent:?}"),
    }
}

async fn a_column_that_the_library_keeps_is_not_set<S: Shop>(mut shop: S) {
    let before = all_of_b(&mut shop).await;
    for name in ["business_id", "deleted_at", "row_version", "deleted_by", "delete_reason", "delete_op"] {
        let forged: Col<orders, i64> = Col::new(orders.handle(), place(name));
        is_not_settable(ask!(shop: S, a().update(orders).key(1).set(forged, 2), one), name);
        let update = a().update(orders).key(1).set(orders.total, 1).set(forged, 2).returning::<Order>();
        is_not_settable(ask!(shop: S, update, all), name);
        is_not_settable(ask!(shop: S, a().insert(orders).set(orders.id, 60).set(forged, 2), execute), name);
        let rows = a().insert(orders).rows([61], |row, id| row.set(orders.id, id).set(forged, 2));
        is_not_settable(ask!(shop: S, rows, execute), name);
        let ids = a().select(orders).columns((orders.id, orders.total));
        let from = a().insert(orders).from_query((orders.id, forged), ids);
        is_not_settable(ask!(shop: S, from, execute), name);
        let upsert = a().upsert(orders).on(orders.id).set(orders.id, 62);
        is_not_settable(ask!(shop: S, upsert.clone().set(forged, 2), one), name);
        is_not_settable(ask!(shop: S, upsert.on((orders.id, forged)), one), name);
    }
    assert_eq!(shop.column("SELECT count(*) FROM orders WHERE business_id = 1").await, ["6"]);
    assert_eq!(all_of_b(&mut shop).await, before);
}

mod elsewhere {
    use super::*;
    tables! {
        tenant = shop;
        orders { id: i64, shop: i64, business_id: i64 }
    }
}

/// There the name is that of a column like any other.
async fn a_column_of_another_table_is_not_set<S: Shop>(shop: S) {
    let stranger = elsewhere::orders;
    let forged: Col<orders, i64> = Col::new(stranger.handle(), 2);
    assert_eq!(forged.name(), "business_id");
    is_not_settable(ask!(shop: S, a().update(orders).key(1).set(forged, 2), one), "business_id");
    is_not_settable(
        ask!(shop: S, a().insert(orders).set(orders.id, 60).set(forged, 2), execute),
        "business_id",
    );
    // To name it in a filter asks for its table, which is not this one.
    let filtered = ask!(shop: S, a().select(orders).filter(forged.eq(2)), count).unwrap_err();
    assert!(matches!(filtered, Error::Invalid(InvalidStatement::OutOfReach { .. })), "{filtered:?}");
}

mod open {
    use super::*;
    tables! {
        tenant = business_id;
        deleted = deleted_at;
        orders { id: i64, business_id: i64, total: i64, deleted_at: Option<String> }
        global currencies { code: String, name: String, key = code }
    }

    impl GlobalTable for orders {}
    impl TenantTable for currencies {}
}

async fn tables_of_tenants_are_not_shared_by_an_impl<S: Shop>(mut shop: S) {
    use open::{currencies, orders};
    let counted = || Global.select(orders);
    let refused = [
        ask!(shop: S, counted(), count).map(drop),
        ask!(shop: S, counted(), exists).map(drop),
        ask!(shop: S, Global.update(orders).set(orders.total, 0), execute).map(drop),
        ask!(shop: S, Global.insert(orders).set(orders.id, 70), execute).map(drop),
        ask!(shop: S, Global.upsert(orders).on(orders.id).set(orders.id, 70), execute).map(drop),
        ask!(shop: S, Global.hard_delete(orders), execute).map(drop),
        ask!(shop: S, Global.soft_delete(orders), execute).map(drop),
        ask!(shop: S, Global.restore(orders), execute).map(drop),
        ask!(shop: S, Global.purge(orders).older_than(migrate::scope::days(0)), execute).map(drop),
    ];
    for sent in refused {
        let Err(Error::Invalid(InvalidStatement::OfTenants { table: "orders" })) = sent else {
            panic!("{sent:?}")
        };
    }
    let shared = [
        ask!(shop: S, a().update(currencies).set(currencies.name, "x"), execute),
        ask!(shop: S, a().insert(currencies).set(currencies.code, "x").set(currencies.name, "x"), execute),
        ask!(shop: S, a().hard_delete(currencies), execute),
    ];
    for sent in shared {
        let Err(Error::Invalid(InvalidStatement::OfAll { table: "currencies" })) = sent else {
            panic!("{sent:?}")
        };
    }
    // Under the name of a shared table, the rows of the other are still the tenant's.
    let disguised = currencies { __handle: orders.handle(), ..currencies };
    assert_eq!(ask!(shop: S, a().select(disguised), count).unwrap(), 5);
    let sent = ask!(shop: S, Global.select(disguised), count);
    assert!(matches!(sent, Err(Error::Invalid(InvalidStatement::OfTenants { .. }))), "{sent:?}");
    assert_eq!(shop.column("SELECT count(*) FROM orders WHERE total = 0").await, ["0"]);
}

macro_rules! by_hand {
    ($name:ident: $table:expr, $column:expr) => {
        #[derive(Debug)]
        struct $name;

        impl FromRow for $name {
            const COLUMNS: &'static [RowColumn] = &[RowColumn { table: $table, name: $column }];

            fn from_row(row: &Row<'_>) -> Result<$name> {
                panic!("{row:?}")
            }
        }
    };
}

by_hand!(Breakout: None, r#"id" FROM "orders" AS "orders" --"#);
by_hand!(Word: None, "rowid");
by_hand!(OtherTable: Some("customers"), "name");
by_hand!(OtherTablesColumn: Some("orders"), "name");
by_hand!(TableBreakout: Some(r#"orders"."id" --"#), "id");

async fn a_row_names_declared_columns<S: Shop>(shop: S) {
    async fn sent<S: Shop, R: FromRow>(shop: &S) -> [Result<Vec<R>>; 4] {
        let new = a().insert(orders).set(orders.id, 80).set(orders.total, 1);
        let upsert = a().upsert(orders).on(orders.note).set(orders.note, "x").set(orders.id, 81);
        let upserted = ask!(shop: S, upsert.returning::<R>(), one);
        [
            ask!(shop: S, a().select(orders), all),
            ask!(shop: S, a().update(orders).key(1).set(orders.total, 1).returning::<R>(), all),
            ask!(shop: S, new.returning::<R>(), all),
            upserted.map(|row| vec![row]),
        ]
    }
    let is_refused = |sent: &Error| {
        let Error::Invalid(InvalidStatement::UnknownColumn { .. } | InvalidStatement::OutOfReach { .. }) =
            sent
        else {
            panic!("{sent:?}")
        };
    };
    for sent in sent::<S, Breakout>(&shop).await {
        let error = sent.unwrap_err();
        is_refused(&error);
        assert!(error.to_string().contains("AS \"orders\" --"), "{error}");
    }
    let others = [
        sent::<S, Word>(&shop).await.map(Result::unwrap_err),
        sent::<S, TableBreakout>(&shop).await.map(Result::unwrap_err),
        sent::<S, OtherTable>(&shop).await.map(Result::unwrap_err),
        sent::<S, OtherTablesColumn>(&shop).await.map(Result::unwrap_err),
    ];
    others.iter().flatten().for_each(is_refused);
    assert_eq!(ask!(shop: S, Scope::tenant(1).select(orders), count).unwrap(), 5, "nothing was sent");
}
