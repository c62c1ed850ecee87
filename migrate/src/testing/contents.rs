//! The contents of a test's database before the test begins.
//!
//! What comes in are a set, a last version and seeds; what goes out is a key of sixteen digits, `0f3c…`, that names
//! the template. Equal keys mean equal contents, across processes and runs.

use std::error::Error as StdError;
use std::fmt::Write;

use migrate_core::{Checksum, Engine, HISTORY_FORMAT, Migration, MigrationSet, Version};

use super::prepare::Prepare;
use super::seed::Seed;
use crate::error::Error;

/// Any error: it only fails the test.
pub(super) type BoxError = Box<dyn StdError + Send + Sync>;

/// The contents of a test's database before the test begins.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct Contents {
    pub(super) set: &'static MigrationSet,
    pub(super) up_to: Option<Version>,
    pub(super) seeds: &'static [Seed],
}

impl Contents {
    /// Refuses what cannot be right, before a template is looked for: an existing one would hide it.
    pub(super) fn check(&self, engine: Engine) -> Result<(), Error> {
        if !self.set.dialect().runs_on(engine) {
            return Err(Error::wrong_engine(self.set.dialect(), engine));
        }
        self.set.staleness().map_or(Ok(()), |staleness| Err(Error::stale(staleness)))
    }

    /// What is run before the migrations.
    pub(super) fn prepare(&self) -> Result<Option<Prepare>, BoxError> {
        Prepare::of_set(self.set)
    }

    /// Sixteen digits that differ if anything differs that goes into the database.
    pub(super) fn key(&self) -> Result<String, BoxError> {
        let mut text = format!(
            "{} {HISTORY_FORMAT} {} {} {:?} {:?}\n",
            // Another version of the library may record a migration in another way.
            env!("CARGO_PKG_VERSION"),
            self.set.dialect(),
            self.set.name(),
            self.up_to,
            self.set.chain(),
        );
        let place = self.set.defaults();
        let _ = writeln!(text, "{:?} {:?}", place.history_schema, place.history_prefix);
        if let Some(prepare) = self.prepare()? {
            let _ = writeln!(text, "prepare {}", Checksum::of(prepare.sql()));
        }
        for seed in self.seeds {
            let _ = writeln!(text, "{}", Checksum::of(seed.sql));
        }
        // The chain covers the versions and the scripts, and not what else a row of the history records.
        for migration in self.set.migrations() {
            let down = migration.down().script().map(migrate_core::Script::checksum);
            let _ =
                writeln!(text, "{} {down:?} {:?}", Migration::name(migration), migration.older_binaries());
        }
        let digits = Checksum::of(&text).as_bytes()[..8].iter().fold(String::new(), |mut key, byte| {
            let _ = write!(key, "{byte:02x}");
            key
        });
        Ok(digits)
    }
}
