//! What is asked before something changes, in a real terminal.

use std::collections::BTreeMap;
use std::fs;

use crate::project::Project;
use crate::terminal::{Terminal, plain};

fn applied(project: &Project) -> usize {
    project.texts("SELECT name FROM migrate_history WHERE state = 'applied'").len()
}

#[test]
fn yes_goes_on_and_anything_else_does_not() {
    for (_, project) in Project::both("terminal_ask") {
        let project = project.with_tables();
        project.run(&["up"]).exits(0);
        for answer in ["\r", "n\r", "yess\r", "no\r"] {
            let mut terminal = Terminal::open(&project, &["down"]);
            terminal.shows("rollback 20250103000000_create_orders").shows("[y/N]").types(answer);
            assert!(plain(&terminal.exits(1)).contains("declined: nothing was changed"), "{answer:?}");
        }
        assert_eq!(applied(&project), 3);
        let mut terminal = Terminal::open(&project, &["down"]);
        terminal.shows("[y/N]").types("y\r");
        assert!(plain(&terminal.exits(0)).contains("done: 1 migration"));
        assert_eq!(applied(&project), 2);
    }
}

#[test]
fn a_protected_database_wants_its_name() {
    for (_, project) in Project::both("terminal_name") {
        let project = project.with_tables();
        project.run(&["up"]).exits(0);
        project.run(&["protect", "production"]).exits(0);
        let name = project.database.as_ref().map_or("app.db", |database| database.name()).to_owned();
        for answer in ["y", "production", "", &name.to_uppercase()] {
            let mut terminal = Terminal::open(&project, &["down", "--yes"]);
            terminal.shows("Type the name of the database to go on:").types(&format!("{answer}\r")).exits(1);
        }
        assert_eq!(applied(&project), 3);
        let mut terminal = Terminal::open(&project, &["down"]);
        terminal.shows("protected as `production`").shows("to go on:").types(&format!("{name}\r")).exits(0);
        assert_eq!(applied(&project), 2);
    }
}

/// On another database than the one that was meant, or with a digit too many, all would be gone.
#[test]
fn more_than_is_applied_is_a_question_of_its_own() {
    for (_, project) in Project::both("terminal_more") {
        let project = project.with_tables();
        project.run(&["up"]).exits(0);
        let name = project.database.as_ref().map_or("app.db", |database| database.name()).to_owned();
        let mut terminal = Terminal::open(&project, &["down", "99"]);
        terminal.shows("only 3 migrations are applied, fewer than 99").shows("[y/N]").types("n\r").exits(1);
        project.run(&["protect", "production"]).exits(0);
        let named = ["down", "99", "--yes", "--database", &name];
        project
            .run(&named)
            .exits(1)
            .says("only 3 migrations are applied, fewer than 99: all of them would be rolled back")
            .says("give `down 3` or `down --all` if that is what you want");
        let mut terminal = Terminal::open(&project, &named);
        terminal.shows("Type the name of the database").types("y\r").exits(1);
        assert_eq!(applied(&project), 3);
        project.run(&["down", "1", "--database", &name]).exits(0);
        let mut terminal = Terminal::open(&project, &named);
        terminal.shows("Type the name of the database").types(&format!("{name}\r")).exits(0);
        assert_eq!(applied(&project), 0);
        project.run(&["unprotect", "--database", &name]).exits(0);
        project.run(&["up"]).exits(0);
        project.run(&["down", "99", "--yes"]).exits(0).says("only 3 migrations are applied, fewer than 99");
    }
}

#[test]
fn a_reset_names_what_it_drops() {
    for (_, project) in Project::both("terminal_reset") {
        let project = project.with_tables();
        project.run(&["up"]).exits(0);
        let mut terminal = Terminal::open(&project, &["reset"]);
        terminal
            .shows("the set default, of the history")
            .shows("migrate_history\"")
            .shows("[y/N]")
            .types("n\r")
            .exits(1);
        let said = project.run(&["reset", "--yes", "--json"]).exits(0).stdout;
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!(said["dropped"][0]["sets"], serde_json::json!(["default"]), "{said}");
    }
}

#[test]
fn control_c_at_the_question_changes_nothing() {
    let project = Project::sqlite().with_tables();
    project.run(&["up"]).exits(0);
    let mut terminal = Terminal::open(&project, &["reset"]);
    terminal.shows("[y/N]").types("\x03");
    // A terminal sends the signal, and nothing catches it.
    let status = terminal.child.wait().unwrap();
    assert!(!status.success(), "{status:?}");
    assert_eq!(applied(&project), 3);
}

/// "The last one" is another one by then.
#[test]
fn what_was_not_shown_is_not_done() {
    for (_, project) in Project::both("terminal_agreed") {
        let project = project.with_tables();
        project.run(&["up"]).exits(0);
        let mut terminal = Terminal::open(&project, &["down"]);
        terminal.shows("rollback 20250103000000_create_orders").shows("[y/N]");
        project.run(&["down", "--yes"]).exits(0);
        terminal.types("y\r").shows("`rollback 20250102000000_create_products` was not in it").exits(1);
        assert_eq!(applied(&project), 2);
    }
}

#[test]
fn the_end_of_the_input_is_no() {
    let project = Project::sqlite().with_tables();
    project.run(&["up"]).exits(0);
    let mut terminal = Terminal::open(&project, &["down"]);
    terminal.shows("[y/N]").types("\x04").exits(1);
    assert_eq!(applied(&project), 3);
}

/// The scripts of the folder, and what they hold.
fn scripts(project: &Project) -> BTreeMap<String, String> {
    let entries = fs::read_dir(project.path().join("migrations")).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap())).collect()
}

/// Applied and locked is 3; 1 is applied, and 2 is new.
fn late_drafts(project: Project) -> Project {
    let locked = project.migration("3_create_c", "CREATE TABLE c (id bigint);", "DROP TABLE c;");
    locked.run(&["lock"]).exits(0);
    let project = locked.migration("1_create_a", "CREATE TABLE a (id bigint);", "DROP TABLE a;");
    fs::rename(project.path().join("migrations/migrate.lock"), project.path().join("lock")).unwrap();
    project.run(&["up"]).exits(0);
    fs::rename(project.path().join("lock"), project.path().join("migrations/migrate.lock")).unwrap();
    project.migration("2_create_b", "CREATE TABLE b (id bigint);", "DROP TABLE b;")
}

#[test]
fn rebase_asks_before_it_renames() {
    for (_, project) in Project::both("terminal_rebase") {
        let project = late_drafts(project);
        let before = scripts(&project);
        for answer in ["\r", "n\r", "yess\r", "\x04"] {
            let mut terminal = Terminal::open(&project, &["rebase"]);
            terminal.shows("Rename them? [y/N]");
            let shown = plain(&terminal.screen());
            for line in [
                "- 1_create_a.up.sql\n+ 4_create_a.up.sql\n- 1_create_a.down.sql\n+ 4_create_a.down.sql\n",
                "- 2_create_b.up.sql\n+ 5_create_b.up.sql\n- 2_create_b.down.sql\n+ 5_create_b.down.sql\n",
                "drafts come before 3, the last locked migration\n",
                "migration 1 is applied to the database",
            ] {
                assert!(shown.contains(line), "{line}: {shown}");
            }
            assert!(!shown.contains("migration 2 is applied"), "{shown}");
            assert_eq!(scripts(&project), before, "nothing is renamed before the answer");
            let screen = terminal.types(answer).exits(1);
            assert!(plain(&screen).contains("declined: nothing was changed"), "{answer:?}: {screen}");
            assert_eq!(scripts(&project), before, "{answer:?}");
        }
        let mut terminal = Terminal::open(&project, &["rebase"]);
        let screen = terminal.shows("[y/N]").types("y\r").exits(0);
        assert!(plain(&screen).contains("renumbered 2 drafts to come after 3"), "{screen}");
        let after = ["3_create_c", "4_create_a", "5_create_b"];
        let names = after.iter().flat_map(|name| [format!("{name}.down.sql"), format!("{name}.up.sql")]);
        let names: Vec<String> = names.chain(["migrate.lock".into(), "migrate.toml".into()]).collect();
        let left: Vec<String> = scripts(&project).into_keys().collect();
        assert!(left.iter().zip(&names).all(|(path, name)| path.ends_with(name)), "{left:?}");
        assert_eq!(left.len(), names.len(), "{left:?}");
    }
}

/// A merge or another rebase may happen while the question is open.
#[test]
fn rebase_takes_no_place_that_was_free_when_it_asked() {
    let project = late_drafts(Project::sqlite());
    for (file, text) in [
        ("migrations/5_create_b.up.sql", "CREATE TABLE theirs (id bigint);\n"),
        ("migrations/4_create_d.up.sql", "CREATE TABLE d (id bigint);\n"),
    ] {
        let mut terminal = Terminal::open(&project, &["rebase"]);
        terminal.shows("[y/N]");
        project.put(file, text);
        let before = scripts(&project);
        let screen = terminal.types("y\r").exits(1);
        assert!(plain(&screen).contains("nothing was renamed"), "{screen}");
        assert_eq!(scripts(&project), before);
        fs::remove_file(project.path().join(file)).unwrap();
    }
}

/// A folder and a history of dbmate, whose files hold both directions.
fn of_dbmate(project: Project) -> Project {
    let file = |table: &str| {
        format!("-- migrate:up\nCREATE TABLE {table} (id bigint);\n-- migrate:down\nDROP TABLE {table};\n")
    };
    fs::remove_file(project.path().join("migrations/migrate.toml")).unwrap();
    project.put("migrations/1_create_a.sql", &file("a"));
    project.put("migrations/2_create_b.sql", &file("b"));
    project.execute("CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY)");
    project.execute("INSERT INTO schema_migrations VALUES ('1')");
    project
}

fn has_history(project: &Project) -> bool {
    let tables = match project.database {
        Some(_) => "SELECT relname::text FROM pg_class WHERE relname = 'migrate_history'",
        None => "SELECT name FROM sqlite_schema WHERE name = 'migrate_history'",
    };
    !project.texts(tables).is_empty()
}

#[test]
fn adopt_asks_before_it_writes() {
    for (engine, project) in Project::both("terminal_adopt") {
        let project = of_dbmate(project);
        let name = project.database.as_ref().map_or("app.db", |database| database.name()).to_owned();
        let before = scripts(&project);
        for answer in ["\r", "n\r", "yess\r", "\x04"] {
            let mut terminal = Terminal::open(&project, &["adopt"]);
            terminal.shows(&format!("Go on with `{name}`? [y/N]"));
            let shown = plain(&terminal.screen());
            for line in [
                "(DATABASE_URL)\n",
                "+ migrations/migrate.toml\n",
                &format!("dialect = \"{engine}\"\n"),
                "lint-from = 2\n",
                "+ migrations/1_create_a.up.sql\n+ migrations/1_create_a.down.sql\n",
                "- migrations/1_create_a.sql\n- migrations/2_create_b.sql\n",
                "1 migration of dbmate will be taken over, up to 1\n",
            ] {
                assert!(shown.contains(line), "{line}: {shown}");
            }
            assert!(
                !has_history(&project) && scripts(&project) == before,
                "nothing is done before the answer"
            );
            let screen = terminal.types(answer).exits(1);
            assert!(plain(&screen).contains("declined: nothing was changed"), "{answer:?}: {screen}");
            assert!(!has_history(&project), "{answer:?}");
            assert_eq!(scripts(&project), before, "{answer:?}");
        }
        let mut terminal = Terminal::open(&project, &["adopt"]);
        let screen = terminal.shows("[y/N]").types("y\r").exits(0);
        assert!(plain(&screen).contains("took over 1 migration of dbmate, up to 1"), "{screen}");
        assert_eq!(project.texts("SELECT state FROM migrate_history"), ["baseline"]);
        project.run(&["status"]).exits(1).answers("1 pending");
    }
}

/// Only the history is written where the folder fits as it is, and the same is shown without a terminal and with `--yes`.
#[test]
fn adopt_shows_what_it_does_even_if_it_does_not_ask() {
    let project = of_dbmate(Project::sqlite());
    let outcome =
        project.run(&["adopt"]).exits(1).says("+ migrations/1_create_a.up.sql").says("give `--yes`");
    assert!(outcome.stderr.contains("1 migration of dbmate will be taken over, up to 1"), "{outcome}");
    let outcome = project.run(&["adopt", "--yes"]).exits(0).says("+ migrations/1_create_a.up.sql");
    assert!(outcome.stderr.contains("sqlite:app.db (DATABASE_URL)"), "{outcome}");
    project.execute("INSERT INTO schema_migrations VALUES ('2')");
    let mut terminal = Terminal::open(&project, &["adopt"]);
    terminal.shows("[y/N]");
    let lines = "sqlite:app.db (DATABASE_URL)\nthe files stay as they are\n\n2 migrations of dbmate will be taken over, up to 2\n";
    let shown = plain(&terminal.screen());
    assert!(shown.starts_with(lines), "{shown}");
    terminal.types("y\r").exits(0);
    project.run(&["status"]).exits(0);
}

/// Files that are split are removed: an edit made while the question is open would be lost.
#[test]
fn adopt_writes_nothing_into_a_folder_that_has_changed_since() {
    let project = of_dbmate(Project::sqlite());
    let mut terminal = Terminal::open(&project, &["adopt"]);
    terminal.shows("[y/N]");
    project.put(
        "migrations/2_create_b.sql",
        "-- migrate:up\nCREATE TABLE mine (id int);\n-- migrate:down\nDROP TABLE mine;\n",
    );
    let before = scripts(&project);
    let screen = terminal.types("y\r").exits(1);
    assert!(plain(&screen).contains("nothing was written"), "{screen}");
    assert_eq!(scripts(&project), before);
    assert!(!has_history(&project));
}
