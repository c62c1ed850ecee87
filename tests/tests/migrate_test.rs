//! `#[migrate::test]`: what the tests of an application see, and what is there before, beside and after them.
//!
//! Some of these tests are run by others, in processes of their own: one that is killed is really killed, and one that
//! is meant to fail does so there alone.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::env;
use std::error::Error;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use deadpool_postgres::Pool;
use migrate::testing::{PrivateServer, Server, SqliteTestDatabase, TestArgument, TestDatabase};
use migrate::{MigrationSet, embed_migrations};
use rusqlite::Connection;
use tokio_postgres::{Client, NoTls};

static MIGRATIONS: MigrationSet = embed_migrations!("fixtures/shop");

mod sets {
    use super::{MigrationSet, embed_migrations};

    pub(crate) static ONCE: MigrationSet = embed_migrations!("fixtures/once");
    pub(crate) static SLOW: MigrationSet = embed_migrations!("fixtures/slow");
    pub(crate) static SQLITE: MigrationSet = embed_migrations!("fixtures/shop", dialect = "sqlite");
}

type Outcome = Result<(), Box<dyn Error>>;

const INSERT: &str = "INSERT INTO orders (id, total) VALUES (7, 0)";

async fn count(client: &Client) -> i64 {
    client.query_one("SELECT count(*) FROM orders", &[]).await.unwrap().get(0)
}

fn count_lite(connection: &Connection) -> i64 {
    connection.query_row("SELECT count(*) FROM orders", [], |row| row.get(0)).unwrap()
}

async fn columns(client: &Client) -> Vec<String> {
    let query =
        "SELECT column_name::text FROM information_schema.columns WHERE table_name = 'orders' ORDER BY 1";
    client.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

// What a test gets

#[migrate::test]
async fn a_client_leads_to_a_migrated_database(client: Client) {
    assert_eq!(columns(&client).await, ["id", "note", "total"]);
    assert_eq!(count(&client).await, 0);
    client.batch_execute(INSERT).await.unwrap();
}

#[migrate::test]
async fn no_test_sees_the_rows_of_another(client: Client) {
    assert_eq!(count(&client).await, 0);
    client.batch_execute(INSERT).await.unwrap();
}

#[migrate::test]
async fn all_arguments_lead_to_the_same_database(
    mut client: Client,
    pool: Pool,
    database: TestDatabase,
) -> Outcome {
    let transaction = client.transaction().await?;
    transaction.batch_execute(INSERT).await?;
    transaction.commit().await?;
    assert_eq!(count(&*pool.get().await?).await, 1);
    assert_eq!(count(&database.connect().await?).await, 1);
    let name: String = client.query_one("SELECT current_database()::text", &[]).await?.get(0);
    assert_eq!(name, database.name());
    assert!(name.starts_with("mt_migrate_test__all_arguments_le_"), "{name}");
    Ok(())
}

#[migrate::test]
async fn the_history_is_that_of_a_run(pool: Pool) {
    let status = migrate::Migrator::new(&MIGRATIONS).status(&pool).await.unwrap();
    assert_eq!(status.state, migrate::SetState::UpToDate);
}

#[migrate::test(MIGRATIONS, up_to = 20251107100000)]
async fn a_database_of_an_older_version(client: Client) {
    assert_eq!(columns(&client).await, ["id", "total"]);
}

#[migrate::test(MIGRATIONS, seed = "fixtures/seeds/orders.sql")]
async fn a_seed_comes_after_the_migrations(client: Client) {
    assert_eq!(count(&client).await, 2);
}

#[migrate::test(seed = ["fixtures/seeds/orders.sql", "fixtures/seeds/more_orders.sql"], up_to = 20251107100000)]
async fn seeds_come_in_their_order(client: Client) {
    assert_eq!(columns(&client).await, ["id", "total"]);
    assert_eq!(count(&client).await, 3);
}

#[migrate::test]
async fn several_tasks_share_the_runtime_of_a_test(pool: Pool) {
    let insert = |id: i64| {
        let pool = pool.clone();
        tokio::spawn(async move {
            let client = pool.get().await.unwrap();
            client.execute("INSERT INTO orders (id, total) VALUES ($1, 0)", &[&id]).await.unwrap();
        })
    };
    for inserted in (0..8).map(insert).collect::<Vec<_>>() {
        inserted.await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(count(&pool.get().await.unwrap()).await, 8);
}

#[migrate::test]
fn a_plain_test_waits_in_its_own_way(client: Client, pool: Pool) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        client.batch_execute(INSERT).await?;
        assert_eq!(count(&*pool.get().await?).await, 1);
        Ok(())
    })
}

/// What the tests of an application have in common.
struct Shop {
    client: Client,
}

impl TestArgument for Shop {
    type Database = TestDatabase;

    async fn of(database: &TestDatabase) -> Result<Shop, Box<dyn Error + Send + Sync>> {
        let client = Client::of(database).await?;
        client.batch_execute(INSERT).await?;
        Ok(Shop { client })
    }
}

#[migrate::test]
async fn an_argument_of_the_applications_own(Shop { client }: Shop, other: Client) {
    assert_eq!((count(&client).await, count(&other).await), (1, 1));
}

#[migrate::test]
#[should_panic(expected = "as it is meant to")]
async fn other_attributes_are_kept(client: Client) {
    assert_eq!(count(&client).await, 0);
    panic!("as it is meant to");
}

#[migrate::test]
#[ignore = "to see that it is"]
async fn an_ignored_test(_client: Client) {
    panic!("it was run");
}

// SQLite

#[migrate::test]
fn a_connection_leads_to_a_migrated_database(connection: Connection) {
    assert_eq!(count_lite(&connection), 0);
    connection.execute_batch(INSERT).unwrap();
}

#[migrate::test]
fn connections_lead_to_the_same_database(
    mut one: Connection,
    two: Connection,
    database: SqliteTestDatabase,
) -> Outcome {
    let transaction = one.transaction()?;
    transaction.execute_batch(INSERT)?;
    two.busy_timeout(Duration::ZERO)?;
    assert!(two.query_row("SELECT 1 FROM orders", [], |_| Ok(())).is_err(), "a writer is alone");
    transaction.commit()?;
    assert_eq!(count_lite(&two), 1);
    let other = database.connect()?;
    assert_eq!(thread::spawn(move || count_lite(&other)).join().unwrap(), 1);
    Ok(())
}

#[migrate::test(seed = "fixtures/seeds/orders.sql", up_to = 20251107100000)]
async fn seed_and_version_are_the_same_on_sqlite(connection: Connection) {
    assert_eq!(count_lite(&connection), 2);
    assert!(connection.prepare("SELECT note FROM orders").is_err());
}

#[migrate::test(sets::SQLITE)]
fn foreign_keys_are_as_in_any_connection(connection: Connection, database: SqliteTestDatabase) {
    let enforced = |connection: &Connection| -> bool {
        connection.query_row("PRAGMA foreign_keys", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(enforced(&connection), enforced(&Connection::open_in_memory().unwrap()));
    assert_eq!(enforced(&connection), enforced(&database.connect().unwrap()));
}

// Templates

#[migrate::test(sets::ONCE)]
async fn a_set_that_works_once_on_a_server(client: Client) {
    let roles = client.query("SELECT FROM pg_roles WHERE rolname = 'mt_made_once'", &[]).await.unwrap();
    assert_eq!(roles.len(), 1);
}

#[migrate::test(sets::ONCE)]
async fn a_set_that_works_once_on_a_server_again(client: Client) {
    client.batch_execute("SELECT 1").await.unwrap();
}

#[tokio::test]
async fn a_template_is_made_once_for_all_processes_and_tests() {
    let private = Server::private().unwrap();
    let children: Vec<_> = (0..6)
        .map(|_| {
            Processes::on(&private).command("a_set_that_works_once").arg("--test-threads=2").spawn().unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        assert!(text(&output).contains("2 passed"), "{}", text(&output));
    }
    let client = private.server().connect().await.unwrap();
    let flags =
        "SELECT datname::text, datallowconn, datistemplate FROM pg_database WHERE datname LIKE 'mt\\_t\\_%'";
    let templates = client.query(flags, &[]).await.unwrap();
    assert_eq!(templates.len(), 1);
    assert_eq!((templates[0].get::<_, bool>(1), templates[0].get::<_, bool>(2)), (false, true));
    databases_become(&client, &[templates[0].get(0)]).await;
}

#[migrate::test(sets::SLOW)]
#[ignore = "run by others"]
async fn a_set_that_takes_its_time(client: Client) {
    assert_eq!(count(&client).await, 0);
}

#[tokio::test]
async fn a_killed_builder_leaves_no_half_template() {
    let private = Server::private().unwrap();
    let client = private.server().connect().await.unwrap();
    let processes = Processes::on(&private);
    let mut builder = processes.start("a_set_that_takes_its_time");
    let sleeping =
        "SELECT FROM pg_stat_activity WHERE datname LIKE 'mt\\_t\\_%\\_b' AND wait_event = 'PgSleep'";
    until(async || !client.query(sleeping, &[]).await.unwrap().is_empty()).await;
    builder.kill().unwrap();
    builder.wait().unwrap();
    assert_eq!(client.query(sleeping, &[]).await.unwrap().len(), 1, "its server process is still at it");

    client.batch_execute("CREATE ROLE mt_hurry").await.unwrap();
    let output = processes.output("a_set_that_takes_its_time");
    assert!(output.status.success(), "{}", text(&output));
    let template = "SELECT datname::text FROM pg_database WHERE datistemplate AND datname LIKE 'mt%'";
    let template: String = client.query_one(template, &[]).await.unwrap().get(0);
    databases_become(&client, &[&template]).await;
}

#[tokio::test]
async fn a_template_that_nobody_uses_is_swept() {
    let private = Server::private().unwrap();
    let client = private.server().connect().await.unwrap();
    for (name, comment) in [
        ("mt_t_0000000000000001", "migrate test template, last used at unix time 1"),
        ("mt_t_0000000000000002", "of somebody else"),
    ] {
        client.batch_execute(&format!("CREATE DATABASE {name} IS_TEMPLATE true")).await.unwrap();
        client.batch_execute(&format!("COMMENT ON DATABASE {name} IS '{comment}'")).await.unwrap();
    }
    let child = Processes::on(&private).output("a_client_leads_to_a_migrated_database");
    assert!(child.status.success(), "{}", text(&child));
    let used = "SELECT datname::text FROM pg_database WHERE NOT datallowconn AND datname LIKE 'mt%'";
    let used: String = client.query_one(used, &[]).await.unwrap().get(0);
    let mut left = [used.as_str(), "mt_t_0000000000000002"];
    left.sort_unstable();
    databases_become(&client, &left).await;
}

// What remains of a test

#[migrate::test]
async fn a_test_that_fails(client: Client) -> Outcome {
    client.batch_execute(INSERT).await?;
    if is_child() { Err("as it is meant to".into()) } else { Ok(()) }
}

#[migrate::test]
async fn a_test_that_panics(client: Client) {
    client.batch_execute(INSERT).await.unwrap();
    assert!(!is_child(), "as it is meant to");
}

#[migrate::test]
#[should_panic(expected = "as it is meant to")]
async fn a_test_that_does_not_panic(client: Client) {
    client.batch_execute(INSERT).await.unwrap();
    assert!(is_child(), "as it is meant to");
}

#[tokio::test]
async fn the_database_of_a_failed_test_is_kept_and_named() {
    let private = Server::private().unwrap();
    for test in ["a_test_that_fails", "a_test_that_panics", "a_test_that_does_not_panic"] {
        let output = Processes::on(&private).output(test);
        assert!(!output.status.success() && text(&output).contains("1 failed"), "{}", text(&output));
        let url = kept(&output);
        assert!(url.contains(&format!("/mt_migrate_test__{}", &test[..12])), "{url}");
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        assert_eq!(count(&client).await, 1);
    }
}

#[tokio::test]
async fn the_database_of_a_successful_test_is_gone() {
    let private = Server::private().unwrap();
    let client = private.server().connect().await.unwrap();
    for test in [
        "a_client_leads_to_a_migrated_database",
        "other_attributes_are_kept",
        "a_plain_test_waits_in_its_own_way",
    ] {
        let output = Processes::on(&private).output(test);
        assert!(output.status.success() && !text(&output).contains("database kept"), "{}", text(&output));
    }
    let kept_all = Processes::on(&private)
        .command("a_plain_test_waits_in_its_own_way")
        .env("MIGRATE_TEST_KEEP", "1")
        .output()
        .unwrap();
    let kept = kept(&kept_all).rsplit('/').next().unwrap().to_owned();
    let template = "SELECT datname::text FROM pg_database WHERE NOT datallowconn AND datname LIKE 'mt%'";
    let template: String = client.query_one(template, &[]).await.unwrap().get(0);
    databases_become(&client, &[&kept, &template]).await;
}

#[migrate::test]
async fn a_test_that_hangs(client: Client) {
    if is_child() {
        client.batch_execute("SELECT pg_sleep(600)").await.unwrap();
    }
}

#[tokio::test]
async fn the_database_of_a_killed_test_is_swept_later() {
    let private = Server::private().unwrap();
    let client = private.server().connect().await.unwrap();
    let mut test = Processes::on(&private).start("a_test_that_hangs");
    let left = "SELECT datname::text FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    until(async || !client.query(left, &[]).await.unwrap().is_empty()).await;
    let name: String = client.query_one(left, &[]).await.unwrap().get(0);
    test.kill().unwrap();
    test.wait().unwrap();
    client
        .batch_execute(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        ))
        .await
        .unwrap();

    // A second is not an hour: it stays. An hour later it does not.
    let run = || Processes::on(&private).output("a_client_leads_to_a_migrated_database");
    assert!(run().status.success());
    let template = "SELECT datname::text FROM pg_database WHERE NOT datallowconn AND datname LIKE 'mt%'";
    let template: String = client.query_one(template, &[]).await.unwrap().get(0);
    databases_become(&client, &[&name, &template]).await;
    until(async || {
        client.batch_execute(&format!("ALTER DATABASE {name} RENAME TO mt_hangs_1_2_3")).await.is_ok()
    })
    .await;
    assert!(run().status.success());
    databases_become(&client, &[&template]).await;
}

#[migrate::test]
fn a_test_that_fails_on_sqlite(connection: Connection) -> Outcome {
    connection.execute_batch(INSERT)?;
    if is_child() { Err("as it is meant to".into()) } else { Ok(()) }
}

#[migrate::test]
async fn a_test_that_panics_on_sqlite(connection: Connection) {
    connection.execute_batch(INSERT).unwrap();
    connection.execute_batch("BEGIN; INSERT INTO orders (id, total) VALUES (8, 0)").unwrap();
    assert!(!is_child(), "as it is meant to");
}

#[test]
fn the_database_of_a_failed_test_is_written_to_a_file() {
    let directory = tempfile::tempdir().unwrap();
    for test in ["a_test_that_fails_on_sqlite", "a_test_that_panics_on_sqlite"] {
        let output = command(test).env("TMPDIR", directory.path()).output().unwrap();
        assert!(!output.status.success() && text(&output).contains("1 failed"), "{}", text(&output));
        let file = kept(&output);
        assert!(file.starts_with(directory.path().to_str().unwrap()) && file.contains(test), "{file}");
        assert_eq!(count_lite(&Connection::open(&file).unwrap()), 1, "what was committed");
    }
}

// What cannot be prepared

#[migrate::test(sets::SQLITE)]
#[ignore = "run by others"]
async fn a_set_of_another_engine(_client: Client) {}

#[migrate::test(sets::ONCE)]
#[should_panic(expected = "whatever it says")]
#[ignore = "run by others"]
fn a_set_of_another_engine_and_a_panic(_connection: Connection) {
    panic!("whatever it says");
}

#[migrate::test(up_to = 3)]
#[ignore = "run by others"]
async fn a_version_that_is_not_there(_client: Client) {}

#[migrate::test(seed = ["fixtures/seeds/orders.sql", "fixtures/seeds/wrong.sql"])]
#[ignore = "run by others"]
async fn a_wrong_seed(_client: Client) {}

#[migrate::test(seed = "fixtures/seeds/wrong.sql")]
#[ignore = "run by others"]
fn a_wrong_seed_on_sqlite(_connection: Connection) {}

#[tokio::test]
async fn a_test_that_cannot_be_prepared_fails_and_says_why() {
    let private = Server::private().unwrap();
    for (test, says) in [
        ("a_set_of_another_engine", "this migration set is written for sqlite and cannot run on PostgreSQL"),
        ("a_set_of_another_engine_and_a_panic", "is written for postgres and cannot run on SQLite"),
        ("a_version_that_is_not_there", "3"),
        (
            "a_wrong_seed",
            "the seed fixtures/seeds/wrong.sql:3 failed: ERROR: syntax error at or near \"order\"",
        ),
        ("a_wrong_seed_on_sqlite", "the seed fixtures/seeds/wrong.sql failed: near \"order\": syntax error"),
    ] {
        let output = Processes::on(&private).output(test);
        assert!(!output.status.success() && text(&output).contains("1 failed"), "{test}: {}", text(&output));
        let intro = format!("the database of the test migrate_test::{test} cannot be prepared: ");
        let at = text(&output).find(&intro).unwrap_or_else(|| panic!("{}", text(&output)));
        let message = text(&output)[at + intro.len()..].lines().next().unwrap().to_owned();
        assert!(message.contains(says), "{test}: {message}");
    }
    let client = private.server().connect().await.unwrap();
    databases_become(&client, &[]).await;
}

// Other processes

const CHILD: &str = "MIGRATE_TESTS_CHILD";

fn is_child() -> bool {
    env::var_os(CHILD).is_some()
}

/// A test of this file, to run in a process of its own.
fn command(test: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args([test, "--nocapture", "--include-ignored"])
        .env(CHILD, "yes")
        .env_remove("MIGRATE_TEST_KEEP");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Processes that use a server of ours.
struct Processes {
    url: String,
}

impl Processes {
    fn on(private: &PrivateServer) -> Self {
        Self { url: private.server().url().to_owned() }
    }

    fn command(&self, tests: &str) -> Command {
        let mut command = command(tests);
        command.env("MIGRATE_TEST_PG_URL", &self.url);
        command
    }

    fn start(&self, test: &str) -> Child {
        self.command(test).arg("--exact").spawn().unwrap()
    }

    fn output(&self, test: &str) -> Output {
        self.start(test).wait_with_output().unwrap()
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Where the database of a test that has ended is.
fn kept(output: &Output) -> String {
    let text = text(output);
    let line = text.lines().find_map(|line| line.split_once("test database kept: "));
    line.unwrap_or_else(|| panic!("{text}")).1.to_owned()
}

/// Waits until the server holds these databases of tests, and no others.
async fn databases_become(client: &Client, names: &[&str]) {
    let query = "SELECT coalesce(array_agg(datname::text ORDER BY datname), '{}') FROM pg_database WHERE datname LIKE 'mt\\_%'";
    let mut names = names.to_vec();
    names.sort_unstable();
    until(async || client.query_one(query, &[]).await.unwrap().get::<_, Vec<String>>(0) == names).await;
}

async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds().await {
        assert!(Instant::now() < deadline, "it did not happen within a minute");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
