//! What is wrong between a set, a history and a database.
//!
//! What comes in are the rows of the history, and the errors of verify scripts; what goes out are [`Finding`]s, such
//! as `migration 20251107100000_create_tenants is interrupted`. The part that needs only the history is a pure
//! function.

use std::collections::BTreeMap;
use std::fmt;

use migrate_core::{
    AppliedMigration, Checksum, Direction, Migration, MigrationSet, MigrationState, Version, status,
};

use crate::driver::DatabaseError;

/// The result of [`Migrator::verify`](crate::Migrator::verify).
///
/// `{}` shows a line for each finding, or `everything is in place`. With the feature `serde` it serializes.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use migrate::{MigrationSet, Migrator, embed_migrations};
///
/// static MIGRATIONS: MigrationSet = embed_migrations!("migrations", dialect = "sqlite");
///
/// let mut connection = rusqlite::Connection::open_in_memory()?;
/// let migrator = Migrator::new(&MIGRATIONS);
/// migrator.migrate(&mut connection)?;
/// assert!(migrator.verify(&mut connection)?.is_ok());
///
/// connection.execute("DELETE FROM migrate_history WHERE name = 'create_tenants'", [])?;   // by hand
/// assert!(!migrator.verify(&mut connection)?.is_ok());
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Verification {
    /// All findings, in the order of the versions; those of verify scripts last.
    pub findings: Vec<Finding>,
}

impl Verification {
    /// Whether there are no findings.
    pub fn is_ok(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "finding", rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Finding {
    /// A migration is neither applied, nor a baseline, nor pending.
    State {
        /// Its version.
        version: Version,
        /// Its name.
        name: String,
        /// Its state.
        state: MigrationState,
        /// Which of its scripts was interrupted, if one was.
        direction: Option<Direction>,
    },
    /// A row of the history does not follow from the rows before it: the table was edited.
    BrokenChain {
        /// The version of the row.
        version: Version,
    },
    /// The history has another name for a migration: its row was edited, or its file was renamed.
    OtherName {
        /// Its version.
        version: Version,
        /// Its name in the set.
        name: String,
        /// Its name in the history.
        recorded: String,
    },
    /// The verify script of an applied migration failed.
    NotInPlace {
        /// Its version.
        version: Version,
        /// Its name.
        name: String,
        /// The path of the script, with line and column if the database named a position.
        path: String,
        /// The error of the database.
        error: String,
    },
}

impl Finding {
    /// The failure of a verify script.
    pub(crate) fn not_in_place(migration: &Migration, path: String, error: &DatabaseError) -> Finding {
        let place = error.place.as_ref().map_or(String::new(), |place| format!(":{}", place.position));
        Finding::NotInPlace {
            version: migration.version(),
            name: migration.name().to_owned(),
            path: path + &place,
            error: error.to_string(),
        }
    }
}

/// The findings from the history alone.
pub(crate) fn findings(set: &MigrationSet, history: &[AppliedMigration]) -> Vec<Finding> {
    let is_fine =
        |state| matches!(state, MigrationState::Applied | MigrationState::Baseline | MigrationState::Pending);
    let states = status(set, history).migrations.into_iter().filter(|migration| !is_fine(migration.state));
    let states = states.map(|migration| Finding::State {
        version: migration.version,
        name: migration.name,
        state: migration.state,
        direction: migration.direction,
    });
    states.chain(other_names(set, history)).chain(broken_chain(history)).collect()
}

/// The migrations that the history knows by another name. An interrupted one gets its name when it is finished.
fn other_names<'a>(
    set: &'a MigrationSet,
    history: &'a [AppliedMigration],
) -> impl Iterator<Item = Finding> + 'a {
    history.iter().filter(|row| !row.state.is_interrupted()).filter_map(|row| {
        let name = set.get(row.version)?.name();
        let [name, recorded] = (name != row.name).then(|| [name, &row.name].map(str::to_owned))?;
        Some(Finding::OtherName { version: row.version, name, recorded })
    })
}

/// The rows that do not follow. A row follows from the one before it, or from the last finished one: a script without
/// transaction that came late is chained in at its end.
fn broken_chain(history: &[AppliedMigration]) -> Vec<Finding> {
    let rows: BTreeMap<Version, &AppliedMigration> = history.iter().map(|row| (row.version, row)).collect();
    let (mut before, mut finished) = (None, None);
    let mut broken = Vec::new();
    for row in rows.values() {
        let follows = |before| row.chain == Checksum::chain(before, row.version, row.checksum);
        if !follows(before) && !follows(finished) {
            broken.push(Finding::BrokenChain { version: row.version });
        }
        before = Some(row.chain);
        if !row.state.is_interrupted() {
            finished = before;
        }
    }
    broken
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::State { version, name, state, direction } => {
                write!(f, "migration {version}_{name} is {state}")?;
                direction.iter().try_for_each(|direction| write!(f, " during its {direction}"))
            }
            Finding::BrokenChain { version } => {
                write!(f, "the history row of {version} does not follow from those before it")
            }
            Finding::OtherName { version, name, recorded } => write!(
                f,
                "migration {version}_{name} is `{recorded}` in the history: the row was edited, or the file was \
                 renamed; `repair` records the name of the file"
            ),
            Finding::NotInPlace { version, name, path, error } => {
                write!(f, "migration {version}_{name} is not in place: {error}\n --> {path}")
            }
        }
    }
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.findings.is_empty() {
            return f.write_str("everything is in place");
        }
        for (i, finding) in self.findings.iter().enumerate() {
            let new_line = if i == 0 { "" } else { "\n" };
            write!(f, "{new_line}{finding}")?;
        }
        Ok(())
    }
}
