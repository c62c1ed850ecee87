//! What a statement changes: C18, C20 to C25, C29.

use migrate::scope::{Error, FromRow, Global, InvalidStatement, exists, raw};

use crate::scope::cases;
use crate::scope::shop::{
    Order, Shop, a, all_of_b, b, currencies, customers, line_tags, order_lines, orders,
};
use migrate_tests::ask;

cases! {
    an_update_reaches_the_live_rows_of_its_tenant,
    a_hard_delete_reaches_the_live_rows_of_its_tenant,
    a_subquery_in_set_sees_what_a_select_sees,
    an_update_without_set_is_not_sent,
    an_insert_fills_in_the_tenant,
    many_rows_are_one_statement,
    no_rows_are_no_statement,
    more_rows_than_a_statement_holds_are_all_there_or_none,
    what_is_not_in_the_statement_is_told,
    a_value_that_is_too_much_is_told,
    rows_come_from_a_query_of_the_tenant,
    an_upsert_adds_or_changes_a_row_of_its_tenant,
    an_upsert_leaves_a_deleted_twin_alone,
    an_upsert_tells_of_a_deleted_twin_in_a_full_index,
    a_changed_row_gives_back_what_is_its_tenants,
    a_stale_version_is_an_error,
    global_tables_are_written_through_global,
    ;
    without policies:
    a_child_may_not_be_seen_through_anothers_parent,
}

async fn totals<S: Shop>(shop: &mut S) -> Vec<String> {
    shop.column("SELECT id || ':' || total FROM orders WHERE business_id = 1 ORDER BY id").await
}

async fn lines_left<S: Shop>(shop: &mut S) -> String {
    shop.column("SELECT id FROM order_lines WHERE business_id = 1 ORDER BY id").await.join(" ")
}

async fn an_update_reaches_the_live_rows_of_its_tenant<S: Shop>(mut shop: S) {
    let before = all_of_b(&mut shop).await;
    let all = a().update(orders).set(orders.total, 1).filter(raw("1 = 1 OR 1 = 1").filter());
    assert_eq!(ask!(shop: S, all, execute).unwrap(), 5);
    assert_eq!(totals(&mut shop).await, ["1:1", "2:1", "3:1", "4:1", "5:999", "6:1"]);

    let or = a().update(orders).set(orders.total, 2).filter(orders.id.eq(1).or(orders.id.gt(0)));
    assert_eq!(ask!(shop: S, or, execute).unwrap(), 5);
    for id in [5, 11] {
        let missing = ask!(shop: S, a().update(orders).set(orders.total, 3).key(id), one).unwrap_err();
        assert!(matches!(missing, Error::NotFound { table: "orders" }), "{missing}");
    }
    let many = ask!(shop: S, a().update(orders).set(orders.total, 4), one).unwrap_err();
    assert!(matches!(many, Error::NotOne { table: "orders", rows: 5 }), "{many}");
    ask!(shop: S, a().update(orders).set(orders.total, orders.total.plus(orders.id)).set(orders.note, None).key(6), one)
        .unwrap();
    assert_eq!(totals(&mut shop).await, ["1:4", "2:4", "3:4", "4:4", "5:999", "6:10"]);
    assert_eq!(all_of_b(&mut shop).await, before);
}

async fn a_hard_delete_reaches_the_live_rows_of_its_tenant<S: Shop>(mut shop: S) {
    let before = all_of_b(&mut shop).await;
    shop.execute("DELETE FROM line_tags").await;
    let before_tags = all_of_b(&mut shop).await;
    assert_ne!(before, before_tags);
    let tea = a().hard_delete(order_lines).filter(order_lines.product.eq("tea").or(order_lines.id.eq(12)));
    assert_eq!(ask!(shop: S, tea, execute).unwrap(), 2);
    assert_eq!(lines_left(&mut shop).await, "2 3");
    let missing = ask!(shop: S, a().hard_delete(order_lines).key(3), one).unwrap_err();
    assert!(matches!(missing, Error::NotFound { .. }));
    assert_eq!(ask!(shop: S, a().hard_delete(order_lines).only_deleted(), execute).unwrap(), 1);
    assert_eq!(ask!(shop: S, a().hard_delete(order_lines).with_deleted(), execute).unwrap(), 1);
    assert_eq!(lines_left(&mut shop).await, "");
    assert_eq!(all_of_b(&mut shop).await, before_tags);
}

async fn a_subquery_in_set_sees_what_a_select_sees<S: Shop>(mut shop: S) {
    let lines = a().select(order_lines).filter(order_lines.order_id.eq(orders.id));
    let sum = lines.columns(order_lines.price.minus(1).sum()).scalar();
    let update = a().update(orders).set(orders.total, raw("coalesce(orders.total, 0)").value::<i64>()).key(1);
    assert_eq!(ask!(shop: S, update, execute).unwrap(), 1);
    let with_lines = exists(a().select(order_lines).filter(order_lines.order_id.eq(orders.id)));
    let count = a().select(order_lines).columns(migrate::scope::count_all()).scalar();
    let update = a().update(orders).set(orders.total, count).filter(with_lines).filter(sum.is_not_null());
    assert_eq!(ask!(shop: S, update, execute).unwrap(), 2);
    assert_eq!(totals(&mut shop).await[..2], ["1:3", "2:3"]);
    let of_b = b().select(order_lines).columns(order_lines.price.max()).scalar();
    let refused =
        ask!(shop: S, a().update(orders).set(orders.note, "x").filter(of_b.is_null()), execute).unwrap_err();
    assert!(matches!(refused, Error::Invalid(InvalidStatement::OtherScope)));
}

async fn an_update_without_set_is_not_sent<S: Shop>(shop: S) {
    for sent in
        [ask!(shop: S, a().update(orders).key(1), one), ask!(shop: S, a().insert(orders), execute).map(drop)]
    {
        assert!(matches!(sent, Err(Error::Invalid(InvalidStatement::NothingSet))), "{sent:?}");
    }
}

async fn an_insert_fills_in_the_tenant<S: Shop>(mut shop: S) {
    let new = a()
        .insert(orders)
        .set(orders.id, 7)
        .set(orders.total, 10)
        .set(orders.note, "new")
        .returning::<Order>();
    let order = ask!(shop: S, new, one).unwrap();
    assert_eq!(order, Order { id: 7, total: 10, note: Some("new".into()), row_version: 1 });
    assert_eq!(shop.column("SELECT business_id FROM orders WHERE id = 7").await, ["1"]);
    let taken =
        ask!(shop: S, a().insert(orders).set(orders.id, 11).set(orders.total, 1), execute).unwrap_err();
    assert!(matches!(taken, Error::Database(error) if error.is_unique_violation()));
}

async fn many_rows_are_one_statement<S: Shop>(mut shop: S) {
    let tags = ["x", "y", "z"];
    let insert =
        a().insert(line_tags).rows(tags, |row, tag| row.set(line_tags.tag, tag)).set(line_tags.line_id, 4);
    assert_eq!(ask!(shop: S, insert, execute).unwrap(), 3);
    let rows = "SELECT tag FROM line_tags WHERE business_id = 1 AND line_id = 4 ORDER BY tag";
    assert_eq!(shop.column(rows).await, tags);

    // In another order of the columns, and with other columns.
    let swapped = a().insert(line_tags).rows([5, 6], |row, n| {
        if n == 5 {
            row.set(line_tags.line_id, 2).set(line_tags.tag, "five")
        } else {
            row.set(line_tags.tag, "six").set(line_tags.line_id, 2)
        }
    });
    assert_eq!(ask!(shop: S, swapped, execute).unwrap(), 2);
    let uneven = a().insert(line_tags).rows([1, 2], |row, n| {
        let row = row.set(line_tags.line_id, 2);
        if n == 1 { row.set(line_tags.tag, "one") } else { row }
    });
    let uneven = ask!(shop: S, uneven, execute).unwrap_err();
    assert!(matches!(uneven, Error::Invalid(InvalidStatement::UnevenRows)));
}

async fn no_rows_are_no_statement<S: Shop>(shop: S) {
    let none = || a().insert(line_tags).set(line_tags.line_id, 2).rows(Vec::<i64>::new(), |row, _| row);
    assert_eq!(ask!(shop: S, none(), execute).unwrap(), 0);
    assert_eq!(ask!(shop: S, none().returning::<Tag>(), all).unwrap(), []);
    let one = ask!(shop: S, none().returning::<Tag>(), one).unwrap_err();
    assert!(matches!(one, Error::NotFound { table: "line_tags" }), "{one:?}");
}

#[derive(Debug, PartialEq, FromRow)]
struct Tag {
    line_id: i64,
}

#[derive(Debug, PartialEq, FromRow)]
struct Line {
    id: i64,
}

/// 30,000 rows of four values each: more than either engine takes at once.
async fn more_rows_than_a_statement_holds_are_all_there_or_none<S: Shop>(mut shop: S) {
    let lines = |ids: Vec<i64>| {
        let row = |row: migrate::scope::NewRow<order_lines>, id| {
            row.set(order_lines.id, id).set(order_lines.order_id, 3).set(order_lines.price, id)
        };
        a().insert(order_lines).set(order_lines.product, "bulk").rows(ids, row)
    };
    let before = all_of_b(&mut shop).await;
    let ids: Vec<i64> = (1_000..31_000).rev().collect();
    let mut doubled = ids.clone();
    doubled.push(30_999);
    let refused = ask!(shop: S, lines(doubled), execute).unwrap_err();
    assert!(matches!(refused, Error::Database(error) if error.is_unique_violation()));
    let count = a().select(order_lines).filter(order_lines.product.eq("bulk"));
    assert_eq!(ask!(shop: S, count.clone(), count).unwrap(), 0);

    let back = ask!(shop: S, lines(ids.clone()).returning::<Line>(), all).unwrap();
    assert!(back.iter().map(|line| line.id).eq(ids), "in the order in which they were given");
    assert_eq!(ask!(shop: S, count.clone(), count).unwrap(), 30_000);
    assert_eq!(
        ask!(shop: S, a().hard_delete(order_lines).filter(order_lines.product.eq("bulk")), execute).unwrap(),
        30_000
    );
    assert_eq!(ask!(shop: S, lines((1_000..31_000).collect()), execute).unwrap(), 30_000);
    assert_eq!(all_of_b(&mut shop).await, before);
}

async fn what_is_not_in_the_statement_is_told<S: Shop>(shop: S) {
    let value = a().insert(orders).set(orders.id, 50).set(orders.total, orders.total);
    let other = a().update(orders).set(orders.total, 1).filter(customers.name.eq("Ann"));
    let set = a().update(orders).key(1).set(orders.note, customers.name);
    for (sent, table) in [
        (ask!(shop: S, value, execute), "orders"),
        (ask!(shop: S, other, execute), "customers"),
        (ask!(shop: S, set, execute), "customers"),
        (ask!(shop: S, a().hard_delete(orders).filter(customers.id.eq(1)), execute), "customers"),
        (ask!(shop: S, a().soft_delete(orders).filter(customers.id.eq(1)), execute).map(|_| 0), "customers"),
        (ask!(shop: S, a().restore(orders).filter(customers.id.eq(1)), execute).map(|_| 0), "customers"),
    ] {
        let Err(Error::Invalid(InvalidStatement::OutOfReach { table: told, .. })) = sent else {
            panic!("{sent:?}")
        };
        assert_eq!(told, table);
    }
}

async fn a_value_that_is_too_much_is_told<S: Shop>(shop: S) {
    let many = a().update(orders).set(orders.total, 1).filter(orders.id.in_(0..70_000_i64));
    let refused = ask!(shop: S, many, execute).unwrap_err();
    assert!(matches!(refused, Error::Invalid(InvalidStatement::TooManyValues { .. })), "{refused:?}");
}

async fn rows_come_from_a_query_of_the_tenant<S: Shop>(mut shop: S) {
    let lines = a().select(order_lines).filter(order_lines.product.eq("tea").or(raw("1 = 1").filter()));
    let query = lines.columns((order_lines.id, order_lines.product));
    let insert = a().insert(line_tags).from_query((line_tags.line_id, line_tags.tag), query);
    assert_eq!(ask!(shop: S, insert, execute).unwrap(), 3);
    let rows = "SELECT business_id || ' ' || line_id || ' ' || tag FROM line_tags
                WHERE tag IN ('tea', 'cup', 'pot') ORDER BY line_id";
    assert_eq!(shop.column(rows).await, ["1 1 tea", "1 2 cup", "1 4 tea"]);

    let ids = a().select(order_lines).columns(order_lines.id);
    let same = a().insert(line_tags).set(line_tags.tag, "same").from_query(line_tags.line_id, ids);
    assert_eq!(ask!(shop: S, same, execute).unwrap(), 3);
    assert_eq!(
        shop.column("SELECT line_id FROM line_tags WHERE tag = 'same' ORDER BY 1").await,
        ["1", "2", "4"]
    );

    let of_b = b().select(order_lines).columns((order_lines.id, order_lines.product));
    let stolen = a().insert(line_tags).from_query((line_tags.line_id, line_tags.tag), of_b);
    let refused = ask!(shop: S, stolen, execute).unwrap_err();
    assert!(matches!(refused, Error::Invalid(InvalidStatement::OtherScope)));
}

#[derive(Debug, PartialEq, FromRow)]
struct Customer {
    id: i64,
    name: String,
}

async fn an_upsert_adds_or_changes_a_row_of_its_tenant<S: Shop>(mut shop: S) {
    let before = all_of_b(&mut shop).await;
    let upsert = |id: i64, email: &str, name: &str| {
        a().upsert(customers)
            .on(customers.email)
            .set(customers.id, id)
            .set(customers.email, email)
            .set(customers.name, name)
    };
    ask!(shop: S, upsert(4, "dan@a", "Dan"), one).unwrap();
    assert_eq!(shop.column("SELECT name FROM customers WHERE business_id = 1 AND id = 4").await, ["Dan"]);

    // The mail of a live customer of one's own, and one of another's.
    let upsert_name = |email: &str, name: &str| {
        let upsert = a().upsert(customers).on(customers.email).set(customers.email, email);
        upsert.set(customers.id, 4).set(customers.name, name)
    };
    let changed = ask!(shop: S, upsert_name("dan@a", "Daniel").returning::<Customer>(), one).unwrap();
    assert_eq!(changed, Customer { id: 4, name: "Daniel".into() });
    ask!(shop: S, upsert(5, "ann@b", "Not Anna"), one).unwrap();
    assert_eq!(
        shop.column("SELECT name FROM customers WHERE business_id = 1 AND id = 5").await,
        ["Not Anna"]
    );

    let kept = ask!(shop: S, upsert_name("dan@a", "Danielle").or_keep(), execute).unwrap();
    assert!(!kept);
    let kept =
        ask!(shop: S, upsert_name("dan@a", "Danielle").or_keep().returning::<Customer>(), optional).unwrap();
    assert_eq!(kept, None);
    assert!(ask!(shop: S, upsert(6, "eve@a", "Eve").or_keep(), execute).unwrap());
    assert_eq!(shop.column("SELECT name FROM customers WHERE id = 4").await, ["Daniel"]);

    // The primary key of another's row: the database refuses it.
    let stolen = ask!(shop: S, upsert(11, "new@a", "Thief"), one).unwrap_err();
    assert!(matches!(stolen, Error::Database(error) if error.is_unique_violation()));

    let keyless = a().upsert(customers).set(customers.email, "x");
    for keyless in [keyless.clone(), keyless.on(customers.name)] {
        let sent = ask!(shop: S, keyless, one).unwrap_err();
        assert!(matches!(sent, Error::Invalid(InvalidStatement::NoUpsertKey)));
    }
    assert_eq!(all_of_b(&mut shop).await, before);
}

async fn an_upsert_leaves_a_deleted_twin_alone<S: Shop>(mut shop: S) {
    let upsert = a().upsert(customers).on(customers.email).set(customers.email, "cyd@a");
    ask!(shop: S, upsert.set(customers.id, 7).set(customers.name, "New Cyd"), one).unwrap();
    let rows = "SELECT id || ' ' || name FROM customers WHERE email = 'cyd@a' ORDER BY id";
    assert_eq!(shop.column(rows).await, ["3 Cyd", "7 New Cyd"]);
}

async fn an_upsert_tells_of_a_deleted_twin_in_a_full_index<S: Shop>(mut shop: S) {
    shop.execute("DROP INDEX customers_email").await;
    shop.execute("CREATE UNIQUE INDEX customers_email ON customers (business_id, email)").await;
    let upsert = |email: &str| {
        let upsert = a().upsert(customers).on(customers.email).set(customers.email, email);
        upsert.set(customers.id, 8).set(customers.name, "Changed")
    };
    let conflict = ask!(shop: S, upsert("cyd@a"), one).unwrap_err();
    assert!(matches!(conflict, Error::UpsertConflict { table: "customers" }), "{conflict:?}");
    assert!(!ask!(shop: S, upsert("cyd@a").or_keep(), execute).unwrap());
    ask!(shop: S, upsert("ann@a"), one).unwrap();
    let names = shop.column("SELECT id || name FROM customers WHERE business_id = 1 ORDER BY name").await;
    assert_eq!(names, ["2Bob", "1Changed", "3Cyd"]);
}

async fn a_changed_row_gives_back_what_is_its_tenants<S: Shop>(shop: S) {
    let all = a().update(orders).set(orders.note, "x").filter(raw("1 = 1").filter()).returning::<Order>();
    let mut ids: Vec<i64> = ask!(shop: S, all, all).unwrap().iter().map(|order| order.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [1, 2, 3, 4, 6]);
    let one = a().update(orders).set(orders.note, "y").key(1).returning::<Order>();
    let order = ask!(shop: S, one, one).unwrap();
    assert_eq!(order, Order { id: 1, total: 100, note: Some("y".into()), row_version: 3 });
    let other = a().update(orders).set(orders.note, "y").key(11).returning::<Order>();
    assert!(matches!(ask!(shop: S, other, one), Err(Error::NotFound { .. })));
}

/// The foreign key of this schema lets it pass; a composite one does not.
async fn a_child_may_not_be_seen_through_anothers_parent<S: Shop>(mut shop: S) {
    let line = a().insert(order_lines).set(order_lines.id, 20).set(order_lines.order_id, 11);
    ask!(shop: S, line.set(order_lines.product, "spy").set(order_lines.price, 1), execute).unwrap();
    let from_b = b().select(orders).join(order_lines).filter(order_lines.product.eq("spy"));
    assert_eq!(ask!(shop: S, from_b, count).unwrap(), 0);
    let from_a = a().select(order_lines).join(orders).filter(order_lines.product.eq("spy"));
    assert_eq!(ask!(shop: S, from_a, count).unwrap(), 0);
    let audit = |_: &migrate::scope::UnscopedUse<'_>| {};
    let everybody = migrate::scope::Unscoped::because("a test", &audit);
    let from_all = everybody.select(order_lines).join(orders).filter(order_lines.product.eq("spy"));
    assert_eq!(ask!(shop: S, from_all, count).unwrap(), 0);

    shop.execute("DELETE FROM order_lines WHERE id = 20").await;
    if S::DIALECT == migrate::Dialect::Postgres {
        let key = "ALTER TABLE order_lines ADD FOREIGN KEY (business_id, order_id) REFERENCES orders (business_id, id)";
        shop.execute(key).await;
        let line = a().insert(order_lines).set(order_lines.id, 20).set(order_lines.order_id, 11);
        let refused = ask!(shop: S, line.set(order_lines.product, "spy").set(order_lines.price, 1), execute);
        assert!(matches!(refused, Err(Error::Database(error)) if error.code() == Some("23503")));
    }
}

async fn a_stale_version_is_an_error<S: Shop>(shop: S) {
    let pay = |version: i64| a().update(orders).key(1).if_version(version).set(orders.note, "paid");
    ask!(shop: S, pay(1), one).unwrap();
    let order: Order = ask!(shop: S, a().select(orders).key(1), one).unwrap();
    assert_eq!(order.row_version, 2);
    for stale in [
        ask!(shop: S, pay(1), one),
        ask!(shop: S, pay(1), execute).map(drop),
        ask!(shop: S, pay(1).returning::<Order>(), one).map(drop),
        ask!(shop: S, pay(1).returning::<Order>(), all).map(drop),
        ask!(shop: S, a().soft_delete(orders).key(6).if_version(7), one).map(drop),
        ask!(shop: S, a().soft_delete(orders).key(6).if_version(7), execute).map(drop),
        ask!(shop: S, a().hard_delete(orders).key(6).if_version(7), execute).map(drop),
        ask!(shop: S, a().hard_delete(orders).key(6).if_version(7), one),
    ] {
        assert!(matches!(stale, Err(Error::Stale { table: "orders" })), "{stale:?}");
    }
    // One that never was, one that is deleted, and another's.
    for missing in [20, 5, 11] {
        let write = || a().update(orders).key(missing).if_version(1).set(orders.note, "paid");
        for missing in [
            ask!(shop: S, write(), one),
            ask!(shop: S, write(), execute).map(drop),
            ask!(shop: S, write().returning::<Order>(), one).map(drop),
            ask!(shop: S, write().returning::<Order>(), all).map(drop),
            ask!(shop: S, a().soft_delete(orders).key(missing).if_version(1), one).map(drop),
            ask!(shop: S, a().soft_delete(orders).key(missing).if_version(1), execute).map(drop),
            ask!(shop: S, a().hard_delete(orders).key(missing).if_version(1), execute).map(drop),
            ask!(shop: S, a().hard_delete(orders).key(missing).if_version(1), one),
        ] {
            assert!(matches!(missing, Err(Error::NotFound { table: "orders" })), "{missing:?}");
        }
    }
    let trash = a().hard_delete(orders).only_deleted().key(5).if_version(9);
    assert!(matches!(ask!(shop: S, trash, one), Err(Error::Stale { .. })));
    let after: Order = ask!(shop: S, a().select(orders).key(1), one).unwrap();
    assert_eq!(after, order);
    ask!(shop: S, a().soft_delete(orders).key(6).if_version(1), one).unwrap();

    let versionless = ask!(shop: S, a().hard_delete(customers).key(1).if_version(1), one).unwrap_err();
    let missing = InvalidStatement::NoColumn { table: "customers", role: "version" };
    assert!(matches!(versionless, Error::Invalid(invalid) if invalid == missing));
}

async fn global_tables_are_written_through_global<S: Shop>(mut shop: S) {
    let insert = Global.insert(currencies).set(currencies.code, "SEK").set(currencies.name, "Krona");
    assert_eq!(ask!(shop: S, insert, execute).unwrap(), 1);
    let upsert =
        Global.upsert(currencies).on(currencies.code).set(currencies.code, "SEK").set(currencies.name, "Kr");
    ask!(shop: S, upsert, one).unwrap();
    assert_eq!(
        ask!(shop: S, Global.update(currencies).key("EUR").set(currencies.name, "E"), execute).unwrap(),
        1
    );
    assert_eq!(ask!(shop: S, Global.hard_delete(currencies).key("CHF"), execute).unwrap(), 1);
    assert_eq!(shop.column("SELECT name FROM currencies ORDER BY name").await, ["E", "Kr"]);
}
