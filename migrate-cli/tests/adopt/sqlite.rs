//! SQLite, where the other tools have it.

use std::path::Path;

use rusqlite::Connection;

use crate::takeover::{run, said, write};

const PAIRS: [(&str, &str); 4] = [
    ("1_create_users.up.sql", "CREATE TABLE users (id integer PRIMARY KEY);\n"),
    ("1_create_users.down.sql", "DROP TABLE users;\n"),
    ("2_create_orders.up.sql", "CREATE TABLE orders (id integer PRIMARY KEY);\n"),
    ("2_create_orders.down.sql", "DROP TABLE orders;\n"),
];
const SQLX: &str = "CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);";
const DIESEL: &str = "CREATE TABLE __diesel_schema_migrations (
    version VARCHAR(50) PRIMARY KEY NOT NULL,
    run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);";

/// Makes the folder and the database, and runs `adopt`; returns whether it went well, what it said, and the versions
/// that the history holds then.
fn adopt(history: &str) -> (bool, String, Vec<i64>) {
    let folder = tempfile::tempdir().unwrap();
    let migrations = folder.path().join("migrations");
    PAIRS.iter().for_each(|(path, text)| write(&migrations, path, text));
    let file = folder.path().join("app.db");
    Connection::open(&file).unwrap().execute_batch(history).unwrap();
    let output = run(&migrations, &format!("sqlite:{}", file.display()), &["adopt", "--yes"]);
    (output.status.success(), said(&output), versions(&file))
}

fn versions(file: &Path) -> Vec<i64> {
    let connection = Connection::open(file).unwrap();
    let Ok(mut rows) = connection.prepare("SELECT version FROM migrate_history ORDER BY version") else {
        return Vec::new();
    };
    rows.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn sqlx() {
    // What `sha384sum` says of the first script.
    let sum =
        "437017eb62d69346a20a7a782db446bb5c44f5478410382b12e875c325bad18a68ac734232d9821b5ca130f51c090ff3";
    let (is_well, said, versions) = adopt(&format!(
        "{SQLX} INSERT INTO _sqlx_migrations VALUES (1, 'create users', '', 1, x'{sum}', 5);"
    ));
    assert!(is_well, "{said}");
    assert_eq!(versions, [1]);
    let (is_well, said, versions) = adopt(&format!(
        "{SQLX} INSERT INTO _sqlx_migrations VALUES (2, 'create orders', '', 1, x'{sum}', 5);"
    ));
    assert!(!is_well);
    assert!(said.contains("2_create_orders was edited"), "{said}");
    assert!(said.contains("1_create_users is not applied, though the later 2 is"), "{said}");
    assert_eq!(versions, [0; 0]);
}

#[test]
fn sqlx_with_a_migration_that_failed() {
    let (is_well, said, versions) =
        adopt(&format!("{SQLX} INSERT INTO _sqlx_migrations VALUES (1, 'create users', '', 0, x'00', 5);"));
    assert!(!is_well);
    assert!(said.contains("migration 1 did not finish"), "{said}");
    assert_eq!(versions, [0; 0]);
}

#[test]
fn diesel() {
    let (is_well, said, versions) =
        adopt(&format!("{DIESEL} INSERT INTO __diesel_schema_migrations (version) VALUES ('1'), ('2');"));
    assert!(is_well, "{said}");
    assert_eq!(versions, [1, 2]);
}

#[test]
fn golang_migrate() {
    let (is_well, said, versions) = adopt(
        "CREATE TABLE schema_migrations (version uint64, dirty bool); INSERT INTO schema_migrations VALUES (1, 0);",
    );
    assert!(is_well, "{said}");
    assert_eq!(versions, [1]);
}

#[test]
fn a_database_without_a_history() {
    let (is_well, said, versions) = adopt("CREATE TABLE users (id integer PRIMARY KEY);");
    assert!(!is_well);
    assert!(said.contains("no history of another tool"), "{said}");
    assert_eq!(versions, [0; 0]);
}
