//! The last step before a set exists: the scripts are parsed and analysed, and the policy decides what is reported.
//!
//! In come the drafts of all migrations, in order. Out come the same drafts with their hazards, risk and
//! `older-binaries`, and, next to them, the problems that the policy reports. A draft with `DROP TABLE invoices;`
//! gets `hazards: [drop-table, high, line 1]` and `risk: high`, and the problem "[drop-table] high: the rows of
//! `invoices` are lost, …" is an error, unless `[hazards]` in `migrate.toml` or an `allow` in the script says
//! otherwise.
//!
//! ```text
//! drafts → parse (in shares) → Analyst: schema before → findings → Reporter: policy, allows → problems
//!                                                              └─→ complete: hazards and risk of the draft
//! ```
//!
//! Each processor analyses a share of the migrations and applies those before it to a schema of its own. Why not
//! share one schema? Applying a statement costs a twentieth of analysing it, and nothing has to wait for anything.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::draft::Draft;
use super::parallel::in_shares;
use super::problems::Problems;
use crate::config::{Config, Level};
use crate::diagnostic::{Diagnostic, Severity};
use crate::dialect::Engine;
use crate::directive::Directives;
use crate::file_name::Part;
use crate::lint::{self, Analysis, Finding, Project};
use crate::position::LineNumbers;
use crate::problem::Problem;
use crate::schema::{Schema, Words};
use crate::sql::{self, Parsed, SyntaxError};
use crate::{Dialect, Down, Execution, FoundHazard, Hazard, OlderBinaries, Risk, Script, Span};

/// Adds the hazards to the drafts, and reports those that the policy does not allow.
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
        let analysed = in_shares(&parsed, |before, share| {
            let mut analyst =
                Analyst { engine: *engine, config, project: &project, schema: Schema::new(*engine) };
            before.iter().for_each(|migration| analyst.skip(migration));
            share.iter().map(|migration| analyst.analyse(migration)).collect()
        });
        for (found, more) in found.iter_mut().zip(analysed) {
            found.add(more);
        }
    }
    for (draft, found) in drafts.iter_mut().zip(&found).filter(|(draft, _)| !draft.is_vouched_for) {
        if is_reported(draft, config) {
            Reporter { config, problems }.report(draft, found);
        }
        complete(draft, found);
    }
    drafts
}

/// Whether the findings of a migration are reported. No one can change a migration that has run long ago.
fn is_reported(draft: &Draft, config: &Config) -> bool {
    let is_new = config.lint_from.is_none_or(|from| from <= draft.migration.version);
    draft.is_sound && is_new && !draft.is_locked
}

/// What was found in a migration by the grammars and rules of all engines that it is written for, each thing once.
#[derive(Default)]
struct Found {
    errors: Vec<(Part, SyntaxError)>,
    up: Vec<Finding>,
    down: Vec<Finding>,
}

impl Found {
    fn add(&mut self, more: Found) {
        let place = |part: Part, error: &SyntaxError| (part, error.span.start(), error.span.end());
        let mut known: HashSet<_> = self.errors.iter().map(|(part, error)| place(*part, error)).collect();
        let new = more.errors.into_iter().filter(|(part, error)| known.insert(place(*part, error)));
        self.errors.extend(new);
        add(&mut self.up, more.up);
        add(&mut self.down, more.down);
    }
}

/// Adds the findings of one more engine. A hazard that another engine's rules found at the same place is left out, and so
/// is a finding with the same words.
fn add(findings: &mut Vec<Finding>, more: Vec<Finding>) {
    let known: BTreeSet<(Hazard, usize, usize)> = findings.iter().map(place).collect();
    let mut added = BTreeSet::new();
    for finding in more {
        if !known.contains(&place(&finding)) && added.insert((place(&finding), finding.message.clone())) {
            findings.push(finding);
        }
    }
}

fn place(finding: &Finding) -> (Hazard, usize, usize) {
    (finding.hazard, finding.span.start(), finding.span.end())
}

/// A migration and the statements of its scripts.
struct Migration<'a> {
    draft: &'a Draft,
    up: Parsed,
    down: Option<Parsed>,
    verify: Option<Parsed>,
    /// The words of the up and down scripts, which name the part of the schema that a rollback needs.
    words: Words,
}

/// Parses the scripts of a migration. If the lock file vouches for it, only the up script, for its effect on the schema.
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

/// Analyses migrations one after the other, each with the schema that those before it left.
struct Analyst<'a> {
    engine: Engine,
    config: &'a Config,
    project: &'a Project,
    schema: Schema,
}

impl Analyst<'_> {
    /// Applies a migration to the schema without analysing it: another processor does that, or the lock file vouches for it.
    fn skip(&mut self, migration: &Migration<'_>) {
        self.schema.begin_migration();
        self.schema.set_foreign_keys_off(migration.draft.migration.up.execution().foreign_keys_off);
        for statement in &migration.up.statements {
            self.schema.apply(statement);
        }
    }

    /// Analyses the next migration.
    fn analyse(&mut self, migration: &Migration<'_>) -> Found {
        let draft = migration.draft;
        if draft.is_vouched_for {
            self.skip(migration);
            return Found::default();
        }
        // A rollback needs the schema before its migration. Copying all of it for each would cost more than the analysis, so
        // it gets the part that the words of both scripts name.
        let down = migration.down.as_ref().filter(|_| is_reported(draft, self.config));
        let before = down.map(|_| self.schema.part_for(&migration.words));
        let up = self.of_script(draft, &migration.up);
        let execution = draft.migration.down.script().map_or(Execution::PLAIN, Script::execution);
        let of_down =
            down.zip(before).map(|(down, before)| of_rollback(&before, &migration.up, down, execution));
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
        let execution = draft.migration.up.execution();
        let analysis = Analysis { engine: self.engine, project: self.project, execution };
        let mut findings = analysis.of(&up.statements, &mut self.schema);
        if !up.errors.is_empty() {
            // A statement that does not parse is a syntax error already.
            findings.retain(|finding| finding.hazard != Hazard::Unanalyzed);
        }
        findings.extend(lint::lost_session(&draft.migration.up, self.engine));
        findings.sort_by_key(|finding| finding.span.start());
        findings
    }
}

/// The findings about a rollback. None if one of the scripts does not parse, which is reported as that.
fn of_rollback(before: &Schema, up: &Parsed, down: &Parsed, execution: Execution) -> Vec<Finding> {
    if up.errors.is_empty() && down.errors.is_empty() {
        lint::of_rollback(before, &up.statements, &down.statements, execution)
    } else {
        Vec::new()
    }
}

/// The most problems that are reported for one script. After these comes how many more there are.
const MAX_REPORTED: usize = 100;

/// A problem of a script, how severe it is, and its place.
type Placed = (Problem, Severity, Span);

/// Reports what was found, as the policy says.
struct Reporter<'a, 'p> {
    config: &'a Config,
    problems: &'a mut Problems<'p>,
}

impl Reporter<'_, '_> {
    fn report(&mut self, draft: &Draft, found: &Found) {
        let migration = &draft.migration;
        let mut up = of_syntax(found, Part::Up);
        up.extend(self.of_script(&migration.up, &draft.up, &found.up));
        self.report_all(&migration.up, up);
        if let Down::Script(down) = &migration.down {
            let mut problems = of_syntax(found, Part::Down);
            problems.extend(self.of_script(down, &draft.down, &found.down));
            self.report_all(down, problems);
        }
        if let Some(verify) = &migration.verify {
            self.report_all(verify, of_syntax(found, Part::Verify));
        }
    }

    /// The hazards of a script that it does not allow, and each `allow` that allows nothing.
    fn of_script(&self, script: &Script, directives: &Directives, findings: &[Finding]) -> Vec<Placed> {
        let allowing = Allowing::of(script, directives);
        let mut used = BTreeSet::new();
        let mut problems = Vec::new();
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
            problems.push((problem, severity, finding.span));
        }
        // `allow` for a rollback may be for a round trip through a database, which finds more than the rules do.
        let unused = directives.allows.iter().enumerate();
        let unused = unused.filter(|(i, allow)| !used.contains(i) && !allow.hazard.is_of_rollback());
        problems.extend(unused.map(|(_, unused)| {
            // A script's size is checked before it is parsed: `Problem::TooLarge`.
            let at = u32::try_from(unused.at).unwrap_or(u32::MAX);
            (Problem::UnusedAllow { hazard: unused.hazard }, Severity::Error, Span::new(at, at + 1))
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
            self.report_at(Problem::More { count: more.len() }, severity, script, *span);
        }
    }

    fn report_at(&mut self, problem: Problem, severity: Severity, script: &Script, span: Span) {
        let path = self.problems.display_path(script.path());
        let diagnostic = Diagnostic::of_span(problem, path, script.sql(), span);
        self.problems.found.push(diagnostic.with_severity(severity));
    }
}

/// The syntax errors in one part of a migration.
fn of_syntax(found: &Found, part: Part) -> Vec<Placed> {
    let errors = found.errors.iter().filter(|(of, _)| *of == part);
    let problem =
        |error: &SyntaxError| Problem::Syntax { message: error.message.clone(), hint: error.hint.clone() };
    errors.map(|(_, error)| (problem(error), Severity::Error, error.span)).collect()
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
            match begun(script, allow.at) {
                0 => allowing.of_script.entry(allow.hazard).or_insert(number),
                above => allowing.of_statements.entry((allow.hazard, above)).or_insert(number),
            };
        }
        allowing
    }

    /// The directive that allows a finding: one at the top of the script, or one above the statement.
    fn of_finding(&self, finding: &Finding) -> Option<usize> {
        let of_script = self.of_script.get(&finding.hazard);
        let above = begun(self.script, finding.span.start()).checked_sub(1);
        let of_statement = above.and_then(|above| self.of_statements.get(&(finding.hazard, above)));
        of_script.into_iter().chain(of_statement).min().copied()
    }
}

/// How many statements begin at or before a byte.
fn begun(script: &Script, at: usize) -> usize {
    script.spans().partition_point(|span| span.start() <= at)
}

/// Puts the hazards into the migration, equal ones in one line once. What the author declares counts more than what was
/// found.
fn complete(draft: &mut Draft, found: &Found) {
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
    let mut hazards: Vec<FoundHazard> = found.up.iter().filter_map(hazard).collect();
    hazards.sort_by_key(|found| found.line);
    let worst = hazards.iter().map(|found| found.risk).max().unwrap_or(Risk::Safe);
    // The effect of a script that does not parse is unknown, and unknown is never safe.
    let is_known = found.errors.iter().all(|(part, _)| *part != Part::Up);
    let worst = if is_known { worst } else { Risk::High };
    let breaks = !is_known || found.up.iter().any(|finding| finding.breaks_older_binaries);
    let older_binaries = if breaks { OlderBinaries::Refuse } else { OlderBinaries::Ok };
    migration.hazards = hazards.into();
    migration.risk = Some(draft.up.risk.unwrap_or(worst));
    migration.older_binaries = draft.up.older_binaries.unwrap_or(older_binaries);
}
