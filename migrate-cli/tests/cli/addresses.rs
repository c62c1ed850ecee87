//! Which database it is.

use std::num::NonZeroU32;

use migrate::testing::{Bouncer, Server};
use tokio_postgres::config::Host;

use crate::outcome::Outcome;
use crate::project::{Project, VARIABLES};

/// The status with these variables, and nothing else that names a database.
fn status(project: &Project, variables: &[(&str, &str)], arguments: &[&str]) -> Outcome {
    let mut command = project.command();
    for name in VARIABLES {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied()).arg("status").args(arguments);
    Outcome::new(arguments, command.output().unwrap())
}

#[test]
fn the_direct_address_goes_first() {
    let project = Project::sqlite().with_tables();
    let all = [
        ("DATABASE_URL", "sqlite:c.db"),
        ("DIRECT_URL", "sqlite:b.db"),
        ("DIRECT_DATABASE_URL", "sqlite:a.db"),
    ];
    status(&project, &all, &["--database-url", "sqlite:arg.db"]).says("sqlite:arg.db (--database-url)");
    status(&project, &all, &[]).says("sqlite:a.db (DIRECT_DATABASE_URL)");
    status(&project, &all[..2], &[]).says("sqlite:b.db (DIRECT_URL)");
    status(&project, &all[..1], &[]).says("sqlite:c.db (DATABASE_URL)");
    status(&project, &[("DIRECT_URL", ""), all[0]], &[]).says("sqlite:c.db (DATABASE_URL)");
    status(&project, &[], &[]).exits(16).says("no database is named");
}

#[test]
fn the_environment_goes_before_the_file() {
    let project = Project::sqlite().with_tables();
    project.put(".env", "# the database\nDATABASE_URL=sqlite:c.db\nexport DIRECT_URL='sqlite:b.db'\n");
    status(&project, &[], &[]).says("sqlite:b.db (DIRECT_URL in .env)");
    status(&project, &[("DATABASE_URL", "sqlite:mine.db")], &[]).says("sqlite:mine.db (DATABASE_URL)");
}

#[test]
fn a_file_further_up_is_found() {
    let project = Project::sqlite().with_tables();
    std::fs::create_dir_all(project.path().join("app/src")).unwrap();
    let run = |verb: &str, folder: &str, up: &str| {
        let mut command = project.command();
        command.env_remove("DATABASE_URL").current_dir(project.path().join(folder));
        let output = command.args([verb, "--dir", &format!("{up}migrations")]).output().unwrap();
        Outcome::new(&[verb], output)
    };
    // A relative path in the file starts in the folder of the file, and not in the current folder.
    project.put(".env", "DATABASE_URL=sqlite:up.db\n");
    let said = "sqlite:../../up.db (DATABASE_URL in ../../.env)";
    run("up", "app/src", "../../").exits(0).says(said);
    assert!(project.path().join("up.db").exists() && !project.path().join("app/src/up.db").exists());
    run("status", "app", "../").exits(0).says("sqlite:../up.db (DATABASE_URL in ../.env)");
    run("status", "", "").exits(0).says("sqlite:up.db (DATABASE_URL in .env)");
    // Others stay as they are.
    let absolute = project.path().join("up.db");
    project.put(".env", &format!("DATABASE_URL={}\n", absolute.display()));
    run("status", "app/src", "../../").exits(0).says(&format!("sqlite:{} (", absolute.display()));
    project.put(".env", "DATABASE_URL=sqlite::memory:\n");
    run("status", "app/src", "../../").exits(1).says("sqlite::memory: (");
    // A variable means a path from here, as it does to everybody else.
    let output = project
        .command()
        .env("DATABASE_URL", "up.db")
        .current_dir(project.path().join("app"))
        .args(["status", "--dir", "../migrations"])
        .output()
        .unwrap();
    Outcome::new(&["status"], output).exits(1).says("sqlite:up.db (DATABASE_URL)");
}

#[test]
fn a_line_that_does_not_read_is_not_shown() {
    let project = Project::sqlite().with_tables();
    project.put(".env", "DATABASE_URL=\"postgres://ada:secret@h/x\n");
    let outcome = status(&project, &[], &[]).exits(16).says("a line of the file cannot be read");
    assert!(!outcome.to_string().contains("secret"), "{outcome}");
}

#[test]
fn every_way_to_write_a_file_of_sqlite() {
    let project = Project::sqlite().with_tables();
    let path = project.path().join("app.db");
    let absolute = format!("sqlite://{}", path.display());
    for url in ["sqlite:app.db", "sqlite://app.db?mode=rwc", "file:./app.db", "app.db", &absolute] {
        project.run(&["up", "--database-url", url]).exits(0);
        assert!(path.exists(), "{url}");
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn the_history_lies_where_it_is_asked_to() {
    for (engine, project) in Project::both("history_place") {
        let project = project.with_tables();
        project.run(&["up", "--history-prefix", "ours", "--history-schema", "app"]).exits(0);
        let table = if engine == "sqlite" { "ours_history" } else { "app.ours_history" };
        assert_eq!(project.texts(&format!("SELECT name FROM {table} ORDER BY version")).len(), 3);
        project.run(&["status", "--history-prefix", "ours", "--history-schema", "app"]).exits(0);
        project.run(&["status"]).exits(1);
        let application = format!("SELECT DISTINCT application FROM {table}");
        assert_eq!(project.texts(&application), [concat!("cargo-migrate ", env!("CARGO_PKG_VERSION"))]);
    }
}

#[test]
fn a_set_has_a_history_of_its_own() {
    let project = Project::sqlite().with_tables();
    project.run(&["up", "--set", "billing"]).exits(0);
    assert_eq!(project.texts("SELECT DISTINCT set_name FROM migrate_history"), ["billing"]);
    project.run(&["status"]).exits(1);
    project.run(&["status", "--set", "billing"]).exits(0);
}

/// One server connection for each transaction of a client, and another for the next.
#[test]
fn all_works_behind_a_transaction_pooler() {
    let project = Project::postgres("pooled").with_tables();
    let database = project.database.as_ref().unwrap();
    let bouncer = Bouncer::start_with_pool(&Server::shared().unwrap(), NonZeroU32::new(4).unwrap()).unwrap();
    let url = bouncer.url(database.name());
    for verb in [
        &["up"][..],
        &["status"],
        &["verify"],
        &["protect", "production"],
        &["down", "--database", database.name()],
        &["unprotect", "--database", database.name()],
        &["reset", "--yes"],
        &["status"],
    ] {
        let outcome = project.run(&[verb, &["--database-url", &url]].concat()).exits(0);
        assert!(!outcome.stderr.contains("warning"), "{outcome}");
    }
    project.run(&["status"]).exits(0);
}

#[test]
fn the_environment_completes_an_address() {
    let project = Project::postgres("completed").with_tables();
    let database = project.database.as_ref().unwrap();
    let config = database.config();
    let host = match &config.get_hosts()[0] {
        Host::Unix(folder) => folder.to_str().unwrap().to_owned(),
        Host::Tcp(name) => name.clone(),
    };
    let password = config.get_password().map(|password| String::from_utf8_lossy(password).into_owned());
    let variables = [
        ("DATABASE_URL", "postgres://"),
        ("PGHOST", &host),
        ("PGPORT", &config.get_ports()[0].to_string()),
        ("PGDATABASE", database.name()),
        ("PGUSER", config.get_user().unwrap()),
        ("PGPASSWORD", &password.unwrap_or_default()),
    ];
    // The database that a role has by default holds no history.
    project.run(&["up"]).exits(0);
    status(&project, &variables, &[]).exits(0).answers("3 applied");

    let other = |changed: &[(&'static str, &str)]| {
        status(&project, &[variables.as_slice(), changed].concat(), &[]).exits(16).stderr
    };
    let named = format!("postgres://{}/", host.replace('/', "%2F"));
    for address in ["postgres://", &named] {
        let said = other(&[("DATABASE_URL", address), ("PGPORT", "1")]);
        assert!(said.contains(&format!(":1/{}", database.name())), "{address}: {said}");
    }
    assert!(other(&[("PGPORT", "the usual")]).contains("or into PGPORT"));
}

/// With an address for the pool of the application.
#[test]
fn options_of_other_drivers_are_named_and_ignored() {
    let project = Project::postgres("other_drivers").with_tables();
    let address =
        format!("{}?pgbouncer=true&statement-cache-capacity=s3cret&connection_limit=5", project.url);
    status(&project, &[("DATABASE_URL", &address)], &[]).exits(1).says(
        "options of other drivers in the address are ignored: pgbouncer, statement-cache-capacity, connection_limit\n",
    );
    let quiet = status(&project, &[("DATABASE_URL", &address)], &["--quiet"]).exits(1).to_string();
    assert!(!quiet.contains("pgbouncer") && !quiet.contains("s3cret"), "{quiet}");
    let other = format!("{}?currentSchema=app", project.url);
    status(&project, &[("DATABASE_URL", &other)], &[]).exits(16).says("options=-csearch_path%3Dapp");
}

#[test]
fn the_history_of_another_tool_is_named_before_anything_runs() {
    for (_, project) in Project::both("other_tool") {
        let project = project.with_tables();
        project.execute("CREATE TABLE schema_migrations (version text)");
        project.run(&["plan"]).exits(0);
        project.execute("INSERT INTO schema_migrations VALUES ('1')");
        let what =
            "the database has the history of golang-migrate, dbmate, Rails or Ecto (`schema_migrations`)";
        for verb in [&["plan"][..], &["up", "--yes"]] {
            project.run(verb).says(&format!("error: {what}")).says("cargo migrate adopt");
        }
        project.run(&["status"]).exits(1).says(&format!("warning: {what}"));
        project.run(&["up", "--yes", "--alongside"]).exits(0);
        let after = project.run(&["status"]).exits(0).to_string();
        assert!(!after.contains(what), "{after}");
    }
}
