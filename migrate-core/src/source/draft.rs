//! A migration between reading and analysis. It has its scripts and directives, and, if `migrate.lock` vouches for it, the
//! risk and hazards of the lock file; the gate adds the others.

use crate::directive::Directives;
use crate::lock_file::{Line, LockedHazard};
use crate::{FoundHazard, Migration, Work};

/// A migration before its analysis: its hazards are not known yet.
pub(super) struct Draft {
    pub(super) migration: Migration,
    /// The directives in the comments of its scripts.
    pub(super) up: Directives,
    pub(super) down: Directives,
    pub(super) verify: Directives,
    /// Whether it is unchanged since it was locked. Its hazards are not reported then.
    pub(super) is_locked: bool,
    /// Whether the lock file also records its hazards, so that its statements need not be analysed again.
    pub(super) is_vouched_for: bool,
    /// Whether its scripts could be read and split into statements.
    pub(super) is_sound: bool,
}

impl Draft {
    /// Takes over what the lock file records of the migration, if the migration is still the locked one.
    pub(super) fn vouched_for_by(mut self, line: Option<&Line>) -> Draft {
        let Some(line) = line.filter(|line| line.is_of(&self.migration)) else { return self };
        self.is_locked = true;
        if line.verdict.risk.is_none() {
            return self;
        }
        let hazards = line.verdict.hazards.iter().map(|hazard| self.found(hazard)).collect::<Vec<_>>();
        self.migration.risk = line.verdict.risk;
        self.migration.hazards = hazards.into();
        self.migration.older_binaries = line.verdict.older_binaries;
        self.is_vouched_for = true;
        self
    }

    /// A locked hazard, with the reason in the script's `allow` directive.
    fn found(&self, &LockedHazard { hazard, line, risk }: &LockedHazard) -> FoundHazard {
        let Work::Sql(up) = &self.migration.up;
        let above = up.sql().split_inclusive('\n').take(line as usize - 1).map(str::len).sum::<usize>();
        let indent = up.sql()[above..].find(|c: char| !c.is_whitespace()).unwrap_or_default();
        let allowing = self.up.allowing(hazard, above + indent, up.spans());
        let allowed = allowing.map(|allowing| self.up.allows[allowing].why.clone().into());
        FoundHazard { hazard, risk, line, allowed }
    }
}
