//! Compares the history of another tool with a folder: either everything up to a version is taken over, or every reason
//! against it is returned.

use std::fmt;

use migrate::{Migration, MigrationSet, Version};

use super::{ForeignHistory, Tool};

/// The migrations to take over: every migration of the folder up to a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Adoption {
    /// The last version.
    pub(crate) up_to: Version,
    /// The number of migrations.
    pub(crate) count: usize,
    /// The number of migrations whose checksum proves that the file is what was applied.
    pub(crate) proven: usize,
}

/// Why a history does not fit a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// The other tool did not finish the migration.
    Failed { label: String },
    /// The name of the migration does not contain a valid version.
    Unreadable { label: String },
    /// The migration is applied, and the folder does not hold it.
    NotInFolder { version: Version },
    /// The migration is not applied, though a later one is.
    Skipped { migration: String, last: Version },
    /// The file of the migration is not the one that was applied.
    Edited { migration: String, path: String },
}

impl Misfit {
    /// What to do about it.
    pub(crate) fn help(&self, tool: Tool) -> String {
        match self {
            Misfit::Failed { .. } => {
                format!(
                    "finish or undo it with {tool} first; a history with an unfinished migration cannot be taken over"
                )
            }
            Misfit::Unreadable { .. } => {
                "a version must be one whole number; change it in the file and in the history".to_owned()
            }
            Misfit::NotInFolder { .. } => {
                "restore its file, for example from an earlier commit: every applied migration needs its file"
                    .to_owned()
            }
            Misfit::Skipped { .. } => format!("apply it with {tool} first, or give it a later version"),
            Misfit::Edited { .. } => {
                "restore the file, or give `--accept-edits` if it still does what was applied".to_owned()
            }
        }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misfit::Failed { label } => write!(f, "migration {label} did not finish"),
            Misfit::Unreadable { label } => write!(f, "`{label}` is not a version"),
            Misfit::NotInFolder { version } => {
                write!(f, "migration {version} is applied, but not in the folder")
            }
            Misfit::Skipped { migration, last } => {
                write!(f, "migration {migration} is not applied, though the later {last} is")
            }
            Misfit::Edited { migration, path } => {
                write!(f, "migration {migration} was edited after it was applied\n --> {path}")
            }
        }
    }
}

/// Whether to accept a file that was edited after it was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edits {
    Refuse,
    Accept,
}

/// Decides which migrations of the folder to take over. An empty history gives `None`. `file` returns the text of a file as
/// it is on disk, because the tools compute their checksums from that.
///
/// # Errors
///
/// Returns every reason why the history does not fit the folder.
pub(crate) fn adoption(
    history: &ForeignHistory,
    set: &MigrationSet,
    edits: Edits,
    file: impl Fn(&str) -> Option<String>,
) -> Result<Option<Adoption>, Vec<Misfit>> {
    let mut misfits = Vec::new();
    misfits.extend(history.failed.iter().map(|label| Misfit::Failed { label: label.clone() }));
    misfits.extend(history.unreadable.iter().map(|label| Misfit::Unreadable { label: label.clone() }));
    let named = history.applied.keys().copied().chain(history.up_to);
    let unknown = named.filter(|version| set.get(*version).is_none());
    misfits.extend(unknown.map(|version| Misfit::NotInFolder { version }));
    let Some(up_to) = history.applied.keys().copied().chain(history.up_to).max() else {
        return if misfits.is_empty() { Ok(None) } else { Err(misfits) };
    };
    let mut adoption = Adoption { up_to, count: 0, proven: 0 };
    for migration in set.migrations().iter().take_while(|migration| migration.version() <= up_to) {
        adoption.count += 1;
        match proof(history, migration, &file) {
            Proof::Proven => adoption.proven += 1,
            Proof::Edited if edits == Edits::Refuse => misfits.push(Misfit::Edited {
                migration: migration.to_string(),
                path: set.display_path(migration.up().path()),
            }),
            Proof::Edited | Proof::Unproven => {}
            Proof::NotApplied => {
                misfits.push(Misfit::Skipped { migration: migration.to_string(), last: up_to });
            }
        }
    }
    if misfits.is_empty() { Ok(Some(adoption)) } else { Err(misfits) }
}

/// What a history proves about a migration.
enum Proof {
    Proven,
    /// The migration is applied, and the tool recorded no checksum.
    Unproven,
    Edited,
    NotApplied,
}

fn proof(history: &ForeignHistory, migration: &Migration, file: impl Fn(&str) -> Option<String>) -> Proof {
    let version = migration.version();
    let Some(recorded) = history.applied.get(&version) else {
        return if Some(version) <= history.up_to { Proof::Unproven } else { Proof::NotApplied };
    };
    let Some(recorded) = recorded else { return Proof::Unproven };
    match file(migration.up().path()) {
        Some(text) if recorded.is_of(version, migration.name(), &text) => Proof::Proven,
        _ => Proof::Edited,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::ForeignRow;
    use super::super::checksum::sha256;
    use super::*;

    /// A folder of migrations 1 to 4, each of which creates a table.
    fn set() -> MigrationSet {
        let folder = tempfile::tempdir().unwrap();
        for version in 1..=4 {
            let path = folder.path().join(format!("{version}_create_{version}"));
            fs::write(path.with_extension("up.sql"), text(version)).unwrap();
            fs::write(path.with_extension("down.sql"), format!("DROP TABLE t{version};\n")).unwrap();
        }
        MigrationSet::read(folder.path()).unwrap()
    }

    fn text(version: i64) -> String {
        format!("CREATE TABLE t{version} (id bigint);\n")
    }

    /// A history of Prisma's, which records a checksum of each file.
    fn history(rows: &[(&str, Option<i64>, &str)]) -> ForeignHistory {
        let row = |(label, of, state): &(&str, Option<i64>, &str)| ForeignRow {
            version: Some((*label).to_owned()),
            name: None,
            checksum: of.map(|of| sha256(&text(of))),
            state: (*state).to_owned(),
        };
        ForeignHistory::of(Tool::Prisma, &rows.iter().map(row).collect::<Vec<_>>())
    }

    fn taken(history: &ForeignHistory, edits: Edits) -> Result<Option<Adoption>, Vec<Misfit>> {
        let file = |path: &str| path[..1].parse().ok().map(text);
        adoption(history, &set(), edits, file)
    }

    fn version(number: u64) -> Version {
        Version::new(number).unwrap()
    }

    #[test]
    fn what_is_applied_is_a_beginning_of_the_folder() {
        let two = history(&[("1_create_1", Some(1), "applied"), ("2_create_2", Some(2), "applied")]);
        let adopted = Adoption { up_to: version(2), count: 2, proven: 2 };
        assert_eq!(taken(&two, Edits::Refuse), Ok(Some(adopted)));
        assert_eq!(taken(&history(&[]), Edits::Refuse), Ok(None));
    }

    #[test]
    fn a_row_for_all_before_it_proves_nothing_of_their_files() {
        let row = ForeignRow {
            version: Some("3".to_owned()),
            name: None,
            checksum: None,
            state: "applied up to".to_owned(),
        };
        let three = ForeignHistory::of(Tool::GolangMigrate, &[row]);
        let adopted = Adoption { up_to: version(3), count: 3, proven: 0 };
        assert_eq!(taken(&three, Edits::Refuse), Ok(Some(adopted)));
    }

    #[test]
    fn a_row_for_all_before_it_names_one_of_the_folder() {
        let nine = ForeignHistory { up_to: Some(version(9)), ..ForeignHistory::default() };
        assert_eq!(taken(&nine, Edits::Refuse), Err(vec![Misfit::NotInFolder { version: version(9) }]));
    }

    #[test]
    fn all_misfits_are_reported_at_once() {
        let misfit = history(&[
            ("1_create_1", Some(2), "applied"),
            ("3_create_3", Some(3), "failed"),
            ("4_create_4", Some(4), "applied"),
            ("9_create_9", Some(4), "applied"),
            ("x_create_x", Some(4), "applied"),
        ]);
        let lines = taken(&misfit, Edits::Refuse).unwrap_err();
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        let edited = lines.iter().find(|line| line.starts_with("migration 1_create_1 was edited")).unwrap();
        assert!(edited.ends_with("1_create_1.up.sql"), "{edited}");
        for line in [
            "migration 3_create_3 did not finish",
            "`x_create_x` is not a version",
            "migration 9 is applied, but not in the folder",
            "migration 2_create_2 is not applied, though the later 9 is",
            "migration 3_create_3 is not applied, though the later 9 is",
        ] {
            assert!(lines.iter().any(|other| other == line), "{line}: {lines:#?}");
        }
        assert_eq!(lines.len(), 6, "{lines:#?}");
    }

    #[test]
    fn an_edit_can_be_accepted() {
        let edited = history(&[("1_create_1", Some(2), "applied"), ("2_create_2", Some(2), "applied")]);
        assert!(taken(&edited, Edits::Refuse).is_err());
        let adopted = Adoption { up_to: version(2), count: 2, proven: 1 };
        assert_eq!(taken(&edited, Edits::Accept), Ok(Some(adopted)));
    }
}
