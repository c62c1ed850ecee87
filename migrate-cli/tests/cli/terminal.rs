//! Questions and progress in a real terminal.

use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};

use crate::project::{Project, VARIABLES};

/// A verb that runs in a terminal, and what the terminal got from it.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    screen: Arc<Mutex<String>>,
}

const PATIENCE: Duration = Duration::from_secs(30);

impl Terminal {
    fn open(project: &Project, arguments: &[&str]) -> Terminal {
        Terminal::with(project, arguments, &[])
    }

    fn with(project: &Project, arguments: &[&str], variables: &[(&str, &str)]) -> Terminal {
        let size = PtySize { rows: 40, cols: 160, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_cargo-migrate"));
        VARIABLES.iter().for_each(|name| command.env_remove(name));
        command.env("DATABASE_URL", &project.url);
        command.env("TERM", "xterm-256color");
        variables.iter().for_each(|(name, value)| command.env(name, value));
        command.cwd(project.path());
        command.arg("migrate");
        command.args(arguments);
        let child = pair.slave.spawn_command(command).unwrap();
        let keyboard = pair.master.take_writer().unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let screen = Arc::new(Mutex::new(String::new()));
        let writer = screen.clone();
        thread::spawn(move || {
            // The terminal stays open for as long as somebody reads it.
            let _master = pair.master;
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                writer.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        Terminal { child, keyboard, screen }
    }

    fn screen(&self) -> String {
        self.screen.lock().unwrap().clone()
    }

    /// Waits until it shows this.
    #[track_caller]
    fn shows(&mut self, text: &str) -> &mut Terminal {
        let until = Instant::now() + PATIENCE;
        while !plain(&self.screen()).contains(text) {
            assert!(Instant::now() < until, "`{text}` is not in\n{}", self.screen());
            thread::sleep(Duration::from_millis(20));
        }
        self
    }

    fn types(&mut self, keys: &str) -> &mut Terminal {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
        self
    }

    /// Waits for its end.
    #[track_caller]
    fn exits(&mut self, code: u32) -> String {
        let until = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < until, "it does not end:\n{}", self.screen());
            thread::sleep(Duration::from_millis(20));
        };
        thread::sleep(Duration::from_millis(100));
        assert_eq!(status.exit_code(), code, "{}", self.screen());
        self.screen()
    }
}

/// Without colours and movements.
fn plain(screen: &str) -> String {
    regex_lite::Regex::new("\x1b\\[[0-9;?]*[A-Za-z]").unwrap().replace_all(screen, "").replace('\r', "")
}

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

#[test]
fn control_c_while_a_migration_waits_leaves_it_pending() {
    let project = Project::postgres("terminal_interrupt").with_tables();
    project.run(&["up"]).exits(0);
    let project = project.migration(
        "20250108000000_note",
        "ALTER TABLE orders ADD COLUMN note text;",
        "ALTER TABLE orders DROP COLUMN note;",
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let blocker = runtime.block_on(project.database.as_ref().unwrap().connect()).unwrap();
    runtime.block_on(blocker.batch_execute("BEGIN; SELECT * FROM orders")).unwrap();
    let mut terminal = Terminal::open(&project, &["up"]);
    terminal.shows("20250108000000_note for a lock").types("\x03");
    let status = terminal.child.wait().unwrap();
    assert!(!status.success(), "{status:?}");
    runtime.block_on(blocker.batch_execute("COMMIT")).unwrap();
    project.run(&["status"]).exits(1).answers("3 applied, 1 pending");
    project.run(&["up"]).exits(0);
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
    let project = Project::postgres("terminal_blocked").with_tables();
    project.run(&["up"]).exits(0);
    let project = project.migration(
        "20250108000000_note",
        "ALTER TABLE orders ADD COLUMN note text;",
        "ALTER TABLE orders DROP COLUMN note;",
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let blocker = runtime.block_on(project.database.as_ref().unwrap().connect()).unwrap();
    runtime
        .block_on(blocker.batch_execute("SET application_name = 'the report'; BEGIN; SELECT * FROM orders"))
        .unwrap();
    let mut terminal = Terminal::open(&project, &["up"]);
    terminal.shows("20250108000000_note for a lock").shows("the report");
    runtime.block_on(blocker.batch_execute("COMMIT")).unwrap();
    terminal.shows("applied      20250108000000_note").exits(0);
}

#[test]
fn the_build_of_an_index_shows_its_phase_and_who_it_waits_for() {
    let project = Project::postgres("terminal_index").with_tables();
    project.run(&["up"]).exits(0);
    let project = project.migration(
        "20250109000000_index_customers",
        "-- migrate: no-transaction\nCREATE INDEX CONCURRENTLY customers_email ON customers (email);",
        "-- migrate: no-transaction\nDROP INDEX CONCURRENTLY customers_email;",
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let blocker = runtime.block_on(project.database.as_ref().unwrap().connect()).unwrap();
    let hold = "SET application_name = 'the report'; BEGIN; INSERT INTO customers VALUES (1, 'x')";
    runtime.block_on(blocker.batch_execute(hold)).unwrap();
    let mut terminal = Terminal::open(&project, &["up"]);
    terminal.shows("waiting for writers before build").shows("the report");
    runtime.block_on(blocker.batch_execute("COMMIT")).unwrap();
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

/// What is no terminal gets a line for what happens, and each wait is told once.
#[test]
fn lines_where_there_is_no_terminal() {
    let project = Project::postgres("lines_index").with_tables();
    project.run(&["up"]).exits(0);
    let project = project.migration(
        "20250109000000_index_customers",
        "-- migrate: no-transaction\nCREATE INDEX CONCURRENTLY customers_email ON customers (email);",
        "-- migrate: no-transaction\nDROP INDEX CONCURRENTLY customers_email;",
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let blocker = runtime.block_on(project.database.as_ref().unwrap().connect()).unwrap();
    runtime.block_on(blocker.batch_execute("BEGIN; INSERT INTO customers VALUES (1, 'x')")).unwrap();
    let run = thread::scope(|scope| {
        let run = scope.spawn(|| project.run(&["up"]));
        thread::sleep(Duration::from_secs(3));
        runtime.block_on(blocker.batch_execute("COMMIT")).unwrap();
        run.join().unwrap()
    });
    let run = run.exits(0).says("applied      20250109000000_index_customers");
    assert_eq!(run.stderr.matches("waiting for writers before build").count(), 1, "{run}");
    assert!(!run.stderr.contains('\x1b'), "{run}");
}
