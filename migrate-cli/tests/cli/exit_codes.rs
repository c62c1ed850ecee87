//! The table of exit codes in the documentation, line by line.

use crate::project::Project;

#[test]
fn of_status() {
    for (_, project) in Project::both("exit_status") {
        let project = project.with_tables();
        project.run(&["status"]).exits(1);
        project.run(&["up"]).exits(0);
        project.run(&["status"]).exits(0);

        let late = project.migration(
            "20250102120000_late",
            "CREATE TABLE late (id bigint PRIMARY KEY);",
            "DROP TABLE late;",
        );
        late.run(&["status"]).exits(1 | 8);
        late.run(&["up"]).exits(1).says("20250102120000 is pending");
        late.run(&["up", "--out-of-order"]).exits(0);
        late.run(&["status"]).exits(0);

        late.put(
            "migrations/20250102120000_late.up.sql",
            "CREATE TABLE late (id bigint PRIMARY KEY, edited text);",
        );
        late.run(&["status"]).exits(8);
    }
}

#[test]
fn of_a_migration_that_was_interrupted() {
    let project = Project::postgres("exit_interrupted").with_tables().migration(
        "20250107000000_index",
        "-- migrate: no-transaction\nCREATE TABLE half (id bigint); INSERT INTO half VALUES (1), (1);\nCREATE UNIQUE INDEX CONCURRENTLY half_x ON half (id);",
        "DROP TABLE half;",
    );
    project.run(&["up", "--yes"]).exits(1).says("20250107000000_index.up.sql:3:");
    project.run(&["status"]).exits(2).answers("`cargo migrate up` goes on where it stopped");
}

#[test]
fn of_a_database_that_is_ahead() {
    for (_, project) in Project::both("exit_ahead") {
        let project = project.with_tables().with_high_risk();
        project.run(&["up", "--yes"]).exits(0);
        // An older folder: the migration that dropped a column says that older code may not run, the table does not.
        for part in ["up", "down"] {
            let file = format!("migrations/20250104000000_drop_email.{part}.sql");
            std::fs::remove_file(project.path().join(file)).unwrap();
        }
        project.run(&["status"]).exits(8).answers("older binaries may not run");
    }
}

#[test]
fn of_what_cannot_be_found_out() {
    let project = Project::sqlite().with_tables();
    project
        .run(&["status", "--database-url", "postgres://nobody@127.0.0.1:1/none"])
        .exits(16)
        .says("cannot connect");
    project
        .run(&["up", "--database-url", "postgres://nobody@127.0.0.1:1/none"])
        .exits(1)
        .says("cannot connect");
    project.run(&["status", "--database-url", "mysql://h/x"]).exits(16).says("mysql");
    project.run(&["status", "--dir", "nowhere"]).exits(16).says("nowhere");
    project.run(&["verify", "--dir", "nowhere"]).exits(1).says("nowhere");
    project.put(
        "app.db",
        "this is no database, and long enough that SQLite looks at the whole of its header, 100 bytes of it",
    );
    project.run(&["status"]).exits(16).says("not a database");
}

#[test]
fn of_arguments_that_make_no_sense() {
    let project = Project::sqlite().with_tables();
    project.run(&["status", "--wat"]).exits(64).says("--wat");
    project.run(&["statsu"]).exits(64).says("status");
    project.run(&[]).exits(64).says("Usage: cargo migrate");
    project.run(&["resolve"]).exits(64).says("--applied");
    project.run(&["up", "--to", "x"]).exits(64).says("a version is digits");
    project.run(&["up", "--lock-timeout", "5"]).exits(64).says("such as `5s`");
    for arguments in [&["status", "--wat", "--json"][..], &["--json"], &["up", "--json", "--to", "x"]] {
        let outcome = project.run(arguments).exits(64);
        let document: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(document["error"]["kind"], "usage", "{outcome}");
        let message = document["error"]["message"].as_str().unwrap();
        assert!(
            !message.is_empty() && !message.contains("error:") && !message.contains("Usage"),
            "{outcome}"
        );
    }
    assert_eq!(project.run(&["status", "--wat", "--", "--json"]).exits(64).stdout, "");
    project.run(&["--help"]).exits(0).answers("Exit codes: 0 done");
    project.run(&["--version"]).exits(0).answers("cargo-migrate 0.");
}

#[test]
fn reading_creates_nothing() {
    let project = Project::sqlite().with_tables();
    for verb in ["status", "plan", "verify"] {
        project.run(&[verb]);
        assert!(!project.path().join("app.db").exists(), "{verb}");
    }
    for verb in ["down", "redo", "repair"] {
        project.run(&[verb]).exits(1).says("there is no file app.db");
        assert!(!project.path().join("app.db").exists(), "{verb}");
    }
}

#[test]
fn of_drift_and_what_else_there_is() {
    for (_, project) in Project::both("exit_drift") {
        let project = project.with_tables();
        project.run(&["drift"]).exits(16).answers("no run has kept the schema yet");
        project.run(&["up", "--to", "20250102000000"]).exits(0);
        project.execute("CREATE TABLE by_hand (id bigint)");
        project.run(&["drift"]).exits(4).answers("by_hand");
        project.run(&["status"]).exits(1 | 4).answers("drift: ");
        project.run(&["status", "--no-drift"]).exits(1);
        project.run(&["up"]).exits(0);
        project.run(&["status"]).exits(4);
        project.execute("DROP TABLE by_hand");
        project.run(&["drift"]).exits(0).answers("no drift");
        project.run(&["status"]).exits(0);
    }
}

#[test]
fn of_a_dump_that_is_not_all() {
    let project = Project::postgres("exit_dump").with_tables();
    project.run(&["up"]).exits(0);
    project.run(&["dump"]).exits(0);
    project.execute("CREATE CAST (bigint AS boolean) WITH INOUT");
    project.run(&["dump"]).exits(32).says("left out: cast (bigint AS boolean): all of it");
    project.run(&["dump", "--json"]).exits(32).answers("cast (bigint AS boolean): all of it");
    project.run(&["dump", "--output", "schema.sql"]).exits(32).answers("wrote schema.sql");
    project.run(&["dump", "--output", "schema.sql", "--check"]).exits(0).says("left out");
}

#[test]
fn who_may_read_the_history_alone_has_a_status() {
    let project = Project::postgres("exit_reader").with_tables();
    project.run(&["up"]).exits(0);
    // A role is the server's, and so is the same for all tests.
    project.execute(
        "DO $$ BEGIN CREATE ROLE migrate_test_history LOGIN;
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
         GRANT SELECT ON migrate_history TO migrate_test_history",
    );
    let url = project.url.replacen("postgres@", "migrate_test_history@", 1);
    let status = project.run(&["status", "--database-url", &url]);
    status.exits(0).answers("up to date").says("could not check for drift");
}
