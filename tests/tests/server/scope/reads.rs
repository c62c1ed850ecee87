//! What a query sees: C2 to C9, C14 to C17.

use migrate::scope::{
    Error, Filter, FromRow, InvalidStatement, JoinKind, Lock, RawExpressionFault, Wait, count_all, exists,
    raw,
};

use crate::scope::cases;
use crate::scope::shop::{
    Order, Shop, a, attachments, b, currencies, customers, line_tags, order_lines, orders, reviews,
};
use migrate_tests::ask;

cases! {
    a_select_sees_the_live_rows_of_its_tenant,
    aggregates_count_what_is_seen,
    a_raw_or_does_not_reach_further,
    a_raw_fragment_that_leaves_its_place_is_not_sent,
    an_inner_join_sees_live_counterparts,
    a_left_join_keeps_the_row_and_shows_nothing_of_others,
    outer_and_cross_joins_show_nothing_of_others,
    two_of_one_table_are_told_apart,
    a_join_wants_one_declared_key,
    subqueries_see_what_a_select_sees,
    a_scalar_subquery_sees_what_a_select_sees,
    pages_follow_each_other,
    deleted_rows_are_seen_where_they_are_asked_for,
    children_hide_with_their_parent,
    a_row_is_one_or_none,
    filters_say_what_they_mean,
    a_pattern_means_nothing_else,
    global_tables_are_everybodys,
    a_query_of_another_tenant_is_not_let_in,
    a_table_that_is_not_in_the_query_is_told,
    two_tables_of_one_name_are_told,
}

async fn ids<S: Shop>(shop: &S, filter: impl Into<Filter>) -> Vec<i64> {
    ask!(shop: S, a().select(orders).filter(filter).order_by(orders.id.asc()).columns(orders.id), all)
        .unwrap()
}

fn everything() -> Filter {
    raw("1 = 1").filter()
}

async fn a_select_sees_the_live_rows_of_its_tenant<S: Shop>(shop: S) {
    assert_eq!(ids(&shop, everything()).await, [1, 2, 3, 4, 6]);
    let of_b = b().select(orders).order_by(orders.id.desc());
    let rows: Vec<Order> = ask!(shop: S, of_b, all).unwrap();
    assert_eq!(rows[0], Order { id: 12, total: 2500, note: Some("vip".into()), row_version: 1 });
    assert_eq!(rows.len(), 2);
}

async fn aggregates_count_what_is_seen<S: Shop>(shop: S) {
    assert_eq!(ask!(shop: S, a().select(orders), count).unwrap(), 5);
    let columns =
        (orders.total.sum(), orders.total.min(), orders.total.max(), orders.total.avg(), orders.note.count());
    let row = ask!(shop: S, a().select(orders).columns(columns), one).unwrap();
    assert_eq!(row, (Some(490), Some(5), Some(250), Some(98.0), 3));

    let none = a().select(orders).filter(orders.id.gt(100)).columns((orders.total.sum(), count_all()));
    assert_eq!(ask!(shop: S, none, one).unwrap(), (None, 0));

    let notes = a().select(orders).filter(orders.note.is_not_null()).columns(orders.note).distinct();
    let notes = ask!(shop: S, notes.order_by(orders.note.asc()), all).unwrap();
    assert_eq!(notes, [Some("100%".into()), Some("first".to_owned()), Some("vip".into())]);

    let per_customer = a()
        .select(orders)
        .columns((orders.customer_id, count_all(), orders.total.sum()))
        .group_by(orders.customer_id)
        .having(count_all().gt(1));
    assert_eq!(ask!(shop: S, per_customer, all).unwrap(), [(Some(1), 2, Some(350))]);
    assert!(ask!(shop: S, a().select(orders), exists).unwrap());
    assert!(!ask!(shop: S, a().select(orders).filter(orders.total.gt(250)), exists).unwrap());
}

async fn a_raw_or_does_not_reach_further<S: Shop>(shop: S) {
    let rows = ids(&shop, raw("orders.total > ? OR 1 = 1").bind(0_i64).filter()).await;
    assert_eq!(rows, [1, 2, 3, 4, 6]);
    let counted = a().select(orders).filter(raw("length(orders.note) = ?").bind(3_i32).filter());
    assert_eq!(ask!(shop: S, counted, count).unwrap(), 1);
    let upper = a().select(orders).key(2).columns(raw("upper(orders.note)").value::<String>());
    assert_eq!(ask!(shop: S, upper, one).unwrap(), "VIP");
}

async fn a_raw_fragment_that_leaves_its_place_is_not_sent<S: Shop>(shop: S) {
    let cases = [
        "1 = 1) OR (1 = 1",
        "1 = 1 -- ",
        "1 = 1; DELETE FROM orders",
        "orders.id IN (SELECT id FROM orders)",
        "orders.id IN orders",
        "(TABLE orders) = 1",
        "query_to_xml('SELECT * FROM orders', true, false, '') IS NOT NULL",
        "dblink('', 'SELECT 1') IS NULL",
        "set_config('app.tenant', '2', false) = ''",
        "load_extension('x') IS NULL",
        "readfile('/etc/passwd') IS NULL",
        "orders.total > ?",
    ];
    for text in cases {
        let sent = ask!(shop: S, a().select(orders).filter(raw(text).filter()), count);
        assert!(matches!(sent, Err(Error::Invalid(InvalidStatement::Raw(_)))), "{text}: {sent:?}");
    }
    let counts = RawExpressionFault::Values { placeholders: 1, values: 0 };
    let sent = ask!(shop: S, a().select(orders).filter(raw(cases[11]).filter()), count).unwrap_err();
    assert!(matches!(sent, Error::Invalid(InvalidStatement::Raw(raw)) if *raw.fault() == counts));
}

async fn an_inner_join_sees_live_counterparts<S: Shop>(shop: S) {
    let named =
        a().select(orders).join(customers).order_by(orders.id.asc()).columns((orders.id, customers.name));
    let want = [(1, "Ann".to_owned()), (2, "Ann".to_owned()), (3, "Bob".to_owned())];
    assert_eq!(ask!(shop: S, named, all).unwrap(), want);

    // From parent to child, and over a third.
    let down = a().select(customers).join(orders).join(order_lines).order_by(order_lines.id.asc());
    let down = down.columns((customers.name, order_lines.product));
    let products: Vec<String> =
        ask!(shop: S, down, all).unwrap().into_iter().map(|(name, product)| name + " " + &product).collect();
    assert_eq!(products, ["Ann tea", "Ann cup", "Ann tea"]);
}

#[derive(Debug, PartialEq, FromRow)]
struct Named {
    id: i64,
    #[column(customers.name)]
    customer: Option<String>,
}

async fn a_left_join_keeps_the_row_and_shows_nothing_of_others<S: Shop>(mut shop: S) {
    // Another tenant's customer, which the foreign key of this schema lets pass.
    shop.execute("UPDATE orders SET customer_id = 11 WHERE id = 6").await;
    let rows = a().select(orders).left_join(customers).order_by(orders.id.asc());
    let names: Vec<Named> = ask!(shop: S, rows, all).unwrap();
    let names: Vec<_> = names.iter().map(|row| (row.id, row.customer.as_deref())).collect();
    assert_eq!(names, [(1, Some("Ann")), (2, Some("Ann")), (3, Some("Bob")), (4, None), (6, None)]);

    // A condition on the joined table reaches no further either.
    let filtered =
        a().select(orders).left_join(customers).filter(customers.name.is_null().or(customers.id.gt(0)));
    assert_eq!(ask!(shop: S, filtered, count).unwrap(), 5);
}

async fn outer_and_cross_joins_show_nothing_of_others<S: Shop>(shop: S) {
    let on = || orders.customer_id.eq(customers.id);
    for (kind, rows) in [(JoinKind::Inner, 3), (JoinKind::Left, 5), (JoinKind::Right, 3), (JoinKind::Full, 5)]
    {
        let joined = a().select(orders).join_on(kind, customers, on());
        assert_eq!(ask!(shop: S, joined, count).unwrap(), rows, "{kind:?}");
    }
    let crossed = a().select(orders).join_on(JoinKind::Inner, customers, everything());
    let sums = crossed.columns((count_all(), customers.id.max(), orders.id.max()));
    assert_eq!(ask!(shop: S, sums, one).unwrap(), (10, Some(2), Some(6)));
}

async fn two_of_one_table_are_told_apart<S: Shop>(shop: S) {
    let other = orders.alias("the \"other\"");
    let pairs = a()
        .select(orders)
        .join_on(JoinKind::Inner, other, orders.customer_id.eq(other.customer_id).and(orders.id.lt(other.id)))
        .columns((orders.id, other.id));
    assert_eq!(ask!(shop: S, pairs, all).unwrap(), [(1, 2)]);
}

async fn a_join_wants_one_declared_key<S: Shop>(shop: S) {
    let none = ask!(shop: S, a().select(customers).join(order_lines), count).unwrap_err();
    assert!(matches!(none, Error::Invalid(InvalidStatement::NoPath { table: "order_lines" })));
    let many = a().select(orders).join(customers).join(orders.alias("again")).join(customers.alias("both"));
    let many = ask!(shop: S, many, count).unwrap_err();
    assert!(matches!(many, Error::Invalid(InvalidStatement::ManyPaths { table: "customers" })));
}

async fn subqueries_see_what_a_select_sees<S: Shop>(shop: S) {
    let lines = || a().select(order_lines).filter(order_lines.order_id.eq(orders.id));
    assert_eq!(ids(&shop, exists(lines())).await, [1, 2]);
    assert_eq!(ids(&shop, !exists(lines())).await, [3, 4, 6]);
    assert_eq!(ids(&shop, exists(lines().filter(order_lines.product.eq("pot")))).await, Vec::<i64>::new());
    let of_pot = lines().only_deleted().filter(order_lines.product.eq("pot"));
    assert_eq!(ids(&shop, exists(of_pot)).await, [1]);

    let with_lines = || a().select(order_lines).columns(order_lines.order_id);
    assert_eq!(ids(&shop, orders.id.in_query(with_lines())).await, [1, 2]);
    assert_eq!(ids(&shop, !orders.id.in_query(with_lines())).await, [3, 4, 6]);
    // In a subquery of a subquery.
    let of_ann = a().select(customers).filter(customers.name.starts_with("Ann")).columns(customers.id);
    let of_ann = a().select(orders.alias("o")).filter(orders.alias("o").customer_id.in_query(of_ann));
    assert_eq!(ids(&shop, orders.id.in_query(of_ann.columns(orders.alias("o").id))).await, [1, 2]);
}

async fn a_scalar_subquery_sees_what_a_select_sees<S: Shop>(shop: S) {
    let of_lines = || {
        let lines = a().select(order_lines).filter(order_lines.order_id.eq(orders.id));
        lines.columns(order_lines.price.sum()).scalar()
    };
    let sums = a().select(orders).order_by(of_lines().desc()).order_by(orders.id.asc());
    let sums = sums.filter(of_lines().is_not_null()).columns((orders.id, of_lines()));
    assert_eq!(ask!(shop: S, sums, all).unwrap(), [(2, Some(Some(250))), (1, Some(Some(100)))]);
    let most = || a().select(orders.alias("o")).columns(orders.alias("o").total.max()).scalar();
    assert_eq!(ids(&shop, Filter::any([orders.total.nullable().nullable().eq(most())])).await, [2]);
}

async fn pages_follow_each_other<S: Shop>(shop: S) {
    let page = |number: u64| a().select(orders).order_by(orders.id.asc()).limit(2).offset(2 * number);
    for (number, want) in [(0, vec![1, 2]), (1, vec![3, 4]), (2, vec![6]), (3, vec![])] {
        assert_eq!(ask!(shop: S, page(number).columns(orders.id), all).unwrap(), want);
        assert_eq!(ask!(shop: S, page(number), count).unwrap(), 5);
    }
    let behind =
        ask!(shop: S, a().select(orders).order_by(orders.id.asc()).offset(3).columns(orders.id), all);
    assert_eq!(behind.unwrap(), [4, 6]);

    let ordered = || a().select(orders).order_by(orders.total.desc()).order_by(orders.id.desc()).limit(2);
    let first: Vec<Order> = ask!(shop: S, ordered(), all).unwrap();
    let last = first.last().unwrap();
    let second: Vec<Order> = ask!(shop: S, ordered().after((last.total, last.id)), all).unwrap();
    let ids = |rows: &[Order]| rows.iter().map(|order| order.id).collect::<Vec<_>>();
    assert_eq!((ids(&first), ids(&second)), (vec![2, 1], vec![3, 4]));

    // One up, one down.
    let mixed = || a().select(orders).order_by(orders.customer_id.asc()).order_by(orders.id.desc());
    let mixed = mixed().filter(orders.customer_id.is_not_null()).after((1_i64, 2_i64));
    assert_eq!(ask!(shop: S, mixed.columns(orders.id), all).unwrap(), [1, 3, 4]);

    let uneven = ask!(shop: S, ordered().after((1_i64,)).columns(orders.id), all).unwrap_err();
    assert!(matches!(uneven, Error::Invalid(InvalidStatement::Cursor { columns: 2, values: 1 })));
}

async fn deleted_rows_are_seen_where_they_are_asked_for<S: Shop>(shop: S) {
    assert_eq!(ask!(shop: S, a().select(orders).with_deleted(), count).unwrap(), 6);
    let trash = a().select(orders).only_deleted().columns(orders.id);
    assert_eq!(ask!(shop: S, trash, all).unwrap(), [5]);
    assert_eq!(ask!(shop: S, a().select(orders.only_deleted()), count).unwrap(), 1);

    // It is said for one table, not for those that are joined.
    let names = |select: migrate::scope::Select<_, orders>| {
        select.order_by(orders.id.asc()).columns((orders.id, customers.name.nullable()))
    };
    let of_live = names(a().select(orders).with_deleted().left_join(customers));
    let rows = ask!(shop: S, of_live, all).unwrap();
    assert_eq!((rows.len(), &rows[3], &rows[4]), (6, &(4, None), &(5, Some("Bob".to_owned()))));
    let with_cyd = names(a().select(orders).left_join(customers.with_deleted()));
    let rows = ask!(shop: S, with_cyd, all).unwrap();
    assert_eq!((rows.len(), &rows[3]), (5, &(4, Some("Cyd".to_owned()))));

    // In whatever order it is said.
    let filter = || orders.total.gt(70);
    let early = a().select(orders).with_deleted().filter(filter());
    let late = a().select(orders).filter(filter()).with_deleted();
    let sql = |select: &migrate::scope::Select<_, orders>| {
        select.statement::<Order>(migrate::scope::Engine::Postgres).unwrap().sql().to_owned()
    };
    assert_eq!(sql(&early), sql(&late));
    assert_eq!(ask!(shop: S, late, count).unwrap(), 4);
}

async fn children_hide_with_their_parent<S: Shop>(mut shop: S) {
    let files = |select: migrate::scope::Select<_, attachments>| {
        select.order_by(attachments.id.asc()).columns(attachments.id)
    };
    assert_eq!(ask!(shop: S, files(a().select(attachments)), all).unwrap(), [1, 3]);
    assert_eq!(ask!(shop: S, files(a().select(attachments.only_deleted())), all).unwrap(), [2]);
    assert_eq!(ask!(shop: S, files(a().select(attachments).with_deleted()), all).unwrap(), [1, 2, 3]);
    // A parent that is another tenant's is none.
    shop.execute("UPDATE attachments SET order_id = 11 WHERE id = 1").await;
    assert_eq!(ask!(shop: S, files(a().select(attachments)), all).unwrap(), [3]);
    let f = attachments.alias("f");
    assert_eq!(ask!(shop: S, a().select(f).columns(f.id), all).unwrap(), [3]);
    assert_eq!(ask!(shop: S, a().select(reviews), count).unwrap(), 1);
}

async fn a_row_is_one_or_none<S: Shop>(shop: S) {
    let one = |id: i64| a().select(orders).key(id);
    let found: Order = ask!(shop: S, one(1), one).unwrap();
    assert_eq!(found.total, 100);
    for gone in [5, 11, 100] {
        let missing = shop_order(&shop, gone).await.unwrap_err();
        assert!(matches!(missing, Error::NotFound { table: "orders" }), "{missing}");
    }
    let none: Option<Order> = ask!(shop: S, one(5), optional).unwrap();
    assert_eq!(none, None);
    let many: Result<Option<Order>, _> = ask!(shop: S, a().select(orders), optional);
    assert!(matches!(many, Err(Error::NotOne { table: "orders", rows: 2 })));
    let by_two = a().select(line_tags).key((1, "hot".to_owned())).columns(line_tags.tag);
    assert_eq!(ask!(shop: S, by_two, one).unwrap(), "hot");
}

async fn shop_order<S: Shop>(shop: &S, id: i64) -> migrate::scope::Result<Order> {
    ask!(shop: S, a().select(orders).key(id), one)
}

async fn filters_say_what_they_mean<S: Shop>(shop: S) {
    let cases: Vec<(Filter, Vec<i64>)> = vec![
        (orders.total.eq(75), vec![3]),
        (orders.total.ne(75), vec![1, 2, 4, 6]),
        (orders.total.ge(100), vec![1, 2]),
        (orders.total.le(60), vec![4, 6]),
        (orders.total.between(60, 100), vec![1, 3, 4]),
        (orders.total.in_([5, 60, 999, 1000]), vec![4, 6]),
        (orders.total.in_(Vec::<i64>::new()), vec![]),
        (!orders.total.in_(Vec::<i64>::new()), vec![1, 2, 3, 4, 6]),
        (orders.note.is_null(), vec![3, 4]),
        (orders.note.eq("vip"), vec![2]),
        (orders.note.eq(Some("vip".to_owned())), vec![2]),
        (orders.note.eq(None), vec![]),
        (orders.total.lt(60).or(orders.total.gt(100)).and(orders.note.is_not_null()), vec![2, 6]),
        (orders.total.lt(60).or(orders.total.gt(100).and(orders.note.is_null())), vec![6]),
        (!(orders.total.lt(60).or(orders.total.gt(100))), vec![1, 3, 4]),
        (Filter::all([]), vec![1, 2, 3, 4, 6]),
        (Filter::any([]), vec![]),
        (orders.paid.into(), vec![]),
        (orders.paid.eq(false).and(orders.id.lt(2)), vec![1]),
        (orders.total.plus(5).eq(10), vec![6]),
        (orders.total.minus(orders.id).eq(99), vec![1]),
    ];
    for (i, (filter, want)) in cases.into_iter().enumerate() {
        let text = format!("{i}: {filter:?}");
        assert_eq!(ids(&shop, filter).await, want, "{text}");
    }
}

async fn a_pattern_means_nothing_else<S: Shop>(mut shop: S) {
    shop.execute("UPDATE orders SET note = 'a_b!c%' WHERE id = 3").await;
    shop.execute("UPDATE orders SET note = 'axb!c.' WHERE id = 4").await;
    let cases = [
        (orders.note.contains("_b"), vec![3]),
        (orders.note.contains("!c"), vec![3, 4]),
        (orders.note.contains("%"), vec![3, 6]),
        (orders.note.starts_with("a_"), vec![3]),
        (orders.note.ends_with("%"), vec![3, 6]),
        (orders.note.like("a_b%"), vec![3, 4]),
        (orders.note.like("a!_b%"), vec![3]),
    ];
    for (filter, want) in cases {
        let text = format!("{filter:?}");
        assert_eq!(ids(&shop, filter).await, want, "{text}");
    }
}

async fn global_tables_are_everybodys<S: Shop>(shop: S) {
    let all = migrate::scope::Global.select(currencies).order_by(currencies.code.asc());
    assert_eq!(ask!(shop: S, all.columns(currencies.code), all).unwrap(), ["CHF", "EUR"]);
    assert_eq!(ask!(shop: S, a().select(currencies), count).unwrap(), 2);
    let inside = migrate::scope::Global.select(currencies);
    assert_eq!(ask!(shop: S, a().select(orders).filter(exists(inside)), count).unwrap(), 5);
    let crossed = a().select(currencies).join_on(JoinKind::Inner, orders, everything());
    assert_eq!(ask!(shop: S, crossed, count).unwrap(), 10);
}

async fn a_query_of_another_tenant_is_not_let_in<S: Shop>(shop: S) {
    let audit = |_: &migrate::scope::UnscopedUse<'_>| {};
    let everybody = migrate::scope::Unscoped::because("a test", &audit);
    let of_b = || b().select(orders).columns(orders.id);
    let of_all = everybody.select(orders).columns(orders.id);
    let inside_all = everybody.select(orders).filter(orders.id.in_query(of_b()));
    let cases = [
        ask!(shop: S, a().select(orders).filter(orders.id.in_query(of_b())), count),
        ask!(shop: S, a().select(orders).filter(exists(b().select(orders))), count),
        ask!(shop: S, a().select(orders).filter(orders.id.in_query(of_all)), count),
        ask!(shop: S, inside_all, count),
        ask!(shop: S, migrate::scope::Global.select(currencies).filter(exists(a().select(orders))), count),
    ];
    for sent in cases {
        assert!(matches!(sent, Err(Error::Invalid(InvalidStatement::OtherScope))), "{sent:?}");
    }
}

async fn a_table_that_is_not_in_the_query_is_told<S: Shop>(shop: S) {
    let elsewhere = || customers.name.eq("Ann");
    let early = orders.customer_id.eq(customers.id).and(order_lines.id.gt(0));
    let early = a().select(orders).join_on(JoinKind::Left, customers, early).join(order_lines);
    let inner = a().select(customers).filter(elsewhere());
    let cases = [
        ask!(shop: S, a().select(orders).filter(elsewhere()), count),
        ask!(shop: S, a().select(orders).filter(!exists(inner)).filter(elsewhere()), count),
        ask!(shop: S, a().select(orders).join(customers.alias("c")).filter(elsewhere()), count),
        ask!(shop: S, a().select(order_lines.alias("customers")).filter(elsewhere()), count),
        ask!(shop: S, a().select(orders).columns(customers.id), one),
        ask!(shop: S, a().select(orders).order_by(customers.id.asc()).columns(orders.id), one),
        ask!(shop: S, a().select(orders).columns(count_all()).group_by(customers.id), one),
    ];
    for sent in cases {
        let Err(Error::Invalid(invalid)) = &sent else { panic!("{sent:?}") };
        assert!(matches!(invalid, InvalidStatement::OutOfReach { table: "customers", .. }), "{sent:?}");
    }
    let sent = ask!(shop: S, early, count);
    let Err(Error::Invalid(InvalidStatement::OutOfReach { table: "order_lines", column: "id" })) = sent
    else {
        panic!("{sent:?}")
    };
    let named: migrate::scope::Result<Vec<Named>> = ask!(shop: S, a().select(orders), all);
    let told = named.unwrap_err().to_string();
    assert_eq!(
        told,
        "`customers.name` is named where customers is not in the statement; join it, or use a subquery"
    );
}

async fn two_tables_of_one_name_are_told<S: Shop>(shop: S) {
    let twice = a().select(orders).join_on(JoinKind::Inner, orders, everything());
    let sent = ask!(shop: S, twice, count).unwrap_err();
    assert!(matches!(sent, Error::Invalid(InvalidStatement::NameTaken { name: "orders" })), "{sent:?}");
    // What a statement is about can be looked at, though its tables lead to each other.
    assert!(format!("{:?}", a().select(orders)).contains("orders"));
}

mod sqlite_alone {
    use super::*;

    #[tokio::test]
    async fn rows_are_not_locked_one_by_one() {
        let shop = migrate_tests::SqliteFile::open("").await;
        let locked: Result<Vec<Order>, _> =
            a().select(orders).lock(Lock::Update, Wait::Wait).all(shop.shared_connection());
        let unsupported = locked.unwrap_err();
        assert!(matches!(unsupported, Error::Invalid(InvalidStatement::Unsupported { .. })), "{unsupported}");
    }
}

mod postgres_alone {
    use super::*;

    /// C13: a lock reaches the rows of the statement, and neither others of the tenant nor those of another.
    #[tokio::test]
    async fn a_lock_reaches_what_is_selected() {
        let mut shop = migrate_tests::PostgresPool::open("locks").await;
        use migrate_tests::Sandbox;
        let other = shop.beside().await;
        shop.execute("UPDATE orders SET customer_id = 11 WHERE id = 4").await;
        let mut holder = shop.pool().get().await.unwrap();
        let transaction = holder.transaction().await.unwrap();
        let held = a().select(orders).filter(orders.customer_id.is_not_null()).left_join(customers);
        let held: Vec<Order> = held.lock(Lock::Update, Wait::Wait).all(&transaction).await.unwrap();
        assert_eq!(held.len(), 4);

        let free = |scope: migrate::scope::Scope| {
            scope.select(orders.with_deleted()).order_by(orders.id.asc()).lock(Lock::Update, Wait::Skip)
        };
        let of_a: Vec<Order> = free(a()).all(other.pool()).await.unwrap();
        assert_eq!(of_a.iter().map(|order| order.id).collect::<Vec<_>>(), [5, 6]);
        let of_b: Vec<Order> = free(b()).all(other.pool()).await.unwrap();
        assert_eq!(of_b.len(), 3);
        let all = a().select(customers).lock(Lock::Update, Wait::Fail).columns(customers.id);
        assert_eq!(all.all(other.pool()).await.unwrap().len(), 2);
        let refused: Result<Order, _> =
            a().select(orders).key(1).lock(Lock::KeyShare, Wait::Fail).one(other.pool()).await;
        assert!(matches!(refused, Err(Error::Database(error)) if error.code() == Some("55P03")));
    }
}
