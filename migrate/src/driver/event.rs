use std::time::Duration;

use super::Blocker;

/// Who hears what happens while transactions run.
pub(crate) type Tell<'a> = dyn FnMut(Event) + Send + 'a;

#[derive(Debug)]
pub enum Event {
    /// The transaction of this number is committed.
    Committed { transaction: usize, elapsed: Duration },
    /// Whatever runs now waits for a lock that these hold.
    Blocked(Vec<Blocker>),
    /// Whatever ran a second ago still does.
    Running,
}
