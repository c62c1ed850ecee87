//! A backup is made before anything changes, and brings back what was there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::outcome::Outcome;
use crate::project::Project;

fn backups(project: &Project) -> Vec<PathBuf> {
    let entries = fs::read_dir(project.path().join("backups")).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// The command that the tool prints for it.
fn restore_command(stderr: &str) -> String {
    let line = stderr.lines().find_map(|line| line.trim().strip_prefix("restore it with: "));
    line.unwrap_or_else(|| panic!("{stderr}")).to_owned()
}

fn shell(project: &Project, command: &str) {
    let output = Command::new("sh").args(["-c", command]).current_dir(project.path()).output().unwrap();
    assert!(output.status.success(), "{command}: {output:?}");
}

#[test]
fn a_file_of_sqlite_comes_back() {
    let project = Project::sqlite().with_tables();
    project.run(&["up"]).exits(0);
    project.execute("PRAGMA journal_mode = wal; INSERT INTO customers VALUES (7, 'ada@example.com')");
    let before = project.texts("SELECT name || ': ' || coalesce(sql, '') FROM sqlite_schema ORDER BY name");
    let outcome = project.run(&["reset", "--yes", "--backup", "backups"]).exits(0);
    assert!(project.texts("SELECT email FROM customers").is_empty());
    assert_eq!(backups(&project).len(), 1);

    shell(&project, &restore_command(&outcome.stderr));
    assert_eq!(project.texts("SELECT email FROM customers"), ["ada@example.com"]);
    assert_eq!(
        project.texts("SELECT name || ': ' || coalesce(sql, '') FROM sqlite_schema ORDER BY name"),
        before
    );
    project.run(&["status"]).exits(0);
}

/// A run that is killed while it writes leaves a journal next to the file. The next program to open the file rolls it back into
/// whatever is there by then.
#[test]
fn a_file_of_sqlite_comes_back_after_a_kill() {
    for mode in ["delete", "wal"] {
        let project = Project::sqlite().with_tables();
        project.run(&["up"]).exits(0);
        project.execute(&format!(
            "PRAGMA journal_mode = {mode}; INSERT INTO customers VALUES (7, 'ada@example.com')"
        ));
        project.execute(
            "INSERT INTO products SELECT value FROM (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 \
             FROM n LIMIT 400000) SELECT value FROM n)",
        );
        // The first one is committed: what the second finds in the file is not what is in the backup. The second changes
        // more than fits into the cache, so that the file itself changes, and then it waits.
        let project = project.migration(
            "20250109000000_shift",
            "-- migrate: allow unbounded-dml \"they are few\"\nUPDATE products SET id = id + 1000000;",
            "UPDATE products SET id = id - 1000000;",
        );
        let project = project.migration(
            "20250110000000_fill",
            "-- migrate: allow unbounded-dml \"they are few\"
UPDATE products SET id = -id;
INSERT INTO orders WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n) SELECT max(value) FROM n;",
            "DELETE FROM orders;",
        );
        let mut run = project.command();
        let mut run =
            run.args(["up", "--yes", "--backup", "backups"]).stderr(Stdio::piped()).spawn().unwrap();
        let beside = ["-journal", "-wal"].map(|end| project.path().join(format!("app.db{end}")));
        let until = Instant::now() + Duration::from_secs(30);
        while !beside.iter().any(|path| fs::metadata(path).is_ok_and(|file| file.len() > 100_000))
            || project.run(&["status"]).stdout.contains("2 pending")
        {
            assert!(Instant::now() < until, "{mode}: the run does not write");
            thread::sleep(Duration::from_millis(20));
        }
        run.kill().unwrap();
        let stderr = String::from_utf8(run.wait_with_output().unwrap().stderr).unwrap();
        assert!(beside.iter().any(|path| path.exists()), "{mode}: nothing is left to roll back");

        shell(&project, &restore_command(&stderr));
        assert_eq!(project.texts("PRAGMA integrity_check"), ["ok"], "{mode}");
        assert_eq!(project.texts("SELECT email FROM customers"), ["ada@example.com"], "{mode}");
        let products = project.texts("SELECT count(*) || ' from ' || min(id) FROM products");
        assert_eq!(products, ["400000 from 1"], "{mode}");
        project.run(&["status"]).exits(1).answers("2 pending");
    }
}

/// What a database holds, as `pg_dump` writes it.
fn dump(project: &Project, url: &str) -> String {
    let output = Command::new("pg_dump").args(["--dbname", url]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    // Newer versions begin and end with a key that is drawn at each run.
    let is_key = |line: &&str| line.starts_with("\\restrict") || line.starts_with("\\unrestrict");
    let text: Vec<&str> = text.lines().filter(|line| !is_key(line)).collect();
    text.join("\n").replace(project.database.as_ref().unwrap().name(), "[database]")
}

#[test]
fn a_database_of_postgresql_comes_back_beside_the_other() {
    let project = Project::postgres("backup").with_tables();
    project.run(&["up"]).exits(0);
    project.execute("INSERT INTO customers VALUES (7, 'ada@example.com')");
    let before = dump(&project, &project.url);
    let outcome = project.run(&["down", "--all", "--yes", "--backup", "backups"]).exits(0);
    assert_eq!(backups(&project).len(), 1);
    assert_ne!(dump(&project, &project.url), before);

    let name = project.database.as_ref().unwrap().name();
    shell(&project, &restore_command(&outcome.stderr));
    let restored = format!("{name}_restored");
    let url = project.url.replace(name, &restored);
    let after = dump(&project, &url);
    project.execute(&format!("DROP DATABASE {restored} WITH (FORCE)"));
    assert_eq!(after, before);
}

#[test]
fn a_database_of_postgresql_comes_back_after_a_kill() {
    let project = Project::postgres("backup_kill").with_tables();
    project.run(&["up"]).exits(0);
    project.execute("INSERT INTO customers VALUES (7, 'ada@example.com')");
    let before = dump(&project, &project.url);
    let project = project
        .migration("20250109000000_notes", "CREATE TABLE notes (id bigint PRIMARY KEY);", "DROP TABLE notes;")
        .migration(
            "20250110000000_wait",
            "-- migrate: no-transaction\nINSERT INTO notes VALUES (1);\nSELECT pg_sleep(600);",
            "DELETE FROM notes;",
        );
    let mut run = project.command();
    let mut run = run.args(["up", "--yes", "--backup", "backups"]).stderr(Stdio::piped()).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    while project.texts("SELECT count(*)::text FROM pg_tables WHERE tablename = 'notes'") == ["0"]
        || project.texts("SELECT count(*)::text FROM notes") == ["0"]
    {
        assert!(Instant::now() < until, "the run does not write");
        thread::sleep(Duration::from_millis(20));
    }
    run.kill().unwrap();
    let stderr = String::from_utf8(run.wait_with_output().unwrap().stderr).unwrap();

    let name = project.database.as_ref().unwrap().name();
    shell(&project, &restore_command(&stderr));
    let restored = format!("{name}_restored");
    let after = dump(&project, &project.url.replace(name, &restored));
    project.execute(&format!("DROP DATABASE {restored} WITH (FORCE)"));
    assert_eq!(after, before);
}

#[test]
fn machines_learn_where_it_lies() {
    for (_, project) in Project::both("backup_json") {
        let project = project.with_tables();
        project.run(&["up", "--to", "20250102000000"]).exits(0);
        let outcome =
            project.run(&["up", "--json", "--backup", "backups"]).exits(0).says("restore it with: ");
        let answer: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
        let path = answer["backup"]["path"].as_str().unwrap();
        assert_eq!(project.path().join(path), backups(&project)[0]);
        assert_eq!(answer["backup"]["restore"], restore_command(&outcome.stderr));
    }
}

#[test]
fn without_a_backup_nothing_changes() {
    for (_, project) in Project::both("backup_fails") {
        let project = project.with_tables();
        project.run(&["up", "--to", "20250102000000"]).exits(0);
        project.put("occupied", "a file where the folder would be");
        project.run(&["up", "--backup", "occupied"]).exits(1).says("no backup, so nothing was changed");
        project.run(&["status"]).exits(1).answers("1 pending");
    }
}

#[test]
fn a_pg_dump_that_is_missing_or_fails_changes_nothing() {
    let project = Project::postgres("backup_no_dump").with_tables();
    let up = |path: &str| {
        let mut command = project.command();
        command.env("PATH", path).args(["up", "--backup", "backups"]);
        Outcome::new(&["up", "--backup", "backups"], command.output().unwrap()).exits(1)
    };
    up("/nowhere").says("there is no `pg_dump`");
    let bin = project.path().join("bin");
    project.put("bin/pg_dump", "#!/bin/sh\necho \"arguments: $*\" >&2\nexit 1\n");
    fs::set_permissions(bin.join("pg_dump"), PermissionsExt::from_mode(0o755)).unwrap();
    let outcome =
        up(bin.to_str().unwrap()).says("`pg_dump` failed: arguments: --format=custom --no-password");
    assert!(!outcome.stderr.contains("postgresql://postgres:"), "{outcome}");
    assert!(backups(&project).is_empty(), "half a backup is none");
    project.run(&["status"]).exits(1).answers("3 pending");
}

/// It holds all that the database does, and may lie in a folder that others read.
#[test]
fn nobody_else_reads_a_backup() {
    for (engine, project) in Project::both("backup_private") {
        let project = project.with_tables();
        project.run(&["up", "--backup", "backups"]).exits(0);
        let mode = fs::metadata(&backups(&project)[0]).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{engine}");
    }
}

/// A failed backup leaves nothing, not even the files that SQLite keeps next to it.
#[test]
fn a_copy_that_fails_leaves_nothing() {
    let project = Project::sqlite().with_tables();
    project.run(&["up", "--to", "20250102000000"]).exits(0);
    project.execute("CREATE TABLE big (x); INSERT INTO big VALUES (zeroblob(3000000))");
    // No file may become larger than a megabyte: the copy meets that in the midst.
    let limited =
        format!("trap '' XFSZ; ulimit -f 2048; exec '{}' \"$@\"", env!("CARGO_BIN_EXE_cargo-migrate"));
    let arguments = ["migrate", "up", "--backup", "backups"];
    let mut command = Command::new("sh");
    command.args(["-c", &limited, "sh"]).args(arguments);
    command.env("DATABASE_URL", &project.url).current_dir(project.path());
    Outcome::new(&arguments, command.output().unwrap()).exits(1).says("no backup, so nothing was changed");
    assert_eq!(backups(&project), Vec::<PathBuf>::new());

    // A page that nothing refers to: reading the tables goes well, the check of the copy does not.
    project.execute("DROP TABLE big");
    let path = project.path().join("app.db");
    let mut bytes = fs::read(&path).unwrap();
    bytes[36..40].copy_from_slice(&1_u32.to_be_bytes());
    fs::write(&path, bytes).unwrap();
    project.run(&["up", "--backup", "backups"]).exits(1).says("the copy is not sound");
    assert_eq!(backups(&project), Vec::<PathBuf>::new());
    project.run(&["status"]).exits(1).answers("1 pending");
}

/// Other users see the arguments of a process.
#[test]
fn the_password_is_no_argument() {
    let project = Project::postgres("backup_password").with_tables();
    let database = project.database.as_ref().unwrap();
    let role = format!("{}_role", database.name());
    project.execute(&format!("CREATE ROLE {role} LOGIN SUPERUSER PASSWORD 'secret'"));
    project.put("bin/pg_dump", "#!/bin/sh\necho \"seen: $* $PGPASSWORD $PGUSER\" >&2\nexit 1\n");
    let bin = project.path().join("bin");
    fs::set_permissions(bin.join("pg_dump"), PermissionsExt::from_mode(0o755)).unwrap();
    let (scheme, rest) = project.url.split_once("://").unwrap();
    let url = format!("{scheme}://{role}:secret@{}", rest.split_once('@').unwrap().1);
    let mut command = project.command();
    command.env("PATH", &bin).env("DATABASE_URL", url).args(["up", "--backup", "backups"]);
    let outcome = Outcome::new(&["up"], command.output().unwrap());
    project.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    let outcome = outcome.exits(1);
    let seen = outcome.stderr.lines().find(|line| line.contains("seen: ")).unwrap().to_owned();
    assert!(seen.ends_with(&format!("secret {role}")), "{seen}");
    assert_eq!(seen.matches("secret").count(), 1, "{seen}");
}

#[test]
fn a_backup_goes_before_what_is_harmless_too() {
    let project = Project::sqlite().with_tables();
    project.run(&["up", "--to", "20250102000000"]).exits(0);
    project.run(&["up", "--backup", "backups"]).exits(0).says("/backups/app.db-");
    project.run(&["up", "--backup", "backups"]).exits(0);
    assert_eq!(backups(&project).len(), 1, "nothing to do, nothing to save");
    let copy = rusqlite::Connection::open(&backups(&project)[0]).unwrap();
    let count: i64 = copy.query_row("SELECT count(*) FROM migrate_history", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 2, "as it was before");
}
