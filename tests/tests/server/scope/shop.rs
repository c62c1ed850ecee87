//! Two shops that share one database, on either engine.

use migrate::scope::{FromRow, Scope, tables};
use migrate_tests::{Rows, Scoped};
use uuid::Uuid;

tables! {
    tenant = business_id;
    deleted = deleted_at;

    customers {
        id: i64,
        business_id: i64,
        email: String,
        name: String,
        deleted_at: Option<String>,
        delete_op: Option<Uuid>,
        op = delete_op,
    }

    orders {
        id: i64,
        business_id: i64,
        customer_id: Option<i64>,
        total: i64,
        note: Option<String>,
        paid: bool,
        row_version: i64,
        deleted_at: Option<String>,
        deleted_by: Option<String>,
        delete_reason: Option<String>,
        delete_op: Option<Uuid>,
        version = row_version,
        by = deleted_by,
        reason = delete_reason,
        op = delete_op,
        customer_id -> customers on soft_delete restrict,
    }

    order_lines {
        id: i64,
        business_id: i64,
        order_id: i64,
        product: String,
        price: i64,
        deleted_at: Option<String>,
        delete_op: Option<Uuid>,
        op = delete_op,
        order_id -> orders on soft_delete cascade,
    }

    /// A tag of a line: the third level.
    line_tags {
        line_id: i64,
        tag: String,
        business_id: i64,
        deleted_at: Option<String>,
        delete_op: Option<Uuid>,
        key = (line_id, tag),
        op = delete_op,
        line_id -> order_lines on soft_delete cascade,
    }

    attachments {
        id: i64,
        business_id: i64,
        order_id: Option<i64>,
        file: String,
        order_id -> orders on soft_delete hide_with(parent),
    }

    reviews {
        id: i64,
        business_id: i64,
        order_id: i64,
        stars: i64,
        deleted_at: Option<String>,
        order_id -> orders on soft_delete keep,
    }

    global currencies {
        code: String,
        name: String,
        key = code,
    }
}

/// Types that SQLite does not know are names to it.
pub(crate) const SCHEMA: &str = "
    CREATE TABLE customers (
        id bigint PRIMARY KEY, business_id bigint NOT NULL, email text NOT NULL, name text NOT NULL,
        deleted_at timestamptz, delete_op uuid, UNIQUE (business_id, id));
    CREATE UNIQUE INDEX customers_email ON customers (business_id, email) WHERE deleted_at IS NULL;
    CREATE TABLE orders (
        id bigint PRIMARY KEY, business_id bigint NOT NULL, customer_id bigint REFERENCES customers,
        total bigint NOT NULL, note text, paid boolean NOT NULL DEFAULT false, row_version bigint NOT NULL DEFAULT 1,
        deleted_at timestamptz, deleted_by text, delete_reason text, delete_op uuid, UNIQUE (business_id, id));
    CREATE TABLE order_lines (
        id bigint PRIMARY KEY, business_id bigint NOT NULL, order_id bigint NOT NULL REFERENCES orders,
        product text NOT NULL, price bigint NOT NULL, deleted_at timestamptz, delete_op uuid);
    CREATE TABLE line_tags (
        line_id bigint NOT NULL REFERENCES order_lines, tag text NOT NULL, business_id bigint NOT NULL,
        deleted_at timestamptz, delete_op uuid, PRIMARY KEY (line_id, tag));
    CREATE TABLE attachments (
        id bigint PRIMARY KEY, business_id bigint NOT NULL, order_id bigint REFERENCES orders, file text NOT NULL);
    CREATE TABLE reviews (
        id bigint PRIMARY KEY, business_id bigint NOT NULL, order_id bigint NOT NULL REFERENCES orders,
        stars bigint NOT NULL, deleted_at timestamptz);
    CREATE TABLE currencies (code text PRIMARY KEY, name text NOT NULL);";

/// A has the customers 1 to 3, of which 3 is deleted, and B 11 to 13 alike; and so on for the rest.
pub(crate) const ROWS: &str = "
    INSERT INTO customers (id, business_id, email, name, deleted_at) VALUES
        (1, 1, 'ann@a', 'Ann', NULL), (2, 1, 'bob@a', 'Bob', NULL), (3, 1, 'cyd@a', 'Cyd', '2020-01-01'),
        (11, 2, 'ann@b', 'Anna', NULL), (12, 2, 'bob@b', 'Bobby', NULL), (13, 2, 'cyd@b', 'Cydney', '2020-01-01');
    INSERT INTO orders (id, business_id, customer_id, total, note, deleted_at) VALUES
        (1, 1, 1, 100, 'first', NULL), (2, 1, 1, 250, 'vip', NULL), (3, 1, 2, 75, NULL, NULL), (4, 1, 3, 60, NULL, NULL),
        (5, 1, 2, 999, 'vip', '2020-01-01'), (6, 1, NULL, 5, '100%', NULL),
        (11, 2, 11, 1000, 'first', NULL), (12, 2, 11, 2500, 'vip', NULL), (13, 2, 12, 9999, 'vip', '2020-01-01');
    INSERT INTO order_lines (id, business_id, order_id, product, price, deleted_at) VALUES
        (1, 1, 1, 'tea', 40, NULL), (2, 1, 1, 'cup', 60, NULL), (3, 1, 1, 'pot', 70, '2020-01-01'), (4, 1, 2, 'tea', 250, NULL),
        (11, 2, 11, 'tea', 400, NULL), (12, 2, 11, 'cup', 600, '2020-01-01');
    INSERT INTO line_tags (line_id, tag, business_id, deleted_at) VALUES
        (1, 'hot', 1, NULL), (1, 'old', 1, '2020-01-01'), (2, 'new', 1, NULL), (11, 'hot', 2, NULL);
    INSERT INTO attachments (id, business_id, order_id, file) VALUES
        (1, 1, 1, 'one.pdf'), (2, 1, 5, 'five.pdf'), (3, 1, NULL, 'loose.pdf'), (11, 2, 11, 'eleven.pdf');
    INSERT INTO reviews (id, business_id, order_id, stars, deleted_at) VALUES
        (1, 1, 2, 5, NULL), (2, 1, 3, 1, '2020-01-01'), (11, 2, 12, 4, NULL);
    INSERT INTO currencies (code, name) VALUES ('EUR', 'Euro'), ('CHF', 'Franc');";

/// An engine with the shops in it.
pub(crate) trait Shop: Scoped {
    async fn open(hint: &str) -> Self {
        let mut shop = Self::create(hint).await;
        shop.execute(SCHEMA).await;
        shop.execute(ROWS).await;
        shop.ready().await;
        shop
    }
}

impl<S: Scoped> Shop for S {}

pub(crate) const A: i64 = 1;
pub(crate) const B: i64 = 2;

pub(crate) fn a() -> Scope {
    Scope::tenant(A).actor("user:a")
}

pub(crate) fn b() -> Scope {
    Scope::tenant(B).actor("user:b")
}

#[derive(Debug, PartialEq, FromRow)]
pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) total: i64,
    pub(crate) note: Option<String>,
    pub(crate) row_version: i64,
}

/// Everything that is B's.
pub(crate) async fn all_of_b<S: Shop>(shop: &mut S) -> Vec<Rows> {
    let mut rows = Vec::new();
    for table in ["customers", "orders", "order_lines", "line_tags", "attachments", "reviews"] {
        rows.push(shop.rows(&format!("SELECT * FROM {table} WHERE business_id = 2 ORDER BY 1, 2")).await);
    }
    rows
}
