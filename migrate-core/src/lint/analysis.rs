use super::context::{Context, Project};
use super::finding::Finding;
use super::lock_then_work::Held;
use super::outcome::Outcome;
use super::rules;
use crate::Engine;
use crate::schema::Schema;
use crate::sql::{Kind, Statement};

/// What is asked of a script.
pub(crate) struct Analysis<'a> {
    pub(crate) engine: Engine,
    pub(crate) project: &'a Project,
    /// Whether the script runs in a transaction.
    pub(crate) transaction: bool,
}

impl Analysis<'_> {
    /// The hazards of the next migration's script, in the order of their places. The schema is then what the script
    /// makes of it.
    pub(crate) fn of(&self, script: &[Statement], schema: &mut Schema) -> Vec<Finding> {
        schema.begin_migration();
        let mut held = Held::default();
        let mut findings = Vec::new();
        for (index, statement) in script.iter().enumerate() {
            let context = Context {
                engine: self.engine,
                statement,
                schema,
                script,
                index,
                transaction: self.transaction,
                project: self.project,
            };
            if !self.transaction {
                // Each statement is a transaction of its own, a block with all that is in it too.
                held = Held::default();
            }
            findings.extend(with_inner(&context, &mut held));
            schema.apply(statement);
        }
        let outcome = Outcome { engine: self.engine, project: self.project, script, schema };
        findings.extend(rules::check_outcome(&outcome));
        findings.sort_by_key(|finding| finding.span.start());
        findings
    }
}

/// The findings of a statement and of those that stand in it, each of which sees what those before it have made.
fn with_inner(context: &Context<'_>, held: &mut Held) -> Vec<Finding> {
    let mut findings = rules::check(context);
    findings.extend(held.check(context, &findings));
    held.add(context);
    let statements = inner(context.statement);
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

/// The statements of a block.
pub(super) fn inner(statement: &Statement) -> &[Statement] {
    match &statement.kind {
        Kind::Do(block) => &block.statements,
        Kind::Query(query) => &query.writes,
        _ => &[],
    }
}
