//! Syntax and hazards: what the statements of the scripts would do.

use std::collections::BTreeSet;

use super::draft::Draft;
use super::parallel::in_shares;
use super::problems::Problems;
use crate::config::{Config, Level};
use crate::diagnostic::{Diagnostic, Severity};
use crate::dialect::Engine;
use crate::directive::Directives;
use crate::file_name::Part;
use crate::lint::{self, Analysis, Finding, Project};
use crate::position::Position;
use crate::problem::Problem;
use crate::schema::{Schema, Words};
use crate::sql::{self, Parsed, SyntaxError};
use crate::{Dialect, Down, FoundHazard, Hazard, OlderBinaries, Risk, Script, Span};

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
    let mut found: Vec<Found> = drafts.iter().map(|_| Found::default()).collect();
    for engine in dialect.engines() {
        let parsed = in_shares(&drafts, |_, share| share.iter().map(|draft| parse(draft, *engine)).collect());
        let judged = in_shares(&parsed, |before, share| {
            let mut judge =
                Judge { engine: *engine, config, project: &project, schema: Schema::new(*engine) };
            before.iter().for_each(|migration| judge.pass_over(migration));
            share.iter().map(|migration| judge.take(migration)).collect()
        });
        for (found, more) in found.iter_mut().zip(judged) {
            found.add(more);
        }
    }
    for (draft, found) in drafts.iter_mut().zip(&found).filter(|(draft, _)| !draft.is_vouched_for) {
        if is_told(draft, config) {
            Teller { config, problems }.tell(draft, found);
        }
        complete(draft, found);
    }
    drafts
}

/// Whether what is found in a migration is told: nobody can do anything about what ran long ago.
fn is_told(draft: &Draft, config: &Config) -> bool {
    let is_new = config.lint_from.is_none_or(|from| from <= draft.migration.version);
    draft.is_sound && is_new && !draft.is_locked
}

/// What was found in a migration, by the grammars of all engines that it is written for; each thing once.
#[derive(Default)]
struct Found {
    errors: Vec<(Part, SyntaxError)>,
    up: Vec<Finding>,
    down: Vec<Finding>,
}

impl Found {
    fn add(&mut self, more: Found) {
        for (part, error) in more.errors {
            if !self.errors.iter().any(|(of, known)| *of == part && known.span == error.span) {
                self.errors.push((part, error));
            }
        }
        add(&mut self.up, more.up);
        add(&mut self.down, more.down);
    }
}

fn add(findings: &mut Vec<Finding>, more: Vec<Finding>) {
    for finding in more {
        let is_same = |known: &Finding| known.hazard == finding.hazard && known.span == finding.span;
        if !findings.iter().any(is_same) {
            findings.push(finding);
        }
    }
}

/// A migration and the statements of its scripts.
struct Migration<'a> {
    draft: &'a Draft,
    up: Parsed,
    down: Option<Parsed>,
    verify: Option<Parsed>,
    /// Those of up and down.
    words: Words,
}

/// What the lock file vouches for is only read for what it makes of the schema.
fn parse(draft: &Draft, engine: Engine) -> Migration<'_> {
    let script = |script: &Script| sql::parse(script.sql(), engine);
    let crate::Migration { up, down, verify, .. } = &draft.migration;
    let down = down.script();
    let (parsed, words) = (script(up), Words::default());
    if draft.is_vouched_for {
        return Migration { draft, up: parsed, down: None, verify: None, words };
    }
    Migration {
        draft,
        up: parsed,
        down: down.map(script),
        verify: verify.as_ref().map(script),
        words: down.map_or(words, |down| Words::of(&[up.sql(), down.sql()])),
    }
}

/// Judges the migrations one after the other, each with the schema that those before it left.
struct Judge<'a> {
    engine: Engine,
    config: &'a Config,
    project: &'a Project,
    schema: Schema,
}

impl Judge<'_> {
    /// A migration that another judges.
    fn pass_over(&mut self, migration: &Migration<'_>) {
        self.schema.begin_migration();
        for statement in &migration.up.statements {
            self.schema.apply(statement);
        }
    }

    /// What is found in the next migration.
    fn take(&mut self, migration: &Migration<'_>) -> Found {
        let draft = migration.draft;
        if draft.is_vouched_for {
            self.pass_over(migration);
            return Found::default();
        }
        // Its rollback is judged by the schema before it, as far as the two are about it.
        let down = migration.down.as_ref().filter(|_| is_told(draft, self.config));
        let before = down.map(|_| self.schema.part_for(&migration.words));
        let up = self.of_script(draft, &migration.up);
        let of_down = down.zip(before).map(|(down, before)| of_rollback(&before, &migration.up, down));
        let parts = [
            (Part::Up, Some(&migration.up)),
            (Part::Down, migration.down.as_ref()),
            (Part::Verify, migration.verify.as_ref()),
        ];
        let errors = parts.into_iter().flat_map(|(part, parsed)| {
            let errors = parsed.map_or(&[][..], |parsed| &parsed.errors);
            errors.iter().map(move |error| (part, error.clone()))
        });
        let mut of_down = of_down.unwrap_or_default();
        if let (Some(_), Some(script)) = (&migration.down, draft.migration.down.script()) {
            of_down.extend(lint::lost_session(script, self.engine));
        }
        Found { errors: errors.collect(), up, down: of_down }
    }

    fn of_script(&mut self, draft: &Draft, up: &Parsed) -> Vec<Finding> {
        let transaction = draft.migration.up.execution().transaction;
        let analysis = Analysis { engine: self.engine, project: self.project, transaction };
        let mut findings = analysis.of(&up.statements, &mut self.schema);
        if !up.errors.is_empty() {
            // What does not parse is told as that.
            findings.retain(|finding| finding.hazard != Hazard::Unanalyzed);
        }
        findings.extend(lint::lost_session(&draft.migration.up, self.engine));
        findings.sort_by_key(|finding| finding.span.start());
        findings
    }
}

/// What is wrong with the way back; what does not parse is told as that.
fn of_rollback(before: &Schema, up: &Parsed, down: &Parsed) -> Vec<Finding> {
    if up.errors.is_empty() && down.errors.is_empty() {
        lint::of_rollback(before, &up.statements, &down.statements)
    } else {
        Vec::new()
    }
}

/// Tells what was found as the policy says.
struct Teller<'a, 'p> {
    config: &'a Config,
    problems: &'a mut Problems<'p>,
}

impl Teller<'_, '_> {
    fn tell(&mut self, draft: &Draft, found: &Found) {
        let migration = &draft.migration;
        for (part, error) in &found.errors {
            let script = match part {
                Part::Down => migration.down.script(),
                Part::Verify => migration.verify.as_ref(),
                _ => Some(&migration.up),
            };
            let problem = Problem::Syntax { message: error.message.clone(), hint: error.hint.clone() };
            let diagnostic = script.map(|script| self.at(problem, script, error.span));
            self.problems.found.extend(diagnostic);
        }
        self.of_script(&migration.up, &draft.up, &found.up);
        if let Down::Script(down) = &migration.down {
            self.of_script(down, &draft.down, &found.down);
        }
    }

    /// Tells the hazards of a script that it does not allow, and what it allows in vain.
    fn of_script(&mut self, script: &Script, directives: &Directives, findings: &[Finding]) {
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
            let diagnostic = self.at(problem, script, finding.span).with_severity(severity);
            self.problems.found.push(diagnostic);
        }
        // A round trip through a database sees more of a rollback than the rules do.
        let unused = directives.allows.iter().enumerate();
        let unused = unused.filter(|(i, allow)| !used.contains(i) && !allow.hazard.is_of_rollback());
        for (_, unused) in unused {
            let problem = Problem::UnusedAllow { hazard: unused.hazard };
            self.problems.at(problem, script.path(), script.sql(), unused.at);
        }
    }

    fn at(&self, problem: Problem, script: &Script, span: Span) -> Diagnostic {
        Diagnostic::of_span(problem, self.problems.display_path(script.path()), script.sql(), span)
    }
}

/// Which directive of the script allows a finding.
fn allowing(script: &Script, directives: &Directives, finding: &Finding) -> Option<usize> {
    directives.allowing(finding.hazard, finding.span.start(), script.spans())
}

/// Notes the hazards in the migration. What its author declares counts more than what was found.
fn complete(draft: &mut Draft, found: &Found) {
    let migration = &mut draft.migration;
    let hazard = |finding: &Finding| {
        let allowed = allowing(&migration.up, &draft.up, finding)
            .map(|allowing| draft.up.allows[allowing].why.clone().into());
        let line = Position::of_byte(migration.up.sql(), finding.span.start()).line;
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        FoundHazard { hazard: finding.hazard, risk: finding.risk, line, allowed }
    };
    let mut hazards: Vec<FoundHazard> = found.up.iter().map(hazard).collect();
    hazards.sort_by_key(|found| found.line);
    let worst = hazards.iter().map(|found| found.risk).max().unwrap_or(Risk::Safe);
    // Nobody knows what a script does that does not parse.
    let is_known = found.errors.iter().all(|(part, _)| *part != Part::Up);
    let worst = if is_known { worst } else { Risk::High };
    let breaks = !is_known || found.up.iter().any(|finding| finding.breaks_older_binaries);
    let older_binaries = if breaks { OlderBinaries::Refuse } else { OlderBinaries::Ok };
    migration.hazards = hazards.into();
    migration.risk = Some(draft.up.risk.unwrap_or(worst));
    migration.older_binaries = draft.up.older_binaries.unwrap_or(older_binaries);
}
