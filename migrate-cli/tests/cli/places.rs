//! Where the history is and how long a run waits: a flag wins over a variable, and a variable over `migrate.toml`.

use crate::outcome::Outcome;
use crate::project::Project;

/// Runs a verb with these variables.
fn run(project: &Project, variables: &[(&str, &str)], arguments: &[&str]) -> Outcome {
    let mut command = project.command();
    Outcome::new(arguments, command.envs(variables.iter().copied()).args(arguments).output().unwrap())
}

const PREFIX: &str = "MIGRATE_HISTORY_PREFIX";

#[test]
fn a_flag_wins_over_a_variable_and_that_over_the_file() {
    let project = Project::sqlite().with_tables();
    let policy = "dialect = 'sqlite'\n[history]\nprefix = 'of_file'\n";
    project.put("migrations/migrate.toml", policy);
    project.put(".env", "MIGRATE_HISTORY_PREFIX=of_env_file\n");
    let applied = |outcome: &Outcome| outcome.stdout.contains("nothing to do");
    let up = |variables: &[(&str, &str)], flags: &[&str]| {
        run(&project, variables, &[&["up", "--to", "20250101000000"], flags].concat())
    };
    up(&[(PREFIX, "of_variable")], &["--history-prefix", "of_flag"]).exits(0);
    for (variables, flags, prefix) in [
        (&[(PREFIX, "of_variable")][..], &["--history-prefix", "of_flag"][..], "of_flag"),
        (&[(PREFIX, "of_variable")], &[], "of_variable"),
        (&[], &[], "of_env_file"),
    ] {
        rename(&project, prefix);
        assert!(applied(&up(variables, flags).exits(0)), "{prefix}");
    }
    project.put(".env", "MIGRATE_HISTORY_PREFIX=\n");
    rename(&project, "of_file");
    // An empty variable counts as unset.
    assert!(applied(&up(&[(PREFIX, "")], &[]).exits(0)));
}

/// Gives the history another prefix.
fn rename(project: &Project, prefix: &str) {
    let database = rusqlite::Connection::open(project.path().join("app.db")).unwrap();
    let mut tables = database
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'of\\_%' ESCAPE '\\'")
        .unwrap();
    let tables: Vec<String> =
        tables.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    for table in tables {
        let (_, kind) = table.rsplit_once('_').unwrap();
        let _ = database.execute(&format!("ALTER TABLE {table} RENAME TO {prefix}_{kind}"), []);
    }
}

#[test]
fn a_variable_that_is_no_time_is_named() {
    let project = Project::sqlite().with_tables();
    for (name, verb, exit) in [("MIGRATE_LOCK_TIMEOUT", "up", 1), ("MIGRATE_LOCK_DEADLINE", "status", 16)] {
        run(&project, &[(name, "soon")], &[verb]).exits(exit).says(name).says("`soon`");
    }
    project.put("migrations/migrate.toml", "dialect = 'sqlite'\n[run]\nstatement-timeout = 5\n");
    project.run(&["up"]).exits(1).says("migrate.toml:3:");
}

#[test]
fn drift_looks_at_what_it_is_asked_about() {
    let project = Project::sqlite().with_tables();
    project.run(&["up"]).exits(0);
    let database = rusqlite::Connection::open(project.path().join("app.db")).unwrap();
    database.execute_batch("CREATE TABLE part_1 (id); CREATE TABLE cache (id)").unwrap();
    project.run(&["drift"]).exits(4).answers("part_1");
    project.run(&["drift", "--drift-ignore", "part_*,cache"]).exits(0).answers("no drift");
    project.run(&["status", "--drift-ignore", "part_*"]).exits(4);
    let dump = project.run(&["dump", "--drift-ignore", "part_*", "--drift-ignore", "cache"]).exits(0);
    assert!(dump.stdout.contains("orders") && !dump.stdout.contains("part_1"), "{dump:?}");
    project.put("migrations/migrate.toml", "dialect = 'sqlite'\n[drift]\nignore = ['part_*', 'cache']\n");
    project.run(&["status"]).exits(0);
}
