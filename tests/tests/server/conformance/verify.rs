//! What is recorded compared with what is there.

use migrate::{Dialect, Direction, Finding, MigrationState, Migrator, OutOfOrder, Verification};
use migrate_tests::{Folder, Sandbox, conformance, version};

use crate::conformance::folder;

conformance! {
    nothing_is_found_where_nothing_is_applied,
    what_holds_is_not_found,
    a_check_that_fails_is_found_with_its_place,
    a_check_that_is_false_is_found_with_its_place,
    a_check_of_what_is_not_there_is_found,
    every_check_runs_although_one_fails,
    only_what_is_false_is_found,
    a_check_of_no_rows_holds,
    a_check_that_writes_leaves_nothing,
    a_check_changes_no_setting,
    what_is_pending_is_not_checked,
    a_baseline_is_checked,
    what_was_interrupted_is_found_and_not_checked,
    an_edited_migration_is_found,
    a_migration_that_comes_late_is_found,
    what_this_binary_does_not_contain_is_found,
    a_row_edited_in_the_middle_is_found,
    a_chain_edited_in_the_middle_is_found,
    a_row_deleted_in_the_middle_is_found,
    a_row_added_by_hand_is_found,
    everything_is_found_at_once,
}

fn broken(number: u64) -> Finding {
    Finding::BrokenChain { version: version(number) }
}

fn state(number: u64, name: &str, state: MigrationState) -> Finding {
    let direction = (state == MigrationState::Interrupted).then_some(Direction::Apply);
    Finding::State { version: version(number), name: name.to_owned(), state, direction }
}

async fn nothing_is_found_where_nothing_is_applied(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").verify("1_create_a", "SELECT * FROM a").set();
    let empty = db.schema().await;
    assert_eq!(db.verify(&Migrator::new(&set)).await.unwrap(), Verification::default());
    assert_eq!(db.schema().await, empty);
    let tables = match db.schema().await.contains("schema public") {
        true => "SELECT relname FROM pg_class WHERE relname LIKE 'migrate%'",
        false => "SELECT name FROM sqlite_schema",
    };
    assert_eq!(db.column(tables).await, [""; 0]);
}

async fn what_holds_is_not_found(mut db: impl Sandbox) {
    let check = "SELECT count(*) = 0 FROM a WHERE label IS NULL;\nSELECT id FROM a WHERE id > 0;";
    let set = folder(&db).table(1, "a").verify("1_create_a", check).table(2, "b").set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    db.execute("INSERT INTO a VALUES (1, 'x'), (2, 'y')").await;
    let records = db.records().await;
    let verification = db.verify(&migrator).await.unwrap();
    assert!(verification.is_ok(), "{verification}");
    assert_eq!(verification.to_string(), "everything is in place");
    assert_eq!(db.records().await, records);
}

/// The one finding of a migration that is not in place: path with position, and what the database said.
fn not_in_place(verification: &Verification, number: u64) -> (&str, &str) {
    assert!(!verification.is_ok());
    match &verification.findings[..] {
        [Finding::NotInPlace { version: found, path, error, .. }] if *found == version(number) => {
            (path, error)
        }
        findings => panic!("{findings:?}"),
    }
}

async fn a_check_that_fails_is_found_with_its_place(mut db: impl Sandbox) {
    let check = "SELECT 1;\n-- the column was renamed\nSELECT count(*) = 0\n  FROM a WHERE missing IS NULL;\nSELECT 0 = 1;";
    let folder = folder(&db).table(1, "a").verify("1_create_a", check);
    let set = folder.set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    let verification = db.verify(&Migrator::new(&set)).await.unwrap();
    let (path, error) = not_in_place(&verification, 1);
    assert_eq!(path, format!("{}:4:16", folder.path("1_create_a.verify.sql")));
    assert!(error.contains("missing"), "{error}");
    let text = verification.to_string();
    assert!(text.starts_with("migration 1_create_a is not in place: "), "{text}");
    assert!(text.ends_with(&format!("\n --> {path}")), "{text}");
}

async fn a_check_that_is_false_is_found_with_its_place(mut db: impl Sandbox) {
    let check =
        "SELECT count(*) >= 0 FROM a;\n\n  SELECT count(*) = 0 FROM a WHERE label IS NULL;\nSELECT 1 = 0;";
    let folder = folder(&db).table(1, "a").verify("1_create_a", check);
    let set = folder.set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    db.execute("INSERT INTO a VALUES (1, NULL)").await;
    let verification = db.verify(&Migrator::new(&set)).await.unwrap();
    let (path, error) = not_in_place(&verification, 1);
    assert_eq!(path, format!("{}:3:3", folder.path("1_create_a.verify.sql")));
    assert_eq!(error, "the first column of a row is false");
    db.execute("DELETE FROM a").await;
    let verification = db.verify(&Migrator::new(&set)).await.unwrap();
    let (path, _) = not_in_place(&verification, 1);
    assert_eq!(path, format!("{}:4:1", folder.path("1_create_a.verify.sql")));
}

async fn a_check_of_what_is_not_there_is_found(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").verify("1_create_a", "SELECT id, label FROM a").table(2, "b");
    let set = folder.set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    db.execute("DROP TABLE a").await;
    let verification = db.verify(&Migrator::new(&set)).await.unwrap();
    not_in_place(&verification, 1);
}

async fn every_check_runs_although_one_fails(mut db: impl Sandbox) {
    let set = folder(&db)
        .table(1, "a")
        .verify("1_create_a", "SELECT 1 = 0")
        .table(2, "b")
        .verify("2_create_b", "SELECT * FROM missing")
        .table(3, "c")
        .verify("3_create_c", "SELECT * FROM c")
        .table(4, "d")
        .verify("4_create_d", "SELECT 1 = 2")
        .set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    let findings = db.verify(&Migrator::new(&set)).await.unwrap().findings;
    let found = findings.iter().map(|finding| match finding {
        Finding::NotInPlace { version, .. } => version.as_i64(),
        _ => panic!("{finding}"),
    });
    assert_eq!(found.collect::<Vec<_>>(), [1, 2, 4]);
}

async fn only_what_is_false_is_found(mut db: impl Sandbox) {
    // NULL is not false, a number that is not 0 neither, and only the first column counts.
    let check = "SELECT NULL; SELECT 2; SELECT 'x', 1 = 0; SELECT 1 = 1 FROM a";
    let set = folder(&db).table(1, "a").verify("1_create_a", check).set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    let verification = db.verify(&Migrator::new(&set)).await.unwrap();
    assert!(verification.is_ok(), "{verification}");
}

async fn a_check_of_no_rows_holds(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").verify("1_create_a", "SELECT 1 = 0 FROM a").set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    assert!(db.verify(&Migrator::new(&set)).await.unwrap().is_ok());
    db.execute("INSERT INTO a VALUES (1, 'x')").await;
    assert!(!db.verify(&Migrator::new(&set)).await.unwrap().is_ok());
}

async fn a_check_that_writes_leaves_nothing<S: Sandbox>(mut db: S) {
    for check in [
        "INSERT INTO a VALUES (1, 'x')",
        "CREATE TABLE made (id integer); SELECT 1 = 0",
        "DELETE FROM migrate_history; SELECT * FROM missing",
        "INSERT INTO a VALUES (1, 'x') RETURNING 1 = 0",
    ] {
        let mut db = db.beside().await;
        let folder = folder(&db).table(1, "a").verify("1_create_a", check);
        let set = folder.set();
        let migrator = Migrator::new(&set);
        db.migrate(&migrator).await.unwrap();
        let (records, schema) = (db.records().await, db.schema().await);
        let verification = db.verify(&migrator).await.unwrap();
        // PostgreSQL refuses it. SQLite lets it happen, and takes it back.
        let is_harmless = S::DIALECT == Dialect::Sqlite && check.ends_with("'x')");
        assert_eq!(verification.is_ok(), is_harmless, "{check}: {verification}");
        if S::DIALECT == Dialect::Postgres {
            let (path, error) = not_in_place(&verification, 1);
            assert!(error.contains("read-only transaction (25006)"), "{error}");
            assert_eq!(path, format!("{}:1:1", folder.path("1_create_a.verify.sql")));
        }
        assert_eq!(db.records().await, records, "{check}");
        assert_eq!(db.schema().await, schema, "{check}");
        assert_eq!(db.column("SELECT count(*) FROM a").await, ["0"], "{check}");
    }
    assert_eq!(db.tables().await, ["a"]);
}

async fn a_check_changes_no_setting<S: Sandbox>(mut db: S) {
    let (check, setting) = match S::DIALECT {
        Dialect::Sqlite => ("PRAGMA foreign_keys = OFF; SELECT 1", "PRAGMA foreign_keys"),
        _ => ("SET search_path TO nowhere; SET statement_timeout = 7; SELECT 1", "SHOW search_path"),
    };
    let set = folder(&db).table(1, "a").verify("1_create_a", check).set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    let before = db.column(setting).await;
    db.verify(&Migrator::new(&set)).await.unwrap();
    assert_eq!(db.column(setting).await, before);
}

async fn what_is_pending_is_not_checked(mut db: impl Sandbox) {
    let set =
        folder(&db).table(1, "a").table(2, "b").verify("2_create_b", "SELECT * FROM b WHERE 1 = 0").set();
    let migrator = Migrator::new(&set);
    db.migrate_to(&migrator, version(1)).await.unwrap();
    assert!(db.verify(&migrator).await.unwrap().is_ok());
}

async fn a_baseline_is_checked(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").verify("1_create_a", "SELECT id FROM a").set();
    let migrator = Migrator::new(&set);
    db.baseline(&migrator, version(1)).await.unwrap();
    not_in_place(&db.verify(&migrator).await.unwrap(), 1);
    db.execute("CREATE TABLE a (id integer)").await;
    assert!(db.verify(&migrator).await.unwrap().is_ok());
}

fn half(folder: Folder) -> Folder {
    let up =
        "-- migrate: no-transaction\nINSERT INTO box VALUES (1, 'one');\nINSERT INTO missing VALUES (2);";
    folder.migration("2_fill", up, "DELETE FROM box").verify("2_fill", "SELECT 1 = 0")
}

async fn what_was_interrupted_is_found_and_not_checked(mut db: impl Sandbox) {
    let set = half(folder(&db).table(1, "box")).set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap_err();
    let verification = db.verify(&migrator).await.unwrap();
    assert_eq!(verification.findings, [state(2, "fill", MigrationState::Interrupted)]);
    assert_eq!(verification.to_string(), "migration 2_fill is interrupted during its apply");
}

async fn an_edited_migration_is_found(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(2, "b");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let set = folder
        .migration("1_create_a", "CREATE TABLE a (id bigint)", "DROP TABLE a")
        .verify("1_create_a", "SELECT * FROM a")
        .set();
    let found = db.verify(&Migrator::new(&set)).await.unwrap().findings;
    assert_eq!(found, [state(1, "create_a", MigrationState::Changed)]);
}

async fn a_migration_that_comes_late_is_found(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(3, "c");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let set = folder.table(2, "b").table(4, "d").set();
    let found = db.verify(&Migrator::new(&set)).await.unwrap().findings;
    assert_eq!(found, [state(2, "create_b", MigrationState::OutOfOrder)]);
    db.migrate(&Migrator::new(&set).out_of_order(OutOfOrder::Apply)).await.unwrap();
    assert!(db.verify(&Migrator::new(&set)).await.unwrap().is_ok());
}

async fn what_this_binary_does_not_contain_is_found(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(2, "b");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let set = folder.without("2_create_b").set();
    let found = db.verify(&Migrator::new(&set)).await.unwrap().findings;
    assert_eq!(found, [state(2, "create_b", MigrationState::Unknown)]);
}

/// What is found when four are applied and then somebody runs `sql`.
async fn after(db: &mut impl Sandbox, sql: &str) -> Vec<Finding> {
    let set = folder(db).table(1, "a").table(2, "b").table(3, "c").table(4, "d").set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    db.execute(sql).await;
    let records = db.records().await;
    let findings = db.verify(&Migrator::new(&set)).await.unwrap().findings;
    assert_eq!(db.records().await, records);
    findings
}

async fn a_row_edited_in_the_middle_is_found(mut db: impl Sandbox) {
    let sql = "UPDATE migrate_history SET checksum = (SELECT checksum FROM migrate_history WHERE version = 1)
               WHERE version = 2";
    let found = after(&mut db, sql).await;
    assert_eq!(found, [state(2, "create_b", MigrationState::Changed), broken(2)]);
    assert_eq!(found[1].to_string(), "the history row of 2 does not follow from those before it");
}

async fn a_chain_edited_in_the_middle_is_found(mut db: impl Sandbox) {
    let sql = "UPDATE migrate_history SET chain = (SELECT chain FROM migrate_history WHERE version = 1)
               WHERE version = 2";
    // Neither follows 2 from 1, nor 3 from 2 as it reads now. From there on all is well.
    assert_eq!(after(&mut db, sql).await, [broken(2), broken(3)]);
}

async fn a_row_deleted_in_the_middle_is_found(mut db: impl Sandbox) {
    let found = after(&mut db, "DELETE FROM migrate_history WHERE version = 2").await;
    assert_eq!(found, [state(2, "create_b", MigrationState::OutOfOrder), broken(3)]);
}

async fn a_row_added_by_hand_is_found(mut db: impl Sandbox) {
    let sql = "INSERT INTO migrate_history (set_name, version, name, checksum, chain, state, statements_done,
                   down_transaction, older_binaries, started_at, format)
               SELECT set_name, 9, 'by_hand', checksum, chain, state, statements_done, down_transaction,
                   older_binaries, started_at, format FROM migrate_history WHERE version = 4";
    let found = after(&mut db, sql).await;
    assert_eq!(found, [state(9, "by_hand", MigrationState::Unknown), broken(9)]);
}

async fn everything_is_found_at_once(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "box").table(3, "c").table(4, "d").table(9, "gone");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    db.execute("UPDATE migrate_history SET chain = checksum WHERE version = 9").await;
    let set = folder
        .without("9_create_gone")
        .migration("3_create_c", "CREATE TABLE c (id bigint)", "DROP TABLE c")
        .verify("4_create_d", "SELECT 1 = 0")
        .table(2, "late")
        .set();
    let findings = db.verify(&Migrator::new(&set)).await.unwrap().findings;
    assert_eq!(
        findings[..4],
        [
            state(2, "create_late", MigrationState::OutOfOrder),
            state(3, "create_c", MigrationState::Changed),
            state(9, "create_gone", MigrationState::Unknown),
            broken(9),
        ]
    );
    assert!(
        matches!(&findings[4..], [Finding::NotInPlace { name, .. }] if name == "create_d"),
        "{findings:?}"
    );
}
