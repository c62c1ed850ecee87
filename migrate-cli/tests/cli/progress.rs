//! What is shown while a verb works, in a terminal and in a pipe.

use std::process::Stdio;
use std::thread;
use std::time::Duration;

use crate::blocker::Blocker;
use crate::project::Project;
use crate::terminal::{Terminal, plain};

/// A database in which a column is to be added to `orders`.
fn with_note(hint: &str) -> Project {
    let project = Project::postgres(hint).with_tables();
    project.run(&["up"]).exits(0);
    project.migration(
        "20250108000000_note",
        "ALTER TABLE orders ADD COLUMN note text;",
        "ALTER TABLE orders DROP COLUMN note;",
    )
}

/// A database in which an index is to be built while others write to `customers`.
fn with_index(hint: &str) -> Project {
    let project = Project::postgres(hint).with_tables();
    project.run(&["up"]).exits(0);
    project.migration(
        "20250109000000_index_customers",
        "-- migrate: no-transaction\nCREATE INDEX CONCURRENTLY customers_email ON customers (email);",
        "-- migrate: no-transaction\nDROP INDEX CONCURRENTLY customers_email;",
    )
}

#[test]
fn control_c_while_a_migration_waits_leaves_it_pending() {
    let project = with_note("terminal_interrupt");
    let blocker = Blocker::holding(&project, "SELECT * FROM orders");
    let mut terminal = Terminal::open(&project, &["up"]);
    terminal.shows("20250108000000_note for a lock").types("\x03");
    let status = terminal.child.wait().unwrap();
    assert!(!status.success(), "{status:?}");
    blocker.commits();
    project.run(&["status"]).exits(1).answers("3 applied, 1 pending");
    project.run(&["up"]).exits(0);
}

#[test]
fn each_migration_has_its_line_and_the_bar_goes() {
    for (_, project) in Project::both("terminal_bar") {
        let project = project.with_tables();
        let screen = Terminal::open(&project, &["up"]).exits(0);
        let text = plain(&screen);
        for name in ["20250101000000_create_customers", "20250103000000_create_orders"] {
            assert!(text.contains(&format!("applied      {name}")), "{text}");
        }
        assert!(screen.contains("\x1b[32m"), "colours on a terminal: {screen:?}");
        let (before, _) = screen.split_once("done: 3 migrations").unwrap();
        assert!(before.ends_with("\x1b[2K"), "the bar is wiped away: {screen:?}");
    }
}

#[test]
fn colours_can_be_switched_off_and_on() {
    let project = Project::sqlite().with_tables();
    let screen = Terminal::with(&project, &["status"], &[("NO_COLOR", "1")]).exits(1);
    assert!(!screen.contains("\x1b["), "{screen:?}");
    let coloured = |variables: &[(&str, &str)]| {
        let output = project.command().envs(variables.iter().copied()).arg("status").output().unwrap();
        String::from_utf8(output.stdout).unwrap().contains("\x1b[")
    };
    assert!(!coloured(&[]), "stdout is no terminal");
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn who_is_waited_for_is_shown() {
    let project = with_note("terminal_blocked");
    let blocker = Blocker::holding(&project, "SELECT * FROM orders");
    let mut terminal = Terminal::open(&project, &["up"]);
    terminal.shows("20250108000000_note for a lock").shows(Blocker::NAME);
    blocker.commits();
    terminal.shows("applied      20250108000000_note").exits(0);
}

#[test]
fn the_build_of_an_index_shows_its_phase_and_who_it_waits_for() {
    let project = with_index("terminal_index");
    let blocker = Blocker::holding(&project, "INSERT INTO customers VALUES (1, 'x')");
    let mut terminal = Terminal::open(&project, &["up"]);
    terminal.shows("waiting for writers before build").shows(Blocker::NAME);
    blocker.commits();
    terminal.shows("applied      20250109000000_index_customers").exits(0);
}

/// A reader that has seen enough is no failure.
#[test]
fn a_pipe_that_closes_early_is_no_failure() {
    let project = Project::sqlite().with_tables();
    for number in 0..3000 {
        let name = format!("migrations/{}_create_t{number}", 20_250_201_000_000_u64 + number);
        project.put(&format!("{name}.up.sql"), &format!("CREATE TABLE t{number} (id bigint PRIMARY KEY);"));
        project.put(&format!("{name}.down.sql"), &format!("DROP TABLE t{number};"));
    }
    let mut child =
        project.command().arg("status").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{output:?}");
}

/// Without a terminal, each event is a line, and each wait is reported once.
#[test]
fn lines_where_there_is_no_terminal() {
    let project = with_index("lines_index");
    let blocker = Blocker::holding(&project, "INSERT INTO customers VALUES (1, 'x')");
    let run = thread::scope(|scope| {
        let run = scope.spawn(|| project.run(&["up"]));
        thread::sleep(Duration::from_secs(3));
        blocker.commits();
        run.join().unwrap()
    });
    let run = run.exits(0).says("applied      20250109000000_index_customers");
    assert_eq!(run.stderr.matches("waiting for writers before build").count(), 1, "{run}");
    assert!(!run.stderr.contains('\x1b'), "{run}");
}
