//! Every change from a type to another, held against what a server does: which rewrite the table, which build indexes
//! anew, which do neither.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use migrate::Engine;
use migrate::testing::{Server, TestDatabase};
use migrate_lint::inspect;
use tokio_postgres::Client;

const OWN_TYPES: &str = "
    CREATE DOMAIN score AS int;
    CREATE DOMAIN positive AS int CHECK (VALUE > 0);
    CREATE DOMAIN word AS text;
    CREATE DOMAIN title AS varchar(100);
    CREATE DOMAIN headline AS title;
    CREATE DOMAIN amount AS numeric(10, 2);
    CREATE TYPE mood AS ENUM ('good');
    CREATE TYPE pair AS (a int, b int);";

const TYPES: &[&str] = &[
    "smallint",
    "int",
    "bigint",
    "oid",
    "real",
    "float8",
    "numeric",
    "numeric(10, 2)",
    "numeric(12, 2)",
    "numeric(12, 4)",
    "numeric(10)",
    "money",
    "bool",
    "text",
    "varchar",
    "varchar(50)",
    "varchar(100)",
    "char",
    "char(5)",
    "char(10)",
    "bpchar",
    "name",
    "\"char\"",
    "bytea",
    "bit",
    "bit(4)",
    "varbit",
    "varbit(4)",
    "varbit(8)",
    "date",
    "time",
    "time(3)",
    "timetz",
    "timetz(3)",
    "timestamp",
    "timestamp(3)",
    "timestamp(6)",
    "timestamptz",
    "timestamptz(3)",
    "interval",
    "interval(3)",
    "interval day to second",
    "interval year to month",
    "uuid",
    "json",
    "jsonb",
    "xml",
    "inet",
    "cidr",
    "macaddr",
    "macaddr8",
    "regclass",
    "int[]",
    "oid[]",
    "text[]",
    "varchar[]",
    "varchar(50)[]",
    "varchar(100)[]",
    "int4range",
    "tsvector",
    "score",
    "positive",
    "word",
    "title",
    "headline",
    "amount",
    "mood",
    "pair",
];

/// Where the rules take more to happen than does: rare, and not worth a line of theirs.
const STRICTER: &[&str] = &[
    "int -> regclass",
    "oid -> regclass",
    "text -> bpchar",
    "varchar -> bpchar",
    "varchar(50) -> bpchar",
    "varchar(100) -> bpchar",
    "timestamptz -> timestamp(6)",
    "timestamptz(3) -> timestamp(6)",
    "interval -> interval day to second",
    "interval(3) -> interval day to second",
    "interval year to month -> interval(3)",
    "interval year to month -> interval day to second",
    "xml -> bpchar",
    "regclass -> int",
    "regclass -> oid",
    "regclass -> score",
    "score -> regclass",
    "positive -> regclass",
    "word -> bpchar",
    "title -> bpchar",
    "headline -> bpchar",
];

/// What a change does to the table beside its lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    Nothing,
    Indexes,
    Rewrite,
}

/// What the server does; `None` where it knows no such change.
async fn done(client: &Client, table: &str, change: &str) -> Option<Work> {
    client.batch_execute(&format!("BEGIN; {table}")).await.unwrap();
    let before = files(client).await;
    let work = match client.batch_execute(change).await {
        Err(_) => None,
        Ok(()) => {
            let after = files(client).await;
            Some(match (before[0] == after[0], before == after) {
                (false, _) => Work::Rewrite,
                (true, false) => Work::Indexes,
                (true, true) => Work::Nothing,
            })
        }
    };
    client.batch_execute("ROLLBACK").await.unwrap();
    work
}

/// A table with an index, where the type has an order.
async fn table(client: &Client, data_type: &str) -> String {
    let table = format!("CREATE TABLE t (c {data_type});");
    let indexed = format!("{table} CREATE INDEX t_c ON t (c);");
    let has_order = client.batch_execute(&format!("BEGIN; {indexed}")).await.is_ok();
    client.batch_execute("ROLLBACK").await.unwrap();
    if has_order { indexed } else { table }
}

/// The files of the table and of its index.
async fn files(client: &Client) -> Vec<u32> {
    let files = "SELECT relfilenode FROM pg_class WHERE relname IN ('t', 't_c') ORDER BY relname";
    client.query(files, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// What the rules say.
fn told(table: &str, change: &str) -> Work {
    let hazards = inspect::hazards([OWN_TYPES, table], change, Engine::Postgres, true);
    match hazards.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] | ["type-rewrite controlled"] => Work::Nothing,
        ["type-reindex high"] => Work::Indexes,
        ["type-rewrite high"] => Work::Rewrite,
        other => panic!("{table}: {change}: {other:?}"),
    }
}

async fn database() -> TestDatabase {
    let database = Server::shared().unwrap().create_database("type_changes").await.unwrap();
    database.connect().await.unwrap().batch_execute(OWN_TYPES).await.unwrap();
    database
}

#[tokio::test]
async fn each_type_to_each_other() {
    let database = database().await;
    let client = database.connect().await.unwrap();
    let (mut milder, mut stricter, mut compared) = (Vec::new(), Vec::new(), 0);
    for from in TYPES {
        let table = table(&client, from).await;
        for to in TYPES {
            let is_zoned = from.contains("timestamp") && to.contains("timestamp");
            for zone in ["UTC", "Europe/Berlin"].into_iter().take(if is_zoned { 2 } else { 1 }) {
                let change = format!("SET LOCAL TimeZone = '{zone}'; ALTER TABLE t ALTER COLUMN c TYPE {to}");
                let Some(done) = done(&client, &table, &change).await else { continue };
                let told = told(&table, &change);
                compared += 1;
                if told < done {
                    milder.push(format!("{from} -> {to} ({zone}): {told:?}, but the server: {done:?}"));
                }
                if told > done {
                    stricter.push(format!("{from} -> {to}"));
                }
            }
        }
    }
    stricter.dedup();
    assert!(milder.is_empty(), "{milder:#?}");
    assert_eq!(stricter, STRICTER);
    assert!(compared > 500, "{compared}");
}
