//! `migrate::testing::round_trip`: each verdict, on sets that were made for it.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::panic::catch_unwind;
use std::path::Path;

use migrate::testing::{CheckOutcome, RoundTripReport, Server, Verdict, round_trip};
use migrate::{Dialect, MigrationSet};
use migrate_tests::Folder;

mod in_a_line {
    static MIGRATIONS: migrate::MigrationSet = migrate::embed_migrations!("fixtures/shop");

    migrate::round_trip_test!(MIGRATIONS);
}

async fn trip(folder: &Folder) -> RoundTripReport {
    round_trip(&folder.set()).folder(folder.directory()).run().await.unwrap()
}

fn postgres() -> Folder {
    Folder::new(Dialect::Postgres).table(1, "orders")
}

/// The verdicts of all migrations but the first.
fn verdicts(report: &RoundTripReport) -> Vec<&'static str> {
    report.migrations[1..].iter().map(|migration| migration.verdict.name()).collect()
}

fn outcome<'r>(report: &'r RoundTripReport, what: &str) -> &'r CheckOutcome {
    let mut checks = report.checks.iter().filter(|check| check.what.contains(what));
    &checks.next().unwrap_or_else(|| panic!("{report}")).outcome
}

#[tokio::test]
async fn a_set_whose_rollbacks_are_right_holds() {
    for engine in ["postgres", "sqlite"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/loyalty").join(engine);
        let set = MigrationSet::read(folder).unwrap();
        let report = round_trip(&set).run().await.unwrap();
        report.assert_holds();
        assert_eq!(report.count("exact"), set.migrations().len(), "{report}");
        assert_eq!(outcome(&report, "applied twice"), &CheckOutcome::Holds);
        assert!(matches!(outcome(&report, "schema.sql"), CheckOutcome::NotLooked(_)), "{report}");
    }
}

#[tokio::test]
async fn what_comes_from_outside_is_prepared_in_each_database() {
    let refers = "CREATE TABLE items (id integer PRIMARY KEY REFERENCES platform (id))";
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        // The second migration leaves a trace, so that the database is made anew.
        let folder = Folder::new(dialect)
            .write(
                "prepare.sql",
                "CREATE TABLE platform (id integer PRIMARY KEY); INSERT INTO platform VALUES (1);",
            )
            .migration("1_create_items", refers, "DROP TABLE items")
            .migration(
                "2_fill",
                "INSERT INTO items SELECT id FROM platform",
                "DELETE FROM items; DROP TABLE items",
            )
            .migration("3_clear", "DELETE FROM items", "INSERT INTO items SELECT id FROM platform");
        let report = trip(&folder).await;
        assert_eq!(verdicts(&report), ["up fails again", "exact"], "{report}");
        let broken = folder.write("prepare.sql", "SELECT * FROM nowhere");
        let error = round_trip(&broken.set()).folder(broken.directory()).run().await.unwrap_err();
        assert!(error.to_string().contains("prepare.sql failed: "), "{error}");
    }
}

#[tokio::test]
async fn a_set_for_both_engines_makes_the_trip_on_both() {
    let folder = Folder::new(Dialect::Any).table(1, "orders").table(2, "items");
    let report = trip(&folder).await;
    report.assert_holds();
    let engines: Vec<_> = report.migrations.iter().map(|migration| migration.engine).collect();
    assert_eq!(engines, ["PostgreSQL", "PostgreSQL", "SQLite", "SQLite"]);
}

#[tokio::test]
async fn what_a_rollback_forgets_is_told() {
    let folder = postgres().migration(
        "2_index_label",
        "ALTER TABLE orders ADD COLUMN total bigint; CREATE INDEX orders_label ON orders (label)",
        "ALTER TABLE orders DROP COLUMN total",
    );
    let report = trip(&folder).await;
    // The second try meets the index.
    let Verdict::UpAgainFails { difference, error } = &report.migrations[1].verdict else {
        panic!("{report}")
    };
    assert_eq!(difference.changes.len(), 1, "{difference}");
    assert!(difference.to_string().contains("added") && difference.to_string().contains("orders_label"));
    assert!(error.contains("relation \"orders_label\" already exists"), "{error}");

    let panic = catch_unwind(|| report.assert_holds()).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    for line in ["! 2_index_label: up fails again", "orders_label", "help: correct the rollback", "1 exact"] {
        assert!(text.contains(line), "no {line:?} in {text}");
    }
}

const FUNCTION: &str = "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 2'";

#[tokio::test]
async fn a_residue_is_told_and_declared() {
    let made = postgres().migration(
        "2_create_one",
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DROP FUNCTION one()",
    );
    let replaced = made.migration("3_replace_one", FUNCTION, "SELECT 1");
    let report = trip(&replaced).await;
    assert_eq!(verdicts(&report), ["exact", "differs"], "{report}");
    assert!(!report.holds());

    let declared = "-- migrate: allow down-mismatch \"the old one is wrong\"\nSELECT 1";
    let declared = replaced.migration("3_replace_one", FUNCTION, declared);
    let report = trip(&declared).await;
    assert_eq!(verdicts(&report), ["exact", "residue"], "{report}");
    assert_eq!(report.migrations[2].declared, ["the old one is wrong"]);
    report.assert_holds();
}

#[tokio::test]
async fn another_order_of_columns_is_no_difference() {
    let report = trip(&postgres().migration(
        "2_drop_id",
        "ALTER TABLE orders DROP COLUMN id",
        "ALTER TABLE orders ADD COLUMN id integer PRIMARY KEY",
    ))
    .await;
    assert_eq!(verdicts(&report), ["column order only"], "{report}");
    report.assert_holds();
}

#[tokio::test]
async fn scripts_that_fail_are_told_and_the_others_go_on() {
    let folder = postgres()
        .migration("2_drop_nothing", "SELECT 1", "DROP INDEX IF EXIST nothing")
        .irreversible("3_forget", "DELETE FROM orders")
        .table(4, "items");
    let report = trip(&folder).await;
    assert_eq!(verdicts(&report), ["down fails", "irreversible", "exact"], "{report}");
    assert!(report.to_string().contains("syntax error at or near \"EXIST\""), "{report}");

    let folder = postgres().migration("2_fail", "SELECT 1 / 0", "SELECT 1").table(3, "items");
    let report = trip(&folder).await;
    assert_eq!(verdicts(&report), ["up fails", "not reached"], "{report}");
    assert!(matches!(outcome(&report, "applied twice"), CheckOutcome::NotLooked(_)), "{report}");
}

#[tokio::test]
async fn a_half_done_rollback_does_not_disturb_those_that_follow() {
    let folder = postgres()
        .migration(
            "2_index_label",
            "-- migrate: no-transaction\nCREATE INDEX CONCURRENTLY a ON orders (label); CREATE INDEX CONCURRENTLY b ON orders (id);",
            "-- migrate: no-transaction\nDROP INDEX CONCURRENTLY a; DROP INDEX CONCURRENTLY nothing;",
        )
        .migration("3_rename_a", "ALTER INDEX a RENAME TO c", "ALTER INDEX c RENAME TO a");
    let report = trip(&folder).await;
    assert_eq!(verdicts(&report), ["down fails", "exact"], "{report}");
}

#[tokio::test]
async fn rows_show_what_an_empty_database_hides() {
    let folder = postgres()
        .migration(
            "2_copy_orders",
            "CREATE TABLE archive AS TABLE orders; DELETE FROM orders",
            "DROP TABLE archive",
        )
        .migration(
            "3_require_label",
            "ALTER TABLE orders ALTER label SET NOT NULL",
            "ALTER TABLE orders ALTER label DROP NOT NULL",
        )
        .migration(
            "4_add_code",
            "ALTER TABLE orders ADD COLUMN code text",
            "ALTER TABLE orders DROP COLUMN code",
        );
    trip(&folder).await.assert_holds();

    let seeded = |folder: &Folder| {
        let set = folder.set();
        async move {
            round_trip(&set).seed(1, "INSERT INTO orders VALUES (1, 'a'), (2, NULL)").run().await.unwrap()
        }
    };
    let report = seeded(&folder).await;
    let lost = &report.migrations[1].lost_rows[0];
    assert_eq!((lost.table.as_str(), lost.before, lost.after), ("public.orders", 2, 0));
    assert!(!report.holds() && report.to_string().contains("2 before, 0 after the rollback"), "{report}");

    let set = folder.without("2_copy_orders").set();
    let trip = round_trip(&set).seed(1, "INSERT INTO orders VALUES (1, 'a'), (2, NULL)");
    let report = trip.run().await.unwrap();
    assert_eq!(verdicts(&report), ["up fails", "not reached"], "{report}");
}

#[tokio::test]
async fn rows_are_counted_on_sqlite_too() {
    let folder = Folder::new(Dialect::Sqlite).table(1, "orders").migration(
        "2_clean",
        "DELETE FROM orders",
        "-- migrate: nothing-to-undo \"they are of no use\"",
    );
    let set = folder.set();
    let report = round_trip(&set).seed(1, "INSERT INTO orders VALUES (1, 'a')").run().await.unwrap();
    let lost = &report.migrations[1].lost_rows[0];
    assert_eq!((lost.table.as_str(), lost.before, lost.after), ("\"orders\"", 1, 0));
    assert!(report.holds(), "it is declared: {report}");
}

#[tokio::test]
async fn the_schema_beside_the_migrations_is_held_to_them() {
    let folder = postgres()
        .write("schema.sql", "\\restrict x\nCREATE TABLE orders (id integer PRIMARY KEY, label text);\n");
    let report = trip(&folder).await;
    assert_eq!(outcome(&report, "schema.sql"), &CheckOutcome::Holds);

    let report = trip(&folder.table(2, "items")).await;
    let CheckOutcome::Fails(why) = outcome(&report, "schema.sql") else { panic!("{report}") };
    assert!(why.contains("added") && why.contains("items"), "{why}");
    assert!(!report.holds());
}

#[tokio::test]
async fn the_lock_file_is_held_to_the_folder() {
    let folder = postgres();
    assert!(matches!(outcome(&trip(&folder).await, "migrate.lock"), CheckOutcome::NotLooked(_)));
    migrate::lock_file::write(folder.directory(), &[]).unwrap();
    assert_eq!(outcome(&trip(&folder).await, "migrate.lock"), &CheckOutcome::Holds);
    let set = folder.set();
    let edited = folder.migration("1_create_orders", "CREATE TABLE orders ()", "DROP TABLE orders");
    let report = round_trip(&set).folder(edited.directory()).run().await.unwrap();
    assert!(matches!(outcome(&report, "migrate.lock"), CheckOutcome::Fails(_)), "{report}");
}

#[tokio::test]
async fn the_server_is_the_callers_and_a_machine_reads_the_report() {
    let private = Server::private().unwrap();
    let server = Server::at(private.server().url()).unwrap();
    let folder = postgres().migration("2_noop", "SELECT 1", "SELECT 1");
    let report = round_trip(&folder.set()).server(&server).run().await.unwrap();
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["migrations"][1]["verdict"], "exact");
    assert_eq!(json["migrations"][1]["version"], 2);
    assert_eq!(json["checks"][0]["outcome"], "holds");
    drop(private);
    let error = round_trip(&folder.set()).server(&server).run().await.unwrap_err();
    assert!(error.to_string().starts_with("the round trip cannot be taken: cannot connect to "), "{error}");
}

#[tokio::test]
async fn a_seed_that_is_wrong_is_an_error() {
    let set = postgres().set();
    let error = round_trip(&set).seed(7, "SELECT 1").run().await.unwrap_err();
    assert!(error.to_string().ends_with("the set holds no migration 7 to seed after"), "{error}");
    let error = round_trip(&set).seed(1, "SELEC 1").run().await.unwrap_err();
    assert!(error.to_string().contains("the seed after migration 1 failed: ERROR: syntax error"), "{error}");
}
