//! Other processes: tests of this binary, and the databases that they leave.

use std::env;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use migrate::testing::PrivateServer;
use tokio_postgres::Client;

const CHILD: &str = "MIGRATE_TESTS_CHILD";

pub(crate) fn is_child() -> bool {
    env::var_os(CHILD).is_some()
}

/// Tests of this module, to run in a process of their own. They have the names of their files before their own.
pub(crate) fn command(test: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args([&format!("migrate_test::{test}"), "--nocapture", "--include-ignored"])
        .env(CHILD, "yes")
        .env_remove("MIGRATE_TEST_KEEP");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Processes that use a server of ours.
pub(crate) struct Processes {
    url: String,
}

impl Processes {
    pub(crate) fn on(private: &PrivateServer) -> Self {
        Self { url: private.server().url().to_owned() }
    }

    pub(crate) fn command(&self, tests: &str) -> Command {
        let mut command = command(tests);
        command.env("MIGRATE_TEST_PG_URL", &self.url);
        command
    }

    pub(crate) fn start(&self, test: &str) -> Child {
        self.command(test).arg("--exact").spawn().unwrap()
    }

    pub(crate) fn output(&self, test: &str) -> Output {
        let output = self.start(test).wait_with_output().unwrap();
        // A name that no test has would run nothing, and that is a success, too.
        assert!(text(&output).contains("running 1 test"), "{}", text(&output));
        output
    }
}

pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Where the database of a test that has ended is.
pub(crate) fn kept(output: &Output) -> String {
    let text = text(output);
    let line = text.lines().find_map(|line| line.split_once("test database kept: "));
    line.unwrap_or_else(|| panic!("{text}")).1.to_owned()
}

/// Waits until the server holds these databases of tests, and no others.
pub(crate) async fn databases_become(client: &Client, names: &[&str]) {
    let query = "SELECT coalesce(array_agg(datname::text ORDER BY datname), '{}') FROM pg_database WHERE datname LIKE 'mt\\_%'";
    let mut names = names.to_vec();
    names.sort_unstable();
    until(async || client.query_one(query, &[]).await.unwrap().get::<_, Vec<String>>(0) == names).await;
}

pub(crate) async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds().await {
        assert!(Instant::now() < deadline, "it did not happen within a minute");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
