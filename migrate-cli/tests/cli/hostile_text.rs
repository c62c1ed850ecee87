//! What others wrote reaches a terminal as text: nothing in it moves the cursor, hides a line or fakes one.

use std::fs;

use crate::blocker::Blocker;
use crate::outcome::Outcome;
use crate::project::Project;
use crate::terminal::Terminal;

/// Clears the screen, names the window, and says that all is well in a line of its own.
const ATTACK: &str = "x\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}8m\u{202e}\nall is well";
/// The first line of it as it may be shown.
const SHOWN: &str = "x␛[2J␛]0;owned␇�8m�";

/// What the program writes itself: text, lines and its own colours.
#[track_caller]
fn is_clean(text: &str) {
    let ours = regex_lite::Regex::new("\x1b\\[(0|1|2|31|32|33|34|36)m").unwrap();
    let rest = ours.replace_all(text, "");
    assert!(rest.chars().all(|c| matches!(c, '\n' | '\t') || !c.is_control()), "{rest:?}");
    assert!(!rest.contains('\u{202e}'), "{rest:?}");
}

/// Runs a verb as in a terminal: where colours go, the escape sequences of others would go as well.
fn run(project: &Project, arguments: &[&str]) -> Outcome {
    let output = project.command().env("CLICOLOR_FORCE", "1").args(arguments).output().unwrap();
    let outcome = Outcome::new(arguments, output);
    is_clean(&outcome.stdout);
    is_clean(&outcome.stderr);
    outcome
}

#[track_caller]
fn fakes_no_line(outcome: &Outcome) {
    let mut lines = outcome.stdout.lines().chain(outcome.stderr.lines());
    assert!(lines.all(|line| !line.starts_with("all is well")), "{outcome}");
}

#[test]
fn names_in_the_history() {
    for (engine, project) in Project::both("hostile_history") {
        let project = project.with_tables();
        project.run(&["up"]).exits(0);
        let name = ATTACK.replace('\'', "''");
        project.execute(&format!(
            "UPDATE migrate_history SET name = '{name}', applied_by = '{name}' WHERE version = 20250103000000"
        ));
        fs::remove_file(project.path().join("migrations/20250103000000_create_orders.up.sql")).unwrap();
        fs::remove_file(project.path().join("migrations/20250103000000_create_orders.down.sql")).unwrap();
        fs::remove_file(project.path().join("migrations/20250103000000_create_orders.verify.sql")).unwrap();
        for verb in [&["status"][..], &["verify"], &["up"], &["down", "--yes"]] {
            let outcome = run(&project, verb);
            fakes_no_line(&outcome);
            assert!(verb == ["up"] || outcome.to_string().contains(SHOWN), "{engine}: {outcome}");
        }
        project.execute(&format!("UPDATE migrate_history SET name = '{name}'"));
        run(&project, &["status"]).answers(SHOWN);
        run(&project, &["status", "--json"]).answers(SHOWN);
    }
}

#[test]
fn what_the_server_says() {
    let project = Project::postgres("hostile_message").migration(
        "20250101000000_fail",
        "DO $$ BEGIN RAISE EXCEPTION E'x\\x1b[2J\\x1b]0;owned\\x07\\u009b8m' USING DETAIL = E'\\x1b[2J', HINT = E'\\x1b[2J'; END $$;",
        "SELECT 1;",
    );
    run(&project, &["up"]).exits(1).says("x␛[2J␛]0;owned␇�8m").says("detail:").says("␛[2J");
    is_clean(&run(&project, &["up", "--json"]).stdout);
}

#[test]
fn names_in_the_catalog() {
    for (engine, project) in Project::both("hostile_catalog") {
        let project = project.with_tables();
        project.run(&["up"]).exits(0);
        project.execute(&format!("CREATE TABLE \"{ATTACK}\" (id bigint DEFAULT 1)"));
        let outcome = run(&project, &["drift"]);
        fakes_no_line(&outcome);
        assert!(outcome.stdout.contains(SHOWN), "{engine}: {outcome}");
    }
}

#[test]
fn the_query_of_a_blocker() {
    let project = Project::postgres("hostile_blocker").with_tables();
    project.run(&["up"]).exits(0);
    let project = project.migration(
        "20250108000000_note",
        "ALTER TABLE orders ADD COLUMN note text;",
        "ALTER TABLE orders DROP COLUMN note;",
    );
    let blocker = Blocker::holding(&project, &format!("SELECT * FROM orders /* {ATTACK} */"));
    let mut terminal = Terminal::open(&project, &["up"]);
    terminal.shows("held by").shows("␊all is well");
    blocker.commits();
    let screen = terminal.exits(0);
    for sequence in ["\u{1b}[2J", "\u{1b}]0;", "\u{7}", "\u{9b}", "\u{202e}", "\nall is well */"] {
        assert!(!screen.contains(sequence), "{sequence:?} in {screen:?}");
    }
}

#[test]
fn words_and_names_of_a_folder() {
    let project = Project::sqlite().with_tables();
    project.put("migrations/20250109000000_a\u{1b}[2Jb\nerror: no.up.sql", "SELECT 1;\n");
    project.put(
        "migrations/20250110000000_b.up.sql",
        "-- migrate: \u{1b}[2J\u{9b}8m\nSELECT '\u{1b}]0;owned\u{7}' FRM x;\n",
    );
    for verb in [&["lint"][..], &["status"], &["lock"], &["lint", "--json"]] {
        let outcome = run(&project, verb);
        assert_ne!(outcome.code, 0, "{outcome}");
        assert!(!outcome.stderr.lines().any(|line| line.starts_with("error: no")), "{outcome}");
    }
    run(&project, &["lint"]).says("the path contains a control character").says("a␛[2Jb␊error: no.up.sql");
}

#[test]
fn a_dump_is_exact_but_for_a_terminal() {
    let project = Project::postgres("hostile_dump").with_tables();
    project.run(&["up"]).exits(0);
    project.execute("COMMENT ON TABLE orders IS E'a\\r\\n\\x1b[2Jb'");
    let dump = project.run(&["dump"]).exits(0);
    assert!(dump.stdout.contains("\u{1b}[2Jb"), "{dump}");
    let mut terminal = Terminal::open(&project, &["dump"]);
    let screen = terminal.shows("␛[2Jb").exits(0);
    assert!(!screen.contains("\u{1b}[2J"), "{screen:?}");
}
