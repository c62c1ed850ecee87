//! What is asked before a database is changed. What is typed into a terminal is in `terminal`.

use crate::project::Project;

#[test]
fn a_protected_database_is_migrated_as_any_other() {
    for (_, project) in Project::both("protected_up") {
        let project = project.with_tables();
        project.run(&["protect", "production"]).exits(1 - i32::from(project.database.is_some()));
        project.run(&["up", "--to", "20250102000000"]).exits(0);
        project.run(&["protect", "production"]).exits(0);
        project.run(&["up"]).exits(0);
        project.run(&["status"]).exits(0);
    }
}

#[test]
fn yes_alone_changes_nothing_there() {
    for (engine, project) in Project::both("protected_yes") {
        let project = project.with_tables().with_high_risk();
        project.run(&["up", "--to", "20250103000000"]).exits(0);
        project.run(&["protect", "production"]).exits(0);
        let dump = |project: &Project| project.texts("SELECT name FROM migrate_log ORDER BY id");
        let before = dump(&project);
        for verb in [&["up"][..], &["down"], &["redo"], &["reset"], &["unprotect"]] {
            project.run(&[verb, &["--yes"]].concat()).exits(1).says("protected as `production`");
            project.run(&[verb, &["--database", "other"]].concat()).exits(1).says("`other` may be changed");
            assert_eq!(dump(&project), before, "{engine}: {verb:?}");
        }
    }
}

#[test]
fn the_name_lets_one_through_and_the_mark_stays() {
    for (_, project) in Project::both("protected_name") {
        let project = project.with_tables();
        project.run(&["up"]).exits(0);
        project.run(&["protect", "production"]).exits(0);
        let name = project.database.as_ref().map_or("app.db", |database| database.name()).to_owned();
        project.run(&["redo", "--database", &name]).exits(0);
        project.run(&["reset", "--database", &name]).exits(0);
        project.run(&["down", "--yes"]).exits(1).says("protected as `production`");
        project.run(&["unprotect", "--database", &name]).exits(0);
        project.run(&["down", "--yes"]).exits(0);
    }
}

#[test]
fn a_mark_that_a_trigger_swallows_is_an_error() {
    for (engine, project) in Project::both("protected_swallowed") {
        let project = project.with_tables();
        project.run(&["up"]).exits(0);
        project.run(&["protect", "production"]).exits(0);
        let name = project.database.as_ref().map_or("app.db", |database| database.name()).to_owned();
        for write in ["INSERT", "DELETE"] {
            project.execute(&match engine {
                "sqlite" => format!(
                    "CREATE TRIGGER swallow_{write} BEFORE {write} ON migrate_settings
                    BEGIN SELECT RAISE(IGNORE); END"
                ),
                _ => format!(
                    "CREATE OR REPLACE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
                    CREATE TRIGGER swallow_{write} BEFORE {write} ON migrate_settings
                    FOR EACH ROW EXECUTE FUNCTION swallow()"
                ),
            });
        }
        project.run(&["protect", "staging"]).exits(1).says("migrate_settings").says("trigger");
        project.run(&["unprotect", "--database", &name]).exits(1).says("migrate_settings").says("trigger");
        project.run(&["down", "--yes"]).exits(1).says("protected as `production`");
    }
}

#[test]
fn another_database_is_refused_even_for_what_is_harmless() {
    for (_, project) in Project::both("wrong_database") {
        let project = project.with_tables();
        project.run(&["up", "--database", "other"]).exits(1).says("nothing was changed");
        project.run(&["status"]).exits(1).answers("3 pending");
    }
}

#[test]
fn a_restore_point_is_set_where_the_role_may() {
    let project = Project::postgres("restore_point").with_tables();
    project.run(&["up"]).exits(0);
    let level = project.texts("SHOW wal_level").remove(0);
    let outcome = project.run(&["down", "--yes"]).exits(0);
    assert_eq!(outcome.stderr.contains("restore point migrate "), level != "minimal", "{level}: {outcome}");
}

/// The role of an application: it owns its tables, and may do nothing to the server.
#[test]
fn a_plain_role_has_all_verbs_but_no_restore_point() {
    let project = Project::postgres("plain_role").with_tables();
    let database = project.database.as_ref().unwrap();
    let (name, role) = (database.name(), format!("{}_role", database.name()));
    project.execute(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'secret'; GRANT CREATE ON DATABASE {name} TO {role}"
    ));
    let (scheme, rest) = project.url.split_once("://").unwrap();
    let url = format!("{scheme}://{role}:secret@{}", rest.split_once('@').unwrap().1);
    let run = |arguments: &[&str]| {
        project.run(&[arguments, &["--database-url", &url, "--history-schema", "app"]].concat())
    };
    // Since PostgreSQL 15 not everyone may create in `public`, and the history goes to a schema that is not there yet.
    project.execute(&format!("GRANT CREATE ON SCHEMA public TO {role}"));
    let outcomes = [
        run(&["protect", "staging"]),
        run(&["up"]),
        run(&["down", "--database", name]),
        run(&["unprotect", "--database", name]),
        run(&["redo", "--yes"]),
    ];
    let set_by = project.texts("SELECT DISTINCT applied_by FROM app.migrate_history");
    project.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    for outcome in outcomes {
        let outcome = outcome.exits(0);
        assert!(!outcome.stderr.contains("restore point"), "{outcome}");
    }
    assert_eq!(set_by, [role]);
}
