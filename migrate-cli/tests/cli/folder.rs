//! The verbs that work on the folder alone.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::project::Project;

/// The files of the migrations, in order.
fn files(project: &Project) -> Vec<String> {
    let entries = fs::read_dir(project.path().join("migrations")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".sql")).collect();
    names.sort();
    names
}

/// Without the moment of a new migration.
fn shown(text: &str) -> String {
    let now = regex_lite::Regex::new(r"20(2[6-9]|[3-9][0-9])[0-9]{10}").unwrap();
    now.replace_all(text, "[now]").into_owned()
}

#[track_caller]
fn snapshot(verb: &str, text: &str) {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(verb, text);
    });
}

#[test]
fn new_writes_a_pair_that_comes_last() {
    let project = Project::sqlite();
    project.run(&["new", "create_orders"]).exits(0);
    let first = files(&project);
    assert_eq!(first.len(), 2, "{first:?}");
    let version = first[0].split_once('_').unwrap().0.parse::<i64>().unwrap();
    assert!(version > 20251101000000 && first[0].ends_with("_create_orders.down.sql"), "{first:?}");
    // Within the same second, and in a folder of its own.
    project.run(&["new", "create parts of orders", "--domain", "billing"]).exits(0);
    let second = fs::read_dir(project.path().join("migrations/billing")).unwrap();
    let mut second: Vec<String> =
        second.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    second.sort();
    assert!(second[0].ends_with("_create_parts_of_orders.down.sql"), "{second:?}");
    assert!(second[0].split_once('_').unwrap().0.parse::<i64>().unwrap() > version, "{second:?}");
    // The scripts have no statements yet.
    project.run(&["lint"]).exits(1).says("create_orders.up.sql");
}

#[test]
fn new_creates_the_folder() {
    let project = Project::sqlite();
    project.run(&["new", "a", "--dir", "other/migrations", "--quiet"]).exits(0).answers("other/migrations/");
    assert_eq!(fs::read_dir(project.path().join("other/migrations")).unwrap().count(), 2);
}

#[test]
fn new_tells_what_is_wrong() {
    let project = Project::sqlite();
    project.put("migrations/migrate.toml", "[names]\npattern = \"[a-z]+_[a-z_]+\"\n");
    project.run(&["new", "fix"]).exits(1).says("fix");
    project.run(&["new", "Orders"]).exits(1).says("Orders");
    project.run(&["new", "a/b"]).exits(1).says("`a/b` cannot be part of a file name");
    project.run(&["new", "add_x", "--domain", "../x"]).exits(1).says("is not a folder inside");
    project.run(&["new", "add_x", "-t", "add-column"]).exits(1).says("needs `--table`");
    project.run(&["new", "add_x", "--table", "t"]).exits(64);
    assert_eq!(files(&project), [""; 0]);
}

const RISKY: &str = "ALTER TABLE customers DROP COLUMN email;";

#[test]
fn lint() {
    let project = Project::postgres("lint").with_tables();
    let clean = project.story(&[&["lint"], &["lint", "--json"]]);
    let project = project
        .migration("20250104000000_drop_email", RISKY, "ALTER TABLE customers ADD COLUMN email text;")
        .migration(
            "20250105000000_index_email",
            "-- migrate: no-transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON customers (id);",
            "-- migrate: no-transaction\nDROP INDEX CONCURRENTLY i;",
        );
    let found = project.story(&[
        &["lint"],
        &["lint", "--json"],
        &["lint", "--since", "20250105000000"],
        &["lint", "--since", "20250105000000", "--deny", "warnings"],
        &["lint", "--since", "20250106000000", "--deny", "warnings"],
    ]);
    snapshot("lint", &format!("{clean}\n{found}"));
}

#[test]
fn lock() {
    let project = Project::sqlite().with_tables();
    let locked = project.story(&[&["lock", "--check"], &["lock"], &["lock"], &["lock", "--check", "--json"]]);
    let project = project.migration(
        "20250102000000_create_products",
        "CREATE TABLE products (id bigint PRIMARY KEY); -- goods",
        "DROP TABLE products;",
    );
    let edited = project.story(&[
        &["lock"],
        &["lock", "--accept", "20250101000000"],
        &["lock", "--accept", "20250102000000", "--json"],
        &["lock", "--check"],
    ]);
    snapshot("lock", &format!("{locked}\n{edited}"));
}

#[test]
fn rebase_moves_drafts_behind_what_is_locked() {
    let project = Project::sqlite().with_tables();
    let nothing = project.story(&[&["rebase"], &["lock", "--quiet"], &["rebase"]]);
    let project = project
        .migration("20250101120000_create_parts", "CREATE TABLE parts (id bigint);", "DROP TABLE parts;")
        .migration("20250102120000_create_bills", "CREATE TABLE bills (id bigint);", "DROP TABLE bills;");
    project.put("migrations/20250101120000_create_parts.verify.sql", "SELECT 1;\n");
    let locked = fs::read_to_string(project.path().join("migrations/migrate.lock")).unwrap();
    // There is no terminal to ask on.
    let asked = shown(&project.story(&[&["lint"], &["rebase"]]));
    let before = files(&project);
    assert!(before.contains(&"20250101120000_create_parts.up.sql".to_owned()), "{before:?}");
    let moved = shown(&project.story(&[&["rebase", "--yes"], &["rebase", "--json"], &["lint"]]));
    assert_eq!(fs::read_to_string(project.path().join("migrations/migrate.lock")).unwrap(), locked);
    let after: Vec<String> = files(&project).iter().map(|name| name[15..].to_owned()).collect();
    assert_eq!(
        after[7..],
        [
            "create_parts.down.sql",
            "create_parts.up.sql",
            "create_parts.verify.sql",
            "create_bills.down.sql",
            "create_bills.up.sql"
        ],
        "{after:?}"
    );
    snapshot("rebase", &format!("{nothing}\n{asked}\n{moved}"));
}

#[test]
fn rebase_warns_of_a_draft_that_is_applied() {
    for (engine, project) in Project::both("rebase_applied") {
        let project = project
            .migration("1_create_a", "CREATE TABLE a (id bigint);", "DROP TABLE a;")
            .migration("2_create_b", "CREATE TABLE b (id bigint);", "DROP TABLE b;");
        project.run(&["up"]).exits(0);
        // Another branch has locked a later one.
        let draft = project.path().join("migrations/2_create_b.up.sql");
        fs::rename(&draft, project.path().join("b.up")).unwrap();
        fs::rename(draft.with_file_name("2_create_b.down.sql"), project.path().join("b.down")).unwrap();
        let project = project.migration("3_create_c", "CREATE TABLE c (id bigint);", "DROP TABLE c;");
        project.run(&["lock"]).exits(0);
        let other = "migrations/1_create_a.up.sql"; // what is locked stays
        let locked = fs::read_to_string(project.path().join(other)).unwrap();
        fs::rename(project.path().join("b.up"), &draft).unwrap();
        fs::rename(project.path().join("b.down"), draft.with_file_name("2_create_b.down.sql")).unwrap();
        let outcome = project.run(&["rebase", "--yes"]).exits(0);
        let outcome = outcome.says("migration 2 is applied to the database").says("4_create_b.up.sql");
        assert!(outcome.stdout.contains("renumbered 1 draft to come after 3"), "{engine}: {outcome}");
        assert_eq!(fs::read_to_string(project.path().join(other)).unwrap(), locked);
        // A database that does not answer does not prevent it.
        project.put("migrations/2_create_d.up.sql", "CREATE TABLE d (id bigint);\n");
        project.put("migrations/2_create_d.down.sql", "DROP TABLE d;\n");
        let outcome =
            project.run(&["rebase", "--yes", "--database-url", "postgres://127.0.0.1:1/x"]).exits(0);
        outcome.says("could not check whether a draft is applied");
    }
}

/// `--database-url` is where the throw-away databases are made, and nothing is done to the one that it names.
#[test]
fn test_is_taken_on_the_server_that_is_named() {
    let project = Project::postgres("test_is_taken").with_tables();
    let url = project.url.clone();
    let named = |url: &str| project.run(&["test", "--database-url", url]);
    named(&url).exits(0).answers("3 round trips: 3 exact");
    project.run(&["status"]).exits(1).answers("0 applied, 3 pending");
    // Only there: another server would not have said this.
    named("postgres://nobody@127.0.0.1:1/none").exits(1).says("127.0.0.1:1");
    named("postgres://u@127.0.0.1:1/x?sslmode=require").exits(1).says("are not encrypted");
    named("sqlite:app.db").exits(1).says("throw-away databases of SQLite are in memory");
    assert!(!project.path().join("app.db").exists());
    let sqlite = Project::sqlite().with_tables();
    sqlite.run(&["test", "--database-url", &url]).exits(1).says("leave out `--database-url`");
    for option in ["--single-transaction", "--lock-timeout=5s", "--history-schema=app"] {
        sqlite.run(&["test", option]).exits(64).says("would have no effect");
    }
}

#[test]
fn test_takes_each_migration_there_and_back() {
    for (engine, project) in Project::both("there_and_back") {
        let project = project.with_tables();
        project.run(&["test"]).exits(0).answers("3 round trips: 3 exact");
        let seed = project.write("rows.sql", "INSERT INTO customers (id, email) VALUES (1, 'a');\n");
        seed.run(&["test", "--seed", "20250101000000=rows.sql"]).exits(0);
        seed.run(&["test", "--seed", "7=rows.sql"]).exits(1).says("holds no migration 7");
        seed.run(&["test", "--seed", "rows.sql"]).exits(64);
        let lossy = seed.migration(
            "20250104000000_add_name",
            "ALTER TABLE customers ADD COLUMN name text DEFAULT 'x';",
            "-- migrate: allow down-lossy \"no one reads it\"\nALTER TABLE customers DROP COLUMN name;\nDROP TABLE orders;",
        );
        let outcome = lossy.run(&["test", "--json"]).exits(0).answers("20250104000000");
        assert!(outcome.stdout.contains("residue"), "{engine}: {outcome}");
    }
}

#[test]
fn a_folder_that_never_ends_is_refused() {
    let project = Project::sqlite().with_tables();
    let folder = project.path().join("migrations");
    let pipe = folder.join("20250109000000_wait.up.sql");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    symlink("/dev/zero", folder.join("20250110000000_zero.up.sql")).unwrap();
    symlink("/", folder.join("everything")).unwrap();
    symlink("/etc/passwd", folder.join("20250111000000_users.up.sql")).unwrap();
    for verb in [
        &["lint"][..],
        &["status"],
        &["plan"],
        &["up"],
        &["lock"],
        &["rebase", "--yes"],
        &["new", "x"],
        &["test"],
    ] {
        let outcome = project.run(verb);
        assert_ne!(outcome.code, 0, "{outcome}");
        let outcome =
            outcome.says("this is a named pipe, not a file").says("leads out of the migrations folder");
        assert!(!outcome.stderr.contains("root"), "a word of /etc/passwd: {outcome}");
    }
}
