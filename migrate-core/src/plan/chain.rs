//! The chain values as they will be after the steps that are planned so far. A migration that is inserted before others
//! changes the values of all later rows.

use std::collections::BTreeMap;

use crate::{AppliedMigration, Checksum, Migration, Version};

/// A row of the history and everything before it, in one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) version: Version,
    pub(crate) chain: Checksum,
}

/// The history as it will be after the steps planned so far: the checksum and the chain value of each row.
pub(super) struct Chain(BTreeMap<Version, (Checksum, Checksum)>);

/// The links of a row in the chain.
pub(super) struct Link {
    /// The row before it.
    pub(super) before: Option<Head>,
    /// Its own chain value.
    pub(super) chain: Checksum,
    /// The later rows, whose chain values change.
    pub(super) rechain: Vec<Head>,
}

impl Chain {
    pub(super) fn of<'r>(rows: impl Iterator<Item = &'r AppliedMigration>) -> Chain {
        Chain(rows.map(|row| (row.version, (row.checksum, row.chain))).collect())
    }

    /// The chain value of a row.
    pub(super) fn value(&self, version: Version) -> Option<Checksum> {
        self.0.get(&version).map(|(_, chain)| *chain)
    }

    /// Adds the row of a migration, or updates the checksum of its present row.
    pub(super) fn insert_migration(&mut self, migration: &Migration) -> Link {
        let (version, checksum) = (migration.version, migration.up.checksum());
        let before = self.before(version);
        let chain = Checksum::chain(before.map(|head| head.chain), version, checksum);
        self.0.insert(version, (checksum, chain));
        Link { before, chain, rechain: self.rechain_behind(version, Some(chain)) }
    }

    /// Removes a row, and returns the later rows with their new values.
    pub(super) fn remove(&mut self, version: Version) -> Vec<Head> {
        self.0.remove(&version);
        let before = self.before(version).map(|head| head.chain);
        self.rechain_behind(version, before)
    }

    fn before(&self, version: Version) -> Option<Head> {
        let (version, (_, chain)) = self.0.range(..version).next_back()?;
        Some(Head { version: *version, chain: *chain })
    }

    fn rechain_behind(&mut self, version: Version, mut last: Option<Checksum>) -> Vec<Head> {
        let mut rechain = Vec::new();
        for (behind, (checksum, chain)) in
            self.0.range_mut(version..).filter(|(behind, _)| **behind != version)
        {
            *chain = Checksum::chain(last, *behind, *checksum);
            last = Some(*chain);
            rechain.push(Head { version: *behind, chain: *chain });
        }
        rechain
    }
}
