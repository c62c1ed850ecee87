//! Databases that take no writes, and servers that give one connection only. A standby is in `several_servers`.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;

use crate::outcome::Outcome;
use crate::project::Project;

#[test]
fn a_file_that_is_not_to_be_written() {
    let project = Project::sqlite().with_tables();
    project.run(&["up", "--to", "20250101000000"]).exits(0);
    let may = |path: &str, mode| {
        fs::set_permissions(project.path().join(path), Permissions::from_mode(mode)).unwrap();
    };
    let run = |arguments: &[&str]| {
        let mut command = project.command();
        if fs::metadata("/proc/self").unwrap().uid() == 0 {
            // Root may write to every file.
            command.uid(65534).gid(65534);
        }
        Outcome::new(arguments, command.args(arguments).output().unwrap())
    };
    may("app.db", 0o444);
    may("", 0o755);
    run(&["status"]).exits(1);
    for verb in [&["up"][..], &["down", "--yes"], &["redo", "--yes"]] {
        run(verb).exits(1).says("the database file is read-only; nothing was changed");
    }
    run(&["protect", "production"]).exits(1).says("an SQLite file and its folder have to be writable");
    // The file is, and its folder is not: SQLite cannot create its journal there.
    may("app.db", 0o666);
    may("", 0o555);
    run(&["up"]).exits(1).says("an SQLite file and its folder have to be writable");
    may("", 0o755);
}

#[test]
fn a_role_with_one_connection() {
    let project = Project::postgres("one_connection").with_tables();
    let role = format!("only_{}", project.database.as_ref().unwrap().name());
    let limit = |limit| project.execute(&format!("ALTER ROLE {role} CONNECTION LIMIT {limit}"));
    project.execute(&format!("CREATE ROLE {role} LOGIN; GRANT ALL ON SCHEMA public TO {role}"));
    limit(1);
    let url = project.url.replace("postgres@", &format!("{role}@"));
    assert_ne!(url, project.url);
    project
        .run(&["up", "--database-url", &url])
        .exits(1)
        .says("getting a second connection failed: too many connections for role")
        .says("help: a run needs two connections to the server at once");
    limit(2);
    project.run(&["up", "--database-url", &url]).exits(0);
    project.execute(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}"));
}
