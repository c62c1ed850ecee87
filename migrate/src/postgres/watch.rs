use std::time::Duration;

use tokio::time::sleep;
use tokio_postgres::Client;

use super::blocker;
use crate::driver::Blocker;

/// How often to look. Well below the usual lock timeout, so that each wait that fails was seen.
const INTERVAL: Duration = Duration::from_secs(1);

/// Asks who blocks a migration, on the connection that holds the lock, while the migration waits.
#[derive(Clone, Copy)]
pub(super) struct Watch<'c> {
    pub(super) observer: &'c Client,
    /// The process that runs the migrations.
    pub(super) pid: i32,
}

impl Watch<'_> {
    /// Who blocks it after another second. It is a service to the reader of the log: without rights or
    /// connection there is just nothing to tell.
    pub(super) async fn look(self) -> Vec<Blocker> {
        sleep(INTERVAL).await;
        blocker::of(self.observer, self.pid).await.unwrap_or_default()
    }
}
