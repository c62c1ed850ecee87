//! A folder by its names alone, for tools that add migrations or renumber them. The content of the scripts is not read.
//!
//! The current moment comes from the caller, because the core knows no clock.

use std::cmp::max;

use super::names::{self, Named, folder_of, labelled};
use super::parts::{self, Parts};
use super::problems::Problems;
use super::style::Style;
use super::{Overrides, Source, assemble, locked};
use crate::config::{Config, RollbackPolicy};
use crate::diagnostic::Diagnostics;
use crate::file_name::{FileName, Form, Part};
use crate::lock_file::LockFile;
use crate::{Dialect, MigrationSet, Version};

/// The migrations of a folder by their names, in the order of their versions.
#[derive(Debug)]
pub struct Outline {
    root: String,
    config: Config,
    dialect: Dialect,
    set: String,
    entries: Vec<Entry>,
    lock: LockFile,
}

/// The files of a migration.
#[derive(Debug)]
struct Entry {
    version: Version,
    /// Version and name as its files have them.
    label: String,
    form: Form,
    /// The script that applies it.
    up: String,
    files: Vec<String>,
    is_draft: bool,
}

/// The paths of a new migration's scripts, inside the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMigration {
    /// Its version, above all others.
    pub version: Version,
    /// The script.
    pub up: String,
    /// The rollback script. `None` if the folder's form of names has none.
    pub down: Option<String>,
}

/// A new version for a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renumbering {
    /// The version that it has now.
    pub from: Version,
    /// The version that it gets.
    pub to: Version,
    /// The paths to rename inside the folder, files or the folder of the migration: the old one and the new one.
    pub paths: Vec<(String, String)>,
}

impl Source {
    /// The names of the folder.
    ///
    /// # Errors
    ///
    /// When a name fits no form, or the policy or the lock file is invalid. A migration that comes before the locked ones,
    /// or shares a version with another, is not an error here: renumbering is what mends it.
    pub fn outline(&self, overrides: &Overrides) -> Result<Outline, Diagnostics> {
        let config = assemble::config(self)?;
        let mut problems = Problems::new(&self.root);
        let locking = locked::Locking::Update { accept: &[] };
        let lock = locked::read(self, config.lock, locking, &mut problems);
        let lock = lock.map(|locked| locked.file).unwrap_or_default();
        let named = names::read(self, &config, &mut problems);
        let migrations = parts::group(named, &mut problems);
        let entries = migrations.iter().filter_map(|parts| Entry::new(parts, &lock, &migrations)).collect();
        Diagnostics::warnings_of(problems.found)?;
        let dialect = overrides.dialect.unwrap_or(config.dialect);
        let set = assemble::set_name(&config, overrides);
        Ok(Outline { root: self.root.clone(), config, dialect, set, entries, lock })
    }
}

impl Outline {
    /// The engines that the scripts are for.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// An empty set with the folder's name and dialect, for callers that only read a history.
    pub fn empty_set(&self) -> MigrationSet {
        MigrationSet {
            name: self.set.clone().into(),
            dialect: self.dialect,
            root: self.root.clone().into(),
            migrations: Vec::new().into(),
            chain: None,
            embedded_from: None,
            defaults: self.config.defaults(),
        }
    }

    /// The tenant column that `migrate.toml` names.
    pub fn tenant(&self) -> Option<&str> {
        self.config.tenant.as_deref()
    }

    /// The soft-delete column that `migrate.toml` names.
    pub fn deleted(&self) -> Option<&str> {
        self.config.deleted.as_deref()
    }

    /// The paths of the scripts that apply the migrations, in their order.
    pub fn up_scripts(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.up.as_str())
    }

    /// Whether each migration must have a way back.
    pub fn needs_rollback(&self) -> bool {
        self.config.rollback == RollbackPolicy::Required
    }

    /// The last version that is locked.
    pub fn locked_head(&self) -> Option<Version> {
        self.lock.head().map(|line| line.version)
    }

    /// The paths of migrations that come after all others, in the order of their names and in the form of the folder, below
    /// the folder `domain` unless that is empty. If the other versions are timestamps, the first new one is `now`, unless one
    /// of them is later.
    ///
    /// # Errors
    ///
    /// When the policy refuses a name.
    pub fn new_migrations(
        &self,
        domain: &str,
        names: &[&str],
        now: Version,
    ) -> Result<Vec<NewMigration>, Diagnostics> {
        let last = self.entries.last();
        let style = last.map_or(Style::MOMENT, |entry| Style::of(entry.number()));
        let mut latest = max(last.map(|entry| entry.version), self.locked_head());
        let form = last.map_or(Form::FlatPair, |entry| entry.form);
        let file = FileName { folder: domain, label: "", part: Part::Up, form };
        let mut problems = Problems::new(&self.root);
        let mut migrations = Vec::new();
        for name in names {
            let version = style.following(latest, now);
            latest = Some(version);
            let path = |part| labelled(FileName { part, ..file }, &style.number(version), name);
            let up = path(Part::Up);
            if let Some(problem) = self.config.problem_of_name(name) {
                problems.of_file(problem, &up);
            }
            let down = (form != Form::FlatSingle).then(|| path(Part::Down));
            migrations.push(NewMigration { version, up, down });
        }
        Diagnostics::warnings_of(problems.found)?;
        Ok(migrations)
    }

    /// The renames that bring all drafts after the locked migrations, in their present order. Locked migrations keep
    /// their versions, and so do drafts that already come after them.
    pub fn rebased(&self, now: Version) -> Vec<Renumbering> {
        let Some(head) = self.locked_head() else { return Vec::new() };
        let drafts = || self.entries.iter().filter(|entry| entry.is_draft);
        let first_behind = drafts().map(|entry| entry.version).find(|version| *version > head);
        let mut last = head;
        let mut renumbered = Vec::new();
        for entry in drafts() {
            if entry.version > last {
                last = entry.version;
                continue;
            }
            let style = Style::of(entry.number());
            // The present moment, unless a later draft would then come before this one.
            let moment = style.following(Some(last), now);
            let fits = entry.version <= head && first_behind.is_none_or(|first| moment < first);
            last = if fits { moment } else { style.following(Some(last), last) };
            renumbered.push(entry.renumbered(last, style));
        }
        renumbered
    }
}

impl Entry {
    /// `None` for parts that have lost the script they belong to.
    fn new(parts: &Parts<'_>, lock: &LockFile, all: &[Parts<'_>]) -> Option<Entry> {
        let up = parts.up.as_ref()?;
        let is_of = |named: &Named<'_>, name: &str| named.version == up.version && named.name == name;
        let is_draft = lock.get(up.version).is_none_or(|line| {
            // If the locked migration is missing, this may be the same one under a new name.
            let ups = all.iter().filter_map(|parts| parts.up.as_ref());
            !line.is_named(up.name) && ups.into_iter().any(|other| is_of(other, &line.name))
        });
        Some(Entry {
            version: up.version,
            label: up.file_name.label.to_owned(),
            form: up.file_name.form,
            up: up.file.path.clone(),
            files: parts.files().map(|named| named.file.path.clone()).collect(),
            is_draft,
        })
    }

    /// The version as its files write it.
    fn number(&self) -> &str {
        self.label.split('_').next().unwrap_or_default()
    }

    fn renumbered(&self, to: Version, style: Style) -> Renumbering {
        let mut paths = Vec::new();
        for path in &self.files {
            let Ok(file_name) = FileName::parse(path) else { continue };
            let Ok((_, name)) = file_name.numbered() else { continue };
            let new = labelled(file_name, &style.number(to), name);
            let pair = match self.form {
                Form::Directory => (folder_of(path).to_owned(), folder_of(&new).to_owned()),
                _ => (path.clone(), new),
            };
            if !paths.contains(&pair) {
                paths.push(pair);
            }
        }
        Renumbering { from: self.version, to, paths }
    }
}
