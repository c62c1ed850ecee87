//! A folder as tools see it that add migrations to it or give them other versions: names, and not what the scripts say.

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
    files: Vec<String>,
    is_draft: bool,
}

/// Where the scripts of a new migration go, inside the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMigration {
    /// Behind all others.
    pub version: Version,
    /// The script.
    pub up: String,
    /// The rollback script; `None` in a folder whose form of names has none.
    pub down: Option<String>,
}

/// Another version for a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renumbering {
    /// The version that it has.
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
    /// When a name fits no form, or the policy or the lock file does not read. Migrations that come before what is
    /// locked, or have one version, are none.
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

    /// The set of the folder without a migration, for those who only ask a history what it holds.
    pub fn empty_set(&self) -> MigrationSet {
        MigrationSet {
            name: self.set.clone().into(),
            dialect: self.dialect,
            root: self.root.clone().into(),
            migrations: Vec::new().into(),
            chain: None,
            embedded_from: None,
        }
    }

    /// The column that says whose a row is, as `migrate.toml` has it.
    pub fn tenant(&self) -> Option<&str> {
        self.config.tenant.as_deref()
    }

    /// The column that says that a row is deleted, as `migrate.toml` has it.
    pub fn deleted(&self) -> Option<&str> {
        self.config.deleted.as_deref()
    }

    /// Whether each migration has to have a way back.
    pub fn needs_rollback(&self) -> bool {
        self.config.rollback == RollbackPolicy::Required
    }

    /// The last version that is locked.
    pub fn locked_head(&self) -> Option<Version> {
        self.lock.head().map(|line| line.version)
    }

    /// The paths of a migration behind all others, in the form of the folder, in the folder `domain` if it is not
    /// empty. `now` is the version where the others are timestamps, unless one of them is later.
    ///
    /// # Errors
    ///
    /// When the policy refuses the name.
    pub fn new_migration(&self, domain: &str, name: &str, now: Version) -> Result<NewMigration, Diagnostics> {
        let last = self.entries.last();
        let style = last.map_or(Style::MOMENT, |entry| Style::of(entry.number()));
        let latest = max(last.map(|entry| entry.version), self.locked_head());
        let version = style.following(latest, now);
        let form = last.map_or(Form::FlatPair, |entry| entry.form);
        let file = FileName { folder: domain, label: "", part: Part::Up, form };
        let path = |part| labelled(FileName { part, ..file }, &style.number(version), name);
        let up = path(Part::Up);
        if let Some(problem) = self.config.problem_of_name(name) {
            let mut problems = Problems::new(&self.root);
            problems.of_file(problem, &up);
            Diagnostics::warnings_of(problems.found)?;
        }
        Ok(NewMigration { version, up, down: (form != Form::FlatSingle).then(|| path(Part::Down)) })
    }

    /// What has to be renamed for all drafts to come after what is locked, in the order that they have. What is locked
    /// stays as it is, and so do drafts whose place is free.
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
            // The moment, unless that would take it behind a draft that was behind it.
            let moment = style.following(Some(last), now);
            let fits = entry.version <= head && first_behind.is_none_or(|first| moment < first);
            last = if fits { moment } else { style.following(Some(last), last) };
            renumbered.push(entry.renumbered(last, style));
        }
        renumbered
    }
}

impl Entry {
    /// `None` of the parts of a migration that have lost their script.
    fn new(parts: &Parts<'_>, lock: &LockFile, all: &[Parts<'_>]) -> Option<Entry> {
        let up = parts.up.as_ref()?;
        let is_of = |named: &Named<'_>, name: &str| named.version == up.version && named.name == name;
        let is_draft = lock.get(up.version).is_none_or(|line| {
            // Where the locked migration is not there, this may be it, renamed.
            let ups = all.iter().filter_map(|parts| parts.up.as_ref());
            !line.is_named(up.name) && ups.into_iter().any(|other| is_of(other, &line.name))
        });
        Some(Entry {
            version: up.version,
            label: up.file_name.label.to_owned(),
            form: up.file_name.form,
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
