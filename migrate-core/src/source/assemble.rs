//! One set from the files of a folder, with every problem of every file.

use std::borrow::Cow;

use super::draft::Draft;
#[cfg(feature = "lint")]
use super::gate;
use super::locked::{self, Check, Locking};
use super::names::{self, Named};
use super::parts::{self, Parts};
use super::problems::Problems;
use super::script::{self, Parsed};
use super::{Overrides, Source, SourceFile, checks, join, text};
use crate::config::{CONFIG_FILE, Config, InvalidToml, Metadata, RollbackPolicy};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::directive::{Directives, Reason};
use crate::file_name::{FileName, Form, Part};
use crate::lock_file::{LockFile, LockUpdate, Locked};
use crate::problem::Problem;
use crate::{Checksum, Dialect, Down, Migration, MigrationSet, OlderBinaries, Version};

/// Whether the SQL is parsed and its hazards are judged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    Open,
    #[cfg(feature = "lint")]
    Guarded,
}

pub(super) fn assemble(
    source: &Source,
    overrides: &Overrides,
    gate: Gate,
) -> Result<(MigrationSet, Vec<Diagnostic>), Diagnostics> {
    let (set, warnings, _) = read(source, overrides, Locking::Hold, gate)?;
    Ok((set, warnings))
}

/// What the lock file of the folder has to become.
pub(super) fn lock(source: &Source, accept: &[Version]) -> Result<LockUpdate, Diagnostics> {
    #[cfg(feature = "lint")]
    let gate = Gate::Guarded;
    #[cfg(not(feature = "lint"))]
    let gate = Gate::Open;
    let (set, _, locked) = read(source, &Overrides::default(), Locking::Update { accept }, gate)?;
    Ok(LockUpdate::new(locked.as_ref(), &set, accept))
}

fn read(
    source: &Source,
    overrides: &Overrides,
    locking: Locking<'_>,
    gate: Gate,
) -> Result<(MigrationSet, Vec<Diagnostic>, Option<Locked>), Diagnostics> {
    let config = config(source)?;
    let dialect = overrides.dialect.unwrap_or(config.dialect);
    let name = overrides.set.clone().or_else(|| config.set.clone()).unwrap_or_else(|| "default".to_owned());
    let mut problems = Problems::new(&source.root);
    let locked = locked::read(source, config.lock, locking, &mut problems);
    let held = (locking, locked.as_ref());
    let migrations = migrations(source, &config, dialect, held, gate, &mut problems);
    let warnings = Diagnostics::warnings_of(problems.found)?;
    let chain = migrations.iter().fold(None, |chain, migration| {
        Some(Checksum::chain(chain, migration.version, migration.up.checksum))
    });
    let set = MigrationSet {
        name: name.into(),
        dialect,
        root: source.root.clone().into(),
        migrations: migrations.into(),
        chain,
        origin: None,
    };
    Ok((set, warnings, locked))
}

pub(super) fn config(source: &Source) -> Result<Config, Diagnostics> {
    let Some(file) = source.files.iter().find(|file| file.path == CONFIG_FILE) else {
        return Ok(Config::default());
    };
    let path = join(&source.root, &file.path);
    parse_toml(path, &file.bytes, Config::parse).map_err(|diagnostic| Diagnostics::from(*diagnostic))
}

fn parse_toml<T>(
    path: String,
    bytes: &[u8],
    parse: impl Fn(&str) -> Result<T, InvalidToml>,
) -> Result<T, Box<Diagnostic>> {
    let text = match text::of(bytes) {
        Ok(text) => text,
        Err(no_text) => return Err(Box::new(no_text.diagnostic(path))),
    };
    parse(text).map_err(|InvalidToml { message, offset }| {
        Box::new(Diagnostic::at(Problem::InvalidToml { message }, path, text, offset))
    })
}

fn migrations(
    source: &Source,
    config: &Config,
    dialect: Dialect,
    (locking, locked): (Locking<'_>, Option<&Locked>),
    gate: Gate,
    problems: &mut Problems<'_>,
) -> Vec<Migration> {
    let before = problems.found.len();
    let named = names::read(source, config, problems);
    checks::empty_folders(&source.empty_folders, &named, problems);
    if named.is_empty() && problems.found.len() == before {
        problems.of_file(Problem::EmptyDirectory, "");
    }
    let migrations = parts::group(named, problems);
    let migrations = checks::one_form(migrations, problems);
    checks::dates(&migrations, problems);
    checks::versions(&migrations, problems);
    let orphan_downs = checks::orphans(&migrations, problems);
    let is_complete = problems.found.len() == before;
    let file = locked.map(|parsed| &parsed.file);
    let mut assembly =
        Assembly { config, dialect, orphan_downs, locked: file, locking, problems: &mut *problems };
    let drafts: Vec<Draft> = migrations.iter().filter_map(|parts| assembly.draft(parts)).collect();
    let drafts = match gate {
        Gate::Open => drafts,
        #[cfg(feature = "lint")]
        Gate::Guarded => gate::pass(drafts, config, dialect, problems),
    };
    let migrations: Vec<_> = drafts.into_iter().map(|draft| draft.migration).collect();
    if let Some(locked) = locked {
        let migrations = migrations.as_slice();
        Check { migrations, is_complete, policy: config.lock, locking, problems }.against(locked);
    }
    migrations
}

/// Reads the scripts of migrations whose names are in order.
struct Assembly<'a, 'p> {
    config: &'a Config,
    dialect: Dialect,
    /// Versions with a rollback script that lost its migration: for these, a missing one has been told.
    orphan_downs: Vec<Version>,
    locked: Option<&'a LockFile>,
    locking: Locking<'a>,
    problems: &'a mut Problems<'p>,
}

impl Assembly<'_, '_> {
    /// The migration, or `None` where only its other parts are left.
    fn draft(&mut self, parts: &Parts<'_>) -> Option<Draft> {
        let up = parts.up.as_ref()?;
        let before = self.problems.found.len();
        self.check_name(up);
        let in_transaction = parts.metadata.as_ref().is_none_or(|metadata| self.metadata(metadata));
        let parsed = self.script(up, in_transaction);
        if parsed.problems.is_empty() && parsed.script.statements.is_empty() {
            self.problems.of_file(Problem::EmptyScript, &up.file.path);
        }
        let (down, of_down) = match (&parts.down, &parsed.directives.irreversible) {
            (None, Some(Reason { why, .. })) => {
                (Down::Irreversible(Some(why.clone().into())), Directives::default())
            }
            (None, None) => {
                self.check_missing_down(up, &parsed);
                (Down::Irreversible(None), Directives::default())
            }
            (Some(down), None) => self.down(down, in_transaction),
            (Some(down), Some(Reason { at, .. })) => {
                let problem =
                    Problem::IrreversibleWithDown { down: self.problems.display_path(&down.file.path) };
                self.problems.at(problem, &up.file.path, &parsed.script.sql, *at);
                let down = self.script(down, in_transaction);
                (Down::Script(down.script), down.directives)
            }
        };
        let verify = parts.verify.as_ref().map(|verify| self.script(verify, true).script);
        let locked = self.locked.and_then(|locked| locked.get(parts.version));
        let migration = Migration {
            version: parts.version,
            name: up.name.to_owned().into(),
            up: parsed.script,
            down,
            verify,
            risk: parsed.directives.risk,
            hazards: Cow::Borrowed(&[]),
            older_binaries: parsed.directives.older_binaries.unwrap_or(OlderBinaries::Refuse),
            accepts: locked.map_or(Cow::Borrowed(&[]), |line| line.accepts.clone().into()),
        };
        let draft = Draft {
            migration,
            up: parsed.directives,
            down: of_down,
            is_locked: false,
            is_vouched_for: false,
            is_sound: self.problems.found.len() == before,
        };
        Some(draft.vouched_for_by(locked))
    }

    fn check_name(&mut self, up: &Named<'_>) {
        let Some(policy) = &self.config.names else { return };
        let name = up.name.to_owned();
        if policy.vague.contains(&name) {
            self.problems.of_file(Problem::VagueName { name }, &up.file.path);
        } else if policy.pattern.as_ref().is_some_and(|pattern| !pattern.is_match(&name)) {
            self.problems.of_file(Problem::NameOutsidePattern { name }, &up.file.path);
        }
    }

    /// Whether diesel's `metadata.toml` leaves the migration in a transaction.
    fn metadata(&mut self, metadata: &Named<'_>) -> bool {
        let SourceFile { path, bytes } = metadata.file;
        match parse_toml(self.problems.display_path(path), bytes, Metadata::parse) {
            Ok(metadata) => metadata.run_in_transaction,
            Err(diagnostic) => {
                self.problems.found.push(*diagnostic);
                true
            }
        }
    }

    /// Tells that a migration has no way back, unless what has been told may be the cause.
    fn check_missing_down(&mut self, up: &Named<'_>, parsed: &Parsed) {
        let locked = self.locked.and_then(|locked| locked.get(up.version));
        let is_told = self.orphan_downs.contains(&up.version)
            || locked.is_some_and(|line| line.down.is_some() && !self.locking.accepts(line.version))
            || parsed.problems.iter().any(|(problem, _)| may_hide_irreversible(problem));
        if self.needs_down() && !is_told {
            let missing = missing_down(up.file_name, self.problems);
            self.problems.of_file(missing, &up.file.path);
        }
    }

    fn down(&mut self, down: &Named<'_>, in_transaction: bool) -> (Down, Directives) {
        let Parsed { script, directives, problems } = self.script(down, in_transaction);
        let path = &down.file.path;
        match &directives.nothing_to_undo {
            Some(Reason { at, .. }) if !script.statements.is_empty() => {
                self.problems.at(Problem::NothingToUndoWithStatements, path, &script.sql, *at);
            }
            None if problems.is_empty() && script.statements.is_empty() => {
                if self.needs_down() {
                    self.problems.of_file(Problem::EmptyDown, path);
                }
                return (Down::Irreversible(None), directives);
            }
            _ => {}
        }
        (Down::Script(script), directives)
    }

    fn needs_down(&self) -> bool {
        self.config.rollback == RollbackPolicy::Required
    }

    /// Reads a script and tells its problems.
    fn script(&mut self, named: &Named<'_>, in_transaction: bool) -> Parsed {
        let SourceFile { path, bytes } = named.file;
        let parsed = script::parse(path, bytes, named.file_name.part, self.dialect, in_transaction);
        for (problem, at) in &parsed.problems {
            match at {
                Some(at) => self.problems.at(problem.clone(), path, &parsed.script.sql, *at),
                None => self.problems.of_file(problem.clone(), path),
            }
        }
        parsed
    }
}

/// Whether the script may mean to say `irreversible`, and this problem keeps it from being heard.
fn may_hide_irreversible(problem: &Problem) -> bool {
    let is_irreversible = |key: &str| key == "irreversible";
    match problem {
        Problem::Utf16 | Problem::NotUtf8 | Problem::NulByte | Problem::TooLarge | Problem::ByteOrderMark => {
            true
        }
        Problem::DirectiveValue { key, .. }
        | Problem::DirectiveWithoutColon { key }
        | Problem::DirectiveBelowStatement { key }
        | Problem::DirectiveInsideStatement { key } => is_irreversible(key),
        Problem::UnknownDirective { closest, .. } => closest.is_some_and(is_irreversible),
        _ => false,
    }
}

/// That a migration has no rollback script, and what it would be called.
fn missing_down(up: FileName<'_>, problems: &Problems<'_>) -> Problem {
    let is_single = up.form == Form::FlatSingle;
    let form = if is_single { Form::FlatPair } else { up.form };
    let display = |part| problems.display_path(&FileName { part, form, ..up }.path());
    Problem::MissingDown { expected: display(Part::Down), rename: is_single.then(|| display(Part::Up)) }
}
