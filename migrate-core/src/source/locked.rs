//! Compares the migrations of a folder with `migrate.lock`.
//!
//! A locked migration that was edited, renamed or removed is a problem, and so is a draft with a version below the last
//! locked one: databases may already be past it.

use std::collections::BTreeSet;

use super::names::renumbered;
use super::problems::Problems;
use super::{Source, text};
use crate::checksum::normalized;
use crate::config::LockPolicy;
use crate::diagnostic::Diagnostic;
use crate::lock_file::{self, InvalidLine, LOCK_FILE, Line, Locked};
use crate::problem::LockFileProblem;
use crate::{Migration, Version};

/// Why the lock file is read.
#[derive(Clone, Copy)]
pub(super) enum Locking<'a> {
    /// To compare the migrations with it.
    Hold,
    /// To bring it up to date, and to accept the edits of these migrations.
    Update { accept: &'a [Version] },
}

impl Locking<'_> {
    fn refuses_drafts(self, policy: LockPolicy) -> bool {
        policy == LockPolicy::Required && matches!(self, Locking::Hold)
    }

    /// Whether the edit of this migration is accepted.
    pub(super) fn accepts(self, version: Version) -> bool {
        matches!(self, Locking::Update { accept } if accept.contains(&version))
    }
}

/// The lock file, or `None` when there is none or something is wrong in it.
pub(super) fn read(
    source: &Source,
    policy: LockPolicy,
    locking: Locking<'_>,
    problems: &mut Problems<'_>,
) -> Option<Locked> {
    let Some(file) = source.files.iter().find(|file| file.path == LOCK_FILE) else {
        if locking.refuses_drafts(policy) {
            problems.of_file(LockFileProblem::Missing, LOCK_FILE);
        }
        return None;
    };
    let parsed = match text::of(&file.bytes) {
        Ok(text) => lock_file::parse(&normalized(text)),
        Err(no_text) => {
            problems.found.push(no_text.diagnostic(problems.display_path(LOCK_FILE)));
            return None;
        }
    };
    let invalid = parsed.invalid.iter().map(|(invalid, at)| match *invalid {
        InvalidLine::Expected(expected) => {
            let found = parsed.text[*at..].split([' ', ',', '\n']).next().unwrap_or_default().to_owned();
            (LockFileProblem::Line { expected, found }, *at)
        }
        InvalidLine::ConflictMarker => (LockFileProblem::Conflict, *at),
        InvalidLine::NotAbove(above) => (LockFileProblem::Order { above }, *at),
    });
    let mut found: Vec<(LockFileProblem, usize)> = invalid.collect();
    // After an invalid line no chain value can follow. An update chains the lines anew.
    if found.is_empty() && matches!(locking, Locking::Hold) {
        let broken = parsed.broken.iter();
        let chain =
            |line: &Line| (LockFileProblem::Chain { migration: line.label() }, parsed.start(line.version));
        found.extend(broken.map(chain));
    }
    let is_sound = found.is_empty();
    for (problem, at) in found {
        problems.in_lock_file(problem, &parsed, at);
    }
    is_sound.then_some(parsed)
}

/// Compares the migrations of a folder with its lock file.
pub(super) struct Check<'a, 'p> {
    /// The migrations, in the order of their versions.
    pub(super) migrations: &'a [Migration],
    /// Whether all names of the folder are understood. If not, a migration that seems to be gone may be one of the others.
    pub(super) is_complete: bool,
    pub(super) policy: LockPolicy,
    pub(super) locking: Locking<'a>,
    pub(super) problems: &'a mut Problems<'p>,
}

impl Check<'_, '_> {
    pub(super) fn against(&mut self, locked: &Locked) {
        let present: BTreeSet<Version> = self.migrations.iter().map(|migration| migration.version).collect();
        let is_gone = |line: &&Line| !present.contains(&line.version);
        let mut gone: Vec<&Line> = locked.file.lines.iter().filter(is_gone).collect();
        // A second migration of a locked version has been reported.
        let is_second = |migration: &Migration, line: &Line| {
            !line.is_named(&migration.name)
                && self
                    .migrations
                    .iter()
                    .any(|other| other.version == line.version && line.is_named(&other.name))
        };
        for migration in self.migrations {
            if locked.file.get(migration.version).is_some_and(|line| is_second(migration, line)) {
                continue;
            }
            if let Some(line) = locked.file.get(migration.version) {
                self.locked(migration, line, locked);
            } else if let Some(at) = gone.iter().position(|line| line.up == migration.up.checksum()) {
                self.renamed(migration, gone.remove(at));
            } else {
                self.added(migration, locked.file.head());
            }
        }
        if self.is_complete {
            for line in gone {
                self.at_line(LockFileProblem::Removed { migration: line.label() }, line, locked);
            }
        }
    }

    fn locked(&mut self, migration: &Migration, line: &Line, locked: &Locked) {
        if !line.is_named(&migration.name) {
            self.renamed(migration, line);
        }
        if self.locking.accepts(line.version) {
            return;
        }
        let edited = |what| LockFileProblem::Edited { what, migration: line.label(), version: line.version };
        if migration.up.checksum() != line.up {
            self.problems.of_file(edited("script"), migration.up.path());
        }
        match (migration.down.script(), line.down) {
            (Some(down), was) if was != Some(down.checksum) => {
                self.problems.of_file(edited("rollback script"), &down.path);
            }
            (None, Some(_)) => {
                self.at_line(LockFileProblem::RemovedDown { migration: line.label() }, line, locked);
            }
            _ => {}
        }
    }

    fn renamed(&mut self, migration: &Migration, line: &Line) {
        let problem = LockFileProblem::Renamed { locked: line.label(), now: migration.to_string() };
        self.problems.of_file(problem, migration.up.path());
    }

    /// A migration that the lock file does not list is a draft if its version comes after the last line, else it is too late.
    fn added(&mut self, migration: &Migration, head: Option<&Line>) {
        let (path, name) = (migration.up.path(), migration.to_string());
        match head {
            Some(head) if migration.version < head.version => {
                let latest = self.migrations.last().map(|migration| migration.version);
                let suggestion = renumbered(path, latest.max(Some(head.version)));
                let suggestion = suggestion.map(|path| self.problems.display_path(&path));
                let problem = LockFileProblem::Inserted { migration: name, head: head.label(), suggestion };
                self.problems.of_file(problem, path);
            }
            _ if self.locking.refuses_drafts(self.policy) => {
                self.problems.of_file(LockFileProblem::Draft { migration: name }, path);
            }
            _ => {}
        }
    }

    fn at_line(&mut self, problem: LockFileProblem, line: &Line, locked: &Locked) {
        self.problems.in_lock_file(problem, locked, locked.start(line.version));
    }
}

impl Problems<'_> {
    /// A problem at a byte of the lock file. Its lines are long and full of checksums, so they are not shown.
    fn in_lock_file(&mut self, problem: LockFileProblem, locked: &Locked, at: usize) {
        let diagnostic = Diagnostic::at(problem, self.display_path(LOCK_FILE), &locked.text, at);
        self.found.push(Diagnostic { line: None, ..diagnostic });
    }
}
