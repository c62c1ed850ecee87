//! A script through all rules: statements and a schema in, findings out, and the schema moved on.
//!
//! ```text
//! CREATE INDEX i ON orders (a);     rules → index-blocking    schema: i exists
//! UPDATE orders SET b = a;          rules → unbounded-dml     and lock-then-work: CREATE INDEX still holds its lock
//!                                   whole script → fk-index, tenant-column, …
//! ```
//!
//! Three kinds of knowledge meet here. The rules see one statement and the schema before it. [`Held`] and
//! [`Rebuilds`] remember what earlier statements did, locks on PostgreSQL and copied rows on SQLite. The rules of a
//! whole script come last, because what one statement lacks a later one may bring.

use migrate_core::{Engine, Execution, Finding, Project};

use crate::context::Context;
use crate::lock_then_work::Held;
use crate::rebuild::{self, Rebuilds};
use crate::refused::{up_fails, without_absent};
use crate::rules;
use crate::schema::Schema;
use crate::sql::Statement;
use crate::whole_script::WholeScript;

/// How a script is analysed: for which engine and project, and how it runs.
pub(crate) struct Analysis<'a> {
    pub(crate) engine: Engine,
    pub(crate) project: &'a Project,
    /// How the script runs: in a transaction or not, with foreign keys on or off.
    pub(crate) execution: Execution,
}

impl Analysis<'_> {
    /// The hazards of the next migration's script, in the order of their places. Afterwards the schema is the one that
    /// the script leaves.
    pub(crate) fn of(&self, script: &[Statement], schema: &mut Schema) -> Vec<Finding> {
        schema.begin_migration();
        schema.set_foreign_keys_off(self.execution.foreign_keys_off);
        let follows = self.engine.rebuilds_tables() && rebuild::is_worth_following(script);
        let mut rebuilds = follows.then(|| Rebuilds::new(self.execution));
        let mut held = Held::default();
        let mut findings = Vec::new();
        for (index, whole) in script.iter().enumerate() {
            let statement = &*without_absent(whole, schema);
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
                // Each statement is its own transaction, and so is a block with everything in it.
                held = Held::default();
            }
            findings.extend(with_inner(&context, &mut held));
            // ALTER TABLE locks its table even if all that it drops is absent.
            held.add(&Context { statement: whole, ..context });
            findings.extend(up_fails(whole, schema, self.execution.transaction));
            if let Some(rebuilds) = &mut rebuilds {
                rebuilds.see(statement, schema);
            }
            schema.apply(whole);
        }
        findings.extend(rebuilds.into_iter().flat_map(|rebuilds| rebuilds.findings(schema, None)));
        let whole = WholeScript { engine: self.engine, project: self.project, script, schema };
        findings.extend(rules::check_whole_script(&whole));
        findings.sort_by_key(|finding| finding.span.start());
        findings
    }
}

/// The findings of a statement and of the statements inside it, each with the schema that those before it left.
fn with_inner(context: &Context<'_>, held: &mut Held) -> Vec<Finding> {
    let mut findings = rules::check(context);
    findings.extend(held.check(context, &findings));
    held.add(context);
    let statements = context.statement.inner();
    if statements.is_empty() {
        return findings;
    }
    // A copy: which statements of a block run is decided on the server, so the schema after the block is not what
    // they make.
    let mut schema = context.schema.clone();
    for statement in statements {
        findings.extend(with_inner(&Context { statement, schema: &schema, ..*context }, held));
        schema.apply(statement);
    }
    findings
}
