//! Readers of a table that a migration alters while a session with an open transaction is in the way: the share of their
//! time that they wait for an answer. A share is no duration, so this prints a table instead of comparing with a limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use deadpool_postgres::{Manager, Pool};
use migrate::testing::Server;
use migrate::{MigrationSet, Migrator};
use tempfile::TempDir;
use tokio::runtime::Builder;
use tokio_postgres::{Client, Config, NoTls};

const READERS: usize = 20;
const BLOCKED: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);
const ALTER: &str = "ALTER TABLE busy ADD COLUMN c int";

fn main() {
    // `cargo test` runs benches with this argument, to see that they start.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    println!("{READERS} readers, and a session that holds ACCESS SHARE for {} s\n", BLOCKED.as_secs());
    println!("| the migration | readers wait |");
    println!("|---|---|");
    for (name, way) in [
        ("nothing", Way::Nothing),
        ("`ALTER TABLE` alone, as psql sends it", Way::Plain),
        ("migrate, one try", Way::Migrate { retries: 0 }),
        ("migrate", Way::Migrate { retries: 10 }),
    ] {
        let share = runtime.block_on(share_of_waiting(&way));
        println!("| {name} | {:.0} % |", share * 100.0);
    }
}

/// How the table is altered.
enum Way {
    Nothing,
    Plain,
    Migrate { retries: usize },
}

async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.expect("the server runs");
    tokio::spawn(connection);
    client
}

async fn share_of_waiting(way: &Way) -> f64 {
    let server = Server::shared().expect("a server");
    let database = server.create_database("bench_blocked").await.expect("a database");
    let blocker = connect(&database.config()).await;
    blocker
        .batch_execute("CREATE TABLE busy (id int); INSERT INTO busy VALUES (1)")
        .await
        .expect("a new table");
    blocker.batch_execute("BEGIN; SELECT FROM busy").await.expect("a transaction that stays open");
    let ended = Arc::new(AtomicBool::new(false));
    let mut readers = Vec::new();
    for _ in 0..READERS {
        readers.push(tokio::spawn(read(connect(&database.config()).await, Arc::clone(&ended))));
    }
    let config = database.config();
    let altered = async {
        match way {
            Way::Nothing => {}
            Way::Plain => {
                connect(&config).await.batch_execute(ALTER).await.expect("it waits for the blocker");
            }
            Way::Migrate { retries } => {
                let (_folder, set) = set();
                let pool =
                    Pool::builder(Manager::new(config.clone(), NoTls)).max_size(2).build().expect("a pool");
                // With a single try the blocker outlasts it.
                let _ = Migrator::new(&set).retries(*retries).migrate(&pool).await;
            }
        }
    };
    let unblocked = async {
        tokio::time::sleep(BLOCKED).await;
        ended.store(true, Ordering::Relaxed);
        blocker.batch_execute("COMMIT").await.expect("the transaction ends");
    };
    tokio::join!(altered, unblocked);
    let mut waited = Duration::ZERO;
    for reader in readers {
        waited += reader.await.expect("it reads to the end");
    }
    waited.as_secs_f64() / (BLOCKED.as_secs_f64() * READERS as f64)
}

/// Reads until the blocker ends. Returns how long this reader waited for answers.
async fn read(client: Client, ended: Arc<AtomicBool>) -> Duration {
    let mut waited = Duration::ZERO;
    while !ended.load(Ordering::Relaxed) {
        let began = Instant::now();
        client.query("SELECT id FROM busy", &[]).await.expect("the table can be read");
        waited += began.elapsed();
        tokio::time::sleep(PAUSE).await;
    }
    waited
}

fn set() -> (TempDir, MigrationSet) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write =
        |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file in it");
    write("1_add_c.up.sql", ALTER);
    write("1_add_c.down.sql", "ALTER TABLE busy DROP COLUMN c");
    let set = migrate_benches::set(folder.path());
    (folder, set)
}
