//! Histories that someone changed by hand, and places where no history can be.

use migrate::{ErrorKind, MigrationSet, Migrator, SetState};
use migrate_tests::{Folder, Sandbox, conformance};

conformance! {
    a_row_that_was_altered_is_named,
    two_rows_of_one_version_are_told,
    a_history_that_is_gone_is_not_made_anew_beside_its_log,
    no_history_is_made_where_none_can_stay,
    an_edited_name_is_found_and_repaired,
}

fn two<S: Sandbox>(_: &S) -> MigrationSet {
    Folder::new(S::DIALECT).table(1, "a").table(2, "b").set()
}

async fn a_row_that_was_altered_is_named<S: Sandbox>(mut db: S) {
    let set = two(&db);
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    for (column, value) in [("checksum", "edited"), ("chain", "")] {
        let kept = format!("(SELECT {column} FROM migrate_history WHERE version = 2)");
        db.execute(&format!("CREATE TABLE kept AS SELECT {kept} AS it")).await;
        db.execute(&format!("UPDATE migrate_history SET {column} = '{value}' WHERE version = 2")).await;
        let error = db.status(&migrator).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::History, "{error}");
        let told = error.to_string();
        let named = format!("in the row of version 2, the column {column} holds `{value}`");
        assert!(told.contains(&named) && told.contains("altered by hand"), "{told}");
        assert_eq!(db.verify(&migrator).await.unwrap_err().to_string(), told);
        db.execute(&format!("UPDATE migrate_history SET {column} = (SELECT it FROM kept) WHERE version = 2"))
            .await;
        db.execute("DROP TABLE kept").await;
    }
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::UpToDate);
}

async fn a_history_that_is_gone_is_not_made_anew_beside_its_log<S: Sandbox>(mut db: S) {
    let set = two(&db);
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    db.execute("DROP TABLE migrate_history").await;
    for _ in 0..2 {
        let error = db.migrate(&migrator).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::History, "{error}");
        let told = error.to_string();
        assert!(
            told.contains("is gone") && told.contains("migrate_log") && told.contains("baseline"),
            "{told}"
        );
    }
    // What the help says leads out.
    db.execute("DROP TABLE migrate_log; DROP TABLE migrate_schema").await;
    db.baseline(&migrator, set.latest().unwrap()).await.unwrap();
    assert_eq!(db.status(&migrator).await.unwrap().state, SetState::UpToDate);
}

async fn no_history_is_made_where_none_can_stay<S: Sandbox>(mut db: S) {
    let set = two(&db);
    let mut migrators = vec![Migrator::new(&set).history_prefix("")];
    if S::DIALECT == migrate::Dialect::Postgres {
        migrators.push(Migrator::new(&set).history_prefix("p".repeat(55)));
        for schema in ["pg_temp", "pg_catalog", "information_schema", ""] {
            migrators.push(Migrator::new(&set).history_schema(schema));
        }
    }
    for migrator in migrators {
        let error = db.migrate(&migrator).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::History, "{error}");
        assert!(error.to_string().contains("--history-schema"), "{error}");
    }
    let longest = Migrator::new(&set).history_prefix("p".repeat(54));
    db.migrate(&longest).await.unwrap();
    assert_eq!(db.status(&longest).await.unwrap().state, SetState::UpToDate);
}

async fn two_rows_of_one_version_are_told<S: Sandbox>(mut db: S) {
    let set = two(&db);
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    // Without the primary key a row can be there twice.
    db.execute(
        "CREATE TABLE other AS SELECT * FROM migrate_history; DROP TABLE migrate_history;
         ALTER TABLE other RENAME TO migrate_history; INSERT INTO migrate_history SELECT * FROM migrate_history",
    )
    .await;
    let error = db.verify(&migrator).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::History, "{error}");
    assert!(error.to_string().contains("there are two rows of version 1"), "{error}");
}

async fn an_edited_name_is_found_and_repaired<S: Sandbox>(mut db: S) {
    let set = two(&db);
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    db.execute("UPDATE migrate_history SET name = 'other' WHERE version = 1").await;
    let found = db.verify(&migrator).await.unwrap();
    let named = "migration 1_create_a is `other` in the history";
    assert!(found.findings.len() == 1 && found.to_string().starts_with(named), "{found}");
    let repaired = db.repair(&migrator).await.unwrap();
    assert_eq!(repaired.to_string(), "repaired     1_create_a");
    assert!(db.verify(&migrator).await.unwrap().is_ok());
    assert!(db.repair(&migrator).await.unwrap().is_empty());
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
}
