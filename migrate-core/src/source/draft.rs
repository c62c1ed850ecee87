use crate::Migration;
use crate::directive::Directives;

/// A migration whose hazards are not yet known.
#[cfg_attr(not(feature = "lint"), expect(dead_code, reason = "only the gate asks for the rest"))]
pub(super) struct Draft {
    pub(super) migration: Migration,
    /// What the comments of its scripts say.
    pub(super) up: Directives,
    pub(super) down: Directives,
    /// Whether the lock file vouches for it, with its hazards as they were when it was locked.
    pub(super) is_vouched_for: bool,
    /// Whether its scripts could be read and their statements told apart.
    pub(super) is_sound: bool,
    /// Whether code that does not know it may fail on the schema that it leaves.
    pub(super) breaks_older_binaries: bool,
}
