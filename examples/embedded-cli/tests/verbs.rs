//! Runs the two binaries, on both engines.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::path::Path;
use std::process::Command;

use migrate::testing::{Server, TestDatabase};
use tempfile::TempDir;

const THREE_LINES: &str = env!("CARGO_BIN_EXE_embedded-cli");
const WITH_CLAP: &str = env!("CARGO_BIN_EXE_with-clap");

/// Code, stdout, stderr.
fn run(program: &str, folder: &Path, url: &str, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(program);
    for name in ["DIRECT_DATABASE_URL", "DIRECT_URL"] {
        command.env_remove(name);
    }
    let output = command.current_dir(folder).env("DATABASE_URL", url).args(arguments).output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code().unwrap(), stdout, stderr)
}

fn both(name: &str) -> (TempDir, TestDatabase) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let database = runtime.block_on(Server::shared().unwrap().create_database(name)).unwrap();
    (tempfile::tempdir().unwrap(), database)
}

#[test]
fn the_binary_carries_its_migrations_wherever_it_runs() {
    let (folder, database) = both("embedded");
    for url in ["sqlite:app.db", database.url()] {
        let app = |arguments: &[&str]| run(THREE_LINES, folder.path(), url, arguments);
        let (code, stdout, stderr) = app(&["migrate", "status"]);
        assert_eq!(code, 1, "{stderr}");
        assert!(stdout.contains("`embedded-cli migrate up` applies what is pending"), "{stdout}");
        assert!(stdout.contains("risk safe"), "the risk is baked in: {stdout}");
        assert_eq!(app(&["migrate", "up"]).0, 0);
        assert_eq!(app(&["migrate", "status"]).0, 0);
        assert_eq!(app(&["migrate", "down"]).0, 1, "it asks, and there is no terminal");
        assert_eq!(app(&["migrate", "down", "--yes"]).0, 0);
        let (_, stdout, _) = app(&["migrate", "status", "--json"]);
        assert!(stdout.contains("\"state\": \"behind\""), "{stdout}");
    }
}

#[test]
fn without_the_word_the_application_runs() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&[][..], &["serve", "migrate"], &["--migrate"]] {
        let (code, stdout, _) = run(THREE_LINES, folder.path(), "sqlite:app.db", arguments);
        assert_eq!((code, stdout.as_str()), (0, "the application runs\n"), "{arguments:?}");
    }
    let (code, _, stderr) = run(THREE_LINES, folder.path(), "sqlite:app.db", &["migrate"]);
    assert!(code == 64 && stderr.contains("Usage: embedded-cli migrate"), "{code} {stderr}");
    let (code, stdout, _) = run(THREE_LINES, folder.path(), "sqlite:app.db", &["migrate", "--help"]);
    assert!(code == 0 && stdout.contains("Exit codes: 0"), "{code} {stdout}");
}

#[test]
fn an_application_with_clap_keeps_its_options() {
    let (folder, database) = both("embedded_clap");
    for url in ["sqlite:app.db", database.url()] {
        let app = |arguments: &[&str]| run(WITH_CLAP, folder.path(), url, arguments);
        let (code, stdout, _) = app(&["db", "status"]);
        assert!(code == 1 && stdout.contains("`with-clap db up` applies"), "{code} {stdout}");
        let (code, _, stderr) = app(&["db", "up", "--lock-timeout", "1s"]);
        assert_eq!(code, 0, "on a runtime too: {stderr}");
        assert!(stderr.contains("audit: create_orders by the shop"), "{stderr}");
        assert!(stderr.contains("applied      20251114090000_create_orders"), "{stderr}");
        assert_eq!(app(&["db", "status"]).0, 0);
    }
    let file = rusqlite::Connection::open(folder.path().join("app.db")).unwrap();
    let by: String =
        file.query_row("SELECT DISTINCT application FROM shop_history", [], |row| row.get(0)).unwrap();
    assert_eq!(by, concat!("with-clap ", env!("CARGO_PKG_VERSION")));
    let (code, stdout, _) = run(WITH_CLAP, folder.path(), "sqlite:app.db", &["serve"]);
    assert_eq!((code, stdout.as_str()), (0, "the application runs\n"));
}
