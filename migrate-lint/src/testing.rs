//! The vocabulary of the rules' tests: a history, a script, and the findings that are expected.
//!
//! `case(&history("CREATE TABLE t (a int)"), "DROP TABLE t", &["drop-table high"])` applies the first script as an earlier
//! migration and analyses the second. The real parser and the real schema run, so a case fails if one of them changes.

use migrate_core::{Engine, Execution, Finding, Hazard, Project};

use crate::analysis::Analysis;
use crate::schema::Schema;
use crate::sql;

/// The schema that earlier migrations made, and how the next one runs.
pub(crate) struct History {
    engine: Engine,
    schema: Schema,
    project: Project,
    execution: Execution,
}

/// The history of a PostgreSQL folder with one migration.
pub(crate) fn history(sql: &str) -> History {
    of_engine(Engine::Postgres, sql)
}

/// The history of an SQLite folder with one migration.
pub(crate) fn sqlite_history(sql: &str) -> History {
    of_engine(Engine::Sqlite, sql)
}

fn of_engine(engine: Engine, sql: &str) -> History {
    let mut schema = Schema::new(engine);
    schema.begin_migration();
    for statement in parse(sql, engine) {
        schema.apply(&statement);
    }
    History { engine, schema, project: Project::default(), execution: Execution::PLAIN }
}

impl History {
    /// The same in a project that declares something.
    pub(crate) fn project(self, project: Project) -> History {
        History { project, ..self }
    }

    /// The same before a script without a transaction.
    pub(crate) fn without_transaction(self) -> History {
        let mut execution = self.execution;
        execution.transaction = false;
        History { execution, ..self }
    }

    /// The same before a script with `-- migrate: foreign-keys off`.
    pub(crate) fn without_keys(self) -> History {
        let mut execution = self.execution;
        execution.foreign_keys_off = true;
        History { execution, ..self }
    }
}

fn parse(sql: &str, engine: Engine) -> Vec<sql::Statement> {
    let parsed = sql::parse(sql, engine);
    assert_eq!(parsed.errors, [], "{sql}");
    parsed.statements
}

/// Asserts the findings in the next script, such as `drop-table high`, in the order of their places.
#[track_caller]
pub(crate) fn case(history: &History, sql: &str, want: &[&str]) {
    let findings = findings(history, sql);
    let found: Vec<String> =
        findings.iter().map(|finding| format!("{} {}", finding.hazard, finding.risk)).collect();
    assert_eq!(found, want, "{sql}");
}

/// The messages of the findings in the next script.
pub(crate) fn messages(history: &History, sql: &str) -> Vec<String> {
    findings(history, sql).into_iter().map(|finding| finding.message).collect()
}

/// The findings in the next script.
pub(crate) fn findings(history: &History, sql: &str) -> Vec<Finding> {
    let analysis =
        Analysis { engine: history.engine, project: &history.project, execution: history.execution };
    analysis.of(&parse(sql, history.engine), &mut history.schema.clone())
}

/// The places of a hazard in the next script, each as the text of the script.
pub(crate) fn places<'a>(history: &History, hazard: Hazard, sql: &'a str) -> Vec<&'a str> {
    let found = findings(history, sql).into_iter().filter(|finding| finding.hazard == hazard);
    found.map(|finding| finding.span.of(sql)).collect()
}
