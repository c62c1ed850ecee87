//! The last step before a set exists: the scripts are analysed, and the policy decides what is reported.
//!
//! In come the drafts of all migrations, in order, and the function that analyses them ([`Analyse`]; `migrate-lint`
//! has it, so that this crate needs no parser). Out come the same drafts with their hazards, risk and
//! `older-binaries`, and the problems that the policy reports. A draft with `DROP TABLE invoices;` gets `hazards:
//! [drop-table, high, line 1]` and `risk: high`, and the problem "[drop-table] high: the rows of `invoices` are
//! lost, …" is an error, unless `[hazards]` in `migrate.toml` or an `allow` in the script says otherwise.
//!
//! ```text
//! drafts → depth (how far to analyse each) → Analyse → Reporter: policy and allows → problems
//!                                                   └→ complete: hazards and risk of the draft
//! ```

use std::collections::{BTreeMap, BTreeSet};

use super::draft::Draft;
use super::names;
use super::problems::Problems;
use crate::analysis::{
    Analyse, Depth, Findings, Project, Question, ScriptFindings, SyntaxError, Unanalysed, Unparsed,
};
use crate::config::{Config, Level};
use crate::diagnostic::{Diagnostic, Severity};
use crate::dialect::{postgres, sqlite};
use crate::directive::{Directives, begun};
use crate::finding::Finding;
use crate::position::LineNumbers;
use crate::problem::{DirectiveProblem, HazardProblem, Problem, ScriptProblem};
use crate::statement::{Words, scan};
use crate::{Dialect, Engine, FoundHazard, Hazard, OlderBinaries, Risk, Script, Span, Version, Work};

/// Adds the hazards to the drafts, and reports those that the policy does not allow.
pub(super) fn pass(
    mut drafts: Vec<Draft>,
    (config, prepare): (&Config, Option<String>),
    dialect: Dialect,
    analyse: Analyse,
    problems: &mut Problems<'_>,
) -> Vec<Draft> {
    if drafts.iter().all(|draft| draft.is_vouched_for) {
        return drafts;
    }
    let before = problems.found.len();
    let project = Project {
        postgres: config.postgres,
        tenant: config.tenant.clone(),
        deleted: config.deleted.clone(),
        global: config.global.clone(),
        prepare,
    };
    let migrations = drafts.iter().map(|draft| question(draft, config)).collect();
    let found = analyse(&Unanalysed { dialect, project, migrations });
    for (draft, found) in drafts.iter_mut().zip(&found).filter(|(draft, _)| !draft.is_vouched_for) {
        if is_reported(draft, config) {
            Reporter { config, dialect, problems }.report(draft, found);
        }
        complete(draft, found);
    }
    if config.lint_from.is_none() {
        let from = names::next_version(drafts.last().map(|draft| draft.migration.version));
        let summary = of_old_folder(&problems.found[before..], from);
        summary.into_iter().for_each(|summary| problems.of_file(summary, ""));
    }
    drafts
}

/// From this number of errors on, in this number of files, a folder seems to be older than its analysis.
const OLD_FOLDER: (usize, usize) = (20, 5);

/// A summary of the errors in a folder that seems to be older than this analysis, with the way to leave them be.
fn of_old_folder(found: &[Diagnostic], from: Option<Version>) -> Option<HazardProblem> {
    let errors = || found.iter().filter(|one| one.severity == Severity::Error);
    let files: BTreeSet<&str> = errors().map(|one| one.path.as_str()).collect();
    let (many, in_many) = OLD_FOLDER;
    if errors().count() < many || files.len() < in_many {
        return None;
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for one in errors() {
        let kind = match &one.problem {
            Problem::Hazard(HazardProblem::Found { hazard, .. }) => hazard.name(),
            problem => problem.code(),
        };
        *counts.entry(kind).or_default() += 1;
    }
    let mut kinds: Vec<(String, usize)> =
        counts.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Some(HazardProblem::OldFolder { kinds, files: files.len(), from: from? })
}

fn question<'d>(draft: &'d Draft, config: &Config) -> Question<'d> {
    let migration = &draft.migration;
    let Work::Sql(up) = &migration.up;
    let unparsed = |script: Option<&Script>, directives: &Directives| {
        script.map_or_else(BTreeSet::new, |script| directives.unparsed(script.spans()))
    };
    Question {
        migration,
        depth: depth(draft, config),
        unparsed: Unparsed {
            up: unparsed(Some(up), &draft.up),
            down: unparsed(migration.down.script(), &draft.down),
            verify: unparsed(migration.verify.as_ref(), &draft.verify),
        },
    }
}

/// How far to analyse a migration: not at all if the lock file vouches for it, and its rollback only if its findings
/// are reported.
fn depth(draft: &Draft, config: &Config) -> Depth {
    match (draft.is_vouched_for, is_reported(draft, config)) {
        (true, _) => Depth::Schema,
        (false, false) => Depth::Hazards,
        (false, true) => Depth::HazardsAndRollback,
    }
}

/// Whether the findings of a migration are reported. No one can change a migration that has run long ago.
fn is_reported(draft: &Draft, config: &Config) -> bool {
    let is_new = config.lint_from.is_none_or(|from| from <= draft.migration.version);
    draft.is_sound && is_new && !draft.is_locked
}

/// The most problems that are reported for one script. After these comes how many more there are.
const MAX_REPORTED: usize = 100;

/// A problem of a script, how severe it is, and its place.
type Placed = (Problem, Severity, Span);

/// Reports what was found, as the policy says.
struct Reporter<'a, 'p> {
    config: &'a Config,
    dialect: Dialect,
    problems: &'a mut Problems<'p>,
}

impl Reporter<'_, '_> {
    fn report(&mut self, draft: &Draft, found: &Findings) {
        let migration = &draft.migration;
        let Work::Sql(script) = &migration.up;
        let mut up = of_syntax(&found.up, script, self.dialect);
        up.extend(self.of_script(script, &draft.up, &found.up));
        self.report_all(script, up);
        if let Some(down) = migration.down.script() {
            let mut problems = of_syntax(&found.down, down, self.dialect);
            problems.extend(self.of_script(down, &draft.down, &found.down));
            self.report_all(down, problems);
        }
        if let Some(verify) = &migration.verify {
            let mut problems = of_syntax(&found.verify, verify, self.dialect);
            problems.extend(self.of_script(verify, &draft.verify, &found.verify));
            self.report_all(verify, problems);
        }
    }

    /// The hazards of a script that it does not allow, and each directive that allows nothing.
    fn of_script(&self, script: &Script, directives: &Directives, found: &ScriptFindings) -> Vec<Placed> {
        let allowing = Allowing::of(script, directives);
        let mut used = BTreeSet::new();
        let mut problems = Vec::new();
        for finding in &found.hazards {
            if let Some(allowing) = allowing.of_finding(finding) {
                used.insert(allowing);
                continue;
            }
            let policy = &self.config.hazards;
            let level = match finding.is_recommended_form {
                true => policy.level_of_recommended(finding.hazard),
                false => policy.level(finding.hazard, finding.risk),
            };
            let severity = match level {
                Level::Allow => continue,
                Level::Warn => Severity::Warning,
                Level::Deny => Severity::Error,
            };
            let problem = Problem::from(HazardProblem::Found {
                hazard: finding.hazard,
                risk: finding.risk,
                message: finding.message.clone(),
                safer: finding.safer.clone(),
            });
            problems.push((problem, severity, finding.span));
        }
        let mut unparsed = found.unparsed.clone();
        let unused = directives.allows.iter().enumerate().filter(|(i, allow)| match allow.is_unparsed {
            true => !unparsed.remove(&allow.above(script.spans())),
            // `allow` for a rollback may be for a round trip through a database, which finds more than the rules do.
            false => !used.contains(i) && !allow.hazard.is_of_rollback(),
        });
        problems.extend(unused.map(|(_, unused)| {
            let problem = match unused.is_unparsed {
                true => DirectiveProblem::UnusedUnparsed,
                false => DirectiveProblem::UnusedAllow { hazard: unused.hazard },
            };
            // A script's size is checked before it is parsed: `TextProblem::TooLarge`.
            let at = u32::try_from(unused.at).unwrap_or(u32::MAX);
            (problem.into(), Severity::Error, Span::new(at, at + 1))
        }));
        problems
    }

    /// Reports the first problems of a script, and how many more there are. That count is an error if one of the rest is.
    fn report_all(&mut self, script: &Script, mut problems: Vec<Placed>) {
        problems.sort_by_key(|(_, _, span)| span.start());
        let more = problems.split_off(problems.len().min(MAX_REPORTED));
        for (problem, severity, span) in problems {
            self.report_at(problem, severity, script, span);
        }
        if let Some((_, _, span)) = more.first() {
            let is_error = |(_, severity, _): &Placed| *severity == Severity::Error;
            let severity = if more.iter().any(is_error) { Severity::Error } else { Severity::Warning };
            self.report_at(HazardProblem::More { count: more.len() }.into(), severity, script, *span);
        }
    }

    fn report_at(&mut self, problem: Problem, severity: Severity, script: &Script, span: Span) {
        let path = self.problems.display_path(script.path());
        let diagnostic = Diagnostic::of_span(problem, path, script.sql(), span);
        self.problems.found.push(diagnostic.with_severity(severity));
    }
}

/// The syntax errors of a script.
fn of_syntax(found: &ScriptFindings, script: &Script, dialect: Dialect) -> Vec<Placed> {
    let of_other = if found.errors.is_empty() { None } else { other_dialect(script, dialect) };
    let problem = |error: &SyntaxError| ScriptProblem::Syntax {
        message: error.message.clone(),
        hint: of_other.clone().or_else(|| error.hint.clone()),
    };
    found.errors.iter().map(|error| (problem(error).into(), Severity::Error, error.span)).collect()
}

/// The hint that a script with syntax errors is written for the other engine: it has words that only that one knows.
fn other_dialect(script: &Script, dialect: Dialect) -> Option<String> {
    let [engine] = dialect.engines() else { return None };
    let (other, key, is_of_other): (_, _, fn(&Words) -> bool) = match engine {
        Engine::Postgres => ("SQLite", "sqlite", sqlite::is_only_here),
        Engine::Sqlite => ("PostgreSQL", "postgres", postgres::is_only_here),
    };
    let is_other =
        scan(script.sql(), *engine).statements.iter().any(|statement| is_of_other(&statement.words));
    is_other.then(|| format!("this is SQL of {other}: write `dialect = \"{key}\"` in migrate.toml"))
}

/// Which directive of a script allows which findings. It is a map, because a script may have thousands of both.
struct Allowing<'a> {
    script: &'a Script,
    /// The first directive for the whole script, by hazard.
    of_script: BTreeMap<Hazard, usize>,
    /// The first directive for a statement, by hazard and the number of statements that begin before it.
    of_statements: BTreeMap<(Hazard, usize), usize>,
}

impl<'a> Allowing<'a> {
    fn of(script: &'a Script, directives: &Directives) -> Allowing<'a> {
        let mut allowing = Allowing { script, of_script: BTreeMap::new(), of_statements: BTreeMap::new() };
        for (number, allow) in directives.allows.iter().enumerate() {
            match allow.above(script.spans()) {
                0 if !allow.is_unparsed => allowing.of_script.entry(allow.hazard).or_insert(number),
                above => allowing.of_statements.entry((allow.hazard, above)).or_insert(number),
            };
        }
        allowing
    }

    /// The directive that allows a finding: one at the top of the script, or one above the statement.
    fn of_finding(&self, finding: &Finding) -> Option<usize> {
        let of_script = self.of_script.get(&finding.hazard);
        let above = begun(finding.span.start(), self.script.spans()).checked_sub(1);
        let of_statement = above.and_then(|above| self.of_statements.get(&(finding.hazard, above)));
        of_script.into_iter().chain(of_statement).min().copied()
    }
}

/// Puts the hazards into the migration, equal ones in one line once. What the author declares counts more than what was
/// found.
fn complete(draft: &mut Draft, found: &Findings) {
    let migration = &mut draft.migration;
    let Work::Sql(up) = &migration.up;
    let allowing = Allowing::of(up, &draft.up);
    let lines = LineNumbers::of(up.sql());
    let mut noted = BTreeSet::new();
    let hazard = |finding: &Finding| {
        let allowed = allowing.of_finding(finding);
        let line = u32::try_from(lines.number(finding.span.start())).unwrap_or(u32::MAX);
        let is_new = noted.insert((line, finding.hazard, finding.risk, allowed));
        let allowed = allowed.map(|allowing| draft.up.allows[allowing].why.clone().into());
        is_new.then_some(FoundHazard { hazard: finding.hazard, risk: finding.risk, line, allowed })
    };
    let mut hazards: Vec<FoundHazard> = found.up.hazards.iter().filter_map(hazard).collect();
    hazards.sort_by_key(|found| found.line);
    let worst = hazards.iter().map(|found| found.risk).max().unwrap_or(Risk::Safe);
    // The effect of a script that does not parse is unknown, and unknown is never safe.
    let is_known = found.up.errors.is_empty() && found.up.unparsed.is_empty();
    let worst = if is_known { worst } else { Risk::High };
    let breaks = !is_known || found.up.hazards.iter().any(|finding| finding.breaks_older_binaries);
    let older_binaries = if breaks { OlderBinaries::Refuse } else { OlderBinaries::Ok };
    migration.hazards = hazards.into();
    migration.risk = Some(draft.up.risk.unwrap_or(worst));
    migration.older_binaries = draft.up.older_binaries.unwrap_or(older_binaries);
}
