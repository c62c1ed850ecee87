// The two shops in the examples of `migrate::scope`. Each example includes this file in hidden lines, so that it shows
// only what it is about. Rust files of `include!` are no module: nothing here is part of the library.

use migrate::scope::*;

tables! {
    tenant = business_id;
    deleted = deleted_at;

    customers {
        id: i64,
        business_id: i64,
        email: String,
        name: Option<String>,
        deleted_at: Option<String>,
        delete_op: Option<uuid::Uuid>,
        op = delete_op,
    }

    orders {
        id: i64,
        business_id: i64,
        customer_id: Option<i64>,
        total: i64,
        note: Option<String>,
        is_paid: bool,
        row_version: i64,
        deleted_at: Option<String>,
        deleted_by: Option<String>,
        delete_reason: Option<String>,
        delete_op: Option<uuid::Uuid>,
        version = row_version,
        by = deleted_by,
        reason = delete_reason,
        op = delete_op,
        customer_id -> customers on soft_delete cascade,
    }

    global currencies {
        code: String,
        digits: i64,
        key = code,
    }
}

/// A database with one customer and three orders of the bakery, and one order of the cinema.
#[cfg(feature = "sqlite")]
fn shop() -> std::result::Result<(rusqlite::Connection, Scope, Scope), Box<dyn std::error::Error>> {
    let db = rusqlite::Connection::open_in_memory()?;
    db.execute_batch(
        "CREATE TABLE customers (
             id integer PRIMARY KEY, business_id bigint NOT NULL, email text NOT NULL, name text, deleted_at text,
             delete_op blob);
         CREATE UNIQUE INDEX customers_email ON customers (business_id, email) WHERE deleted_at IS NULL;
         CREATE TABLE orders (
             id integer PRIMARY KEY, business_id bigint NOT NULL, customer_id bigint REFERENCES customers (id),
             total bigint NOT NULL, note text, is_paid boolean NOT NULL DEFAULT FALSE,
             row_version bigint NOT NULL DEFAULT 1, deleted_at text, deleted_by text, delete_reason text,
             delete_op blob);
         CREATE TABLE currencies (code text PRIMARY KEY, digits bigint NOT NULL);
         INSERT INTO customers (id, business_id, email, name) VALUES (1, 1, 'ada@example.com', 'Ada');
         INSERT INTO orders (id, business_id, customer_id, total, note) VALUES
             (1, 1, 1, 120, 'vip'), (2, 1, 1, 80, NULL), (3, 1, NULL, 30, 'vip'), (4, 2, NULL, 990, 'vip');
         INSERT INTO currencies VALUES ('EUR', 2), ('JPY', 0);",
    )?;
    Ok((db, Scope::tenant(1), Scope::tenant(2)))
}

#[cfg(not(feature = "sqlite"))]
fn main() {}
