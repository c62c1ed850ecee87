//! Rows of the history that rules swallow, triggers change, and row-level security hides.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use migrate::schema::Drift;
use migrate::{Error, ErrorKind, Migrator, OutOfOrder, Progress, SetState, Target};
use migrate_core::HistoryTable;
use migrate_tests::{Folder, PostgresClient, Sandbox, version};

use crate::postgres::folder;

fn three() -> Folder {
    folder().table(1, "a").table(2, "b").table(3, "c")
}

fn migrator(set: &migrate::MigrationSet) -> Migrator<'_> {
    Migrator::new(set).lock_deadline(Duration::from_secs(30))
}

fn assert_names(error: &Error, table: &str, what: &str) {
    let text = error.to_string();
    assert_eq!(error.kind(), ErrorKind::Database, "{what}: {text}");
    for word in [table, "trigger", "rule", "row-level security"] {
        assert!(text.contains(word), "{what}: no `{word}` in: {text}");
    }
}

#[tokio::test]
async fn what_a_rule_does_instead_is_an_error() {
    let mut db = PostgresClient::create("rules").await;
    let set = three().set();
    let migrator = migrator(&set);
    db.migrate_to(&migrator, version(2)).await.unwrap();
    for (table, write) in [
        ("migrate_history", "INSERT"),
        ("migrate_history", "UPDATE"),
        ("migrate_history", "DELETE"),
        ("migrate_log", "INSERT"),
    ] {
        let what = format!("{write} on {table}");
        db.execute(&format!("CREATE RULE swallow AS ON {write} TO {table} DO INSTEAD NOTHING")).await;
        let error = match write {
            "DELETE" => db.rollback(&migrator, 1).await.unwrap_err(),
            _ => db.migrate(&migrator).await.unwrap_err(),
        };
        assert_names(&error, table, &what);
        db.execute(&format!("DROP RULE swallow ON {table}")).await;
        assert_eq!(db.history().await, ["1 applied", "2 applied"], "{what}");
        assert_eq!(db.tables().await, ["a", "b"], "{what}");
    }
    assert_eq!(db.migrate(&migrator).await.unwrap().migrations.len(), 1);
}

#[tokio::test]
async fn a_value_that_a_trigger_changes_is_an_error() {
    let mut db = PostgresClient::create("changes").await;
    let late = three().migration("4_d", "CREATE TABLE d (id bigint)", "DROP TABLE d");
    let set = late.set();
    let migrator = migrator(&set).out_of_order(OutOfOrder::Apply);
    db.migrate_to(&migrator, version(3)).await.unwrap();
    let changes = [
        ("INSERT", "checksum", "'v1:x'"),
        ("INSERT", "chain", "'x'"),
        ("INSERT", "version", "NEW.version + 100"),
        ("INSERT", "name", "'other'"),
        ("INSERT", "state", "'baseline'"),
        ("INSERT", "down_script", "'DROP TABLE a'"),
        ("INSERT", "down_transaction", "false"),
        ("INSERT", "older_binaries", "'ok'"),
        ("INSERT", "set_name", "'other'"),
        ("INSERT", "format", "99"),
        ("UPDATE", "checksum", "'v1:x'"),
        ("UPDATE", "state", "'baseline'"),
        ("UPDATE", "down_script", "NULL"),
        ("UPDATE", "statements_done", "7"),
    ];
    for (write, column, value) in changes {
        db.execute(&format!(
            "CREATE OR REPLACE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN NEW.{column} := {value}; RETURN NEW; END $$;
            CREATE TRIGGER change BEFORE {write} ON migrate_history FOR EACH ROW EXECUTE FUNCTION change()"
        ))
        .await;
        let error = db.migrate(&migrator).await.unwrap_err();
        assert_names(&error, "migrate_history", column);
        db.execute("DROP TRIGGER change ON migrate_history").await;
        assert_eq!(db.tables().await, ["a", "b", "c"], "{write} {column}");
        assert_eq!(db.history().await, ["1 applied", "2 applied", "3 applied"], "{write} {column}");
    }
    // What nothing depends on may be stamped.
    db.execute(
        "CREATE OR REPLACE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.application := 'stamped'; RETURN NEW; END $$;
        CREATE TRIGGER change BEFORE INSERT ON migrate_history FOR EACH ROW EXECUTE FUNCTION change()",
    )
    .await;
    db.migrate(&migrator).await.unwrap();
    let last = "SELECT application FROM migrate_history WHERE version = 4";
    assert_eq!(db.column(last).await, ["stamped"]);
}

/// The owner of everything, and bound by row-level security where it is forced.
const OWNER: &str = "GRANT CREATE ON SCHEMA public TO pg_database_owner; SET ROLE pg_database_owner";

#[tokio::test]
async fn a_history_that_row_level_security_hides_is_not_taken_for_an_empty_one() {
    let mut db = PostgresClient::create("hidden").await;
    db.execute(OWNER).await;
    let set = three().set();
    let migrator = migrator(&set);
    db.migrate(&migrator).await.unwrap();
    let records = db.records().await;
    // The owner is not bound.
    db.execute("ALTER TABLE migrate_history ENABLE ROW LEVEL SECURITY").await;
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::UpToDate);
    assert!(db.migrate(&migrator).await.unwrap().is_empty());

    db.execute("ALTER TABLE migrate_history FORCE ROW LEVEL SECURITY").await;
    let policies = [
        "SELECT 1",
        "CREATE POLICY part ON migrate_history USING (version < 3)",
        "DROP POLICY part ON migrate_history; CREATE POLICY part ON migrate_history FOR INSERT WITH CHECK (true)",
    ];
    for policy in policies {
        db.execute(policy).await;
        for error in [
            db.status(&migrator).await.unwrap_err(),
            db.plan(&migrator, Target::Latest).await.unwrap_err(),
            db.migrate(&migrator).await.unwrap_err(),
            db.rollback(&migrator, 1).await.unwrap_err(),
            db.verify(&migrator).await.unwrap_err(),
        ] {
            let text = error.to_string();
            assert!(
                text.contains("row-level security hides rows") && text.contains("migrate_history"),
                "{text}"
            );
        }
    }
    db.execute("RESET ROLE").await;
    assert_eq!(db.records().await, records);
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::UpToDate, "a superuser is not bound");
}

#[tokio::test]
async fn a_log_under_row_level_security_is_written_or_an_error() {
    let mut db = PostgresClient::create("hidden_log").await;
    db.execute(OWNER).await;
    let set = three().set();
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let hears = Arc::clone(&told);
    let migrator = migrator(&set).on_progress(move |progress| {
        if let Progress::SchemaNotKept { error } = progress {
            hears.lock().unwrap().push((*error).to_owned());
        }
    });
    db.migrate_to(&migrator, version(1)).await.unwrap();
    db.execute("ALTER TABLE migrate_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY").await;
    let error = db.migrate(&migrator).await.unwrap_err();
    assert!(error.to_string().contains("migrate_log"), "{error}");
    assert_eq!(db.tables().await, ["a"]);
    db.execute("CREATE POLICY write ON migrate_log FOR INSERT WITH CHECK (true)").await;
    let error = db.migrate(&migrator).await.unwrap_err();
    assert!(error.to_string().contains("migrate_log"), "{error}");
    assert_eq!(db.tables().await, ["a"]);
    // What is kept of the schema cannot be told from the part of it that is seen.
    assert!(told.lock().unwrap().iter().all(|error| error.contains("row-level security")), "{told:?}");
    assert!(!told.lock().unwrap().is_empty());
    let error = db.drift(&migrator).await.unwrap_err();
    assert!(
        error.to_string().contains("row-level security") && !error.to_string().contains("CREATE"),
        "{error}"
    );
}

#[tokio::test]
async fn a_kept_schema_that_row_level_security_hides_is_no_drift() {
    let mut db = PostgresClient::create("hidden_schema").await;
    db.execute(OWNER).await;
    let set = three().set();
    let migrator = migrator(&set);
    db.migrate_to(&migrator, version(1)).await.unwrap();
    db.execute("ALTER TABLE migrate_schema ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY").await;
    assert!(db.drift(&migrator).await.unwrap_err().to_string().contains("row-level security"));
    assert_eq!(db.migrate(&migrator).await.unwrap().migrations.len(), 2);
    db.execute("ALTER TABLE migrate_schema DISABLE ROW LEVEL SECURITY").await;
    assert_eq!(db.drift(&migrator).await.unwrap(), Drift::Unknown { since: version(2) });
}

#[tokio::test]
async fn a_protection_that_row_level_security_hides_is_not_taken_for_none() {
    let mut db = PostgresClient::create("hidden_protection").await;
    db.execute(OWNER).await;
    let history = HistoryTable::postgres("public", "migrate");
    db.execute(&history.create_settings()).await;
    db.execute("INSERT INTO migrate_settings VALUES ('protection', 'production', now())").await;
    let protection = history.protection();
    let table = protection.values[1].as_text().unwrap();
    let sql = protection.sql.replace("$1", "'protection'").replace("$2", &format!("'{table}'"));
    assert_eq!(db.column(&sql).await, ["production"]);
    db.execute("ALTER TABLE migrate_settings ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY").await;
    assert_eq!(db.column(&sql).await, ["NULL"]);
}
