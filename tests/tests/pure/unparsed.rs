//! `-- migrate: unparsed "why"`: for what the engine takes and this library cannot read.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use migrate::{Dialect, Migration, MigrationSet, OlderBinaries, Risk, lock_file};
use migrate_core::{Diagnostic, Hazard, HazardProblem, Overrides, Problem, Source};
use migrate_tests::Folder;

const UNPARSED: &str = "-- migrate: unparsed \"a fork has it\"";

fn check(folder: &Folder) -> Result<MigrationSet, Vec<Diagnostic>> {
    let source = Source::read(&folder.directory(), "migrations").unwrap();
    let checked = source.check(&Overrides::default(), migrate_lint::analyse);
    checked.map(|checked| checked.set).map_err(|found| found.iter().cloned().collect())
}

/// The script, the line, and the hazard or the code.
fn named(one: &Diagnostic) -> String {
    let script = if one.path.ends_with(".down.sql") { "down" } else { "up" };
    let name = match &one.problem {
        Problem::Hazard(HazardProblem::Found { hazard, .. }) => hazard.name(),
        problem => problem.code(),
    };
    format!("{script}:{} {name}", one.position.map_or(0, |position| position.line))
}

fn found(dialect: Dialect, up: &str, down: &str) -> Vec<String> {
    let folder = Folder::new(dialect).migration("1_create", up, down);
    check(&folder).err().unwrap_or_default().iter().map(named).collect()
}

fn accepted(dialect: Dialect, up: &str, down: &str) -> Migration {
    check(&Folder::new(dialect).migration("1_create", up, down)).unwrap().migrations()[0].clone()
}

#[test]
fn a_statement_below_it_is_not_analysed_and_says_why() {
    for (dialect, odd) in [
        (Dialect::Postgres, "CREATE TABLE t (a int) PLACED NEARBY;"),
        (Dialect::Sqlite, "CREATE TABLE t (a int) PLACED NEARBY;"),
        (Dialect::Any, "CREATE TABLE t (a int) PLACED NEARBY;"),
        // Both engines are asked, and one of them cannot read it.
        (Dialect::Any, "CREATE TABLE t (a int) WITHOUT ROWID;"),
    ] {
        let down = "DROP TABLE t;";
        let errors = found(dialect, odd, down);
        assert!(errors.contains(&"up:1 syntax".to_owned()), "{dialect} {odd}: {errors:?}");
        let migration = accepted(dialect, &format!("{UNPARSED}\n{odd}"), down);
        let hazards: Vec<_> =
            migration.hazards().iter().map(|it| (it.hazard, it.line, it.allowed.as_deref())).collect();
        assert_eq!(hazards, [(Hazard::Unanalyzed, 2, Some("a fork has it"))], "{dialect} {odd}");
        assert_eq!(migration.risk(), Some(Risk::High));
        assert_eq!(migration.older_binaries(), OlderBinaries::Refuse);
    }
}

#[test]
fn it_is_about_the_next_statement_alone() {
    let odd = "CREATE TABLE t (a int) PLACED NEARBY;";
    let table = "CREATE TABLE u (a int);";
    let pg = |up: &str, down: &str| found(Dialect::Postgres, up, down);
    let down = "DROP TABLE u; DROP TABLE t;";
    // At the top too, where `allow` is about the whole script.
    assert_eq!(pg(&format!("{UNPARSED}\n{odd}\nCALL f();"), down), ["up:3 unanalyzed"]);
    assert_eq!(pg(&format!("{UNPARSED}\n{table}\n{odd}"), down), ["up:1 unused-unparsed", "up:3 syntax"]);
    assert_eq!(pg(&format!("{table}\n{odd}\n{UNPARSED}"), down), ["up:2 syntax", "up:3 unused-unparsed"]);
    assert_eq!(pg(&format!("{UNPARSED}\n{odd} {odd}"), down), ["up:2 syntax"]);
    assert_eq!(pg(&format!("{UNPARSED}\n{UNPARSED}\n{odd}\n{table}"), down), ["up:2 unused-unparsed"]);
    assert_eq!(
        pg(&format!("{UNPARSED}\nDROP TABLE a;"), "SELECT 1;"),
        ["up:1 unused-unparsed", "up:2 drop-table"]
    );
    // A comment, a blank line and another directive may come in between.
    let up = format!(
        "{table}\r\n{UNPARSED}\r\n\r\n/* ; */ -- why\r\n-- migrate: allow drop-table \"x\"\r\n{odd}\r\n"
    );
    assert_eq!(pg(&up, down), ["up:5 unused-allow"]);
}

#[test]
fn what_is_no_statement_of_the_engine_stays_an_error() {
    for (sql, code) in [
        ("CREATE TABLE t (a text DEFAULT 'x);", "up:2 unterminated"),
        ("\\copy t FROM 'x'", "up:2 psql-command"),
        ("COPY t FROM STDIN;", "up:2 copy-from-stdin"),
        ("COMMIT PLACED NEARBY;", "up:2 transaction-control"),
    ] {
        let found = found(Dialect::Postgres, &format!("{UNPARSED}\n{sql}"), "SELECT 1;");
        assert!(found.contains(&code.to_owned()), "{sql}: {found:?}");
    }
}

/// The rest of its script, and the rollback, are analysed as always. What it may have done is unknown after it.
#[test]
fn all_around_it_is_analysed() {
    let folder = Folder::new(Dialect::Postgres)
        .migration("1_create", "CREATE TABLE t (a int, b int);", "DROP TABLE t;")
        .migration(
            "2_change",
            &format!("ALTER TABLE t DROP COLUMN b;\n{UNPARSED}\nALTER TABLE t PLACED NEARBY;\nALTER TABLE t ADD b int;"),
            &format!("{UNPARSED}\nALTER TABLE t PLACED AFAR;\nDROP TABLE t;"),
        );
    let found: Vec<String> = check(&folder).unwrap_err().iter().map(named).collect();
    assert!(found.contains(&"up:1 drop-column".to_owned()), "{found:?}");
    assert!(!found.iter().any(|one| one.contains("up-fails") || one.ends_with("syntax")), "{found:?}");
}

#[test]
fn the_lock_file_keeps_it() {
    let up = format!("SELECT 1;\n{UNPARSED}\nCREATE TABLE t (a int) PLACED NEARBY;");
    let folder = Folder::new(Dialect::Postgres).migration("1_create", &up, "DROP TABLE t;");
    let lock = || lock_file::write_analysed(&folder.directory(), &[], Some(migrate_lint::analyse));
    lock().unwrap();
    let set = check(&folder).unwrap();
    let [hazard] = set.migrations()[0].hazards() else { panic!("{:?}", set.migrations()[0].hazards()) };
    assert_eq!((hazard.hazard, hazard.line), (Hazard::Unanalyzed, 3));
    assert_eq!(hazard.allowed.as_deref(), Some("a fork has it"));
}
