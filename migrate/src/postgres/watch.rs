use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::time::sleep;
use tokio_postgres::Client;

use super::blocker;
use crate::driver::{Blocker, Event, Piece, Tell};

/// How often to look. If a lock timeout ends the wait sooner, the look is in its middle.
const INTERVAL: Duration = Duration::from_secs(1);

/// When to look.
#[derive(Clone, Copy)]
pub(super) struct Looks {
    first: Duration,
    /// How long after each look.
    then: Duration,
}

impl Looks {
    /// A try that comes after another is blocked, most likely, and may end soon. A first one is not: it is looked at as if
    /// it might wait as long as its limit, so that a slow network is no reason to look.
    pub(super) fn at(piece: Option<&Piece<'_>>) -> Looks {
        let interval = |lock: Option<Duration>| {
            let limit = lock.filter(|limit| !limit.is_zero());
            limit.map_or(INTERVAL, |limit| INTERVAL.min(limit / 2))
        };
        let then = interval(piece.and_then(Piece::lock_limit));
        let again = piece.filter(|piece| piece.attempt.is_again);
        Looks { first: again.map_or(then, |piece| interval(piece.timeouts().lock)), then }
    }
}

/// Asks who blocks a migration, on the connection that holds the lock.
#[derive(Clone, Copy)]
pub(super) struct Watch<'c> {
    pub(super) observer: &'c Client,
    /// The process that runs the migrations.
    pub(super) pid: i32,
}

/// Waits for `future`. Now and then it reports that the future is still running, and who blocks it. Returns the last
/// blockers. Without a watch it only waits.
pub(super) async fn watched<F: Future>(
    future: F,
    watch: Option<Watch<'_>>,
    looks: Looks,
    tell: &mut Tell<'_>,
) -> (F::Output, Vec<Blocker>) {
    let mut interval = looks.first;
    let mut last = Vec::new();
    let mut future = pin!(future);
    loop {
        match select(future.as_mut(), pin!(look(watch, interval))).await {
            Either::Left((output, _)) => return (output, last),
            Either::Right((blockers, _)) => {
                interval = looks.then;
                tell(Event::Running);
                if !blockers.is_empty() {
                    last.clone_from(&blockers);
                    tell(Event::Blocked(blockers));
                }
            }
        }
    }
}

/// Finds out after a while who blocks the migration. This only informs the reader of the log: without rights or
/// connection there is nothing to report.
async fn look(watch: Option<Watch<'_>>, interval: Duration) -> Vec<Blocker> {
    sleep(interval).await;
    match watch {
        Some(watch) => blocker::of(watch.observer, watch.pid).await.unwrap_or_default(),
        None => Vec::new(),
    }
}
