//! Deleting so that it can be taken back: C26 to C28.

use migrate::scope::{Error, InvalidStatement, Unscoped, UnscopedUse, days};
use uuid::Uuid;

use crate::scope::cases;
use crate::scope::shop::{Shop, a, all_of_b, customers, order_lines, orders, reviews};
use migrate_tests::ask;

cases! {
    a_soft_delete_says_when_who_why_and_by_what,
    a_deleted_row_keeps_its_time,
    a_cascade_takes_what_hangs_on_the_row_and_a_restore_exactly_that,
    a_restore_of_a_row_takes_its_own_children,
    a_bulk_delete_is_restored_row_by_row,
    restricting_children_keep_their_parent,
    a_restore_reaches_the_deleted_rows_of_its_tenant,
    a_restore_over_a_live_twin_is_a_conflict,
    a_child_is_not_restored_without_its_parent,
    a_filter_may_depend_on_what_is_deleted,
    a_purge_keeps_to_tenant_and_retention,
    a_purge_goes_on_batch_by_batch,
    what_has_no_column_is_told,
    a_row_that_hangs_on_two_is_deleted_once,
    a_tree_goes_from_a_branch_down,
    ;
    without policies:
    a_cascade_stops_at_the_tenants_border,
    a_purge_takes_children_first_and_spares_what_is_referred_to,
    an_unscoped_use_is_recorded_or_not_sent,
    an_unscoped_use_names_all_its_tables,
    a_reason_says_something,
    what_refers_to_anothers_row_comes_back_as_it_was,
    a_purge_tells_what_holds_back_what,
}

/// `id` of what is deleted.
async fn deleted<S: Shop>(shop: &mut S, table: &str) -> String {
    let key = if table == "line_tags" { "line_id || tag" } else { "id" };
    let ids =
        format!("SELECT {key} FROM {table} WHERE business_id = 1 AND deleted_at IS NOT NULL ORDER BY 1");
    shop.column(&ids).await.join(" ")
}

async fn a_soft_delete_says_when_who_why_and_by_what<S: Shop>(mut shop: S) {
    let before = all_of_b(&mut shop).await;
    let delete = a().soft_delete(orders).key(6).reason("customer asked");
    let gone = ask!(shop: S, delete, one).unwrap();
    assert_eq!(gone.counts, [("orders", 1), ("order_lines", 0), ("line_tags", 0)]);
    let stamps = shop.rows("SELECT deleted_by, delete_reason, row_version FROM orders WHERE id = 6").await;
    assert_eq!(stamps, [["user:a", "customer asked", "2"]]);
    let fresh = match S::DIALECT {
        migrate::Dialect::Sqlite => {
            "SELECT count(*) FROM orders WHERE id = 6 AND abs(julianday() - julianday(deleted_at)) < 0.01"
        }
        _ => "SELECT count(*) FROM orders WHERE id = 6 AND now() - deleted_at < interval '1 minute'",
    };
    assert_eq!(shop.column(fresh).await, ["1"]);
    for gone_or_others in [5, 6, 11] {
        let missing = ask!(shop: S, a().soft_delete(orders).key(gone_or_others), one).unwrap_err();
        assert!(matches!(missing, Error::NotFound { table: "orders" }));
    }
    assert_eq!(all_of_b(&mut shop).await, before);
}

async fn a_deleted_row_keeps_its_time<S: Shop>(mut shop: S) {
    let time = "SELECT deleted_at FROM orders WHERE id = 5";
    let before = shop.column(time).await;
    let gone = ask!(shop: S, a().soft_delete(orders).key(5), execute).unwrap();
    assert_eq!(gone.counts[0], ("orders", 0));
    assert_eq!(shop.column(time).await, before);
}

async fn a_cascade_takes_what_hangs_on_the_row_and_a_restore_exactly_that<S: Shop>(mut shop: S) {
    let before = all_of_b(&mut shop).await;
    let gone = ask!(shop: S, a().soft_delete(orders).key(1), one).unwrap();
    assert_eq!(gone.counts, [("orders", 1), ("order_lines", 2), ("line_tags", 2)]);
    assert_eq!(deleted(&mut shop, "orders").await, "1 5");
    assert_eq!(deleted(&mut shop, "order_lines").await, "1 2 3");
    assert_eq!(deleted(&mut shop, "line_tags").await, "1hot 1old 2new");
    assert_eq!(ask!(shop: S, a().select(reviews), count).unwrap(), 1, "a review is kept");

    let back = ask!(shop: S, a().restore(orders).op(gone.op), execute).unwrap();
    assert_eq!(back.counts, gone.counts);
    assert_eq!(deleted(&mut shop, "orders").await, "5");
    assert_eq!(deleted(&mut shop, "order_lines").await, "3");
    assert_eq!(deleted(&mut shop, "line_tags").await, "1old");
    let stamps = shop.rows("SELECT deleted_by, delete_reason, delete_op FROM orders WHERE id = 1").await;
    assert_eq!(stamps, [["NULL", "NULL", "NULL"]]);
    let again = ask!(shop: S, a().restore(orders).op(gone.op), execute).unwrap();
    assert_eq!(again.counts[0], ("orders", 0));
    assert_eq!(all_of_b(&mut shop).await, before);
}

async fn a_restore_of_a_row_takes_its_own_children<S: Shop>(mut shop: S) {
    ask!(shop: S, a().soft_delete(order_lines).key(2), one).unwrap();
    ask!(shop: S, a().soft_delete(orders).key(1), one).unwrap();
    let back = ask!(shop: S, a().restore(orders).key(1), one).unwrap();
    assert_eq!(back.counts, [("orders", 1), ("order_lines", 1), ("line_tags", 1)]);
    assert_eq!(deleted(&mut shop, "order_lines").await, "2 3");
    assert_eq!(deleted(&mut shop, "line_tags").await, "1old 2new");
}

async fn a_bulk_delete_is_restored_row_by_row<S: Shop>(mut shop: S) {
    let gone = ask!(shop: S, a().soft_delete(orders).filter(orders.total.ge(100)), execute).unwrap();
    assert_eq!(gone.counts, [("orders", 2), ("order_lines", 3), ("line_tags", 2)]);
    let back = ask!(shop: S, a().restore(orders).key(2), one).unwrap();
    assert_eq!(back.counts, [("orders", 1), ("order_lines", 1), ("line_tags", 0)]);
    assert_eq!(deleted(&mut shop, "orders").await, "1 5");
    let rest = ask!(shop: S, a().restore(orders).op(gone.op), execute).unwrap();
    assert_eq!(rest.counts, [("orders", 1), ("order_lines", 2), ("line_tags", 2)]);
}

async fn a_cascade_stops_at_the_tenants_border<S: Shop>(mut shop: S) {
    // Children of another tenant, which the foreign keys of this schema let pass.
    shop.execute(
        "INSERT INTO order_lines (id, business_id, order_id, product, price) VALUES (30, 2, 1, 'spy', 1)",
    )
    .await;
    let before = all_of_b(&mut shop).await;
    let gone = ask!(shop: S, a().soft_delete(orders).key(1), one).unwrap();
    assert_eq!(gone.counts, [("orders", 1), ("order_lines", 2), ("line_tags", 2)]);
    assert_eq!(all_of_b(&mut shop).await, before);

    ask!(shop: S, a().restore(orders).op(gone.op), execute).unwrap();
    let audit = |_: &UnscopedUse<'_>| {};
    let gone = ask!(shop: S, Unscoped::because("a test", &audit).soft_delete(orders).key(1), one).unwrap();
    assert_eq!(gone.counts, [("orders", 1), ("order_lines", 2), ("line_tags", 2)]);
    assert_eq!(all_of_b(&mut shop).await, before);
    // Somebody who knows the operation of another's delete.
    let stolen = ask!(shop: S, crate::scope::shop::b().restore(orders).op(gone.op), execute).unwrap();
    assert_eq!(stolen.counts[0], ("orders", 0));
    assert_eq!(deleted(&mut shop, "orders").await, "1 5");
}

async fn restricting_children_keep_their_parent<S: Shop>(mut shop: S) {
    let refused = ask!(shop: S, a().soft_delete(customers).key(1), one).unwrap_err();
    assert!(
        matches!(refused, Error::Restricted { table: "customers", child: "orders", rows: 2 }),
        "{refused:?}"
    );
    let both = ask!(shop: S, a().soft_delete(customers), execute).unwrap_err();
    assert!(matches!(both, Error::Restricted { rows: 3, .. }), "{both:?}");
    assert_eq!(deleted(&mut shop, "customers").await, "3");

    ask!(shop: S, a().soft_delete(orders).filter(orders.customer_id.eq(2)), execute).unwrap();
    let gone = ask!(shop: S, a().soft_delete(customers).key(2), one).unwrap();
    assert_eq!(gone.counts, [("customers", 1)]);
}

async fn a_restore_reaches_the_deleted_rows_of_its_tenant<S: Shop>(mut shop: S) {
    let before = all_of_b(&mut shop).await;
    for live_or_others in [1, 13] {
        let missing = ask!(shop: S, a().restore(orders).key(live_or_others), one).unwrap_err();
        assert!(matches!(missing, Error::NotFound { table: "orders" }));
    }
    let versions = "SELECT row_version FROM orders WHERE id = 1";
    assert_eq!(shop.column(versions).await, ["1"]);
    let all = ask!(shop: S, a().restore(orders), execute).unwrap();
    assert_eq!(all.counts[0], ("orders", 1));
    assert_eq!(all_of_b(&mut shop).await, before);
}

async fn a_restore_over_a_live_twin_is_a_conflict<S: Shop>(mut shop: S) {
    let twin =
        a().insert(customers).set(customers.id, 9).set(customers.email, "cyd@a").set(customers.name, "Twin");
    ask!(shop: S, twin, execute).unwrap();
    let conflict = ask!(shop: S, a().restore(customers).key(3), one).unwrap_err();
    assert!(matches!(conflict, Error::RestoreConflict { table: "customers", .. }), "{conflict:?}");
    assert_eq!(deleted(&mut shop, "customers").await, "3");
    ask!(shop: S, a().soft_delete(customers).key(9), one).unwrap();
    ask!(shop: S, a().restore(customers).key(3), one).unwrap();
}

async fn a_child_is_not_restored_without_its_parent<S: Shop>(mut shop: S) {
    ask!(shop: S, a().soft_delete(orders).key(1), one).unwrap();
    let orphan =
        ask!(shop: S, a().restore(order_lines).filter(order_lines.order_id.eq(1)), execute).unwrap_err();
    assert!(
        matches!(orphan, Error::ParentDeleted { table: "order_lines", parent: "orders", rows: 3 }),
        "{orphan:?}"
    );
    assert_eq!(deleted(&mut shop, "order_lines").await, "1 2 3");
    ask!(shop: S, a().restore(orders).key(1), one).unwrap();
    ask!(shop: S, a().restore(order_lines).key(3), one).unwrap();
}

/// On SQLite the family is changed row by row: what was chosen must not change under it.
async fn a_filter_may_depend_on_what_is_deleted<S: Shop>(shop: S) {
    let lines = a().select(order_lines).filter(order_lines.order_id.eq(orders.id));
    let gone = ask!(shop: S, a().soft_delete(orders).filter(migrate::scope::exists(lines)), execute).unwrap();
    assert_eq!(gone.counts, [("orders", 2), ("order_lines", 3), ("line_tags", 2)]);
    let dead = a().select(order_lines).only_deleted().filter(order_lines.order_id.eq(orders.id));
    let back = ask!(shop: S, a().restore(orders).filter(migrate::scope::exists(dead)), execute).unwrap();
    assert_eq!(back.counts, [("orders", 2), ("order_lines", 3), ("line_tags", 2)]);
}

/// Everything that is deleted by now, long ago.
async fn age<S: Shop>(shop: &mut S) {
    for table in ["orders", "order_lines", "line_tags"] {
        let update = format!("UPDATE {table} SET deleted_at = '2020-01-01' WHERE deleted_at IS NOT NULL");
        shop.execute(&update).await;
    }
}

async fn a_purge_keeps_to_tenant_and_retention<S: Shop>(mut shop: S) {
    let before = all_of_b(&mut shop).await;
    shop.execute("UPDATE attachments SET order_id = NULL WHERE id = 2").await;
    ask!(shop: S, a().soft_delete(orders).key(6), one).unwrap();
    let purged = ask!(shop: S, a().purge(orders).older_than(days(90)), execute).unwrap();
    let of_orders = purged.counts.iter().find(|(table, _)| *table == "orders");
    assert_eq!(of_orders, Some(&("orders", 1)));
    assert_eq!(deleted(&mut shop, "orders").await, "6");
    let again =
        ask!(shop: S, a().purge(orders).older_than(days(0)).filter(orders.id.eq(6)), execute).unwrap();
    assert_eq!(again.counts[0], ("orders", 1));
    assert_eq!(shop.column("SELECT count(*) FROM orders WHERE business_id = 1").await, ["4"]);
    assert_eq!(all_of_b(&mut shop).await, before);

    let forgotten = ask!(shop: S, a().purge(orders), execute).unwrap_err();
    assert!(matches!(forgotten, Error::Invalid(InvalidStatement::NoRetention)));
}

async fn a_purge_takes_children_first_and_spares_what_is_referred_to<S: Shop>(mut shop: S) {
    // Order 5 has an attachment, which hides with it and goes with it.
    ask!(shop: S, a().soft_delete(orders).filter(orders.id.in_([1, 2, 3])), execute).unwrap();
    // 1 has lines and tags that went with it; 2 a live review; 3 a review that was deleted itself.
    shop.execute("DELETE FROM reviews WHERE id = 2").await;
    age(&mut shop).await;
    // A line of order 3 that is not old enough keeps it.
    shop.execute(
        "INSERT INTO order_lines (id, business_id, order_id, product, price, deleted_at)
                  VALUES (40, 1, 3, 'fresh', 1, CURRENT_TIMESTAMP)",
    )
    .await;
    let purged = ask!(shop: S, a().purge(orders).older_than(days(30)), execute).unwrap();
    let count = |name: &str| purged.counts.iter().find(|(table, _)| *table == name).unwrap().1;
    assert_eq!(
        (count("orders"), count("order_lines"), count("line_tags"), count("attachments")),
        (2, 3, 3, 2)
    );
    assert_eq!(deleted(&mut shop, "orders").await, "2 3");
    assert_eq!(
        shop.column("SELECT id FROM order_lines WHERE business_id = 1 ORDER BY id").await,
        ["4", "40"]
    );
    assert_eq!(shop.column("SELECT id FROM attachments WHERE business_id = 1").await, ["3"]);

    // What is another tenant's keeps it too.
    shop.execute("DELETE FROM order_lines WHERE id = 40").await;
    shop.execute("INSERT INTO attachments (id, business_id, order_id, file) VALUES (50, 2, 3, 'spy')").await;
    let spared = ask!(shop: S, a().purge(orders).older_than(days(30)), execute).unwrap();
    assert_eq!(spared.counts[0], ("orders", 0));
    shop.execute("DELETE FROM attachments WHERE id = 50").await;
    let purged = ask!(shop: S, a().purge(orders).key(3).older_than(days(30)), execute).unwrap();
    assert_eq!(purged.counts[0], ("orders", 1));
}

async fn a_purge_goes_on_batch_by_batch<S: Shop>(mut shop: S) {
    let lines = a().insert(order_lines).rows(100..123, |row, id: i64| {
        row.set(order_lines.id, id)
            .set(order_lines.order_id, 3)
            .set(order_lines.product, "x")
            .set(order_lines.price, 1)
    });
    ask!(shop: S, lines, execute).unwrap();
    ask!(shop: S, a().soft_delete(order_lines).filter(order_lines.product.eq("x")), execute).unwrap();
    age(&mut shop).await;
    let purged = ask!(shop: S, a().purge(order_lines).older_than(days(1)).batch(10), execute).unwrap();
    assert_eq!(purged.counts, [("order_lines", 24), ("line_tags", 0)]);
}

async fn an_unscoped_use_is_recorded_or_not_sent<S: Shop>(shop: S) {
    let told = std::sync::Mutex::new(Vec::new());
    let audit = |used: &UnscopedUse<'_>| told.lock().unwrap().push(used.to_string());
    let all = Unscoped::because("nightly billing", &audit).actor("job:1");
    assert_eq!(ask!(shop: S, all.select(orders), count).unwrap(), 7);
    assert_eq!(ask!(shop: S, all.update(orders).set(orders.note, "x"), execute).unwrap(), 7);
    ask!(shop: S, all.soft_delete(order_lines).key(1), one).unwrap();
    ask!(shop: S, all.restore(order_lines).key(1), one).unwrap();
    ask!(shop: S, all.purge(reviews).older_than(days(1)), execute).unwrap();
    ask!(shop: S, all.hard_delete(reviews).key(11), one).unwrap();
    let verbs = ["select", "update", "soft delete", "restore", "purge", "hard delete"];
    // A restore looks at the parents too.
    let family = "order_lines, line_tags";
    let tables = ["orders", "orders", family, "order_lines, line_tags, orders", "reviews", "reviews"];
    let want: Vec<String> = (verbs.iter().zip(tables))
        .map(|(verb, table)| format!("unscoped {verb} of {table} because: nightly billing (by job:1)"))
        .collect();
    assert_eq!(*told.lock().unwrap(), want);

    let full = Full;
    let refused = ask!(shop: S, Unscoped::because("x", &full).hard_delete(order_lines), execute).unwrap_err();
    assert!(matches!(refused, Error::Audit(_)));
    assert_eq!(ask!(shop: S, a().select(order_lines), count).unwrap(), 3);
}

async fn an_unscoped_use_names_all_its_tables<S: Shop>(shop: S) {
    use crate::scope::shop::{attachments, currencies, line_tags};
    let told = std::sync::Mutex::new(Vec::new());
    let audit = |used: &UnscopedUse<'_>| told.lock().unwrap().push(used.tables.join(" "));
    let all = Unscoped::because("nightly billing", &audit);
    let tagged = || all.select(line_tags).filter(line_tags.line_id.eq(order_lines.id));
    let of_tagged =
        || all.select(order_lines).filter(migrate::scope::exists(tagged())).columns(order_lines.order_id);
    let most = all.select(reviews).columns(reviews.stars.max()).scalar();
    let dear = all.select(orders).join(customers).filter(orders.id.in_query(of_tagged()));
    ask!(shop: S, dear.columns((most, orders.id)), all).unwrap();
    ask!(shop: S, all.select(attachments), exists).unwrap();
    ask!(shop: S, all.update(orders).set(orders.note, "x").filter(orders.id.in_query(of_tagged())), execute)
        .unwrap();
    ask!(shop: S, all.hard_delete(line_tags).filter(migrate::scope::exists(all.select(currencies))), execute)
        .unwrap();
    let _ = ask!(shop: S, all.soft_delete(customers).key(1), one).unwrap_err();
    ask!(shop: S, all.soft_delete(orders).key(6), one).unwrap();
    ask!(shop: S, all.restore(orders).key(6), one).unwrap();
    ask!(shop: S, all.purge(orders).older_than(days(1)), execute).unwrap();
    let want = [
        "orders customers reviews order_lines line_tags",
        "attachments orders",
        "orders order_lines line_tags",
        "line_tags currencies",
        "customers orders",
        "orders order_lines line_tags",
        "orders order_lines line_tags customers",
        "orders order_lines line_tags attachments reviews",
    ];
    let sorted = |tables: &str| {
        let (first, rest) = tables.split_once(' ').unwrap();
        let mut rest: Vec<String> = rest.split(' ').map(str::to_owned).collect();
        rest.sort();
        (first.to_owned(), rest)
    };
    let told: Vec<_> = told.lock().unwrap().iter().map(|tables| sorted(tables)).collect();
    assert_eq!(told, want.map(sorted));
}

async fn a_reason_says_something<S: Shop>(shop: S) {
    let audit = |used: &UnscopedUse<'_>| panic!("{used}");
    for nothing in ["", " ", "\n\t", "\u{200b}", "\u{3164}", "-", "…"] {
        let mute = Unscoped::because(nothing, &audit);
        let sent = [
            ask!(shop: S, mute.select(orders), count).map(drop),
            ask!(shop: S, mute.select(orders), exists).map(drop),
            ask!(shop: S, mute.update(orders).set(orders.total, 0), execute).map(drop),
            ask!(shop: S, mute.hard_delete(reviews), execute).map(drop),
            ask!(shop: S, mute.soft_delete(orders), execute).map(drop),
            ask!(shop: S, mute.restore(orders), execute).map(drop),
            ask!(shop: S, mute.purge(orders).older_than(days(0)), execute).map(drop),
        ];
        for sent in sent {
            assert!(matches!(sent, Err(Error::Invalid(InvalidStatement::NoReason))), "{nothing:?}: {sent:?}");
        }
    }
    let told = std::sync::Mutex::new(String::new());
    let audit = |used: &UnscopedUse<'_>| told.lock().unwrap().push_str(&used.to_string());
    let forged = Unscoped::because("x\nunscoped select of nothing", &audit).actor("\u{1b}[2K");
    ask!(shop: S, forged.select(orders), count).unwrap();
    let told = told.into_inner().unwrap();
    assert_eq!(told, "unscoped select of orders because: x\\nunscoped select of nothing (by \\u{1b}[2K)");
}

/// Order 14 is of A, and its customer of B: the foreign key of this schema lets that pass.
async fn what_refers_to_anothers_row_comes_back_as_it_was<S: Shop>(mut shop: S) {
    shop.execute(
        "INSERT INTO orders (id, business_id, customer_id, total) VALUES (14, 1, 11, 1), (15, 1, 13, 1);
         INSERT INTO order_lines (id, business_id, order_id, product, price) VALUES (14, 1, 14, 'tea', 1), (15, 2, 14, 'spy', 1)",
    )
    .await;
    let before = all_of_b(&mut shop).await;
    let rows =
        "SELECT id, business_id, customer_id, total, deleted_at FROM orders WHERE id IN (14, 15) ORDER BY id";
    let orders_before = shop.rows(rows).await;
    let audit = |_: &UnscopedUse<'_>| {};
    let all = Unscoped::because("a test", &audit);
    for id in [14, 15] {
        let gone = ask!(shop: S, a().soft_delete(orders).key(id), one).unwrap();
        let back = ask!(shop: S, a().restore(orders).key(id), one).unwrap();
        assert_eq!(back.counts, gone.counts);
        let gone = ask!(shop: S, a().soft_delete(orders).key(id), one).unwrap();
        let back = ask!(shop: S, a().restore(orders).op(gone.op), execute).unwrap();
        assert_eq!(back.counts, gone.counts);
        let gone = ask!(shop: S, all.soft_delete(orders).key(id), one).unwrap();
        let back = ask!(shop: S, all.restore(orders).op(gone.op), execute).unwrap();
        assert_eq!(back.counts, gone.counts);
    }
    assert_eq!(shop.rows(rows).await, orders_before);
    assert_eq!(all_of_b(&mut shop).await, before);
    // One's own deleted customer still keeps the order in the trash.
    ask!(shop: S, a().soft_delete(orders).key(4), one).unwrap();
    let orphan = ask!(shop: S, a().restore(orders).key(4), one).unwrap_err();
    assert!(matches!(orphan, Error::ParentDeleted { parent: "customers", rows: 1, .. }), "{orphan:?}");
}

async fn a_purge_tells_what_holds_back_what<S: Shop>(mut shop: S) {
    use migrate::scope::Because::{TheyAreNotDue, TheyStay};
    ask!(shop: S, a().soft_delete(orders).filter(orders.id.in_([1, 2, 6])), execute).unwrap();
    age(&mut shop).await;
    // 1 is held by a live line, 2 by its review, and 6 by another's attachment; 5 by nothing.
    shop.execute("UPDATE order_lines SET deleted_at = NULL WHERE id = 1").await;
    shop.execute("INSERT INTO attachments (id, business_id, order_id, file) VALUES (50, 2, 6, 'spy')").await;
    let purged = ask!(shop: S, a().purge(orders).older_than(days(30)), execute).unwrap();
    assert_eq!(purged.counts[0], ("orders", 1));
    let told = |purged: &migrate::scope::Purged| {
        let mut told: Vec<_> = purged.held.iter().map(|held| (held.by, held.rows, held.because)).collect();
        told.sort_unstable_by_key(|(by, ..)| *by);
        told
    };
    let want =
        [("attachments", 1, TheyAreNotDue), ("order_lines", 1, TheyAreNotDue), ("reviews", 1, TheyStay)];
    assert_eq!(told(&purged), want);
    let again = ask!(shop: S, a().purge(orders).older_than(days(30)).key(2), execute).unwrap();
    assert_eq!((again.counts[0], told(&again)), (("orders", 0), vec![want[2]]));
    assert_eq!(
        again.held[0].to_string(),
        "1 rows are held by rows of reviews, which are not declared to go with them"
    );
    let young = ask!(shop: S, a().purge(orders).older_than(days(30_000)), execute).unwrap();
    assert_eq!(told(&young), [], "what is not due is not held");
    shop.execute("DELETE FROM reviews WHERE id = 1").await;
    let freed = ask!(shop: S, a().purge(orders).older_than(days(30)).key(2), execute).unwrap();
    assert_eq!((freed.counts[0], told(&freed)), (("orders", 1), vec![]));
}

struct Full;

impl migrate::scope::Audit for Full {
    fn record(&self, _: &UnscopedUse<'_>) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Err("the disk is full".into())
    }
}

async fn what_has_no_column_is_told<S: Shop>(shop: S) {
    let reason = ask!(shop: S, a().soft_delete(order_lines).key(1).reason("x"), one).unwrap_err();
    let missing = InvalidStatement::NoColumn { table: "order_lines", role: "reason" };
    assert!(matches!(reason, Error::Invalid(invalid) if invalid == missing));
    let op = ask!(shop: S, a().restore(reviews).op(Uuid::nil()), one).unwrap_err();
    let missing = InvalidStatement::NoColumn { table: "reviews", role: "op" };
    assert!(matches!(op, Error::Invalid(invalid) if invalid == missing));
}

mod diamond {
    use super::*;
    migrate::scope::tables! {
        tenant = business_id;
        deleted = deleted_at;
        tops { id: i64, business_id: i64, deleted_at: Option<String>, o: Option<Uuid>, op = o }
        lefts {
            id: i64, business_id: i64, top_id: i64, deleted_at: Option<String>, o: Option<Uuid>, op = o,
            top_id -> tops on soft_delete cascade,
        }
        rights {
            id: i64, business_id: i64, top_id: i64, deleted_at: Option<String>, o: Option<Uuid>, op = o,
            top_id -> tops on soft_delete cascade,
        }
        bottoms {
            id: i64, business_id: i64, left_id: Option<i64>, right_id: Option<i64>, version: i64,
            deleted_at: Option<String>, o: Option<Uuid>, op = o, version = version,
            left_id -> lefts on soft_delete cascade,
            right_id -> rights on soft_delete cascade,
        }
        seals {
            id: i64, business_id: i64, bottom_id: i64, right_id: Option<i64>, deleted_at: Option<String>,
            o: Option<Uuid>, op = o,
            bottom_id -> bottoms on soft_delete cascade,
            right_id -> rights on soft_delete restrict,
        }
    }
}

async fn a_row_that_hangs_on_two_is_deleted_once<S: Shop>(mut shop: S) {
    use diamond::{bottoms, rights, seals, tops};
    for (table, columns) in [
        ("tops", ""),
        ("lefts", "top_id bigint,"),
        ("rights", "top_id bigint,"),
        ("bottoms", "left_id bigint, right_id bigint, version bigint DEFAULT 1,"),
        ("seals", "bottom_id bigint, right_id bigint,"),
    ] {
        shop.execute(&format!(
            "CREATE TABLE {table} (id bigint PRIMARY KEY, business_id bigint, {columns} deleted_at timestamptz, o uuid)"
        ))
        .await;
    }
    shop.execute(
        "INSERT INTO tops (id, business_id) VALUES (1, 1), (2, 1);
         INSERT INTO lefts (id, business_id, top_id) VALUES (1, 1, 1);
         INSERT INTO rights (id, business_id, top_id) VALUES (1, 1, 1), (2, 1, 2);
         INSERT INTO bottoms (id, business_id, left_id, right_id) VALUES (1, 1, 1, 1), (2, 1, 1, 2), (3, 1, NULL, 2);
         INSERT INTO seals (id, business_id, bottom_id, right_id) VALUES (1, 1, 1, 1), (2, 1, 3, NULL)",
    )
    .await;
    let deleted = |table: &str| format!("SELECT id FROM {table} WHERE deleted_at IS NOT NULL ORDER BY id");
    let gone = ask!(shop: S, a().soft_delete(tops).key(1), one).unwrap();
    let mut counts = gone.counts.clone();
    counts.sort_unstable();
    assert_eq!(counts, [("bottoms", 2), ("lefts", 1), ("rights", 1), ("seals", 1), ("tops", 1)]);
    assert_eq!(shop.column(&deleted("bottoms")).await, ["1", "2"]);
    assert_eq!(shop.column("SELECT version FROM bottoms ORDER BY id").await, ["2", "2", "1"]);

    let back = ask!(shop: S, a().restore(tops).op(gone.op), execute).unwrap();
    assert_eq!(back.counts, gone.counts);
    // A seal keeps what does not go with it: the right one of 2, from the side.
    shop.execute("UPDATE seals SET right_id = 2 WHERE id = 1").await;
    let kept = ask!(shop: S, a().soft_delete(rights).key(2), one).unwrap_err();
    assert!(matches!(kept, Error::Restricted { table: "rights", child: "seals", rows: 1 }), "{kept:?}");
    assert_eq!(ask!(shop: S, a().select(bottoms), count).unwrap(), 3);
    shop.execute("UPDATE tops SET deleted_at = '2020-01-01' WHERE id = 1").await;
    let spared = ask!(shop: S, a().purge(tops).older_than(days(1)), execute).unwrap();
    assert_eq!(spared.counts.iter().map(|(_, rows)| rows).sum::<u64>(), 0, "its children live");
    assert_eq!(ask!(shop: S, a().select(seals), count).unwrap(), 2);
}

mod tree {
    use super::*;
    migrate::scope::tables! {
        tenant = business_id;
        deleted = deleted_at;
        branches {
            id: i64, business_id: i64, parent_id: Option<i64>, deleted_at: Option<String>, o: Option<Uuid>, op = o,
            parent_id -> branches on soft_delete cascade,
        }
        leaves {
            id: i64, business_id: i64, branch_id: i64, deleted_at: Option<String>, o: Option<Uuid>, op = o,
            branch_id -> branches on soft_delete cascade,
        }
    }
}

async fn a_tree_goes_from_a_branch_down<S: Shop>(mut shop: S) {
    use tree::branches;
    for (table, column) in [("branches", "parent_id"), ("leaves", "branch_id")] {
        shop.execute(&format!(
            "CREATE TABLE {table} (id bigint PRIMARY KEY, business_id bigint, {column} bigint REFERENCES branches,
             deleted_at timestamptz, o uuid)"
        ))
        .await;
    }
    // 1 bears 2 and 3, 2 bears 4, which bears 5; 6 is another's on 2, and 7 was deleted before.
    shop.execute(
        "INSERT INTO branches (id, business_id, parent_id, deleted_at) VALUES (1, 1, NULL, NULL), (2, 1, 1, NULL),
             (3, 1, 1, NULL), (4, 1, 2, NULL), (5, 1, 4, NULL), (6, 2, 2, NULL), (7, 1, 2, '2020-01-01');
         INSERT INTO leaves (id, business_id, branch_id) VALUES (1, 1, 1), (2, 1, 3), (3, 1, 5), (4, 2, 5), (5, 1, 7)",
    )
    .await;
    let dead = |table: &str| format!("SELECT id FROM {table} WHERE deleted_at IS NOT NULL ORDER BY id");
    let gone = ask!(shop: S, a().soft_delete(branches).key(2), one).unwrap();
    assert_eq!(gone.counts, [("branches", 3), ("leaves", 1)]);
    assert_eq!(shop.column(&dead("branches")).await, ["2", "4", "5", "7"]);
    assert_eq!(shop.column(&dead("leaves")).await, ["3"]);

    // A branch in the air is not restored, one with all that is above it is.
    let orphan = ask!(shop: S, a().restore(branches).key(4), one).unwrap_err();
    assert!(matches!(orphan, Error::ParentDeleted { parent: "branches", rows: 1, .. }), "{orphan:?}");
    let back = ask!(shop: S, a().restore(branches).key(2), one).unwrap();
    assert_eq!(back.counts, gone.counts);
    assert_eq!(shop.column(&dead("branches")).await, ["7"]);
    let gone = ask!(shop: S, a().soft_delete(branches).key(1), one).unwrap();
    assert_eq!(gone.counts, [("branches", 5), ("leaves", 3)]);
    let back = ask!(shop: S, a().restore(branches).op(gone.op), execute).unwrap();
    assert_eq!(back.counts, gone.counts);

    // Leaf by leaf; what another's row stands on stays.
    ask!(shop: S, a().soft_delete(branches).key(1), one).unwrap();
    for table in ["branches", "leaves"] {
        shop.execute(&format!("UPDATE {table} SET deleted_at = '2020-01-01' WHERE business_id = 1")).await;
    }
    let purged = ask!(shop: S, a().purge(branches).older_than(days(1)).batch(2), execute).unwrap();
    assert_eq!(purged.counts, [("branches", 2), ("leaves", 2)]);
    assert_eq!(shop.column("SELECT id FROM branches ORDER BY id").await, ["1", "2", "4", "5", "6"]);
}
