//! What a rollback leaves on purpose, in the words of its author. `nothing-to-undo "the rows stay"` gives `the rows stay`.
//! The round-trip test compares the database with this.

use crate::directive;
use crate::file_name::Part;
use crate::statement::scan;
use crate::{Migration, MigrationSet};

impl MigrationSet {
    /// Why the rollback of a migration does not bring back all that was there, in the words of its author: the reasons of
    /// `nothing-to-undo`, `allow down-mismatch` and `allow down-lossy` in its script. Empty when it is meant to.
    pub fn declared_residue(&self, migration: &Migration) -> Vec<String> {
        let Some((script, engine)) = migration.down.script().zip(self.dialect.engines().first()) else {
            return Vec::new();
        };
        let (directives, _) = directive::parse(&script.sql, &scan(&script.sql, *engine), Part::Down);
        let allowed = directives.allows.into_iter().filter(|allow| allow.hazard.is_of_rollback());
        let nothing_to_undo = directives.nothing_to_undo.into_iter();
        nothing_to_undo.map(|reason| reason.why).chain(allowed.map(|allow| allow.why)).collect()
    }
}
