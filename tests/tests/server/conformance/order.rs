//! What is applied, in which order, and what is recorded of it.

use migrate::{Action, Down, ErrorKind, Migrator, Refusal};
use migrate_tests::{Sandbox, conformance, version};

use crate::conformance::{folder, versions};

conformance! {
    applies_in_the_order_of_the_number,
    records_a_row_for_each_migration,
    logs_each_action,
    records_who_applied_it,
    a_second_run_does_nothing_and_writes_nothing,
    applies_only_what_is_pending,
    applies_up_to_a_version,
    up_to_a_version_below_the_newest_applied_does_nothing,
    up_to_an_unknown_version_is_refused,
    two_hundred_migrations_apply_in_order,
    reports_how_many_statements_ran,
    a_script_may_end_in_a_comment,
}

async fn applies_in_the_order_of_the_number(mut db: impl Sandbox) {
    // As strings they would come as 1, 10, 2; each but the first needs the one before it.
    let folder = folder(&db)
        .migration("1_a", "CREATE TABLE a (id integer PRIMARY KEY)", "DROP TABLE a")
        .migration("2_b", "CREATE TABLE b AS SELECT * FROM a", "DROP TABLE b")
        .migration("10_c", "CREATE TABLE c AS SELECT * FROM b", "DROP TABLE c");
    let set = folder.set();
    let report = db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!(versions(&report), [1, 2, 10]);
    assert!(report.migrations.iter().all(|migration| migration.action == Action::Apply));
    assert_eq!(report.migrations.iter().map(|m| m.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(db.tables().await, ["a", "b", "c"]);
}

async fn records_a_row_for_each_migration(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").irreversible("2_forget", "DELETE FROM a").migration(
        "3_grow",
        "ALTER TABLE a ADD COLUMN n integer;\n",
        "ALTER TABLE a DROP COLUMN n;\n",
    );
    let set = folder.set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    let columns = "version, name, checksum, state, down_script, down_checksum, set_name";
    let rows = db.rows(&format!("SELECT {columns} FROM migrate_history ORDER BY version")).await;
    let null = || "NULL".to_owned();
    let want = set.migrations().iter().map(|migration| {
        let down = migration.down().script();
        vec![
            migration.version().to_string(),
            migration.name().to_owned(),
            migration.up().checksum().to_string(),
            "applied".to_owned(),
            down.map_or_else(null, |down| down.sql().to_owned()),
            down.map_or_else(null, |down| down.checksum().to_string()),
            "default".to_owned(),
        ]
    });
    assert_eq!(rows, want.collect::<Vec<_>>());
    assert!(matches!(set.migrations()[1].down(), Down::Irreversible(Some(_))));
    let incomplete = "SELECT count(*) FROM migrate_history
        WHERE elapsed_ms IS NULL OR elapsed_ms < 0 OR started_at IS NULL OR finished_at < started_at";
    assert_eq!(db.column(incomplete).await, ["0"]);
    let chain = db.column("SELECT chain FROM migrate_history ORDER BY version DESC").await;
    assert_eq!(chain[0], set.chain().unwrap().to_string());
}

async fn logs_each_action(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    db.rollback(&migrator, 1).await.unwrap();
    db.migrate(&migrator).await.unwrap();
    assert_eq!(db.log().await, ["apply 1", "apply 2", "rollback 2", "apply 2"]);
    let incomplete = "SELECT count(*) FROM migrate_log
        WHERE logged_at IS NULL OR elapsed_ms IS NULL OR name NOT LIKE 'create_%' OR checksum NOT LIKE 'v1:%'";
    assert_eq!(db.column(incomplete).await, ["0"]);
}

async fn records_who_applied_it(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").set();
    let migrator = Migrator::new(&set).application("shop 1.2");
    db.migrate(&migrator).await.unwrap();
    db.rollback(&migrator, 1).await.unwrap();
    db.migrate(&migrator).await.unwrap();
    assert_eq!(db.column("SELECT application FROM migrate_history").await, ["shop 1.2"]);
    assert_eq!(db.column("SELECT application FROM migrate_log").await, ["shop 1.2"; 3]);
    let hosts = "SELECT DISTINCT host FROM (SELECT host FROM migrate_history UNION ALL SELECT host FROM migrate_log) x";
    let hosts = db.column(hosts).await;
    assert!(hosts.len() == 1 && hosts[0] != "NULL" && !hosts[0].is_empty(), "{hosts:?}");
}

async fn a_second_run_does_nothing_and_writes_nothing(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    let (records, schema) = (db.records().await, db.schema().await);
    let report = db.migrate(&migrator).await.unwrap();
    assert!(report.is_empty(), "{report}");
    assert_eq!(report.to_string(), "nothing to do");
    assert!(db.migrate_to(&migrator, version(2)).await.unwrap().is_empty());
    assert_eq!(db.records().await, records);
    assert_eq!(db.schema().await, schema);
}

async fn applies_only_what_is_pending(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(2, "b");
    let set = folder.set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    let before = db.records().await;
    let set = folder.table(3, "c").table(4, "d").set();
    let report = db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!(versions(&report), [3, 4]);
    let after = db.records().await;
    assert_eq!((&after.0[..2], &after.1[..2]), (&before.0[..], &before.1[..]));
    assert_eq!(db.log().await, ["apply 1", "apply 2", "apply 3", "apply 4"]);
}

async fn applies_up_to_a_version(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").table(3, "c").set();
    let migrator = Migrator::new(&set);
    assert_eq!(versions(&db.migrate_to(&migrator, version(2)).await.unwrap()), [1, 2]);
    assert_eq!(db.tables().await, ["a", "b"]);
    assert_eq!(versions(&db.migrate_to(&migrator, version(3)).await.unwrap()), [3]);
    assert_eq!(db.tables().await, ["a", "b", "c"]);
}

async fn up_to_a_version_below_the_newest_applied_does_nothing(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    let records = db.records().await;
    let report = db.migrate_to(&migrator, version(1)).await.unwrap();
    assert!(report.is_empty(), "{report}");
    assert_eq!(db.records().await, records);
    assert_eq!(db.tables().await, ["a", "b"]);
}

async fn up_to_an_unknown_version_is_refused(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(3, "c").set();
    let error = db.migrate_to(&Migrator::new(&set), version(2)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(error.refusals(), [Refusal::UnknownTarget { version: version(2) }]);
    assert_eq!(db.tables().await, [""; 0]);
}

async fn two_hundred_migrations_apply_in_order(mut db: impl Sandbox) {
    let log = "CREATE TABLE line (place integer PRIMARY KEY, number integer)";
    let mut folder = folder(&db).migration("1_line", log, "DROP TABLE line");
    for n in 2..=200 {
        // The place counts what is there, so it shows in which order they came.
        let up = format!("INSERT INTO line SELECT count(*), {n} FROM line");
        folder = folder.migration(&format!("{n}_step"), &up, &format!("DELETE FROM line WHERE number = {n}"));
    }
    let set = folder.set();
    let report = db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!(versions(&report), (1..=200).collect::<Vec<_>>());
    let wrong = "SELECT number FROM line WHERE number <> place + 2";
    assert_eq!(db.column(wrong).await, [""; 0]);
    assert_eq!(db.column("SELECT count(*) FROM line").await, ["199"]);
    assert_eq!(db.column("SELECT count(*) FROM migrate_history WHERE state = 'applied'").await, ["200"]);
    assert!(db.migrate(&Migrator::new(&set)).await.unwrap().is_empty());

    let report = db.rollback(&Migrator::new(&set), 199).await.unwrap();
    assert_eq!(versions(&report), (2..=200).rev().collect::<Vec<_>>());
    assert_eq!(db.column("SELECT count(*) FROM line").await, ["0"]);
}

async fn reports_how_many_statements_ran(mut db: impl Sandbox) {
    let up = "CREATE TABLE a (id integer);; INSERT INTO a VALUES (1); -- the first\nINSERT INTO a VALUES (2)";
    let set = folder(&db).migration("7_a", up, "DROP TABLE a").set();
    let report = db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!(report.migrations[0].statements, 3);
    let line = report.to_string();
    assert!(line.starts_with("applied      7_a  ") && line.ends_with(" ms"), "{line}");
    let report = db.rollback(&Migrator::new(&set), 1).await.unwrap();
    assert_eq!(report.migrations[0].statements, 1);
    assert!(report.to_string().starts_with("rolled back  7_a  "), "{report}");
}

async fn a_script_may_end_in_a_comment(mut db: impl Sandbox) {
    let up = "-- first\nCREATE TABLE a (id integer) -- no semicolon\n/* the end */ -- ;";
    let set = folder(&db).migration("1_a", up, "DROP TABLE a; -- gone").table(2, "b").set();
    assert_eq!(versions(&db.migrate(&Migrator::new(&set)).await.unwrap()), [1, 2]);
    assert_eq!(versions(&db.rollback(&Migrator::new(&set), 2).await.unwrap()), [2, 1]);
    assert_eq!(db.tables().await, [""; 0]);
}
