//! What is told of a trace, to people and to programs.

use migrate::testing::{Trace, trace};
use migrate::{MigrationSet, Risk};
use migrate_tests::{Folder, PostgresPool, Sandbox};
use serde_json::json;

/// A migration that scans, declared as `risk`, behind the one that creates the table.
fn folder(risk: &str) -> Folder {
    Folder::with_policy("[hazards]\nhigh = 'allow'")
        .migration("1_create_orders", "CREATE TABLE orders (quantity int)", "DROP TABLE orders")
        .migration(
            "2_check_quantity",
            &format!(
                "{risk}\nALTER TABLE orders ADD COLUMN note text;\n\
                 ALTER TABLE orders\n  ADD CONSTRAINT positive CHECK (quantity > 0);"
            ),
            "ALTER TABLE orders DROP CONSTRAINT positive",
        )
}

async fn traced(set: &MigrationSet) -> Trace {
    let sandbox = PostgresPool::create("trace_report").await;
    trace(set, sandbox.pool()).await.unwrap()
}

#[tokio::test]
async fn what_is_worse_than_declared_is_told() {
    let cases =
        [("-- migrate: risk safe", 1), ("-- migrate: risk controlled", 1), ("-- migrate: risk high", 0)];
    for (risk, want) in cases {
        let trace = traced(&folder(risk).set()).await;
        let worse = trace.worse_than_declared();
        assert_eq!(worse.len(), want, "{trace}");
        assert!(worse.iter().all(|statement| statement.line == 3 && statement.observed == Risk::High));
    }
}

#[tokio::test]
async fn people_read_a_block_for_each_migration() {
    let folder = folder("-- migrate: risk safe");
    let trace = traced(&folder.set()).await;
    let want = format!(
        "2_check_quantity: high, declared safe
  safe        {path}:2  ALTER TABLE orders ADD COLUMN note text
              locks ACCESS EXCLUSIVE on orders
  high        {path}:3  ALTER TABLE orders …
              scans orders
              while it still holds ACCESS EXCLUSIVE on orders",
        path = folder.path("2_check_quantity.up.sql"),
    );
    assert_eq!(trace.migrations[1].to_string(), want);
    assert_eq!(trace.to_string(), format!("{}\n{want}", trace.migrations[0]));
    assert_eq!(
        trace.migrations[1].statements[0].to_string(),
        format!(
            "safe        {}:2  ALTER TABLE orders ADD COLUMN note text\n            \
             locks ACCESS EXCLUSIVE on orders",
            folder.path("2_check_quantity.up.sql")
        )
    );
}

#[tokio::test]
async fn programs_read_the_same() {
    let folder = folder("-- migrate: risk high");
    let trace = traced(&folder.set()).await;
    let orders = json!({"schema": "public", "name": "orders"});
    let want = json!({
        "version": 2,
        "name": "check_quantity",
        "transaction": true,
        "declared": "high",
        "statements": [
            {
                "version": 2,
                "path": folder.path("2_check_quantity.up.sql"),
                "line": 2,
                "sql": "ALTER TABLE orders ADD COLUMN note text",
                "locks": [{"relation": orders, "mode": "access-exclusive"}],
                "held": [],
                "rewritten": [],
                "indexed": [],
                "scanned": [],
                "dropped": [],
                "observed": "safe",
            },
            {
                "version": 2,
                "path": folder.path("2_check_quantity.up.sql"),
                "line": 3,
                "sql": "ALTER TABLE orders\n  ADD CONSTRAINT positive CHECK (quantity > 0)",
                "locks": [],
                "held": [{"relation": orders, "mode": "access-exclusive"}],
                "rewritten": [],
                "indexed": [],
                "scanned": [orders],
                "dropped": [],
                "observed": "high",
            },
        ],
    });
    assert_eq!(serde_json::to_value(&trace).unwrap()["migrations"][1], want);
}
