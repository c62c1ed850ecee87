//! The files of a folder, grouped by migration: `1_a.up.sql`, `1_a.down.sql` and `1_a.verify.sql` are one [`Parts`]. Names
//! come in, from `names`; `checks` and `assemble` take the groups.

use std::collections::BTreeMap;

use super::names::Named;
use super::problems::Problems;
use crate::Version;
use crate::file_name::Part;
use crate::problem::FilesProblem;

/// The files of one migration: they share the folder, the version and the name.
pub(super) struct Parts<'a> {
    pub(super) version: Version,
    pub(super) up: Option<Named<'a>>,
    pub(super) down: Option<Named<'a>>,
    pub(super) verify: Option<Named<'a>>,
    pub(super) metadata: Option<Named<'a>>,
}

/// The migrations in the order of their versions.
pub(super) fn group<'a>(named: Vec<Named<'a>>, problems: &mut Problems<'_>) -> Vec<Parts<'a>> {
    let mut migrations: BTreeMap<_, Parts<'_>> = BTreeMap::new();
    for named in named {
        let (folder, _) = named.file.path.rsplit_once('/').unwrap_or_default();
        let key = (named.version, folder, named.name);
        let part = named.file_name.part;
        match migrations.entry(key).or_insert_with(|| Parts::new(named.version)).slot(part) {
            Some(first) => {
                let other = problems.display_path(&first.file.path);
                let problem = match part {
                    Part::Up => FilesProblem::DuplicateUp { other },
                    _ => FilesProblem::DuplicatePart { what: part.noun(), other },
                };
                problems.of_file(problem, &named.file.path);
            }
            empty => *empty = Some(named),
        }
    }
    migrations.into_values().collect()
}

impl<'a> Parts<'a> {
    fn new(version: Version) -> Parts<'a> {
        Parts { version, up: None, down: None, verify: None, metadata: None }
    }

    fn slot(&mut self, part: Part) -> &mut Option<Named<'a>> {
        match part {
            Part::Up => &mut self.up,
            Part::Down => &mut self.down,
            Part::Verify => &mut self.verify,
            Part::Metadata => &mut self.metadata,
        }
    }

    /// Its files. The script that applies it comes first.
    pub(super) fn files(&self) -> impl Iterator<Item = &Named<'a>> {
        [&self.up, &self.down, &self.verify, &self.metadata].into_iter().flatten()
    }
}
