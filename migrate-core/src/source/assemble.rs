//! One set from the files of a folder, with every problem of every file.

use std::borrow::Cow;

use super::draft::Draft;
use super::gate;
use super::locked::{self, Check, Locking};
use super::names::{self, Named, PREPARE_FILE};
use super::parts::{self, Parts};
use super::problems::Problems;
use super::script::{self, Parsed};
use super::{Overrides, Source, checks, join, text};
use crate::analysis::Analyse;
use crate::config::{CONFIG_FILE, Config, InvalidToml, Metadata, RollbackPolicy};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::directive::{Directives, Reason};
use crate::directive_key::DirectiveKey;
use crate::file_name::{FileName, Form, Part};
use crate::lock_file::{LockFile, LockUpdate, Locked};
use crate::parallel::in_shares;
use crate::problem::{
    DirectiveProblem, FolderProblem, PolicyProblem, Problem, RollbackProblem, ScriptProblem,
};
use crate::{Checksum, Dialect, Down, Migration, MigrationSet, OlderBinaries, Version, Work};

pub(super) fn assemble(
    source: &Source,
    overrides: &Overrides,
    analyse: Option<Analyse>,
) -> Result<(MigrationSet, Vec<Diagnostic>), Diagnostics> {
    let (set, warnings, _) = read(source, overrides, Locking::Hold, analyse)?;
    Ok((set, warnings))
}

/// What the lock file of the folder has to become.
pub(super) fn lock(
    source: &Source,
    accept: &[Version],
    analyse: Option<Analyse>,
) -> Result<LockUpdate, Diagnostics> {
    let (set, _, locked) = read(source, &Overrides::default(), Locking::Update { accept }, analyse)?;
    Ok(LockUpdate::new(locked.as_ref(), &set, accept))
}

fn read(
    source: &Source,
    overrides: &Overrides,
    locking: Locking<'_>,
    analyse: Option<Analyse>,
) -> Result<(MigrationSet, Vec<Diagnostic>, Option<Locked>), Diagnostics> {
    let mut config = config(source)?;
    config.lint_from = overrides.lint_from.or(config.lint_from);
    let dialect = overrides.dialect.unwrap_or(config.dialect);
    let name = set_name(&config, overrides);
    let mut problems = Problems::new(&source.root);
    let locked = locked::read(source, config.lock, locking, &mut problems);
    let held = (locking, locked.as_ref());
    let migrations = migrations(source, &config, dialect, held, analyse, &mut problems);
    let warnings = Diagnostics::warnings_of(problems.found)?;
    let chain = migrations.iter().fold(None, |chain, migration| {
        Some(Checksum::chain(chain, migration.version, migration.up.checksum()))
    });
    let set = MigrationSet {
        name: name.into(),
        dialect,
        root: source.root.clone().into(),
        migrations: migrations.into(),
        chain,
        embedded_from: None,
        defaults: config.defaults(),
    };
    Ok((set, warnings, locked))
}

/// What the history calls the set.
pub(super) fn set_name(config: &Config, overrides: &Overrides) -> String {
    overrides.set.clone().or_else(|| config.set.clone()).unwrap_or_else(|| "default".to_owned())
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
        Box::new(Diagnostic::at(PolicyProblem::InvalidToml { message }, path, text, offset))
    })
}

fn migrations(
    source: &Source,
    config: &Config,
    dialect: Dialect,
    (locking, locked): (Locking<'_>, Option<&Locked>),
    analyse: Option<Analyse>,
    problems: &mut Problems<'_>,
) -> Vec<Migration> {
    let before = problems.found.len();
    let named = names::read(source, config, problems);
    checks::empty_folders(&source.empty_folders, &named, problems);
    if named.is_empty() && problems.found.len() == before {
        problems.of_file(FolderProblem::Empty, "");
    }
    let migrations = parts::group(named, problems);
    let migrations = checks::one_form(migrations, problems);
    checks::dates(&migrations, problems);
    checks::versions(&migrations, locked.map(|parsed| &parsed.file), problems);
    let orphan_downs = checks::orphans(&migrations, problems);
    let is_complete = problems.found.len() == before;
    let file = locked.map(|parsed| &parsed.file);
    checks::moments(&migrations, file, problems);
    let mut assembly = Assembly { config, orphan_downs, locked: file, locking, problems: &mut *problems };
    let scripts = in_shares(&migrations, |_, share| {
        share.iter().map(|parts| Scripts::read(parts, &source.root, dialect)).collect()
    });
    let drafts = migrations.iter().zip(scripts).filter_map(|(parts, scripts)| assembly.draft(parts, scripts));
    let drafts: Vec<Draft> = drafts.collect();
    let prepare = prepare(source, problems);
    let drafts = match analyse {
        None => drafts,
        Some(analyse) => gate::pass(drafts, (config, prepare), dialect, analyse, problems),
    };
    let migrations: Vec<_> = drafts.into_iter().map(|draft| draft.migration).collect();
    if let Some(locked) = locked {
        let migrations = migrations.as_slice();
        Check { migrations, is_complete, policy: config.lock, locking, problems }.against(locked);
    }
    migrations
}

/// The text of `prepare.sql`.
fn prepare(source: &Source, problems: &mut Problems<'_>) -> Option<String> {
    let file = source.files.iter().find(|file| file.path == PREPARE_FILE)?;
    match text::of_script(&file.bytes) {
        Ok(text) => Some(text),
        Err(no_text) => {
            problems.found.push(no_text.diagnostic(problems.display_path(PREPARE_FILE)));
            None
        }
    }
}

/// What is read in the files of a migration.
struct Scripts {
    up: Option<Parsed>,
    down: Option<Parsed>,
    verify: Option<Parsed>,
    /// What is wrong with diesel's `metadata.toml`.
    metadata: Option<Box<Diagnostic>>,
}

impl Scripts {
    fn read(parts: &Parts<'_>, root: &str, dialect: Dialect) -> Scripts {
        let metadata = parts
            .metadata
            .as_ref()
            .map(|Named { file, .. }| parse_toml(join(root, &file.path), &file.bytes, Metadata::parse));
        let in_transaction = !matches!(metadata, Some(Ok(Metadata { run_in_transaction: false })));
        let read = |named: &Option<Named<'_>>, in_transaction| {
            let Named { file, file_name, .. } = named.as_ref()?;
            Some(script::parse(&file.path, &file.bytes, file_name.part, dialect, in_transaction))
        };
        Scripts {
            up: read(&parts.up, in_transaction),
            down: read(&parts.down, in_transaction),
            verify: read(&parts.verify, true),
            metadata: metadata.and_then(Result::err),
        }
    }
}

/// Makes migrations of what was read, and reports what is wrong with them.
struct Assembly<'a, 'p> {
    config: &'a Config,
    /// Versions with a rollback script that lost its migration: a missing one has been reported for these.
    orphan_downs: Vec<Version>,
    locked: Option<&'a LockFile>,
    locking: Locking<'a>,
    problems: &'a mut Problems<'p>,
}

impl Assembly<'_, '_> {
    /// The migration, or `None` where only its other parts are left.
    fn draft(&mut self, parts: &Parts<'_>, scripts: Scripts) -> Option<Draft> {
        let (up, parsed) = parts.up.as_ref().zip(scripts.up)?;
        let before = self.problems.found.len();
        self.check_name(up);
        self.problems.found.extend(scripts.metadata.map(|diagnostic| *diagnostic));
        self.tell(&parsed);
        match &parsed.directives.nothing_to_do {
            Some(Reason { at, .. }) if !parsed.script.statements.is_empty() => {
                self.problems.at(ScriptProblem::NothingToDo, &up.file.path, &parsed.script.sql, *at);
            }
            None if parsed.problems.is_empty() && parsed.script.statements.is_empty() && !self.is_old(up) => {
                self.problems.of_file(ScriptProblem::Empty, &up.file.path);
            }
            _ => {}
        }
        let (down, of_down) = match (scripts.down, &parsed.directives.irreversible) {
            (None, Some(Reason { why, .. })) => {
                (Down::Irreversible(Some(why.clone().into())), Directives::default())
            }
            (None, None) => {
                self.check_missing_down(up, &parsed);
                (Down::Irreversible(None), Directives::default())
            }
            (Some(down), None) => self.down(down),
            (Some(down), Some(Reason { at, .. })) => {
                let problem =
                    RollbackProblem::Irreversible { down: self.problems.display_path(down.script.path()) };
                self.problems.at(problem, &up.file.path, &parsed.script.sql, *at);
                self.tell(&down);
                (Down::Work(Work::Sql(down.script)), down.directives)
            }
        };
        let verify = scripts.verify.map(|verify| {
            self.tell(&verify);
            (verify.script, verify.directives)
        });
        let (verify, of_verify) = verify.unzip();
        let locked = self.locked.and_then(|locked| locked.get(parts.version));
        let migration = Migration {
            version: parts.version,
            name: up.name.to_owned().into(),
            up: Work::Sql(parsed.script),
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
            verify: of_verify.unwrap_or_default(),
            is_locked: false,
            is_vouched_for: false,
            is_sound: self.problems.found.len() == before,
        };
        Some(draft.vouched_for_by(locked))
    }

    /// Whether a migration ran long ago: then its script cannot be edited any more.
    fn is_old(&self, up: &Named<'_>) -> bool {
        self.config.lint_from.is_some_and(|from| up.version < from)
    }

    fn check_name(&mut self, up: &Named<'_>) {
        if let Some(problem) = self.config.problem_of_name(up.name) {
            self.problems.of_file(problem, &up.file.path);
        }
    }

    /// Reports that a migration has no way back, unless a reported problem may be the cause.
    fn check_missing_down(&mut self, up: &Named<'_>, parsed: &Parsed) {
        let locked = self.locked.and_then(|locked| locked.get(up.version));
        let is_reported = self.orphan_downs.contains(&up.version)
            || locked.is_some_and(|line| line.down.is_some() && !self.locking.accepts(line.version))
            || parsed.problems.iter().any(|(problem, _)| may_hide_irreversible(problem));
        if self.needs_down() && !is_reported {
            let missing = missing_down(up.file_name, self.problems);
            self.problems.of_file(missing, &up.file.path);
        }
    }

    fn down(&mut self, down: Parsed) -> (Down, Directives) {
        self.tell(&down);
        let Parsed { script, directives, problems } = down;
        let path = script.path();
        match &directives.nothing_to_undo {
            Some(Reason { at, .. }) if !script.statements.is_empty() => {
                self.problems.at(RollbackProblem::NothingToUndo, path, &script.sql, *at);
            }
            None if problems.is_empty() && script.statements.is_empty() => {
                if self.needs_down() {
                    self.problems.of_file(RollbackProblem::Empty, path);
                }
                return (Down::Irreversible(None), directives);
            }
            _ => {}
        }
        (Down::Work(Work::Sql(script)), directives)
    }

    fn needs_down(&self) -> bool {
        self.config.rollback == RollbackPolicy::Required
    }

    /// Tells the problems of a script.
    fn tell(&mut self, Parsed { script, problems, .. }: &Parsed) {
        for (problem, at) in problems {
            match at {
                Some(at) => self.problems.at(problem.clone(), script.path(), &script.sql, *at),
                None => self.problems.of_file(problem.clone(), script.path()),
            }
        }
    }
}

/// Whether the script may have a way back, and this problem hides it.
fn may_hide_irreversible(problem: &Problem) -> bool {
    let key = match problem {
        // Its rollback may be in the same file.
        Problem::Text(_) | Problem::Directive(DirectiveProblem::OtherTool { .. }) => return true,
        Problem::Directive(problem) => problem.key(),
        _ => None,
    };
    key == Some(DirectiveKey::Irreversible)
}

/// That a migration has no rollback script, and what it would be called.
fn missing_down(up: FileName<'_>, problems: &Problems<'_>) -> RollbackProblem {
    let is_single = up.form == Form::FlatSingle;
    let form = if is_single { Form::FlatPair } else { up.form };
    let display = |part| problems.display_path(&FileName { part, form, ..up }.path());
    RollbackProblem::Missing { expected: display(Part::Down), rename: is_single.then(|| display(Part::Up)) }
}
