//! The migrations of a folder, one after the other, each with the schema that those before it made.
//!
//! In comes a folder that is not analysed yet, out come the findings of each of its migrations. For the folder `1:
//! CREATE TABLE t (a int)`, `2: DROP TABLE t` they are none and `drop-table`; for the two statements in one script
//! they are none at all.
//!
//! Each processor analyses a share of the migrations and applies those before it to a schema of its own. Why not
//! share one schema? Applying a statement costs a twentieth of analysing it, and so no processor has to wait for
//! another.

use std::collections::BTreeSet;

use migrate_core::{
    Depth, Engine, Execution, Finding, Findings, Hazard, Migration, Project, Question, Script,
    ScriptFindings, SyntaxError, Unanalysed, Work, in_shares,
};

use crate::analysis::Analysis;
use crate::lost_session::lost_session;
use crate::rollback;
use crate::rules::newer_syntax;
use crate::schema::{Schema, Words};
use crate::sql::{self, Statement};

/// The findings in each migration of a folder: the syntax errors and hazards by the grammar and rules of each engine that
/// the folder is written for.
pub fn analyse(folder: &Unanalysed<'_>) -> Vec<Findings> {
    let engines = folder.dialect.engines();
    let of_engines: Vec<_> = engines.iter().map(|engine| (*engine, of_engine(folder, *engine))).collect();
    joined(&of_engines)
}

/// The findings by the grammar and rules of one engine.
fn of_engine(folder: &Unanalysed<'_>, engine: Engine) -> Vec<Findings> {
    let parsed = in_shares(&folder.migrations, |_, share| {
        share.iter().map(|question| ParsedMigration::of(question, engine)).collect()
    });
    let prepared = prepared(&folder.project, engine);
    in_shares(&parsed, |before, share| {
        let mut analyst = Analyst { engine, project: &folder.project, schema: prepared.clone() };
        before.iter().for_each(|migration| analyst.skip(migration));
        share.iter().map(|migration| analyst.analyse(migration)).collect()
    })
}

/// The findings of all engines. With several, what only one of them finds begins with its name.
fn joined(of_engines: &[(Engine, Vec<Findings>)]) -> Vec<Findings> {
    let count = of_engines.first().map_or(0, |(_, found)| found.len());
    let scripts: [fn(&Findings) -> &ScriptFindings; 3] = [|all| &all.up, |all| &all.down, |all| &all.verify];
    let one = |number: usize| {
        let [up, down, verify] = scripts.map(|script| {
            let found: Vec<_> =
                of_engines.iter().map(|(engine, found)| (*engine, script(&found[number]))).collect();
            of_script(&found)
        });
        Findings { up, down, verify }
    };
    (0..count).map(one).collect()
}

/// What the engines found in one script. A place has each syntax error once, and each hazard of the first engine that
/// finds it.
fn of_script(of_engines: &[(Engine, &ScriptFindings)]) -> ScriptFindings {
    let mut joined = ScriptFindings::default();
    let errors: Vec<BTreeSet<_>> =
        of_engines.iter().map(|(_, found)| found.errors.iter().map(error_place).collect()).collect();
    let hazards: Vec<BTreeSet<_>> =
        of_engines.iter().map(|(_, found)| found.hazards.iter().map(place).collect()).collect();
    let mut known_errors = BTreeSet::new();
    for (number, (engine, found)) in of_engines.iter().enumerate() {
        joined.unparsed.extend(&found.unparsed);
        for error in found.errors.iter().filter(|error| known_errors.insert(error_place(error))) {
            let is_of_all = errors.iter().all(|places| places.contains(&error_place(error)));
            let message = named(*engine, is_of_all, &error.message);
            joined.errors.push(SyntaxError { message, ..error.clone() });
        }
        let is_known =
            |finding: &Finding| hazards[..number].iter().any(|places| places.contains(&place(finding)));
        let mut added = BTreeSet::new();
        for finding in found.hazards.iter().filter(|finding| !is_known(finding)) {
            if added.insert((place(finding), &finding.message)) {
                let is_of_all = hazards.iter().all(|places| places.contains(&place(finding)));
                let message = named(*engine, is_of_all, &finding.message);
                joined.hazards.push(Finding { message, ..finding.clone() });
            }
        }
    }
    joined
}

fn error_place(error: &SyntaxError) -> (usize, usize) {
    (error.span.start(), error.span.end())
}

/// A message with the engine that it is about, unless it is about all of them or names it already.
fn named(engine: Engine, is_of_all: bool, message: &str) -> String {
    let engine = engine.name();
    if is_of_all || message.starts_with(engine) { message.to_owned() } else { format!("{engine}: {message}") }
}

/// A hazard and its place.
fn place(finding: &Finding) -> (Hazard, usize, usize) {
    (finding.hazard, finding.span.start(), finding.span.end())
}

/// The schema before the first migration: what `prepare.sql` makes.
fn prepared(project: &Project, engine: Engine) -> Schema {
    let mut schema = Schema::new(engine);
    if let Some(prepare) = &project.prepare {
        schema.begin_migration();
        sql::parse(prepare, engine).statements.iter().for_each(|statement| schema.apply(statement));
    }
    schema
}

/// A migration and the statements of its scripts.
struct ParsedMigration<'a> {
    migration: &'a Migration,
    depth: Depth,
    up: ParsedScript,
    down: Option<ParsedScript>,
    verify: Option<ParsedScript>,
    /// The words of the up and down scripts, which name the part of the schema that a rollback needs.
    words: Words,
}

/// The statements of a script, its syntax errors, and the statements whose error is forgiven.
struct ParsedScript {
    statements: Vec<Statement>,
    errors: Vec<SyntaxError>,
    unparsed: BTreeSet<usize>,
}

impl ParsedScript {
    fn of(script: &Script, unparsed: &BTreeSet<usize>, engine: Engine) -> ParsedScript {
        let mut parsed = sql::parse(script.sql(), engine);
        let unparsed = parsed.forgive(unparsed);
        ParsedScript { statements: parsed.statements, errors: parsed.errors, unparsed }
    }

    fn findings(&self, hazards: Vec<Finding>) -> ScriptFindings {
        ScriptFindings { errors: self.errors.clone(), unparsed: self.unparsed.clone(), hazards }
    }
}

impl ParsedMigration<'_> {
    /// Parses the scripts of a migration. If the lock file vouches for it, only the up script, for its effect on the
    /// schema.
    fn of<'m>(question: &Question<'m>, engine: Engine) -> ParsedMigration<'m> {
        let &Question { migration, depth, ref unparsed } = question;
        let Work::Sql(up) = migration.up();
        let parsed = ParsedScript::of(up, &unparsed.up, engine);
        let down = migration.down().script();
        let words = Words::default();
        if depth == Depth::Schema {
            return ParsedMigration { migration, depth, up: parsed, down: None, verify: None, words };
        }
        let verify = migration.verify();
        ParsedMigration {
            migration,
            depth,
            up: parsed,
            down: down.map(|script| ParsedScript::of(script, &unparsed.down, engine)),
            verify: verify.map(|script| ParsedScript::of(script, &unparsed.verify, engine)),
            words: down.map_or(words, |down| Words::of(&[up.sql(), down.sql()])),
        }
    }
}

/// Analyses migrations one after the other, each with the schema that those before it left.
struct Analyst<'a> {
    engine: Engine,
    project: &'a Project,
    schema: Schema,
}

impl Analyst<'_> {
    /// Applies a migration to the schema without analysing it: another processor does that, or the lock file vouches for
    /// it.
    fn skip(&mut self, parsed: &ParsedMigration<'_>) {
        self.schema.begin_migration();
        if parsed.depth == Depth::Schema {
            self.schema.note_locked();
        }
        self.schema.set_foreign_keys_off(parsed.migration.up().execution().foreign_keys_off);
        for statement in &parsed.up.statements {
            self.schema.apply(statement);
        }
        self.note_errors(parsed);
    }

    /// What a statement that does not parse does is not known.
    fn note_errors(&mut self, parsed: &ParsedMigration<'_>) {
        if !parsed.up.errors.is_empty() {
            self.schema.note_opaque();
        }
    }

    /// Analyses the next migration.
    fn analyse(&mut self, parsed: &ParsedMigration<'_>) -> Findings {
        if parsed.depth == Depth::Schema {
            self.skip(parsed);
            return Findings::default();
        }
        // A rollback needs the schema before its migration. Copying all of it for each would cost more than the analysis,
        // so it gets the part that the words of both scripts name.
        let down = parsed.down.as_ref().filter(|_| parsed.depth == Depth::HazardsAndRollback);
        let before = down.map(|_| self.schema.part_for(&parsed.words));
        let up = self.of_up(parsed.migration.up(), &parsed.up);
        self.note_errors(parsed);
        let script = parsed.migration.down().script();
        let execution = script.map_or(Execution::PLAIN, Script::execution);
        let of_down = down
            .zip(before)
            .map(|(down, before)| of_rollback(&before, &self.schema, &parsed.up, down, execution));
        let mut of_down = of_down.unwrap_or_default();
        of_down.extend(script.into_iter().flat_map(|script| lost_session(script, self.engine)));
        of_down.extend(self.newer_syntax(parsed.down.as_ref()));
        of_down.sort_by_key(|finding| finding.span.start());
        let findings = |script: Option<&ParsedScript>, hazards| {
            script.map_or_else(ScriptFindings::default, |script| script.findings(hazards))
        };
        Findings {
            up: parsed.up.findings(up),
            down: findings(parsed.down.as_ref(), of_down),
            verify: findings(parsed.verify.as_ref(), self.newer_syntax(parsed.verify.as_ref())),
        }
    }

    fn newer_syntax(&self, parsed: Option<&ParsedScript>) -> Vec<Finding> {
        parsed.map_or_else(Vec::new, |parsed| newer_syntax(&parsed.statements, self.project))
    }

    /// The findings about an up script. The schema is moved on to the state after it.
    fn of_up(&mut self, work: &Work, up: &ParsedScript) -> Vec<Finding> {
        let Work::Sql(script) = work;
        let analysis = Analysis { engine: self.engine, project: self.project, execution: script.execution() };
        let mut findings = analysis.of(&up.statements, &mut self.schema);
        if !up.errors.is_empty() {
            // A statement that does not parse is a syntax error already.
            findings.retain(|finding| !matches!(finding.hazard, Hazard::Unanalyzed | Hazard::UpFails));
        }
        findings.extend(lost_session(script, self.engine));
        findings.sort_by_key(|finding| finding.span.start());
        findings
    }
}

/// The findings about a rollback. None if one of the scripts does not parse, which is reported as that.
fn of_rollback(
    before: &Schema,
    whole: &Schema,
    up: &ParsedScript,
    down: &ParsedScript,
    execution: Execution,
) -> Vec<Finding> {
    if up.errors.is_empty() && down.errors.is_empty() {
        rollback::of_rollback(before, whole, &up.statements, &down.statements, execution)
    } else {
        Vec::new()
    }
}
