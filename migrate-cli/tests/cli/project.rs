use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use migrate::testing::{Server, TestDatabase};
use tempfile::TempDir;

use crate::outcome::Outcome;

/// A folder with migrations, and a database of its own.
#[derive(Debug)]
pub(crate) struct Project {
    folder: TempDir,
    pub(crate) url: String,
    pub(crate) database: Option<TestDatabase>,
}

/// What names a database or says how it is reached, and must not reach a test from outside.
pub(crate) const VARIABLES: [&str; 34] = [
    "PGHOST",
    "PGHOSTADDR",
    "PGPORT",
    "PGDATABASE",
    "PGUSER",
    "DIRECT_DATABASE_URL",
    "DIRECT_URL",
    "DATABASE_URL",
    "PGPASSWORD",
    "PGPASSFILE",
    "PGSERVICE",
    "PGSERVICEFILE",
    "PGSSLMODE",
    "PGREQUIRESSL",
    "PGSSLROOTCERT",
    "PGSSLCERT",
    "PGSSLKEY",
    "PGSSLCRL",
    "PGCHANNELBINDING",
    "PGGSSENCMODE",
    "PGREQUIREPEER",
    "PGREQUIREAUTH",
    "PGCONNECT_TIMEOUT",
    "PGTARGETSESSIONATTRS",
    "PGOPTIONS",
    "PGAPPNAME",
    "PGTZ",
    "MIGRATE_HISTORY_SCHEMA",
    "MIGRATE_HISTORY_PREFIX",
    "MIGRATE_LOCK_TIMEOUT",
    "MIGRATE_LOCK_DEADLINE",
    "MIGRATE_STATEMENT_TIMEOUT",
    "NO_COLOR",
    "CLICOLOR_FORCE",
];

impl Project {
    /// Without a migration, on a file `app.db` of SQLite.
    pub(crate) fn sqlite() -> Project {
        let project =
            Project { folder: tempfile::tempdir().unwrap(), url: "sqlite:app.db".to_owned(), database: None };
        project.write("migrations/migrate.toml", "dialect = \"sqlite\"\n")
    }

    /// Without a migration, on a database of PostgreSQL.
    pub(crate) fn postgres(name: &str) -> Project {
        Project::on(block_on(Server::shared().unwrap().create_database(name)).unwrap())
    }

    /// Without a migration, on this one.
    pub(crate) fn on(database: TestDatabase) -> Project {
        let (folder, url) = (tempfile::tempdir().unwrap(), database.url().to_owned());
        Project { folder, url, database: Some(database) }.write("migrations/migrate.toml", "")
    }

    /// One of each engine.
    pub(crate) fn both(name: &str) -> [(&'static str, Project); 2] {
        [("sqlite", Project::sqlite()), ("postgres", Project::postgres(name))]
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(self, file: &str, content: &str) -> Project {
        self.put(file, content);
        self
    }

    pub(crate) fn put(&self, file: &str, content: &str) {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Adds a migration.
    pub(crate) fn migration(self, name: &str, up: &str, down: &str) -> Project {
        self.write(&format!("migrations/{name}.up.sql"), &format!("{up}\n"))
            .write(&format!("migrations/{name}.down.sql"), &format!("{down}\n"))
    }

    /// Three migrations that create a table each, the last one with a check of its own.
    pub(crate) fn with_tables(self) -> Project {
        self.migration(
            "20250101000000_create_customers",
            "CREATE TABLE customers (\n    id bigint PRIMARY KEY,\n    email text NOT NULL\n);",
            "DROP TABLE customers;",
        )
        .migration(
            "20250102000000_create_products",
            "CREATE TABLE products (id bigint PRIMARY KEY);",
            "DROP TABLE products;",
        )
        .migration(
            "20250103000000_create_orders",
            "CREATE TABLE orders (id bigint PRIMARY KEY);",
            "DROP TABLE orders;",
        )
        .write("migrations/20250103000000_create_orders.verify.sql", "SELECT count(*) = 0 FROM orders;\n")
    }

    /// And one of high risk, which says that it is meant.
    pub(crate) fn with_high_risk(self) -> Project {
        self.migration(
            "20250104000000_drop_email",
            "-- migrate: allow drop-column \"no release reads it\"\nALTER TABLE customers DROP COLUMN email;",
            "ALTER TABLE customers ADD COLUMN email text;",
        )
    }

    /// `cargo migrate` in the folder, as cargo calls it, with the database in the environment.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-migrate"));
        for name in VARIABLES {
            command.env_remove(name);
        }
        command.env("DATABASE_URL", &self.url).current_dir(self.path()).stdin(Stdio::null()).arg("migrate");
        command
    }

    /// Runs a verb.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        Outcome::new(arguments, self.command().args(arguments).output().unwrap())
    }

    /// Runs verbs one after the other, and shows what they print without what is another at each run.
    pub(crate) fn story(&self, verbs: &[&[&str]]) -> String {
        let outcomes: Vec<String> =
            verbs.iter().map(|verb| self.redact(&self.run(verb).to_string())).collect();
        outcomes.join("\n")
    }

    /// Without paths, times, durations and processes.
    pub(crate) fn redact(&self, text: &str) -> String {
        let path = self.path().to_str().unwrap();
        let mut text = text.replace(path, "[folder]");
        if let Some(database) = &self.database {
            let server = self.url.strip_suffix(database.name()).unwrap();
            text = text.replace(server, "[server]/").replace(database.name(), "[database]");
        }
        let text = regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", &text, "[time]");
        let text = regex(r"\d{8}T\d{9}Z", &text, "[time]");
        let text = regex(r"\b\d+ ms\b", &text, "[n] ms");
        let text = regex(r#""elapsed_ms": \d+"#, &text, "\"elapsed_ms\": [n]");
        let text = regex(r"\bat [0-9A-F]+/[0-9A-F]+", &text, "at [position]");
        regex(r"\bpid \d+", &text, "pid [pid]")
    }

    /// Runs SQL in the database.
    pub(crate) fn execute(&self, sql: &str) {
        match &self.database {
            Some(database) => block_on(async {
                database.connect().await.unwrap().batch_execute(sql).await.unwrap();
            }),
            None => self.file("app.db").execute_batch(sql).unwrap(),
        }
    }

    /// The first column of the rows of a query, as a text.
    pub(crate) fn texts(&self, sql: &str) -> Vec<String> {
        match &self.database {
            Some(database) => block_on(async {
                let client = database.connect().await.unwrap();
                client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
            }),
            None => {
                let connection = self.file("app.db");
                let mut statement = connection.prepare(sql).unwrap();
                let rows = statement.query_map([], |row| row.get(0)).unwrap();
                rows.collect::<Result<_, _>>().unwrap()
            }
        }
    }

    /// A file of SQLite in the folder.
    pub(crate) fn file(&self, name: &str) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path().join(name)).unwrap()
    }
}

fn regex(pattern: &str, text: &str, replacement: &str) -> String {
    regex_lite::Regex::new(pattern).unwrap().replace_all(text, replacement).into_owned()
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
