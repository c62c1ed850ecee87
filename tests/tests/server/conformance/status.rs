//! What is told without being done: `status` and `plan`.

use migrate::{Action, Direction, MigrationState, Migrator, SetState, Status, Target};
use migrate_tests::{Folder, Sandbox, conformance, version};

use crate::conformance::folder;

conformance! {
    an_empty_database_is_behind,
    up_to_date,
    behind,
    out_of_order_is_diverged,
    changed_is_diverged,
    ahead_and_compatible,
    ahead_and_incompatible,
    a_script_that_stopped_is_interrupted,
    a_baseline_is_up_to_date,
    the_status_tells_when_something_was_applied,
    an_interruption_wins_over_all_others,
    status_and_plan_create_nothing,
    status_and_plan_write_nothing,
    the_plan_is_what_the_run_does,
    the_plan_reads_as_a_list,
    the_plan_of_a_rollback_shows_its_scripts,
    the_plan_shows_the_sql_when_asked,
}

fn states(status: &Status) -> Vec<(i64, MigrationState)> {
    status.migrations.iter().map(|migration| (migration.version.as_i64(), migration.state)).collect()
}

async fn an_empty_database_is_behind(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").set();
    let status = db.status(&Migrator::new(&set)).await.unwrap();
    assert_eq!(status.state, SetState::Behind);
    assert_eq!(states(&status), [(1, MigrationState::Pending), (2, MigrationState::Pending)]);
    assert_eq!(status.to_string(), "behind\n  pending       1_create_a\n  pending       2_create_b");
}

async fn up_to_date(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    let status = db.status(&Migrator::new(&set)).await.unwrap();
    assert_eq!(status.state, SetState::UpToDate);
    assert_eq!(states(&status), [(1, MigrationState::Applied), (2, MigrationState::Applied)]);
}

async fn behind(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").set();
    db.migrate_to(&Migrator::new(&set), version(1)).await.unwrap();
    let status = db.status(&Migrator::new(&set)).await.unwrap();
    assert_eq!(status.state, SetState::Behind);
    assert_eq!(states(&status), [(1, MigrationState::Applied), (2, MigrationState::Pending)]);
}

async fn out_of_order_is_diverged(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(3, "c");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let status = db.status(&Migrator::new(&folder.table(2, "b").table(4, "d").set())).await.unwrap();
    assert_eq!(status.state, SetState::Diverged);
    use MigrationState::{Applied, OutOfOrder, Pending};
    assert_eq!(states(&status), [(1, Applied), (2, OutOfOrder), (3, Applied), (4, Pending)]);
}

async fn changed_is_diverged(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let set = folder.migration("1_create_a", "SELECT 1", "SELECT 1").set();
    let status = db.status(&Migrator::new(&set)).await.unwrap();
    assert_eq!(
        (status.state, &states(&status)[..]),
        (SetState::Diverged, &[(1, MigrationState::Changed)][..])
    );
}

async fn ahead_and_compatible(mut db: impl Sandbox) {
    let up = "-- migrate: older-binaries ok\nCREATE TABLE b (id integer)";
    let folder = folder(&db).table(1, "a").migration("2_b", up, "DROP TABLE b");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let status = db.status(&Migrator::new(&folder.without("2_b").set())).await.unwrap();
    assert_eq!(status.state, SetState::AheadCompatible);
    assert_eq!(states(&status), [(1, MigrationState::Applied), (2, MigrationState::Unknown)]);
    assert_eq!(status.migrations[1].name, "b");
}

async fn ahead_and_incompatible(mut db: impl Sandbox) {
    let folder = folder(&db).table(1, "a").table(2, "b");
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let status = db.status(&Migrator::new(&folder.without("2_create_b").set())).await.unwrap();
    assert_eq!(status.state, SetState::AheadIncompatible);
    assert_eq!(states(&status), [(1, MigrationState::Applied), (2, MigrationState::Unknown)]);
}

/// The second of three is interrupted.
fn stops(folder: Folder) -> Folder {
    let up = "-- migrate: no-transaction\nCREATE TABLE b (id integer);\nDROP TABLE missing";
    folder.table(1, "a").migration("2_b", up, "DROP TABLE b").table(3, "c")
}

async fn a_script_that_stopped_is_interrupted(mut db: impl Sandbox) {
    let set = stops(folder(&db)).set();
    db.migrate(&Migrator::new(&set)).await.unwrap_err();
    let status = db.status(&Migrator::new(&set)).await.unwrap();
    assert_eq!(status.state, SetState::Interrupted);
    use MigrationState::{Applied, Interrupted, Pending};
    assert_eq!(states(&status), [(1, Applied), (2, Interrupted), (3, Pending)]);
    let directions: Vec<_> = status.migrations.iter().map(|migration| migration.direction).collect();
    assert_eq!(directions, [None, Some(Direction::Apply), None]);
}

async fn a_baseline_is_up_to_date(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").set();
    let migrator = Migrator::new(&set);
    db.execute("CREATE TABLE a (id integer PRIMARY KEY, label text)").await;
    db.baseline(&migrator, version(1)).await.unwrap();
    db.migrate(&migrator).await.unwrap();
    let status = db.status(&migrator).await.unwrap();
    assert_eq!(status.state, SetState::UpToDate);
    assert_eq!(states(&status), [(1, MigrationState::Baseline), (2, MigrationState::Applied)]);
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
}

async fn the_status_tells_when_something_was_applied(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").set();
    db.migrate_to(&Migrator::new(&set), version(1)).await.unwrap();
    let status = db.status(&Migrator::new(&set)).await.unwrap();
    let at = status.migrations[0].applied_at.clone().unwrap();
    // 2025-11-07T10:00:00.123Z
    let shape: String = at.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00T00:00:00.000Z");
    assert_eq!(status.migrations[1].applied_at, None);
    assert_eq!(
        status.to_string(),
        format!("behind\n  applied       1_create_a  {at}\n  pending       2_create_b")
    );
}

async fn an_interruption_wins_over_all_others(mut db: impl Sandbox) {
    let folder = stops(folder(&db));
    db.migrate(&Migrator::new(&folder.set())).await.unwrap_err();
    let set = folder.migration("1_create_a", "SELECT 1", "SELECT 1").set();
    let status = db.status(&Migrator::new(&set)).await.unwrap();
    assert_eq!(status.state, SetState::Interrupted);
    use MigrationState::{Changed, Interrupted, Pending};
    assert_eq!(states(&status), [(1, Changed), (2, Interrupted), (3, Pending)]);
}

async fn status_and_plan_create_nothing(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").set();
    let migrator = Migrator::new(&set).history_prefix("seen");
    let before = db.schema().await;
    db.status(&migrator).await.unwrap();
    for target in [Target::Latest, Target::UpTo(version(1)), Target::Down(3)] {
        db.plan(&migrator, target).await.unwrap();
    }
    // The tables would be called seen_history and seen_log, which the schema shows.
    assert_eq!(db.schema().await, before);
    db.migrate(&migrator).await.unwrap();
    assert_eq!(db.tables().await, ["a", "seen_history", "seen_log", "seen_schema"]);
}

async fn status_and_plan_write_nothing(mut db: impl Sandbox) {
    let folder = stops(folder(&db));
    let set = folder.set();
    db.migrate(&Migrator::new(&set)).await.unwrap_err();
    let (records, schema) = (db.records().await, db.schema().await);
    let migrator = Migrator::new(&set);
    db.status(&migrator).await.unwrap();
    db.plan(&migrator, Target::Latest).await.unwrap();
    db.plan(&migrator, Target::Down(1)).await.unwrap_err();
    assert_eq!(db.records().await, records);
    assert_eq!(db.schema().await, schema);
}

async fn the_plan_is_what_the_run_does(mut db: impl Sandbox) {
    let set = folder(&db).table(1, "a").table(2, "b").table(10, "c").set();
    let migrator = Migrator::new(&set);
    let steps = |plan: &migrate::Plan| -> Vec<_> {
        plan.steps.iter().map(|step| (step.action, step.version.as_i64())).collect()
    };
    let plan = db.plan(&migrator, Target::UpTo(version(2))).await.unwrap();
    assert_eq!(steps(&plan), [(Action::Apply, 1), (Action::Apply, 2)]);
    db.migrate_to(&migrator, version(2)).await.unwrap();
    let plan = db.plan(&migrator, Target::Latest).await.unwrap();
    assert_eq!(steps(&plan), [(Action::Apply, 10)]);
    let plan = db.plan(&migrator, Target::Down(9)).await.unwrap();
    assert_eq!(steps(&plan), [(Action::Rollback, 2), (Action::Rollback, 1)]);
    let plan = db.plan(&migrator, Target::DownTo(version(1))).await.unwrap();
    assert_eq!(steps(&plan), [(Action::Rollback, 2)]);
    db.migrate(&migrator).await.unwrap();
    let plan = db.plan(&migrator, Target::Latest).await.unwrap();
    assert!(plan.is_empty());
    assert_eq!(plan.to_string(), "nothing to do");
}

async fn the_plan_reads_as_a_list(mut db: impl Sandbox) {
    let up = "-- migrate: no-transaction\nCREATE TABLE b (id integer); INSERT INTO b VALUES (1)";
    let set = folder(&db).table(1, "a").migration("2_b", up, "DROP TABLE b").set();
    let plan = db.plan(&Migrator::new(&set), Target::Latest).await.unwrap();
    let want = "apply    1_create_a  1 statement, in a transaction\n\
                apply    2_b  2 statements, without transaction";
    assert_eq!(plan.to_string(), want);
}

async fn the_plan_of_a_rollback_shows_its_scripts(mut db: impl Sandbox) {
    let set = folder(&db)
        .table(1, "a")
        .migration("2_b", "CREATE TABLE b (id integer)", "-- gone\nDROP TABLE b;\n")
        .set();
    db.migrate(&Migrator::new(&set)).await.unwrap();
    let plan = db.plan(&Migrator::new(&set), Target::Down(2)).await.unwrap();
    let want = "rollback 2_b  1 statement, in a transaction\n    -- gone\n    DROP TABLE b;\n\
                rollback 1_create_a  1 statement, in a transaction\n    DROP TABLE a";
    assert_eq!(format!("{plan:#}"), want);
}

async fn the_plan_shows_the_sql_when_asked(mut db: impl Sandbox) {
    let set =
        folder(&db).migration("1_a", "CREATE TABLE a (\r\n  id integer\r\n);\r\n", "DROP TABLE a").set();
    let plan = db.plan(&Migrator::new(&set), Target::Latest).await.unwrap();
    let want = "apply    1_a  1 statement, in a transaction\n    CREATE TABLE a (\n      id integer\n    );";
    assert_eq!(format!("{plan:#}"), want);
}
