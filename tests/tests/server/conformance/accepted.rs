//! A locked migration that was edited, and whose edit the lock file accepts.

use migrate::{Checksum, ErrorKind, MigrationSet, MigrationState, Migrator, Refusal, SetState, Target};
use migrate::{Verification, lock_file};
use migrate_tests::{Folder, Sandbox, conformance, version};

use crate::conformance::{assert_in_place, folder, versions};

conformance! {
    a_database_that_applied_it_before_the_edit_is_up_to_date,
    what_comes_behind_it_is_applied_and_rolled_back,
    repair_records_the_edit,
    another_edit_is_refused,
    only_the_edited_migration_accepts_it,
}

const EDITED: &str = "CREATE TABLE b (id integer PRIMARY KEY, label varchar)";

fn locked<S: Sandbox>(db: &S) -> Folder {
    let folder = folder(db).table(1, "a").table(2, "b").table(3, "c");
    lock_file::write(folder.directory(), &[]).unwrap();
    folder
}

/// The folder after an edit of the second migration and of its rollback script, both accepted.
fn accepted(folder: Folder) -> Folder {
    let folder = folder.migration("2_create_b", EDITED, "DROP TABLE IF EXISTS b");
    lock_file::write(folder.directory(), &[version(2)]).unwrap();
    folder
}

/// The sets before and after the edit.
fn sets<S: Sandbox>(db: &S) -> (MigrationSet, MigrationSet) {
    let folder = locked(db);
    (folder.set(), accepted(folder).set())
}

async fn a_database_that_applied_it_before_the_edit_is_up_to_date<S: Sandbox>(mut db: S) {
    let (before, after) = sets(&db);
    db.migrate(&Migrator::new(&before)).await.unwrap();
    let records = db.records().await;

    let was = before.get(version(2)).unwrap().up().checksum();
    assert_eq!(after.get(version(2)).unwrap().accepts(), [was]);
    let migrator = Migrator::new(&after);
    let status = db.status(&migrator).await.unwrap();
    assert_eq!(status.state, SetState::UpToDate);
    assert!(status.migrations.iter().all(|migration| migration.state == MigrationState::Applied));
    assert_eq!(db.verify(&migrator).await.unwrap(), Verification::default());
    assert!(db.plan(&migrator, Target::Latest).await.unwrap().is_empty());
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
    assert_eq!(db.records().await, records, "nothing is written");

    let mut fresh = S::create("fresh").await;
    fresh.migrate(&migrator).await.unwrap();
    let checksums = fresh.column("SELECT checksum FROM migrate_history WHERE version = 2").await;
    assert_eq!(checksums, [Checksum::of(EDITED).to_string()]);
    assert_in_place(&mut fresh, &migrator).await;
}

async fn what_comes_behind_it_is_applied_and_rolled_back(mut db: impl Sandbox) {
    let folder = locked(&db);
    db.migrate(&Migrator::new(&folder.set())).await.unwrap();
    let set = accepted(folder).table(4, "d").set();
    let migrator = Migrator::new(&set);
    assert_eq!(versions(&db.migrate(&migrator).await.unwrap()), [4]);
    assert_eq!(db.verify(&migrator).await.unwrap(), Verification::default());
    assert!(db.migrate(&migrator).await.unwrap().is_empty());
    // By the set's own rollback script, as for a migration that was never edited.
    let plan = db.plan(&migrator, Target::Down(3)).await.unwrap();
    assert_eq!(plan.steps[2].work.script().unwrap().sql(), "DROP TABLE IF EXISTS b");
    assert_eq!(versions(&db.rollback(&migrator, 3).await.unwrap()), [4, 3, 2]);
    assert_eq!(versions(&db.migrate(&migrator).await.unwrap()), [2, 3, 4]);
    assert_in_place(&mut db, &migrator).await;
}

async fn repair_records_the_edit(mut db: impl Sandbox) {
    let (before, after) = sets(&db);
    db.migrate(&Migrator::new(&before)).await.unwrap();
    let migrator = Migrator::new(&after);
    assert_eq!(versions(&db.repair(&migrator).await.unwrap()), [2]);
    assert_in_place(&mut db, &migrator).await;
}

async fn another_edit_is_refused(mut db: impl Sandbox) {
    let folder = locked(&db);
    let applied = Folder::copy_of(&folder.directory())
        .write("migrate.lock", "# Nothing is locked.\n")
        .migration("2_create_b", "CREATE TABLE b (id integer)", "DROP TABLE b");
    db.migrate(&Migrator::new(&applied.set())).await.unwrap();
    let after = accepted(folder).set();
    let error = db.migrate(&Migrator::new(&after)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(
        matches!(error.refusals(), [Refusal::Changed { version: two, .. }] if *two == version(2)),
        "{error}"
    );
    assert_eq!(db.status(&Migrator::new(&after)).await.unwrap().state, SetState::Diverged);
}

/// The checksum is accepted for one migration and not for all.
async fn only_the_edited_migration_accepts_it(mut db: impl Sandbox) {
    let folder = locked(&db);
    let was = folder.set().get(version(2)).unwrap().up().script().unwrap().sql().to_owned();
    let other = Folder::copy_of(&folder.directory()).write("migrate.lock", "# Nothing is locked.\n");
    let other =
        other.migration("2_create_b", "SELECT 2", "SELECT 2").migration("3_create_c", &was, "DROP TABLE b");
    db.migrate(&Migrator::new(&other.set())).await.unwrap();
    let set = accepted(folder).set();
    let error = db.migrate(&Migrator::new(&set)).await.unwrap_err();
    let refused: Vec<_> =
        error.refusals().iter().map(|refusal| matches!(refusal, Refusal::Changed { .. })).collect();
    assert_eq!(refused, [true, true], "{error}");
}
