//! Syntax and hazards: what the statements of the scripts would do.

use std::collections::BTreeSet;
use std::thread;

use super::draft::Draft;
use super::problems::Problems;
use crate::config::{Config, Level};
use crate::diagnostic::{Diagnostic, Severity};
use crate::dialect::Engine;
use crate::directive::Directives;
use crate::lint::{self, Analysis, Finding, Project};
use crate::position::Position;
use crate::problem::Problem;
use crate::schema::Schema;
use crate::sql::{self, Parsed};
use crate::{Dialect, Down, FoundHazard, Hazard, OlderBinaries, Risk, Script};

/// Completes the drafts with their hazards, and tells what the policy does not let pass.
pub(super) fn pass(
    mut drafts: Vec<Draft>,
    config: &Config,
    dialect: Dialect,
    problems: &mut Problems<'_>,
) -> Vec<Draft> {
    if drafts.iter().all(|draft| draft.is_vouched_for) {
        return drafts;
    }
    let project = Project {
        postgres: config.postgres,
        tenant: config.tenant.clone(),
        deleted: config.deleted.clone(),
        global: config.global.clone(),
    };
    for engine in dialect.engines() {
        let parsed = parse_all(&drafts, *engine);
        let mut gate =
            Gate { engine: *engine, config, project: &project, schema: Schema::new(*engine), problems };
        for (draft, parsed) in drafts.iter_mut().zip(&parsed) {
            gate.take(draft, parsed);
        }
    }
    for draft in drafts.iter_mut().filter(|draft| !draft.is_vouched_for) {
        finish(draft);
    }
    drafts
}

/// The statements of a migration's scripts.
struct Scripts {
    up: Parsed,
    down: Option<Parsed>,
    verify: Option<Parsed>,
}

/// Parses all scripts, on all processors: they know nothing of each other.
fn parse_all(drafts: &[Draft], engine: Engine) -> Vec<Scripts> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = drafts.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        let parsing: Vec<_> = drafts
            .chunks(share)
            .map(|drafts| {
                scope.spawn(move || drafts.iter().map(|draft| parse(draft, engine)).collect::<Vec<_>>())
            })
            .collect();
        let joined = parsing.into_iter().map(|thread| thread.join().expect("parsing never panics"));
        joined.flatten().collect()
    })
}

/// What the lock file vouches for is only read for what it makes of the schema.
fn parse(draft: &Draft, engine: Engine) -> Scripts {
    let script = |script: &Script| sql::parse(script.sql(), engine);
    let other = |of: Option<&Script>| of.filter(|_| !draft.is_vouched_for).map(script);
    Scripts {
        up: script(&draft.migration.up),
        down: other(draft.migration.down.script()),
        verify: other(draft.migration.verify.as_ref()),
    }
}

struct Gate<'a, 'p> {
    engine: Engine,
    config: &'a Config,
    project: &'a Project,
    schema: Schema,
    problems: &'a mut Problems<'p>,
}

impl Gate<'_, '_> {
    /// The next migration: its hazards, and what it makes of the schema.
    fn take(&mut self, draft: &mut Draft, parsed: &Scripts) {
        if draft.is_vouched_for {
            self.schema.begin_migration();
            parsed.up.statements.iter().for_each(|statement| self.schema.apply(statement));
            return;
        }
        let is_new = self.config.lint_from.is_none_or(|from| from <= draft.migration.version);
        let is_judged = draft.is_sound && is_new && !draft.is_locked;
        let of_down = if is_judged { self.of_rollback(draft, parsed) } else { Vec::new() };
        let transaction = draft.migration.up.execution().transaction;
        let analysis = Analysis { engine: self.engine, project: self.project, transaction };
        let mut findings = analysis.of(&parsed.up.statements, &mut self.schema);
        if !parsed.up.errors.is_empty() {
            // What does not parse is told as that.
            findings.retain(|finding| finding.hazard != Hazard::Unanalyzed);
        }
        if !draft.is_sound {
            return;
        }
        if is_judged {
            self.tell_syntax(draft, parsed);
            self.tell(&draft.migration.up, &draft.up, &findings);
            if let Down::Script(down) = &draft.migration.down {
                self.tell(down, &draft.down, &of_down);
            }
        }
        keep(draft, &findings);
        draft.breaks_older_binaries |= !parsed.up.errors.is_empty();
    }

    /// What is wrong with the way back; what does not parse is told as that.
    fn of_rollback(&self, draft: &Draft, parsed: &Scripts) -> Vec<Finding> {
        let (Some(down), Some(script)) = (&parsed.down, draft.migration.down.script()) else {
            return Vec::new();
        };
        if !parsed.up.errors.is_empty() || !down.errors.is_empty() {
            return Vec::new();
        }
        let before = self.schema.part_for(&[draft.migration.up.sql(), script.sql()]);
        lint::of_rollback(&before, &parsed.up.statements, &down.statements)
    }

    fn tell_syntax(&mut self, draft: &Draft, parsed: &Scripts) {
        let migration = &draft.migration;
        let scripts = [
            (Some(&migration.up), Some(&parsed.up)),
            (migration.down.script(), parsed.down.as_ref()),
            (migration.verify.as_ref(), parsed.verify.as_ref()),
        ];
        for (script, parsed) in scripts.into_iter().filter_map(|(script, parsed)| script.zip(parsed)) {
            for error in &parsed.errors {
                let problem = Problem::Syntax { message: error.message.clone(), hint: error.hint.clone() };
                self.problems.found.push(self.at(problem, script, error.span));
            }
        }
    }

    /// Tells the hazards of a script that it does not allow, and what it allows in vain.
    fn tell(&mut self, script: &Script, directives: &Directives, findings: &[Finding]) {
        let mut used = BTreeSet::new();
        for finding in findings {
            if let Some(allowing) = allowing(script, directives, finding) {
                used.insert(allowing);
                continue;
            }
            let severity = match self.config.hazards.level(finding.hazard, finding.risk) {
                Level::Allow => continue,
                Level::Warn => Severity::Warning,
                Level::Deny => Severity::Error,
            };
            let problem = Problem::Hazard {
                hazard: finding.hazard,
                risk: finding.risk,
                message: finding.message.clone(),
                safer: finding.safer.clone(),
            };
            self.problems.found.push(self.at(problem, script, finding.span).with_severity(severity));
        }
        for (_, unused) in directives.allows.iter().enumerate().filter(|(i, _)| !used.contains(i)) {
            let problem = Problem::UnusedAllow { hazard: unused.hazard };
            self.problems.at(problem, script.path(), script.sql(), unused.at);
        }
    }

    fn at(&self, problem: Problem, script: &Script, span: crate::Span) -> Diagnostic {
        Diagnostic::of_span(problem, self.problems.display_path(script.path()), script.sql(), span)
    }
}

fn allowing(script: &Script, directives: &Directives, finding: &Finding) -> Option<usize> {
    directives.allowing(finding.hazard, finding.span.start(), script.spans())
}

/// Notes the hazards of a migration; what both engines find is one.
fn keep(draft: &mut Draft, findings: &[Finding]) {
    let migration = &mut draft.migration;
    let mut hazards = migration.hazards.to_vec();
    for finding in findings {
        let allowed = allowing(&migration.up, &draft.up, finding)
            .map(|allowing| draft.up.allows[allowing].why.clone().into());
        let line = Position::of_byte(migration.up.sql(), finding.span.start()).line;
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        let found = FoundHazard { hazard: finding.hazard, risk: finding.risk, line, allowed };
        if !hazards.contains(&found) {
            hazards.push(found);
        }
        draft.breaks_older_binaries |= finding.breaks_older_binaries;
    }
    hazards.sort_by_key(|found| found.line);
    migration.hazards = hazards.into();
}

/// What the author declares counts more than what was found.
fn finish(draft: &mut Draft) {
    let migration = &mut draft.migration;
    let worst = migration.hazards.iter().map(|found| found.risk).max().unwrap_or(Risk::Safe);
    migration.risk = Some(draft.up.risk.unwrap_or(worst));
    let found = if draft.breaks_older_binaries { OlderBinaries::Refuse } else { OlderBinaries::Ok };
    migration.older_binaries = draft.up.older_binaries.unwrap_or(found);
}
