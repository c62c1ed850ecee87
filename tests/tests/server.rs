//! `migrate::testing`: the servers that tests share, own, kill and leave behind.
//!
//! Other processes are this test binary again, running one of its tests: a killed process is really killed.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use std::env;
use std::fs::{self, Permissions};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use migrate::testing::{Bouncer, Server};
use tempfile::TempDir;
use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::error::SqlState;

// Sharing

#[tokio::test]
async fn the_shared_server_answers() {
    let server = Server::shared().unwrap();
    let version = server.version_num().await.unwrap();
    assert!(version >= 140_000, "{version}");
    say_and_hold(server.url());
}

#[test]
fn threads_share_one_server() {
    let threads: Vec<_> =
        (0..8).map(|_| thread::spawn(|| Server::shared().unwrap().url().to_owned())).collect();
    let urls: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(urls.iter().all(|url| *url == urls[0]), "{urls:?}");
}

#[test]
fn processes_share_one_server_from_a_cold_start() {
    let place = Place::new();
    let processes: Vec<_> = (0..8).map(|_| place.spawn("the_shared_server_answers")).collect();
    let urls: Vec<_> = processes.into_iter().map(said).collect();
    assert!(urls.iter().all(|url| *url == urls[0]), "{urls:?}");
    assert_eq!(place.instances().len(), 1);
    place.becomes_empty();
}

#[test]
fn a_named_server_is_used() {
    let url = Server::shared().unwrap().url().to_owned();
    let place = Place::new();
    let mut test = place.command("the_shared_server_answers");
    assert_eq!(said(test.env("MIGRATE_TEST_PG_URL", &url).spawn().unwrap()), url);
    let mut test = place.command("two_databases_are_isolated");
    let output = test.env("MIGRATE_TEST_PG_URL", &url).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(place.instances(), Vec::<PathBuf>::new());
}

// What is said when it cannot be

#[test]
fn without_programs_the_error_says_what_to_do() {
    let place = Place::new();
    let output = place
        .command("the_shared_server_answers")
        .env("MIGRATE_TEST_PG_BIN", "/nowhere/bin")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let text = text(&output);
    for line in [
        "no PostgreSQL found. These tests need a real server. Do one of:",
        "  cargo xtask test ",
        "  apt-get install postgresql ",
        "  MIGRATE_TEST_PG_BIN=DIR cargo test ",
        "  MIGRATE_TEST_PG_URL=postgres://… cargo test ",
        "looked in: /nowhere/bin (MIGRATE_TEST_PG_BIN)",
    ] {
        assert!(text.contains(line), "no line {line:?} in\n{text}");
    }
}

#[test]
fn a_wrong_setting_is_named() {
    let place = Place::new();
    for (variable, value, want) in [
        ("MIGRATE_TEST_PG_URL", "postgres://host:port", "MIGRATE_TEST_PG_URL is not a connection string"),
        ("MIGRATE_TEST_PG_URL", "postgres:///x?host=/nowhere", "cannot connect to postgresql://%2Fnowhere/x"),
        ("MIGRATE_TEST_PG_IDLE", "soon", "MIGRATE_TEST_PG_IDLE is not a number of seconds"),
        ("MIGRATE_TEST_TMP", "/nowhere", "cannot create /nowhere/migrate-test-"),
    ] {
        let output = place.command("the_shared_server_answers").env(variable, value).output().unwrap();
        assert!(!output.status.success());
        assert!(text(&output).contains(want), "no {want:?} in\n{}", text(&output));
    }
}

// Databases

#[tokio::test]
async fn two_databases_are_isolated() {
    let server = Server::shared().unwrap();
    let (one, two) =
        (server.create_database("same").await.unwrap(), server.create_database("same").await.unwrap());
    assert_ne!(one.name(), two.name());
    one.connect().await.unwrap().batch_execute("CREATE TABLE only_in_one ()").await.unwrap();
    let error = two.connect().await.unwrap().batch_execute("TABLE only_in_one").await.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::UNDEFINED_TABLE));
    let by_url: tokio_postgres::Config = one.url().parse().unwrap();
    assert_eq!(by_url.get_dbname(), Some(one.name()));
}

#[tokio::test]
async fn a_dropped_database_is_gone_although_somebody_is_connected() {
    let server = Server::shared().unwrap();
    let database = server.create_database("gone").await.unwrap();
    let connected = database.connect().await.unwrap();
    let name = database.name().to_owned();
    drop(database);
    are_gone(&server.connect().await.unwrap(), &[&name]).await;
    assert!(connected.batch_execute("SELECT").await.is_err());
}

/// Nobody waits for the server to drop a database.
async fn are_gone(client: &tokio_postgres::Client, names: &[&str]) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let query = "SELECT FROM pg_database WHERE datname = ANY($1)";
    while !client.query(query, &[&names]).await.unwrap().is_empty() {
        assert!(Instant::now() < deadline, "{names:?} are not dropped within a minute");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_failed_test_keeps_its_database() {
    let server = Server::shared().unwrap();
    let database = server.create_database("failed").await.unwrap();
    let (name, config) = (database.name().to_owned(), database.config());
    let failed = thread::spawn(move || {
        let _database = database;
        panic!("as a test does that fails");
    });
    assert!(failed.join().is_err());
    let (client, connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
    drop((client, connection));
    let drop = format!("DROP DATABASE {name} WITH (FORCE)");
    server.connect().await.unwrap().batch_execute(&drop).await.unwrap();
}

#[tokio::test]
async fn leftovers_of_earlier_runs_are_swept() {
    let server = Server::shared().unwrap();
    let client = server.connect().await.unwrap();
    let young = server.create_database("young").await.unwrap();
    let process = std::process::id();
    let (old, foreign) = (format!("mt_old_1_{process:x}_0"), format!("mt_foreign_{process}"));
    for name in [&old, &foreign] {
        client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0")).await.unwrap();
    }
    let next_run = command("two_databases_are_isolated").output().unwrap();
    assert!(next_run.status.success(), "{}", text(&next_run));
    are_gone(&client, &[&old]).await;
    let query = "SELECT datname::text FROM pg_database WHERE datname = ANY($1) ORDER BY datname";
    let left = client.query(query, &[&vec![old.as_str(), &foreign, young.name()]]).await.unwrap();
    let left: Vec<String> = left.iter().map(|row| row.get(0)).collect();
    client.batch_execute(&format!("DROP DATABASE {foreign}")).await.unwrap();
    assert_eq!(left, [foreign.as_str(), young.name()]);
}

// Crashes

#[tokio::test]
async fn a_private_server_keeps_what_it_committed_when_it_is_killed() {
    let mut private = Server::private().unwrap();
    let database = private.server().create_database("crash").await.unwrap();
    let client = database.connect().await.unwrap();
    client.batch_execute("CREATE TABLE numbers (number int)").await.unwrap();
    for number in 0..6 {
        let client = database.connect().await.unwrap();
        let insert = format!("INSERT INTO numbers VALUES ({number})");
        client.batch_execute(&insert).await.unwrap();
        client.batch_execute(&format!("BEGIN; {insert}")).await.unwrap();
        if number % 2 == 0 { private.kill() } else { private.stop_immediately() }.unwrap();
        assert_eq!(private.pid(), None);
        assert!(database.connect().await.is_err());
        private.start().unwrap();
    }
    let row =
        database.connect().await.unwrap().query_one("SELECT count(*), sum(number) FROM numbers", &[]).await;
    let row = row.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (6, 15));
}

#[tokio::test]
async fn a_private_server_killed_by_its_number_starts_again() {
    let mut private = Server::private().unwrap();
    kill(private.pid().unwrap());
    thread::sleep(Duration::from_millis(100)); // until the kernel has ended it
    private.start().unwrap();
    assert!(private.server().version_num().await.is_ok());
}

#[test]
fn a_private_server_is_gone_when_it_is_dropped() {
    let private = Server::private().unwrap();
    let directory = directory_of(private.server().url());
    assert!(directory.exists());
    drop(private);
    assert!(!directory.exists());
    until(|| processes_of(&directory).is_empty()); // the guard notices a little later
}

#[test]
fn a_private_server_goes_with_its_owner() {
    if is_child() {
        let private = Server::private().unwrap();
        return say_and_hold(private.server().url());
    }
    let place = Place::new();
    let owner = place.hold("a_private_server_goes_with_its_owner");
    assert_eq!(place.instances(), [directory_of(&owner.url)]);
    owner.kill();
    place.becomes_empty();
}

#[test]
fn a_private_server_goes_with_its_owner_when_both_are_killed() {
    if is_child() {
        let mut private = Server::private().unwrap();
        let url = private.server().url().to_owned();
        private.kill().unwrap();
        return say_and_hold(&url);
    }
    let place = Place::new();
    place.hold("a_private_server_goes_with_its_owner_when_both_are_killed").kill();
    place.becomes_empty();
}

#[test]
fn a_killed_user_leaves_nothing_behind() {
    let place = Place::new();
    let user = place.hold("the_shared_server_answers");
    let directory = directory_of(&user.url);
    // It outlives the idle time while somebody uses it.
    thread::sleep(IDLE * 2);
    assert!(is_served(&directory));
    user.kill();
    place.becomes_empty();
}

#[test]
fn a_killed_guard_is_replaced() {
    let place = Place::new();
    let first = place.hold("the_shared_server_answers");
    let directory = directory_of(&first.url);
    let guard = guard_of(&directory).unwrap();
    kill(guard);
    let second = place.hold("the_shared_server_answers");
    assert_eq!(second.url, first.url);
    assert!(guard_of(&directory).is_some_and(|new| new != guard));
    first.kill();
    second.kill();
    place.becomes_empty();
}

#[test]
fn a_guard_killed_last_of_all_is_replaced_in_the_next_run() {
    let place = Place::new();
    let first = place.hold("the_shared_server_answers");
    let directory = directory_of(&first.url);
    let owner = place.hold("a_private_server_goes_with_its_owner");
    let private = directory_of(&owner.url);
    for directory in [&directory, &private] {
        kill(guard_of(directory).unwrap());
    }
    // Quickly, because this test itself may be interrupted, and then nobody would stop these servers.
    first.kill();
    owner.kill();
    said(place.spawn("the_shared_server_answers"));
    place.becomes_empty();
}

#[test]
fn a_killed_server_is_replaced() {
    let place = Place::new();
    let first = place.hold("the_shared_server_answers");
    let directory = directory_of(&first.url);
    let pid = fs::read_to_string(directory.join("data/postmaster.pid")).unwrap();
    kill(pid.lines().next().unwrap().parse().unwrap());
    until(|| !is_served(&directory));
    let second = place.hold("the_shared_server_answers");
    assert_ne!(second.url, first.url);
    first.kill();
    second.kill();
    place.becomes_empty();
}

// PgBouncer

#[tokio::test]
async fn the_bouncer_answers_and_its_clients_share_one_connection() {
    let server = Server::shared().unwrap();
    let database = server.create_database("pooled").await.unwrap();
    let bouncer = Bouncer::start(&server).unwrap();
    let mut pids = Vec::new();
    let clients =
        [bouncer.connect(database.name()).await.unwrap(), bouncer.connect(database.name()).await.unwrap()];
    for client in &clients {
        pids.push(first_column(client, "SELECT pg_backend_pid()").await);
    }
    assert_eq!(pids[0], pids[1]);
    let by_url: tokio_postgres::Config = bouncer.url(database.name()).parse().unwrap();
    assert_eq!(by_url, bouncer.config(database.name()));
}

#[tokio::test]
async fn a_bouncer_with_a_larger_pool_has_more_connections() {
    let server = Server::shared().unwrap();
    let database = server.create_database("pooled").await.unwrap();
    let bouncer = Bouncer::start_with_pool(&server, 2.try_into().unwrap()).unwrap();
    let one = bouncer.connect(database.name()).await.unwrap();
    let two = bouncer.connect(database.name()).await.unwrap();
    one.batch_execute("BEGIN").await.unwrap();
    two.batch_execute("BEGIN").await.unwrap();
    let query = "SELECT pg_backend_pid()";
    assert_ne!(first_column(&one, query).await, first_column(&two, query).await);
}

#[tokio::test]
async fn the_bouncer_has_a_console() {
    let bouncer = Bouncer::start(&Server::shared().unwrap()).unwrap();
    let console = bouncer.connect("pgbouncer").await.unwrap();
    assert!(first_column(&console, "SHOW VERSION").await.starts_with("PgBouncer"));
}

#[test]
fn the_bouncer_is_gone_when_it_is_dropped() {
    let bouncer = Bouncer::start(&Server::shared().unwrap()).unwrap();
    let directory = directory_of(&bouncer.url("x"));
    assert!(directory.exists());
    drop(bouncer);
    assert!(!directory.exists());
    until(|| processes_of(&directory).is_empty()); // the guard notices a little later
}

#[test]
fn the_bouncer_goes_with_its_owner() {
    if is_child() {
        let bouncer = Bouncer::start(&Server::shared().unwrap()).unwrap();
        return say_and_hold(&bouncer.url("x"));
    }
    let place = Place::new();
    let owner = place.hold("the_bouncer_goes_with_its_owner");
    assert_eq!(place.instances().len(), 2);
    assert!(is_served(&directory_of(&owner.url)));
    owner.kill();
    place.becomes_empty();
}

/// Not `query`: named statements break behind a pooler of this age.
async fn first_column(client: &tokio_postgres::Client, query: &str) -> String {
    let messages = client.simple_query(query).await.unwrap();
    let row = messages.into_iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    row.unwrap().get(0).unwrap().to_owned()
}

// Other processes

const IDLE: Duration = Duration::from_secs(1);
const CHILD: &str = "MIGRATE_TESTS_CHILD";

fn is_child() -> bool {
    env::var_os(CHILD).is_some()
}

/// A test of this file, to run in a process of its own.
fn command(test: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture"]).env(CHILD, "yes");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// In a child: tells the parent a connection string, and ends only when the parent lets it.
fn say_and_hold(url: &str) {
    if is_child() {
        println!("\nurl={url}");
        io::stdin().read_to_end(&mut Vec::new()).unwrap();
    }
}

/// What a child said that ran to its end.
fn said(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let text = text(&output);
    text.lines().find_map(|line| line.strip_prefix("url=")).unwrap().to_owned()
}

/// A child that holds what it said.
struct Holder {
    child: Child,
    url: String,
}

impl Holder {
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A directory of its own for throw-away data, so that a test may kill whatever is in it.
struct Place {
    directory: TempDir,
}

impl Place {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
        Self { directory }
    }

    fn command(&self, test: &str) -> Command {
        let mut command = command(test);
        command.env("MIGRATE_TEST_TMP", self.directory.path()).env_remove("MIGRATE_TEST_PG_URL");
        command.env("MIGRATE_TEST_PG_IDLE", IDLE.as_secs().to_string());
        command
    }

    fn spawn(&self, test: &str) -> Child {
        self.command(test).spawn().unwrap()
    }

    fn hold(&self, test: &str) -> Holder {
        let mut child = self.command(test).stdin(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let url = lines.find_map(|line| line.strip_prefix("url=").map(str::to_owned));
        Holder { child, url: url.expect("the child says where its server is") }
    }

    fn instances(&self) -> Vec<PathBuf> {
        let bases = entries(self.directory.path());
        bases.iter().flat_map(|base| entries(base)).filter(|path| path.is_dir()).collect()
    }

    fn becomes_empty(&self) {
        until(|| self.instances().is_empty() && processes_of(self.directory.path()).is_empty());
    }
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

fn until(mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "it did not happen within a minute");
        thread::sleep(Duration::from_millis(20));
    }
}

fn kill(pid: u32) {
    let status = Command::new("sh").args(["-c", "kill -s KILL \"$1\"", "sh", &pid.to_string()]).status();
    assert!(status.unwrap().success());
}

fn directory_of(url: &str) -> PathBuf {
    let config: tokio_postgres::Config = url.parse().unwrap();
    match &config.get_hosts()[0] {
        tokio_postgres::config::Host::Unix(directory) => directory.clone(),
        host @ tokio_postgres::config::Host::Tcp(_) => panic!("{host:?} is no socket"),
    }
}

/// The processes that have a file in `directory` open, or are at work in it.
fn processes_of(directory: &Path) -> Vec<u32> {
    processes(|process| {
        let links = entries(&process.join("fd")).into_iter().chain([process.join("cwd")]);
        links.filter_map(|link| fs::read_link(link).ok()).any(|target| target.starts_with(directory))
    })
}

/// Whether a server is at work there.
fn is_served(directory: &Path) -> bool {
    let data = directory.join("data");
    !processes(|process| fs::read_link(process.join("cwd")).is_ok_and(|to| to == data)).is_empty()
}

/// The guard holds its lock open; the programs it runs do not.
fn guard_of(directory: &Path) -> Option<u32> {
    let lock = directory.join("guard");
    let guards = processes(|process| {
        entries(&process.join("fd")).iter().any(|fd| fs::read_link(fd).is_ok_and(|to| to == lock))
    });
    guards.first().copied()
}

fn processes(fits: impl Fn(&Path) -> bool) -> Vec<u32> {
    let fitting = entries(Path::new("/proc")).into_iter().filter(|process| fits(process));
    fitting.filter_map(|process| process.file_name()?.to_str()?.parse().ok()).collect()
}
