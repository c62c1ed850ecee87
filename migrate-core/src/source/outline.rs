//! A folder as tools see it that add migrations to it or give them other versions: names, and not what the scripts say.

use std::cmp::max;

use super::names::{self, Named, folder_of, labelled, next_version};
use super::parts::{self, Parts};
use super::problems::Problems;
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
            origin: None,
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

/// How a folder writes its versions.
#[derive(Clone, Copy)]
struct Style {
    is_moment: bool,
    /// Of a moment: `2024-02-12-120203`.
    has_hyphens: bool,
    /// The least number of digits of another number.
    width: usize,
}

impl Style {
    const MOMENT: Style = Style { is_moment: true, has_hyphens: false, width: 14 };

    fn of(number: &str) -> Style {
        let digits = number.bytes().filter(u8::is_ascii_digit).count();
        let has_hyphens = number.contains('-');
        Style { is_moment: digits >= 14, has_hyphens, width: if has_hyphens { 0 } else { digits } }
    }

    /// A version above `latest`: `now` if that is one.
    fn following(self, latest: Option<Version>, now: Version) -> Version {
        match latest {
            Some(latest) if self.is_moment && latest < now => now,
            None if self.is_moment => now,
            _ => next_version(latest.or(Version::new(0))).unwrap_or(Version::MAX),
        }
    }

    fn number(self, version: Version) -> String {
        let digits = version.to_string();
        if self.has_hyphens && self.is_moment && version.is_timestamp() {
            let (day, time) = digits.split_at(8);
            let rest: Vec<&str> = [&day[..4], &day[4..6], &day[6..], &time[..6], &time[6..]].into();
            return rest.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
        }
        format!("{digits:0>width$}", width = self.width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    const NOW: i64 = 20251121180000;

    fn now() -> Version {
        Version::from_i64(NOW).unwrap()
    }

    fn source(paths: &[&str]) -> Source {
        let file = |path: &&str| {
            let bytes = if path.ends_with("migrate.toml") { "" } else { "SELECT 1;" };
            SourceFile { path: (*path).to_owned(), bytes: bytes.into() }
        };
        let files = paths.iter().map(file).collect();
        Source { root: "migrations".to_owned(), files, empty_folders: Vec::new() }
    }

    fn with_file(mut source: Source, path: &str, text: &str) -> Source {
        source.files.push(SourceFile { path: path.to_owned(), bytes: text.into() });
        source
    }

    fn outline(source: &Source) -> Outline {
        source.outline(&Overrides::default()).unwrap()
    }

    #[test]
    fn a_new_migration_comes_last_in_the_form_of_the_folder() {
        let cases: [(&[&str], &str, &str, Option<&str>); 9] = [
            (&[], "", "20251121180000_add_x.up.sql", Some("20251121180000_add_x.down.sql")),
            (
                &["20250101000000_a.up.sql"],
                "auth",
                "auth/20251121180000_add_x.up.sql",
                Some("auth/20251121180000_add_x.down.sql"),
            ),
            // Somebody's clock is ahead.
            (
                &["20261231235959_a.up.sql"],
                "",
                "20270101000000_add_x.up.sql",
                Some("20270101000000_add_x.down.sql"),
            ),
            (&["20250101000000_a.sql"], "", "20251121180000_add_x.sql", None),
            (&["7_a.up.sql", "12_b.up.sql"], "", "13_add_x.up.sql", Some("13_add_x.down.sql")),
            (&["0009_a/up.sql"], "", "0010_add_x/up.sql", Some("0010_add_x/down.sql")),
            (&["V9__a.sql"], "", "V10__add_x.sql", Some("U10__add_x.sql")),
            (
                &["00000000000000_diesel_initial_setup/up.sql"],
                "",
                "20251121180000_add_x/up.sql",
                Some("20251121180000_add_x/down.sql"),
            ),
            (
                &["2024-02-12-120203_a/up.sql"],
                "",
                "2025-11-21-180000_add_x/up.sql",
                Some("2025-11-21-180000_add_x/down.sql"),
            ),
        ];
        for (paths, domain, up, down) in cases {
            let new = outline(&source(paths)).new_migration(domain, "add_x", now()).unwrap();
            assert_eq!((new.up.as_str(), new.down.as_deref()), (up, down), "{paths:?}");
        }
    }

    #[test]
    fn a_name_that_the_policy_refuses_is_told() {
        let source = with_file(source(&[]), "migrate.toml", "[names]\npattern = \"[a-z_]+\"\n");
        let told = |name| outline(&source).new_migration("", name, now()).map_err(|told| told.to_string());
        assert!(told("add_x").is_ok());
        for (name, path) in [("fix", "20251121180000_fix.up.sql"), ("AddX", "20251121180000_AddX.up.sql")] {
            let told = told(name).unwrap_err();
            assert!(told.contains(path), "{told}");
        }
    }

    /// The paths that a rebase renames, of a folder in which these are locked.
    fn rebased(locked: &[&str], drafts: &[&str]) -> Vec<(String, String)> {
        let set = source(locked);
        let text = set.lock(&[]).unwrap().text().to_owned();
        let all: Vec<&str> = locked.iter().chain(drafts).copied().collect();
        let source = with_file(source(&all), "migrate.lock", &text);
        outline(&source).rebased(now()).into_iter().flat_map(|renumbering| renumbering.paths).collect()
    }

    #[track_caller]
    fn case(locked: &[&str], drafts: &[&str], want: &[(&str, &str)]) {
        let pair = |(from, to): &(&str, &str)| ((*from).to_owned(), (*to).to_owned());
        assert_eq!(rebased(locked, drafts), want.iter().map(pair).collect::<Vec<_>>(), "{drafts:?}");
    }

    #[test]
    fn drafts_come_after_what_is_locked() {
        let (a, a_down) = ("5_a.up.sql", "5_a.down.sql");
        case(&[a, a_down], &[], &[]);
        case(&[a, a_down], &["6_b.up.sql", "6_b.down.sql"], &[]);
        case(
            &[a, a_down],
            &["3_b.up.sql", "3_b.down.sql", "3_b.verify.sql"],
            &[
                ("3_b.up.sql", "6_b.up.sql"),
                ("3_b.down.sql", "6_b.down.sql"),
                ("3_b.verify.sql", "6_b.verify.sql"),
            ],
        );
        // The order of the drafts stays.
        case(
            &[a, a_down],
            &["3_b.up.sql", "3_b.down.sql", "4_c.up.sql", "4_c.down.sql", "6_d.up.sql", "6_d.down.sql"],
            &[
                ("3_b.up.sql", "6_b.up.sql"),
                ("3_b.down.sql", "6_b.down.sql"),
                ("4_c.up.sql", "7_c.up.sql"),
                ("4_c.down.sql", "7_c.down.sql"),
                ("6_d.up.sql", "8_d.up.sql"),
                ("6_d.down.sql", "8_d.down.sql"),
            ],
        );
        // Two branches took one version.
        case(
            &[a, a_down],
            &["5_b.up.sql", "5_b.down.sql"],
            &[("5_b.up.sql", "6_b.up.sql"), ("5_b.down.sql", "6_b.down.sql")],
        );
    }

    #[test]
    fn every_form_is_renamed_as_it_is() {
        case(
            &["x/0005_a/up.sql", "x/0005_a/down.sql"],
            &["y/0003_b/up.sql", "y/0003_b/down.sql"],
            &[("y/0003_b", "y/0006_b")],
        );
        case(
            &["V5__a.sql", "U5__a.sql"],
            &["V3__b.sql", "U3__b.sql"],
            &[("V3__b.sql", "V6__b.sql"), ("U3__b.sql", "U6__b.sql")],
        );
        let moment = "20250601000000_a";
        case(
            &[&format!("{moment}.up.sql"), &format!("{moment}.down.sql")],
            &["20250501000000_b.up.sql", "20250501000000_b.down.sql"],
            &[
                ("20250501000000_b.up.sql", "20251121180000_b.up.sql"),
                ("20250501000000_b.down.sql", "20251121180000_b.down.sql"),
            ],
        );
        // A draft that comes after it already stays behind it.
        case(
            &[&format!("{moment}.up.sql"), &format!("{moment}.down.sql")],
            &[
                "20250501000000_b.up.sql",
                "20250501000000_b.down.sql",
                "20250701000000_c.up.sql",
                "20250701000000_c.down.sql",
            ],
            &[
                ("20250501000000_b.up.sql", "20250601000001_b.up.sql"),
                ("20250501000000_b.down.sql", "20250601000001_b.down.sql"),
            ],
        );
    }

    #[test]
    fn a_locked_migration_under_another_name_is_no_draft() {
        let locked = source(&["5_a.up.sql", "5_a.down.sql"]).lock(&[]).unwrap().text().to_owned();
        let source = with_file(source(&["5_b.up.sql", "5_b.down.sql"]), "migrate.lock", &locked);
        assert_eq!(outline(&source).rebased(now()), []);
    }
}
