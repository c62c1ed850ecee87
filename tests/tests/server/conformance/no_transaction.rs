//! `-- migrate: no-transaction`: statement by statement, each recorded, so that a run goes on where one stopped.

use migrate::diagnostic::Position;
use migrate::{Dialect, Direction, ErrorKind, MigrationState, Migrator, Refusal, SetState, Target};
use migrate_tests::{Folder, Sandbox, conformance, version};

use crate::conformance::{folder, versions};

conformance! {
    statements_that_refuse_a_transaction_run,
    what_ran_before_a_failure_stays_and_is_recorded,
    the_next_run_goes_on_at_the_statement_that_failed,
    what_comes_behind_may_be_corrected_too,
    a_change_in_the_part_that_is_done_is_refused,
    fewer_statements_than_are_done_are_refused,
    the_first_statement_fails_and_nothing_is_done,
    one_that_did_nothing_may_become_a_transaction,
    a_statement_that_runs_alone_fails,
    what_comes_behind_waits,
    a_rollback_is_refused_while_a_migration_is_interrupted,
    a_rollback_without_transaction_goes_on_where_it_stopped,
    a_migration_is_refused_while_a_rollback_is_interrupted,
    between_migrations_with_transactions_the_order_is_kept,
    comments_in_the_part_that_is_done_may_change,
    a_resumed_migration_reports_what_it_ran,
    what_another_runner_has_done_meanwhile_does_not_run_again,
}

const ALONE: &str = "-- migrate: no-transaction\n";

/// A table `box`, and a migration without transaction that writes a line of each of `values` into it.
fn filling(folder: Folder, values: &[&str]) -> Folder {
    let inserts: Vec<String> =
        values.iter().map(|value| format!("INSERT INTO box (id, label) VALUES ({value});")).collect();
    let up = format!("{ALONE}{}", inserts.join("\n"));
    folder.table(1, "box").migration("2_fill", &up, "DELETE FROM box").table(3, "c")
}

const LABELS: &str = "SELECT label FROM box ORDER BY id";

async fn statements_that_refuse_a_transaction_run<S: Sandbox>(mut db: S) {
    let up = format!(
        "{ALONE}{};\nINSERT INTO box VALUES (1, 'x');\n{};",
        S::ALONE,
        S::ALONE.replace("box_label", "box_2")
    );
    let set = folder(&db).table(1, "box").migration("2_alone", &up, "DELETE FROM box").table(3, "c").set();
    let report = db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!(versions(&report), [1, 2, 3]);
    assert_eq!(report.migrations[1].statements, 3);
    assert_eq!(db.history().await, ["1 applied", "2 applied", "3 applied"]);
    assert_eq!(db.log().await, ["apply 1", "apply 2", "apply 3"]);
    assert_eq!(db.column(LABELS).await, ["x"]);
    assert_eq!(db.status(&Migrator::new(&set)).await.unwrap().state, SetState::UpToDate);
    assert!(db.migrate(&Migrator::new(&set)).await.unwrap().is_empty());
}

async fn what_ran_before_a_failure_stays_and_is_recorded<S: Sandbox>(mut db: S) {
    let folder = filling(folder(&db), &["1, 'one'", "2, 'two'", "2, 'again'", "4, 'four'"]);
    let set = folder.set();
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Script, Some(S::DUPLICATE_KEY)));
    assert_eq!(error.version(), Some(version(2)));
    assert_eq!(error.path(), Some(folder.path("2_fill.up.sql").as_str()));
    assert_eq!(error.position(), Some(Position { line: 4, column: 1 }));
    assert_eq!(error.statement(), Some("INSERT INTO box (id, label) VALUES (2, 'again')"));
    assert!(error.to_string().contains("what ran before the failed statement stays"), "{error}");
    assert_eq!(versions(error.report()), [1]);
    assert_eq!(db.column(LABELS).await, ["one", "two"]);
    assert_eq!(db.history().await, ["1 applied", "2 applying"]);
    assert_eq!(db.column("SELECT statements_done FROM migrate_history WHERE version = 2").await, ["2"]);
    assert_eq!(db.log().await, ["apply 1", "failure 2"]);
    assert_eq!(db.tables().await, ["box"]);
}

async fn the_next_run_goes_on_at_the_statement_that_failed(mut db: impl Sandbox) {
    let folder = filling(folder(&db), &["1, 'one'", "2, 'two'", "2, 'again'", "4, 'four'"]);
    db.migrate(&Migrator::new(&folder.set())).await.unwrap_err();
    let set = filling(folder, &["1, 'one'", "2, 'two'", "3, 'three'", "4, 'four'"]).set();
    let plan = db.plan(&Migrator::new(&set), Target::Latest).await.unwrap();
    assert_eq!((plan.steps[0].version, plan.steps[0].done), (version(2), 2));
    let report = db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!(versions(&report), [2, 3]);
    assert_eq!(db.column(LABELS).await, ["one", "two", "three", "four"]);
    assert_eq!(db.history().await, ["1 applied", "2 applied", "3 applied"]);
    assert_eq!(db.status(&Migrator::new(&set)).await.unwrap().state, SetState::UpToDate);
    assert!(db.migrate(&Migrator::new(&set)).await.unwrap().is_empty());
    assert_eq!(versions(&db.rollback(&Migrator::new(&set), 2).await.unwrap()), [3, 2]);
    assert_eq!(db.log().await, ["apply 1", "failure 2", "apply 2", "apply 3", "rollback 3", "rollback 2"]);
}

async fn what_comes_behind_may_be_corrected_too(mut db: impl Sandbox) {
    let folder = filling(folder(&db), &["1, 'one'", "1, 'again'", "3, 'three'"]);
    db.migrate(&Migrator::new(&folder.set())).await.unwrap_err();
    let set = filling(folder, &["1, 'one'", "5, 'five'"]).set();
    assert_eq!(versions(&db.migrate(&Migrator::new(&set)).await.unwrap()), [2, 3]);
    assert_eq!(db.column(LABELS).await, ["one", "five"]);
    // The row tells of the script that ran to its end.
    let row = "SELECT checksum FROM migrate_history WHERE version = 2";
    assert_eq!(db.column(row).await, [set.migrations()[1].up().checksum().to_string()]);
}

async fn a_change_in_the_part_that_is_done_is_refused(mut db: impl Sandbox) {
    let folder = filling(folder(&db), &["1, 'one'", "2, 'two'", "2, 'again'"]);
    db.migrate(&Migrator::new(&folder.set())).await.unwrap_err();
    let records = db.records().await;
    let folder = filling(folder, &["1, 'eins'", "2, 'two'", "3, 'three'"]);
    let error = db.migrate(&Migrator::new(&folder.set())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    let path = folder.path("2_fill.up.sql");
    let refusal = Refusal::DonePartChanged { version: version(2), path, statements_done: 2 };
    assert_eq!(error.refusals(), [refusal]);
    assert_eq!(db.records().await, records);
    assert_eq!(db.column(LABELS).await, ["one", "two"]);
}

async fn fewer_statements_than_are_done_are_refused(mut db: impl Sandbox) {
    let folder = filling(folder(&db), &["1, 'one'", "2, 'two'", "2, 'again'"]);
    db.migrate(&Migrator::new(&folder.set())).await.unwrap_err();
    let error = db.migrate(&Migrator::new(&filling(folder, &["1, 'one'"]).set())).await.unwrap_err();
    assert!(matches!(error.refusals(), [Refusal::DonePartChanged { statements_done: 2, .. }]), "{error}");
}

async fn the_first_statement_fails_and_nothing_is_done(mut db: impl Sandbox) {
    let folder = filling(folder(&db), &["'one'", "2, 'two'"]);
    db.migrate(&Migrator::new(&folder.set())).await.unwrap_err();
    assert_eq!(db.history().await, ["1 applied", "2 applying"]);
    assert_eq!(db.column(LABELS).await, [""; 0]);
    let set = filling(folder, &["1, 'one'", "2, 'two'"]).set();
    assert_eq!(versions(&db.migrate(&Migrator::new(&set)).await.unwrap()), [2, 3]);
    assert_eq!(db.column(LABELS).await, ["one", "two"]);
}

async fn one_that_did_nothing_may_become_a_transaction(mut db: impl Sandbox) {
    let folder = filling(folder(&db), &["'one'", "2, 'two'"]);
    db.migrate(&Migrator::new(&folder.set())).await.unwrap_err();
    let set = folder.migration("2_fill", "INSERT INTO box VALUES (1, 'one')", "DELETE FROM box").set();
    assert_eq!(versions(&db.migrate(&Migrator::new(&set)).await.unwrap()), [2, 3]);
    assert_eq!(db.column(LABELS).await, ["one"]);
    assert_eq!(db.status(&Migrator::new(&set)).await.unwrap().state, SetState::UpToDate);
}

async fn a_statement_that_runs_alone_fails<S: Sandbox>(mut db: S) {
    let script =
        |second: &str| format!("{ALONE}{};\nINSERT INTO box VALUES (1, 'one');\n{second};", S::ALONE);
    // Both engines refuse it before it does anything.
    let broken = S::ALONE.replace("VACUUM", "VACUUM missing").replace("ON box", "ON missing");
    let folder = folder(&db).table(1, "box").migration("2_alone", &script(&broken), "DELETE FROM box");
    let error = db.migrate(&Migrator::new(&folder.set())).await.unwrap_err();
    assert_eq!((error.kind(), error.position().unwrap().line), (ErrorKind::Script, 4));
    assert_eq!(error.statement(), Some(broken.as_str()));
    assert_eq!(db.column("SELECT statements_done FROM migrate_history WHERE version = 2").await, ["2"]);
    let set =
        folder.migration("2_alone", &script("INSERT INTO box VALUES (2, 'two')"), "DELETE FROM box").set();
    let report = db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!((versions(&report), report.migrations[0].statements), (vec![2], 1));
    assert_eq!(db.column(LABELS).await, ["one", "two"]);
}

async fn what_comes_behind_waits(mut db: impl Sandbox) {
    let set = filling(folder(&db), &["1, 'one'", "1, 'again'"]).set();
    let migrator = Migrator::new(&set);
    for _ in 0..2 {
        let error = db.migrate(&migrator).await.unwrap_err();
        assert_eq!((error.kind(), error.version()), (ErrorKind::Script, Some(version(2))));
        assert_eq!(db.tables().await, ["box"]);
    }
    assert_eq!(db.column(LABELS).await, ["one"]);
    let status = db.status(&migrator).await.unwrap();
    assert_eq!(
        (status.state, status.migrations[1].state),
        (SetState::Interrupted, MigrationState::Interrupted)
    );
}

async fn a_rollback_is_refused_while_a_migration_is_interrupted(mut db: impl Sandbox) {
    let set = filling(folder(&db), &["1, 'one'", "1, 'again'"]).set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap_err();
    let records = db.records().await;
    let error = db.rollback(&migrator, 1).await.unwrap_err();
    let (version, name) = (version(2), "fill".to_owned());
    assert_eq!(
        error.refusals(),
        [Refusal::Interrupted { version, name, direction: Direction::Apply, statements_done: 1 }]
    );
    assert_eq!(db.records().await, records);
}

/// A migration whose rollback runs without transaction.
fn emptying(folder: Folder, deletes: &str) -> Folder {
    let up = "INSERT INTO box VALUES (1, 'one'); INSERT INTO box VALUES (2, 'two')";
    folder.table(1, "box").migration("2_fill", up, &format!("{ALONE}{deletes}"))
}

async fn a_rollback_without_transaction_goes_on_where_it_stopped<S: Sandbox>(mut db: S) {
    let folder =
        emptying(folder(&db), &format!("{};\nDELETE FROM box WHERE id = 1;\nDELETE FROM missing;", S::ALONE));
    let set = folder.set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    let error = db.rollback(&Migrator::new(&set), 1).await.unwrap_err();
    assert_eq!((error.kind(), error.version()), (ErrorKind::Script, Some(version(2))));
    assert_eq!(error.statement(), Some("DELETE FROM missing"));
    assert_eq!(db.history().await, ["1 applied", "2 rolling_back"]);
    assert_eq!(db.column("SELECT statements_done FROM migrate_history WHERE version = 2").await, ["2"]);
    assert_eq!(db.column(LABELS).await, ["two"]);
    let status = db.status(&Migrator::new(&set)).await.unwrap();
    assert_eq!(
        (status.state, status.migrations[1].state),
        (SetState::Interrupted, MigrationState::Interrupted)
    );

    let set =
        emptying(folder, &format!("{};\nDELETE FROM box WHERE id = 1;\nDELETE FROM box;", S::ALONE)).set();
    let report = db.rollback(&Migrator::new(&set), 1).await.unwrap();
    assert_eq!((versions(&report), report.migrations[0].statements), (vec![2], 1));
    assert_eq!(db.history().await, ["1 applied"]);
    assert_eq!(db.column(LABELS).await, [""; 0]);
    assert_eq!(db.log().await, ["apply 1", "apply 2", "failure 2", "rollback 2"]);
}

async fn a_migration_is_refused_while_a_rollback_is_interrupted(mut db: impl Sandbox) {
    let set = emptying(folder(&db), "DELETE FROM box WHERE id = 1;\nDELETE FROM missing;").set();
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    db.rollback(&migrator, 1).await.unwrap_err();
    let records = db.records().await;
    let error = db.migrate(&migrator).await.unwrap_err();
    let (version, name) = (version(2), "fill".to_owned());
    assert_eq!(
        error.refusals(),
        [Refusal::Interrupted { version, name, direction: Direction::Rollback, statements_done: 1 }]
    );
    assert_eq!(db.records().await, records);
}

async fn between_migrations_with_transactions_the_order_is_kept(mut db: impl Sandbox) {
    let mut folder = folder(&db).table(1, "box");
    for n in 2..=9 {
        let directive = if n % 3 == 0 { ALONE } else { "" };
        let up = format!(
            "{directive}INSERT INTO box SELECT count(*), '{n}' FROM box; UPDATE box SET label = label"
        );
        let down = format!("{directive}DELETE FROM box WHERE label = '{n}'; UPDATE box SET label = label");
        folder = folder.migration(&format!("{n}_step"), &up, &down);
    }
    let set = folder.set();
    let report = db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!(versions(&report), (1..=9).collect::<Vec<_>>());
    assert_eq!(db.column(LABELS).await, ["2", "3", "4", "5", "6", "7", "8", "9"]);
    assert_eq!(
        db.column("SELECT version FROM migrate_log ORDER BY id").await,
        ["1", "2", "3", "4", "5", "6", "7", "8", "9"]
    );
    let report = db.rollback(&Migrator::new(&set), 8).await.unwrap();
    assert_eq!(versions(&report), (2..=9).rev().collect::<Vec<_>>());
    assert_eq!(db.column(LABELS).await, [""; 0]);
}

async fn comments_in_the_part_that_is_done_may_change(mut db: impl Sandbox) {
    let script = |comment: &str, last: &str| {
        format!("{ALONE}INSERT INTO box VALUES (1, 'one');\n-- {comment}\nINSERT INTO box VALUES ({last});")
    };
    let folder = folder(&db).table(1, "box").migration("2_fill", &script("two", "1, 'x'"), "DELETE FROM box");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap_err();
    let set = folder.migration("2_fill", &script("the second", "2, 'two'"), "DELETE FROM box").set();
    assert_eq!(versions(&db.migrate(&Migrator::new(&set)).await.unwrap()), [2]);
    assert_eq!(db.column(LABELS).await, ["one", "two"]);
}

async fn a_resumed_migration_reports_what_it_ran(mut db: impl Sandbox) {
    let folder = filling(folder(&db), &["1, 'one'", "2, 'two'", "2, 'again'", "4, 'four'"]);
    db.migrate(&Migrator::new(&folder.set())).await.unwrap_err();
    let set = filling(folder, &["1, 'one'", "2, 'two'", "3, 'three'", "4, 'four'"]).set();
    let report = db.migrate(&Migrator::new(&set)).await.unwrap();
    assert_eq!(report.migrations[0].statements, 2);
}

/// Somebody who was at the same statement, and was faster: a trigger that does the second one as soon as the
/// first is counted, and counts it.
async fn what_another_runner_has_done_meanwhile_does_not_run_again<S: Sandbox>(mut db: S) {
    let set = filling(folder(&db), &["1, 'one'", "(SELECT 2), 'two'", "3, 'three'"]).set();
    let migrator = Migrator::new(&set);
    db.migrate_to(&migrator, version(1)).await.unwrap();
    let two = set.migrations()[1].up().checksum_of_first(2);
    let other = match S::DIALECT {
        Dialect::Sqlite => format!(
            "CREATE TRIGGER other AFTER UPDATE OF statements_done ON migrate_history
             WHEN NEW.version = 2 AND NEW.statements_done = 1 BEGIN
                 INSERT INTO box VALUES (20, 'two, by the other');
                 UPDATE migrate_history SET statements_done = 2, statements_checksum = '{two}' WHERE version = 2;
             END"
        ),
        _ => format!(
            "CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF NEW.version = 2 AND NEW.statements_done = 1 THEN
                     INSERT INTO box VALUES (20, 'two, by the other');
                     UPDATE migrate_history SET statements_done = 2, statements_checksum = '{two}' WHERE version = 2;
                 END IF;
                 RETURN NULL;
             END $$;
             CREATE TRIGGER other AFTER UPDATE ON migrate_history FOR EACH ROW EXECUTE FUNCTION other()"
        ),
    };
    db.execute(&other).await;
    let report = db.migrate(&migrator).await.unwrap();
    assert_eq!(versions(&report), [2, 3]);
    // What this run did itself since the plan was made anew.
    assert_eq!(report.migrations[0].statements, 1);
    assert_eq!(db.column(LABELS).await, ["one", "three", "two, by the other"]);
    assert_eq!(db.history().await, ["1 applied", "2 applied", "3 applied"]);
    assert_eq!(db.log().await, ["apply 1", "apply 2", "apply 3"]);
}
