//! Finds the sessions that hold a lock. It uses the simple protocol, which keeps no snapshot: see [`super::lock`].

use tokio_postgres::{Client, Error, SimpleQueryMessage, SimpleQueryRow};

use crate::driver::Blocker;

const SESSIONS: &str = "SELECT pid, application_name, host(client_addr), state,
    to_char(xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), left(query, 300)
    FROM pg_stat_activity WHERE pid";

/// The sessions that hold a lock for which the session `pid` waits.
pub(super) async fn of(client: &Client, pid: i32) -> Result<Vec<Blocker>, Error> {
    // Inside a transaction the view shows the same snapshot until it is cleared.
    sessions(client, &format!("SELECT pg_stat_clear_snapshot(); {SESSIONS} = ANY (pg_blocking_pids({pid}))"))
        .await
}

/// The session that holds the advisory lock `key`.
pub(super) async fn holder(client: &Client, key: i64) -> Result<Option<Blocker>, Error> {
    Ok(sessions(client, &format!("{SESSIONS} IN ({})", holders(key))).await?.pop())
}

/// The query for the processes that hold the advisory lock `key`. `pg_locks` shows the key in two halves (PostgreSQL
/// manual, 54.12).
pub(super) fn holders(key: i64) -> String {
    format!(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND ((classid::bigint << 32) | objid::bigint) = {key}"
    )
}

async fn sessions(client: &Client, sql: &str) -> Result<Vec<Blocker>, Error> {
    let answers = client.simple_query(sql).await?;
    Ok(answers.iter().filter_map(blocker).collect())
}

fn blocker(answer: &SimpleQueryMessage) -> Option<Blocker> {
    let SimpleQueryMessage::Row(row) = answer else { return None };
    let text = |row: &SimpleQueryRow, column| row.get(column).map(str::to_owned);
    Some(Blocker {
        pid: row.get(0)?.parse().ok()?,
        application: text(row, 1)?,
        client: text(row, 2),
        state: text(row, 3),
        since: text(row, 4),
        query: text(row, 5),
    })
}
