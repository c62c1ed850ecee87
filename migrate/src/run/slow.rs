use std::time::Instant;

use migrate_core::Step;

use crate::migrator::Migrator;
use crate::report::Progress;

/// When a migration began, and whether it was reported as slow.
pub(super) struct Slow {
    since: Instant,
    is_told: bool,
}

impl Slow {
    pub(super) fn new() -> Slow {
        Slow { since: Instant::now(), is_told: false }
    }

    pub(super) fn tell(&mut self, migrator: &Migrator<'_>, step: &Step) {
        let elapsed = self.since.elapsed();
        if !self.is_told && elapsed >= migrator.slow_after {
            self.is_told = true;
            migrator.tell(&Progress::Slow { step, elapsed });
        }
    }
}
