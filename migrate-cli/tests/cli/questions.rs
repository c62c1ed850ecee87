//! What is asked before something changes, in a real terminal.

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
