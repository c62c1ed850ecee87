//! A debug build that does not contain what its migrations folder holds.

use std::fs;

use migrate::__private::embedded;
use migrate::{ErrorKind, MigrationSet, Migrator, Target};
use migrate_tests::{Folder, Sandbox, conformance, version};

use crate::conformance::folder;

conformance! {
    every_verb_asks_for_another_build_and_touches_nothing,
    the_names_in_the_folder_decide,
}

/// The set of `folder`, as `embed_migrations!` makes it in a build with debug assertions.
fn embedded_set(folder: &Folder) -> MigrationSet {
    let files = concat!("1_create_a.down.sql", "\0", "1_create_a.up.sql", "\0", "migrate.toml", "\0");
    let directory = String::leak(folder.directory().to_str().unwrap().to_owned());
    folder.set().embedded_from(embedded::embedded_from(directory, files))
}

async fn every_verb_asks_for_another_build_and_touches_nothing<S: Sandbox>(mut db: S) {
    let folder = folder(&db).table(1, "a");
    let set = embedded_set(&folder);
    let migrator = Migrator::new(&set);
    db.migrate(&migrator).await.unwrap();
    let (records, schema) = (db.records().await, db.schema().await);

    let folder = folder.table(2, "b");
    let name = db.name().await;
    let one = version(1);
    for error in [
        db.status(&migrator).await.map(drop),
        db.plan(&migrator, Target::Latest).await.map(drop),
        db.verify(&migrator).await.map(drop),
        db.migrate(&migrator).await.map(drop),
        db.migrate_to(&migrator, one).await.map(drop),
        db.rollback(&migrator, 1).await.map(drop),
        db.rollback_to(&migrator, one).await.map(drop),
        db.redo(&migrator).await.map(drop),
        db.baseline(&migrator, one).await.map(drop),
        db.resolve_applied(&migrator, one).await.map(drop),
        db.resolve_rolled_back(&migrator, one).await.map(drop),
        db.repair(&migrator).await.map(drop),
        db.reset(&migrator, &name).await.map(drop),
    ] {
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
        let want = format!(
            "this binary was compiled before the migrations folder changed\n added: 2_create_b.down.sql\n \
             added: 2_create_b.up.sql\n --> {}\n help: touch a source file of the crate and build again; ",
            folder.directory().display()
        );
        assert!(error.to_string().starts_with(&want), "{error}");
    }
    assert_eq!(db.records().await, records);
    assert_eq!(db.schema().await, schema);
}

async fn the_names_in_the_folder_decide<S: Sandbox>(mut db: S) {
    let folder = folder(&db).table(1, "a");
    let set = embedded_set(&folder);
    let migrator = Migrator::new(&set);
    // An edit is cargo's to notice.
    let folder = folder.migration("1_create_a", "CREATE TABLE a (id bigint)", "DROP TABLE a");
    db.status(&migrator).await.unwrap();
    let folder = folder.write("README.md", "").write(".hidden.sql", "");
    db.status(&migrator).await.unwrap();
    let folder = folder.without("1_create_a");
    let error = db.status(&migrator).await.unwrap_err().to_string();
    assert!(error.contains("\n removed: 1_create_a.down.sql\n removed: 1_create_a.up.sql\n"), "{error}");
    // On another machine there is no folder.
    fs::remove_dir_all(folder.directory()).unwrap();
    db.status(&migrator).await.unwrap();
}
