use std::time::Duration;

use super::Blocker;

/// Receives the events while transactions run.
pub(crate) type Tell<'a> = dyn FnMut(Event) + Send + 'a;

#[derive(Debug)]
pub enum Event {
    /// The transaction of this number is committed.
    Committed { transaction: usize, elapsed: Duration },
    /// The present statement waits for a lock that these sessions hold.
    Blocked(Vec<Blocker>),
    /// The statement that ran a second ago is still running.
    Running,
}
