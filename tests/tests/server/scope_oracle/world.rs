//! Random rows of two tenants, and what of them is one tenant's and live.

use fastrand::Rng;
use migrate::scope::tables;
use migrate_tests::{Rows, Sandbox, Scoped};
use uuid::Uuid;

tables! {
    tenant = business_id;
    deleted = deleted_at;

    customers {
        id: i64,
        business_id: i64,
        boss_id: Option<i64>,
        points: i64,
        name: Option<String>,
        deleted_at: Option<String>,
    }

    orders {
        id: i64,
        business_id: i64,
        customer_id: Option<i64>,
        total: i64,
        note: Option<String>,
        deleted_at: Option<String>,
        delete_op: Option<Uuid>,
        op = delete_op,
        customer_id -> customers on soft_delete restrict,
    }

    order_lines {
        id: i64,
        business_id: i64,
        order_id: Option<i64>,
        price: i64,
        product: Option<String>,
        deleted_at: Option<String>,
        delete_op: Option<Uuid>,
        op = delete_op,
        order_id -> orders on soft_delete cascade,
    }

    files {
        id: i64,
        business_id: i64,
        order_id: Option<i64>,
        size: i64,
        name: Option<String>,
        order_id -> orders on soft_delete hide_with(parent),
    }

    global currencies {
        id: i64,
        rank: i64,
        name: Option<String>,
    }
}

pub(crate) const A: i64 = 1;

/// No constraint keeps the rows from what they should not be: a row may refer to another tenant's, or to a deleted one.
const SCHEMA: &str = "
    CREATE TABLE customers (id bigint PRIMARY KEY, business_id bigint, boss_id bigint, points bigint, name text,
        deleted_at timestamptz);
    CREATE TABLE orders (id bigint PRIMARY KEY, business_id bigint, customer_id bigint, total bigint, note text,
        deleted_at timestamptz, delete_op uuid);
    CREATE TABLE order_lines (id bigint PRIMARY KEY, business_id bigint, order_id bigint, price bigint, product text,
        deleted_at timestamptz, delete_op uuid);
    CREATE TABLE files (id bigint PRIMARY KEY, business_id bigint, order_id bigint, size bigint, name text);
    CREATE TABLE currencies (id bigint PRIMARY KEY, rank bigint, name text);";

/// A table with its columns, of which the first is the key, and what of it is A's and live.
pub(crate) struct Facts {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static str,
    pub(crate) live: &'static str,
}

const LIVE: &str = "business_id = 1 AND deleted_at IS NULL";

pub(crate) const FACTS: [Facts; 5] = [
    Facts { name: "customers", columns: "id, business_id, boss_id, points, name", live: LIVE },
    Facts { name: "orders", columns: "id, business_id, customer_id, total, note", live: LIVE },
    Facts { name: "order_lines", columns: "id, business_id, order_id, price, product", live: LIVE },
    Facts {
        name: "files",
        columns: "id, business_id, order_id, size, name",
        live: "business_id = 1 AND (order_id IS NULL OR order_id IN
            (SELECT id FROM orders WHERE business_id = 1 AND deleted_at IS NULL))",
    },
    Facts { name: "currencies", columns: "id, rank, name", live: "1 = 1" },
];

/// The database that tenants share, and one that holds only what is A's and live.
pub(crate) struct World<S> {
    pub(crate) shared: S,
    pub(crate) alone: S,
}

impl<S: Scoped> World<S> {
    pub(crate) async fn create(hint: &str) -> World<S> {
        let mut world = World { shared: S::create(hint).await, alone: S::create(hint).await };
        for database in [&mut world.shared, &mut world.alone] {
            if S::DIALECT == migrate::Dialect::Sqlite {
                database.execute("PRAGMA synchronous = OFF").await;
            }
            database.execute(SCHEMA).await;
            database.ready().await;
        }
        world
    }

    /// Other rows.
    pub(crate) async fn fill(&mut self, rng: &mut Rng) {
        for table in &FACTS {
            for database in [&mut self.shared, &mut self.alone] {
                database.execute(&format!("DELETE FROM {}", table.name)).await;
            }
            self.shared.execute(&rows(table, rng)).await;
        }
        for table in &FACTS {
            for row in live(&mut self.shared, table).await {
                let values: Vec<String> = row.iter().map(|value| literal(value)).collect();
                let insert = "INSERT INTO";
                let sql =
                    format!("{insert} {} ({}) VALUES ({})", table.name, table.columns, values.join(", "));
                self.alone.execute(&sql).await;
            }
        }
    }
}

/// Numbers are as good as texts to both engines when they are inserted.
fn literal(value: &str) -> String {
    if value == "NULL" { value.to_owned() } else { format!("'{}'", value.replace('\'', "''")) }
}

/// What is A's and live.
pub(crate) async fn live(database: &mut impl Sandbox, table: &Facts) -> Rows {
    let sql = format!("SELECT {} FROM {} WHERE {} ORDER BY id", table.columns, table.name, table.live);
    database.rows(&sql).await
}

/// What is not.
pub(crate) async fn hidden(database: &mut impl Sandbox, table: &Facts) -> Rows {
    let sql = format!("SELECT {} FROM {} WHERE NOT ({}) ORDER BY id", table.columns, table.name, table.live);
    database.rows(&sql).await
}

pub(crate) const WORDS: [&str; 6] = ["ann", "vip", "a%b", "tea_1", "in!n", ""];

fn rows(table: &Facts, rng: &mut Rng) -> String {
    let is_global = table.name == "currencies";
    let mut id = 0;
    let count = rng.usize(6..16);
    let mut values = Vec::new();
    for _ in 0..count {
        id += rng.i64(1..3);
        let number = |rng: &mut Rng| rng.i64(0..12);
        let reference =
            |rng: &mut Rng| if rng.u8(0..6) == 0 { "NULL".to_owned() } else { rng.i64(1..20).to_string() };
        let word =
            if rng.u8(0..4) == 0 { "NULL".to_owned() } else { format!("'{}'", rng.choice(WORDS).unwrap()) };
        let tenant = rng.i64(1..=2);
        let deleted = if rng.u8(0..3) == 0 { "'2020-01-01'" } else { "NULL" };
        values.push(match table.name {
            _ if is_global => format!("({id}, {}, {word})", number(rng)),
            "files" => format!("({id}, {tenant}, {}, {}, {word})", reference(rng), number(rng)),
            _ => format!("({id}, {tenant}, {}, {}, {word}, {deleted})", reference(rng), number(rng)),
        });
    }
    let deleted = if is_global || table.name == "files" { "" } else { ", deleted_at" };
    format!("INSERT INTO {} ({}{deleted}) VALUES {}", table.name, table.columns, values.join(", "))
}
