//! The migrations of a folder, one after the other, each with the schema that those before it made.

use std::collections::{BTreeSet, HashSet};

use migrate_core::{
    Depth, Engine, Execution, Finding, Findings, Hazard, Migration, Project, Script, ScriptFindings,
    SyntaxError, Unanalysed, in_shares,
};

use crate::analysis::Analysis;
use crate::lost_session::lost_session;
use crate::rollback;
use crate::schema::{Schema, Words};
use crate::sql::{self, Parsed};

/// What is found in each migration of a folder: what does not parse, and the hazards, by the grammar and the rules of
/// each engine that the folder is written for.
pub fn analyse(folder: &Unanalysed<'_>) -> Vec<Findings> {
    let mut found: Vec<Findings> = folder.migrations.iter().map(|_| Findings::default()).collect();
    for engine in folder.dialect.engines() {
        let parsed = in_shares(&folder.migrations, |_, share| {
            share.iter().map(|(migration, depth)| ParsedMigration::of(migration, *depth, *engine)).collect()
        });
        let judged = in_shares(&parsed, |before, share| {
            let mut judge = Judge { engine: *engine, project: &folder.project, schema: Schema::new(*engine) };
            before.iter().for_each(|migration| judge.pass_over(migration));
            share.iter().map(|migration| judge.take(migration)).collect()
        });
        for (found, more) in found.iter_mut().zip(judged) {
            add(&mut found.up, more.up);
            add(&mut found.down, more.down);
            add(&mut found.verify, more.verify);
        }
    }
    found
}

/// What another engine has found at the same place is reported once.
fn add(found: &mut ScriptFindings, more: ScriptFindings) {
    let place = |error: &SyntaxError| (error.span.start(), error.span.end());
    let mut known: HashSet<_> = found.errors.iter().map(place).collect();
    found.errors.extend(more.errors.into_iter().filter(|error| known.insert(place(error))));
    add_hazards(&mut found.hazards, more.hazards);
}

/// What another engine's rules have found at the same place is reported once, and so is what is the same in each word.
fn add_hazards(findings: &mut Vec<Finding>, more: Vec<Finding>) {
    let known: BTreeSet<(Hazard, usize, usize)> = findings.iter().map(place).collect();
    let mut told = BTreeSet::new();
    for finding in more {
        if !known.contains(&place(&finding)) && told.insert((place(&finding), finding.message.clone())) {
            findings.push(finding);
        }
    }
}

fn place(finding: &Finding) -> (Hazard, usize, usize) {
    (finding.hazard, finding.span.start(), finding.span.end())
}

/// A migration and the statements of its scripts.
struct ParsedMigration<'a> {
    migration: &'a Migration,
    depth: Depth,
    up: Parsed,
    down: Option<Parsed>,
    verify: Option<Parsed>,
    /// Those of up and down.
    words: Words,
}

impl ParsedMigration<'_> {
    /// What the lock file vouches for is only read for what it makes of the schema.
    fn of(migration: &Migration, depth: Depth, engine: Engine) -> ParsedMigration<'_> {
        let script = |script: &Script| sql::parse(script.sql(), engine);
        let (up, down) = (migration.up(), migration.down().script());
        let (parsed, words) = (script(up), Words::default());
        if depth == Depth::Schema {
            return ParsedMigration { migration, depth, up: parsed, down: None, verify: None, words };
        }
        ParsedMigration {
            migration,
            depth,
            up: parsed,
            down: down.map(script),
            verify: migration.verify().map(script),
            words: down.map_or(words, |down| Words::of(&[up.sql(), down.sql()])),
        }
    }
}

/// Judges the migrations one after the other, each with the schema that those before it left.
struct Judge<'a> {
    engine: Engine,
    project: &'a Project,
    schema: Schema,
}

impl Judge<'_> {
    /// A migration that another judges.
    fn pass_over(&mut self, parsed: &ParsedMigration<'_>) {
        self.schema.begin_migration();
        self.schema.set_foreign_keys_off(parsed.migration.up().execution().foreign_keys_off);
        for statement in &parsed.up.statements {
            self.schema.apply(statement);
        }
    }

    /// What is found in the next migration.
    fn take(&mut self, parsed: &ParsedMigration<'_>) -> Findings {
        if parsed.depth == Depth::Schema {
            self.pass_over(parsed);
            return Findings::default();
        }
        // Its rollback is judged by the schema before it, as far as the two are about it.
        let down = parsed.down.as_ref().filter(|_| parsed.depth == Depth::HazardsAndRollback);
        let before = down.map(|_| self.schema.part_for(&parsed.words));
        let up = self.of_script(parsed.migration.up(), &parsed.up);
        let script = parsed.migration.down().script();
        let execution = script.map_or(Execution::PLAIN, Script::execution);
        let of_down =
            down.zip(before).map(|(down, before)| of_rollback(&before, &parsed.up, down, execution));
        let mut of_down = of_down.unwrap_or_default();
        of_down.extend(script.into_iter().flat_map(|script| lost_session(script, self.engine)));
        let errors = |parsed: Option<&Parsed>| parsed.map_or_else(Vec::new, |parsed| parsed.errors.clone());
        Findings {
            up: ScriptFindings { errors: parsed.up.errors.clone(), hazards: up },
            down: ScriptFindings { errors: errors(parsed.down.as_ref()), hazards: of_down },
            verify: ScriptFindings { errors: errors(parsed.verify.as_ref()), hazards: Vec::new() },
        }
    }

    fn of_script(&mut self, script: &Script, up: &Parsed) -> Vec<Finding> {
        let analysis = Analysis { engine: self.engine, project: self.project, execution: script.execution() };
        let mut findings = analysis.of(&up.statements, &mut self.schema);
        if !up.errors.is_empty() {
            // What does not parse is told as that.
            findings.retain(|finding| finding.hazard != Hazard::Unanalyzed);
        }
        findings.extend(lost_session(script, self.engine));
        findings.sort_by_key(|finding| finding.span.start());
        findings
    }
}

/// What is wrong with the way back; what does not parse is told as that.
fn of_rollback(before: &Schema, up: &Parsed, down: &Parsed, execution: Execution) -> Vec<Finding> {
    if up.errors.is_empty() && down.errors.is_empty() {
        rollback::of_rollback(before, &up.statements, &down.statements, execution)
    } else {
        Vec::new()
    }
}
