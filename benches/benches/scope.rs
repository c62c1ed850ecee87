//! Building a statement of a scope, compared with the same text written by hand; and a query by key on SQLite.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use migrate::scope::{Engine, FromRow, Scope, tables};
use rusqlite::Connection;

tables! {
    tenant = business_id;
    deleted = deleted_at;

    orders {
        id: i64,
        business_id: i64,
        customer_id: i64,
        total: i64,
        note: Option<String>,
        deleted_at: Option<String>,
    }
}

#[derive(Debug, FromRow)]
#[expect(dead_code, reason = "it is read, not used")]
struct Order {
    id: i64,
    total: i64,
    note: Option<String>,
}

/// A page of the live orders of a tenant.
const BY_HAND: &str = "SELECT id, total, note FROM orders WHERE business_id = ?1 AND deleted_at IS NULL
    AND total > ?2 AND customer_id = ?3 ORDER BY id LIMIT 20";

fn page(scope: &Scope) -> migrate::scope::Select<Scope, orders> {
    scope
        .select(orders)
        .filter(orders.total.gt(100))
        .filter(orders.customer_id.eq(7))
        .order_by(orders.id.asc())
        .limit(20)
}

fn statements(criterion: &mut Criterion) {
    let scope = Scope::tenant(1);
    let mut group = criterion.benchmark_group("scope, build a statement");
    group.bench_function("limit: text by hand", |b| b.iter(|| black_box(black_box(BY_HAND).to_owned())));
    group.bench_function("select by key", |b| {
        b.iter(|| black_box(scope.select(orders).key(black_box(7)).statement::<Order>(Engine::Postgres)));
    });
    group.bench_function("a page with two conditions", |b| {
        b.iter(|| black_box(page(&scope).statement::<Order>(Engine::Postgres)));
    });
    group.bench_function("update by key", |b| {
        b.iter(|| {
            let update = scope.update(orders).set(orders.total, black_box(5)).key(black_box(7));
            black_box(update.statement(Engine::Postgres))
        });
    });
    group.finish();
}

fn queries(criterion: &mut Criterion) {
    let connection = Connection::open_in_memory().expect("a database in memory");
    let schema =
        "CREATE TABLE orders (id bigint PRIMARY KEY, business_id bigint, customer_id bigint, total bigint,
            note text, deleted_at text);
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
        INSERT INTO orders SELECT i, i % 10, i % 70, i % 500, 'note', NULL FROM n;
        CREATE INDEX live ON orders (business_id, customer_id, id) WHERE deleted_at IS NULL";
    connection.execute_batch(schema).expect("the schema is right");
    let scope = Scope::tenant(1);
    let mut group = criterion.benchmark_group("scope, a page on sqlite");
    group.bench_function("limit: by hand", |b| {
        b.iter(|| {
            let mut statement = connection.prepare(BY_HAND).expect("the text is right");
            let rows = statement.query_map((1, 100, 7), |row| {
                Ok(Order { id: row.get(0)?, total: row.get(1)?, note: row.get(2)? })
            });
            black_box(rows.and_then(Iterator::collect::<Result<Vec<_>, _>>).expect("rows"))
        });
    });
    group.bench_function("scope", |b| {
        b.iter(|| {
            let rows: Vec<Order> = page(&scope).all(&connection).expect("rows");
            black_box(rows)
        });
    });
    group.finish();
}

criterion_group!(benches, statements, queries);
criterion_main!(benches);
