use std::future::Future;
use std::time::{Duration, Instant};

use deadpool_postgres::{Manager, Pool};
use migrate::testing::{Server, TestDatabase};
use tokio::time::sleep;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

/// The longest that anything may take here before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(5);

pub(crate) async fn create(hint: &str) -> TestDatabase {
    Server::shared().unwrap().create_database(hint).await.unwrap()
}

pub(crate) fn pool(config: Config, size: usize) -> Pool {
    Pool::builder(Manager::new(config, NoTls)).max_size(size).build().unwrap()
}

/// Each row of a query as text, its columns with a bar between them.
pub(crate) async fn rows(client: &Client, sql: &str) -> Vec<String> {
    let messages = client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let text = |message| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|i| row.get(i).unwrap_or("NULL")).collect::<Vec<_>>().join("|"))
        }
        _ => None,
    };
    messages.into_iter().filter_map(text).collect()
}

/// Asks until the answer is there.
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        sleep(POLL).await;
    }
}

/// Waits until a query gives a row.
pub(crate) async fn until_row(client: &Client, sql: &str) -> String {
    until(sql, async || rows(client, sql).await.into_iter().next()).await
}

/// Waits until a query gives no row.
pub(crate) async fn until_none(client: &Client, sql: &str) {
    let start = Instant::now();
    loop {
        let left = rows(client, sql).await;
        if left.is_empty() {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "still there: {left:#?}");
        sleep(POLL).await;
    }
}

/// The advisory locks in this database.
pub(crate) const LOCKS: &str = "SELECT l.pid, l.mode, l.granted, a.application_name, a.state, a.query
    FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid) WHERE locktype = 'advisory'
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// The other connections to this database that are in a transaction.
pub(crate) const TRANSACTIONS: &str = "SELECT pid, application_name, state, query FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
    AND backend_type = 'client backend'";

/// The connections of runners to this database.
pub(crate) const RUNNERS: &str = "SELECT pid, state, query FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'runner'";

/// The indexes of this database that came out invalid.
pub(crate) const INVALID: &str = "SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid";

/// Each row of the history.
pub(crate) const HISTORY: &str = "SELECT version, state FROM migrate_history ORDER BY version";

/// What the log says was done, without the failures.
pub(crate) const LOG: &str =
    "SELECT action, version FROM migrate_log WHERE action <> 'failure' ORDER BY version, id";

/// No lock and no transaction outlives a run: not for long, as a server may need a moment to see that a client is
/// gone.
pub(crate) async fn assert_nothing_stranded(client: &Client) {
    until_none(client, TRANSACTIONS).await;
    until_none(client, LOCKS).await;
    until_none(client, RUNNERS).await;
    assert_eq!(rows(client, INVALID).await, [""; 0], "an invalid index");
}

/// All that a run leaves in a database, but for times and failures: two runs that did the same leave the same.
pub(crate) async fn picture(client: &Client) -> String {
    let mut lines = rows(client, PICTURE).await;
    lines.extend(rows(client, "SELECT * FROM seed ORDER BY n").await.iter().map(|n| format!("seed {n}")));
    lines.join("\n")
}

const PICTURE: &str = "
    SELECT 'column', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, attnum::text
    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
    UNION ALL SELECT 'index', indexrelid::regclass, pg_get_indexdef(indexrelid), '', indisvalid, ''
    FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated, ''
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'history', NULL, version || ' ' || name, state || ' ' || statements_done,
        finished_at IS NOT NULL, concat_ws(' ', checksum, chain, statements_checksum, down_checksum)
    FROM migrate_history
    UNION ALL SELECT 'log', NULL, action, version || ' ' || name, true, checksum FROM migrate_log
    WHERE action <> 'failure'
    ORDER BY 1, 2, 3, 4";

/// Makes a database empty again.
pub(crate) async fn wipe(client: &Client) {
    client.batch_execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await.unwrap();
}
