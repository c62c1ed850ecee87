//! Syntax and hazards: what the statements of the scripts would do.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::Draft;
use super::problems::Problems;
use crate::analysis::{Analyse, Depth, Findings, Project, ScriptFindings, SyntaxError, Unanalysed};
use crate::config::{Config, Level};
use crate::diagnostic::{Diagnostic, Severity};
use crate::directive::Directives;
use crate::finding::Finding;
use crate::position::LineNumbers;
use crate::problem::Problem;
use crate::{Dialect, Down, FoundHazard, Hazard, OlderBinaries, Risk, Script, Span};

/// Completes the drafts with their hazards, and tells what the policy does not let pass.
pub(super) fn pass(
    mut drafts: Vec<Draft>,
    config: &Config,
    dialect: Dialect,
    analyse: Analyse,
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
    let migrations = drafts.iter().map(|draft| (&draft.migration, depth(draft, config))).collect();
    let found = analyse(&Unanalysed { dialect, project, migrations });
    for (draft, found) in drafts.iter_mut().zip(&found).filter(|(draft, _)| !draft.is_vouched_for) {
        if is_told(draft, config) {
            Teller { config, problems }.tell(draft, found);
        }
        complete(draft, found);
    }
    drafts
}

fn depth(draft: &Draft, config: &Config) -> Depth {
    match (draft.is_vouched_for, is_told(draft, config)) {
        (true, _) => Depth::Schema,
        (false, false) => Depth::Hazards,
        (false, true) => Depth::HazardsAndRollback,
    }
}

/// Whether what is found in a migration is told: nobody can do anything about what ran long ago.
fn is_told(draft: &Draft, config: &Config) -> bool {
    let is_new = config.lint_from.is_none_or(|from| from <= draft.migration.version);
    draft.is_sound && is_new && !draft.is_locked
}

/// A script with more problems than this reports the first of them, and how many more there are.
const MAX_TOLD: usize = 100;

/// Something to tell of a script, and where it stands.
type Told = (Problem, Severity, Span);

/// Tells what was found as the policy says.
struct Teller<'a, 'p> {
    config: &'a Config,
    problems: &'a mut Problems<'p>,
}

impl Teller<'_, '_> {
    fn tell(&mut self, draft: &Draft, found: &Findings) {
        let migration = &draft.migration;
        let mut up = of_syntax(&found.up);
        up.extend(self.of_script(&migration.up, &draft.up, &found.up.hazards));
        self.tell_all(&migration.up, up);
        if let Down::Script(down) = &migration.down {
            let mut told = of_syntax(&found.down);
            told.extend(self.of_script(down, &draft.down, &found.down.hazards));
            self.tell_all(down, told);
        }
        if let Some(verify) = &migration.verify {
            self.tell_all(verify, of_syntax(&found.verify));
        }
    }

    /// The hazards of a script that it does not allow, and what it allows in vain.
    fn of_script(&self, script: &Script, directives: &Directives, findings: &[Finding]) -> Vec<Told> {
        let allowing = Allowing::of(script, directives);
        let mut used = BTreeSet::new();
        let mut told = Vec::new();
        for finding in findings {
            if let Some(allowing) = allowing.of_finding(finding) {
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
            told.push((problem, severity, finding.span));
        }
        // A round trip through a database sees more of a rollback than the rules do.
        let unused = directives.allows.iter().enumerate();
        let unused = unused.filter(|(i, allow)| !used.contains(i) && !allow.hazard.is_of_rollback());
        told.extend(unused.map(|(_, unused)| {
            // A script's size is checked before it is parsed: `Problem::TooLarge`.
            let at = u32::try_from(unused.at).unwrap_or(u32::MAX);
            (Problem::UnusedAllow { hazard: unused.hazard }, Severity::Error, Span::new(at, at + 1))
        }));
        told
    }

    /// The first of a script's problems, and how many more there are; an error among those makes that an error.
    fn tell_all(&mut self, script: &Script, mut told: Vec<Told>) {
        told.sort_by_key(|(_, _, span)| span.start());
        let more = told.split_off(told.len().min(MAX_TOLD));
        for (problem, severity, span) in told {
            self.tell_at(problem, severity, script, span);
        }
        if let Some((_, _, span)) = more.first() {
            let is_error = |(_, severity, _): &Told| *severity == Severity::Error;
            let severity = if more.iter().any(is_error) { Severity::Error } else { Severity::Warning };
            self.tell_at(Problem::More { count: more.len() }, severity, script, *span);
        }
    }

    fn tell_at(&mut self, problem: Problem, severity: Severity, script: &Script, span: Span) {
        let path = self.problems.display_path(script.path());
        let diagnostic = Diagnostic::of_span(problem, path, script.sql(), span);
        self.problems.found.push(diagnostic.with_severity(severity));
    }
}

/// What does not parse of a script.
fn of_syntax(found: &ScriptFindings) -> Vec<Told> {
    let problem =
        |error: &SyntaxError| Problem::Syntax { message: error.message.clone(), hint: error.hint.clone() };
    found.errors.iter().map(|error| (problem(error), Severity::Error, error.span)).collect()
}

/// Which directives of a script allow which findings: looked up, because both may be many.
struct Allowing<'a> {
    script: &'a Script,
    /// The first directive for the whole script.
    of_script: BTreeMap<Hazard, usize>,
    /// The first for a statement, by how many begin before it.
    of_statements: BTreeMap<(Hazard, usize), usize>,
}

impl<'a> Allowing<'a> {
    fn of(script: &'a Script, directives: &Directives) -> Allowing<'a> {
        let mut allowing = Allowing { script, of_script: BTreeMap::new(), of_statements: BTreeMap::new() };
        for (number, allow) in directives.allows.iter().enumerate() {
            match begun(script, allow.at) {
                0 => allowing.of_script.entry(allow.hazard).or_insert(number),
                above => allowing.of_statements.entry((allow.hazard, above)).or_insert(number),
            };
        }
        allowing
    }

    /// One at the top of the script, or one above the statement.
    fn of_finding(&self, finding: &Finding) -> Option<usize> {
        let of_script = self.of_script.get(&finding.hazard);
        let above = begun(self.script, finding.span.start()).checked_sub(1);
        let of_statement = above.and_then(|above| self.of_statements.get(&(finding.hazard, above)));
        of_script.into_iter().chain(of_statement).min().copied()
    }
}

/// How many statements begin up to a byte.
fn begun(script: &Script, at: usize) -> usize {
    script.spans().partition_point(|span| span.start() <= at)
}

/// Notes the hazards in the migration, those of one line that are the same once. What its author declares counts more than
/// what was found.
fn complete(draft: &mut Draft, found: &Findings) {
    let migration = &mut draft.migration;
    let allowing = Allowing::of(&migration.up, &draft.up);
    let lines = LineNumbers::of(migration.up.sql());
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
    // Nobody knows what a script does that does not parse.
    let is_known = found.up.errors.is_empty();
    let worst = if is_known { worst } else { Risk::High };
    let breaks = !is_known || found.up.hazards.iter().any(|finding| finding.breaks_older_binaries);
    let older_binaries = if breaks { OlderBinaries::Refuse } else { OlderBinaries::Ok };
    migration.hazards = hazards.into();
    migration.risk = Some(draft.up.risk.unwrap_or(worst));
    migration.older_binaries = draft.up.older_binaries.unwrap_or(older_binaries);
}
