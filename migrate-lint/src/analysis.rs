use migrate_core::{Engine, Execution, Finding, Project};

use crate::context::Context;
use crate::lock_then_work::Held;
use crate::rebuild::{self, Rebuilds};
use crate::rules;
use crate::schema::Schema;
use crate::sql::Statement;
use crate::whole_script::WholeScript;

/// What is asked of a script.
pub(crate) struct Analysis<'a> {
    pub(crate) engine: Engine,
    pub(crate) project: &'a Project,
    /// How the script is run.
    pub(crate) execution: Execution,
}

impl Analysis<'_> {
    /// The hazards of the next migration's script, in the order of their places. The schema is then what the script
    /// makes of it.
    pub(crate) fn of(&self, script: &[Statement], schema: &mut Schema) -> Vec<Finding> {
        schema.begin_migration();
        schema.set_foreign_keys_off(self.execution.foreign_keys_off);
        let follows = self.engine == Engine::Sqlite && rebuild::is_worth_following(script);
        let mut rebuilds = follows.then(|| Rebuilds::new(self.execution));
        let mut held = Held::default();
        let mut findings = Vec::new();
        for (index, statement) in script.iter().enumerate() {
            let context = Context {
                engine: self.engine,
                statement,
                schema,
                script,
                index,
                transaction: self.execution.transaction,
                project: self.project,
            };
            if !self.execution.transaction {
                // Each statement is a transaction of its own, a block with all that is in it too.
                held = Held::default();
            }
            findings.extend(with_inner(&context, &mut held));
            if let Some(rebuilds) = &mut rebuilds {
                rebuilds.see(statement, schema);
            }
            schema.apply(statement);
        }
        findings.extend(rebuilds.into_iter().flat_map(|rebuilds| rebuilds.findings(schema, None)));
        let whole = WholeScript { engine: self.engine, project: self.project, script, schema };
        findings.extend(rules::check_whole_script(&whole));
        findings.sort_by_key(|finding| finding.span.start());
        findings
    }
}

/// The findings of a statement and of those that stand in it, each of which sees what those before it have made.
fn with_inner(context: &Context<'_>, held: &mut Held) -> Vec<Finding> {
    let mut findings = rules::check(context);
    findings.extend(held.check(context, &findings));
    held.add(context);
    let statements = context.statement.inner();
    if statements.is_empty() {
        return findings;
    }
    let mut schema = context.schema.clone();
    for statement in statements {
        findings.extend(with_inner(&Context { statement, schema: &schema, ..*context }, held));
        schema.apply(statement);
    }
    findings
}
