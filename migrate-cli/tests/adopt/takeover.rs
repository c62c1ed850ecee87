//! A folder and a database that another tool has migrated, and what `cargo migrate adopt` makes of them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use migrate::testing::{Server, TestDatabase};
use tempfile::TempDir;
use tokio_postgres::{Client, SimpleQueryMessage};

/// A folder of migrations and an empty database.
pub(crate) struct Takeover {
    pub(crate) folder: TempDir,
    pub(crate) database: TestDatabase,
    pub(crate) client: Client,
}

impl Takeover {
    pub(crate) async fn new(hint: &str, files: &[(&str, &str)]) -> Takeover {
        let database = Server::shared().unwrap().create_database(hint).await.unwrap();
        let client = database.connect().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            write(folder.path(), path, text);
        }
        Takeover { folder, database, client }
    }

    /// Runs `cargo migrate` with these arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        run(self.folder.path(), self.database.url(), arguments)
    }

    /// What the whole of a table says.
    pub(crate) async fn rows(&self, table: &str) -> Vec<String> {
        let rows = format!("SELECT t::text FROM {table} t ORDER BY 1");
        let messages = self.client.simple_query(&rows).await.unwrap();
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
            _ => None,
        });
        rows.collect()
    }

    /// The versions that our history holds, each with its state.
    pub(crate) async fn adopted(&self) -> Vec<(i64, String)> {
        let sql = "SELECT version, state FROM public.migrate_history ORDER BY version";
        let rows = self.client.query(sql, &[]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// Takes over. Then the history holds exactly these, the table of the other tool is unchanged, and a second time
    /// changes nothing.
    pub(crate) async fn takes_over(&self, table: &str, arguments: &[&str], versions: &[i64]) -> String {
        let before = self.rows(table).await;
        assert!(!before.is_empty(), "{table} is empty");
        let arguments = [&["adopt", "--yes"], arguments].concat();
        let output = self.run(&arguments);
        let said = said(&output);
        assert!(output.status.success(), "{said}");
        let adopted: Vec<_> = versions.iter().map(|version| (*version, "baseline".to_owned())).collect();
        assert_eq!(self.adopted().await, adopted, "{said}");
        assert_eq!(self.rows(table).await, before);
        let again = self.run(&arguments);
        assert!(again.status.success(), "{}", self::said(&again));
        assert_eq!(self.adopted().await, adopted);
        said
    }

    /// Does not take over, says why, and writes no history.
    pub(crate) async fn is_refused(&self, arguments: &[&str], reasons: &[&str]) {
        let output = self.run(&[&["adopt", "--yes"], arguments].concat());
        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        for reason in reasons {
            assert!(said.contains(reason), "{reason}: {said}");
        }
        let history = "SELECT to_regclass('public.migrate_history') IS NULL";
        assert!(self.client.query_one(history, &[]).await.unwrap().get::<_, bool>(0), "{said}");
    }
}

/// Runs `cargo migrate` on a folder and a database.
pub(crate) fn run(folder: &Path, url: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-migrate"));
    for variable in ["DATABASE_URL", "DIRECT_DATABASE_URL", "DIRECT_URL"] {
        command.env_remove(variable);
    }
    command.arg("migrate").args(arguments);
    command.arg("--dir").arg(folder).args(["--database-url", url]);
    command.current_dir(folder).output().unwrap()
}

/// All that it said.
pub(crate) fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|stream| String::from_utf8_lossy(stream)).concat()
}

pub(crate) fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
