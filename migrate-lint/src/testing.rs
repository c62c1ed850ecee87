//! The tables of the rules' cases.

use migrate_core::{Engine, Execution, Finding, Hazard, Project};

use crate::analysis::Analysis;
use crate::schema::Schema;
use crate::sql;

/// What the migrations before made.
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

    /// The same before a script without transaction.
    pub(crate) fn without_transaction(self) -> History {
        History { execution: Execution { transaction: false, ..self.execution }, ..self }
    }

    /// The same before a script with `-- migrate: foreign-keys off`.
    pub(crate) fn without_keys(self) -> History {
        History { execution: Execution { foreign_keys_off: true, ..self.execution }, ..self }
    }
}

fn parse(sql: &str, engine: Engine) -> Vec<sql::Statement> {
    let parsed = sql::parse(sql, engine);
    assert_eq!(parsed.errors, [], "{sql}");
    parsed.statements
}

/// Asserts what the rules find in the next script: `drop-table high`, in the order of the places.
#[track_caller]
pub(crate) fn case(history: &History, sql: &str, want: &[&str]) {
    let findings = findings(history, sql);
    let found: Vec<String> =
        findings.iter().map(|finding| format!("{} {}", finding.hazard, finding.risk)).collect();
    assert_eq!(found, want, "{sql}");
}

/// What the rules say about the next script.
pub(crate) fn messages(history: &History, sql: &str) -> Vec<String> {
    findings(history, sql).into_iter().map(|finding| finding.message).collect()
}

/// What the rules find in the next script.
pub(crate) fn findings(history: &History, sql: &str) -> Vec<Finding> {
    let analysis =
        Analysis { engine: history.engine, project: &history.project, execution: history.execution };
    analysis.of(&parse(sql, history.engine), &mut history.schema.clone())
}

/// Where the rules find this hazard in the next script, each place as the script writes it.
pub(crate) fn places<'a>(history: &History, hazard: Hazard, sql: &'a str) -> Vec<&'a str> {
    let found = findings(history, sql).into_iter().filter(|finding| finding.hazard == hazard);
    found.map(|finding| finding.span.of(sql)).collect()
}
