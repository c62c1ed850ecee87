//! The progress of an index build, as the server reports it: a pool comes in, and a value every half second comes out.

use std::fmt;
use std::time::Duration;

use deadpool_postgres::Pool;
use tokio::time::sleep;
use tokio_postgres::Row;

/// A row of `pg_stat_progress_create_index` (PostgreSQL manual, 28.4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexBuild {
    /// The index, once it has a name.
    pub(crate) index: Option<String>,
    pub(crate) table: String,
    pub(crate) phase: String,
    pub(crate) blocks_done: i64,
    pub(crate) blocks_total: i64,
    /// The session that the build waits for.
    pub(crate) waits_for: Option<String>,
}

const INTERVAL: Duration = Duration::from_millis(500);

/// The builds of sessions with our application name. It is one statement in its own transaction: `CREATE INDEX
/// CONCURRENTLY` waits for older snapshots, and so for ours only as long as this statement takes.
const BUILDS: &str = "SELECT nullif(build.index_relid, 0)::regclass::text, build.relid::regclass::text,
        build.phase, build.blocks_done, build.blocks_total,
        'pid ' || locker.pid || coalesce(nullif(', ' || locker.application_name, ', '), '')
            || coalesce(', ' || locker.state, '') || coalesce(', query: ' || left(locker.query, 200), '')
    FROM pg_stat_progress_create_index build
    JOIN pg_stat_activity session ON session.pid = build.pid
    LEFT JOIN pg_stat_activity locker ON locker.pid = nullif(build.current_locker_pid, 0)
    WHERE build.datname = current_database() AND session.application_name = current_setting('application_name')
    ORDER BY session.query_start DESC LIMIT 1";

/// Reports the build that is under way, until it is dropped. Errors are ignored: progress is a convenience, and must not
/// fail the run.
pub(super) async fn watch<T>(pool: &Pool, mut report: impl FnMut(&IndexBuild)) -> T {
    loop {
        sleep(INTERVAL).await;
        let Ok(client) = pool.get().await else { continue };
        let builds = client.query_typed(BUILDS, &[]).await.unwrap_or_default();
        builds.iter().filter_map(IndexBuild::read).for_each(|build| report(&build));
    }
}

impl IndexBuild {
    fn read(row: &Row) -> Option<IndexBuild> {
        Some(IndexBuild {
            index: row.try_get(0).ok()?,
            table: row.try_get(1).ok()?,
            phase: row.try_get(2).ok()?,
            blocks_done: row.try_get(3).ok()?,
            blocks_total: row.try_get(4).ok()?,
            waits_for: row.try_get(5).ok()?,
        })
    }
}

impl fmt::Display for IndexBuild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.index {
            Some(index) => write!(f, "index {index} on {}: {}", self.table, self.phase)?,
            None => write!(f, "index on {}: {}", self.table, self.phase)?,
        }
        if self.blocks_total > 0 {
            write!(f, ", block {} of {}", self.blocks_done, self.blocks_total)?;
        }
        self.waits_for.iter().try_for_each(|session| write!(f, "; waits for {session}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_it_knows() {
        let build = IndexBuild {
            index: None,
            table: "orders".to_owned(),
            phase: "initializing".to_owned(),
            blocks_done: 0,
            blocks_total: 0,
            waits_for: None,
        };
        assert_eq!(build.to_string(), "index on orders: initializing");
        let build = IndexBuild {
            index: Some("orders_note".to_owned()),
            phase: "building index: scanning table".to_owned(),
            blocks_done: 4510,
            blocks_total: 98_000,
            waits_for: Some("pid 8".to_owned()),
            ..build
        };
        let want = "index orders_note on orders: building index: scanning table, block 4510 of 98000; waits for pid 8";
        assert_eq!(build.to_string(), want);
    }
}
