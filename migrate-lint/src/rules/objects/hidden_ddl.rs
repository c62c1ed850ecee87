use migrate_core::{Finding, Hazard, Risk};

use crate::Context;
use crate::rules::check as check_all;
use crate::sql::{Block, Kind, Statement};

/// `DO` blocks that change the schema, or of which it cannot be seen whether they do: they execute a string, are written
/// in another language, or could not be read.
///
/// The statements of a block are looked at by all rules. But which of them run is decided by conditions on the server,
/// so the schema is not what the scripts say: never safe, and as bad as the worst of them.
/// <https://www.postgresql.org/docs/current/sql-do.html>
pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let Kind::Do(block) = &context.statement.kind else { return Vec::new() };
    let (message, risk) = if block.is_opaque {
        (
            "what this block does cannot be seen: it executes a string, or is in a form that is not read",
            Risk::High,
        )
    } else if contains_ddl(block) {
        ("the block changes the schema, under conditions that only the server knows", worst(context, block))
    } else {
        return Vec::new();
    };
    let safer = "plain statements, with IF EXISTS or IF NOT EXISTS where they are needed";
    vec![Finding::new(Hazard::HiddenDdl, context.statement.span, message, safer).with_risk(risk)]
}

/// Each statement sees what those before it have made.
fn worst(context: &Context<'_>, block: &Block) -> Risk {
    let mut schema = context.schema.clone();
    let mut worst = Risk::Controlled;
    for statement in &block.statements {
        let findings = check_all(&Context { statement, schema: &schema, ..*context });
        worst = findings.iter().map(|finding| finding.risk).fold(worst, Risk::max);
        schema.apply(statement);
    }
    worst
}

fn contains_ddl(block: &Block) -> bool {
    block.statements.iter().any(is_ddl)
}

fn is_ddl(statement: &Statement) -> bool {
    match &statement.kind {
        Kind::Do(block) => contains_ddl(block),
        Kind::CreateTable(table) => !table.temporary,
        Kind::CreateView(view) => !view.temporary,
        Kind::CreateSequence { temporary, .. } => !temporary,
        // Rows, rights, the session; and what has a finding of its own.
        Kind::Insert(_)
        | Kind::Update(_)
        | Kind::Delete(_)
        | Kind::Merge { .. }
        | Kind::Truncate { .. }
        | Kind::Copy(_)
        | Kind::Query(_)
        | Kind::LockTable(_)
        | Kind::Refresh(_)
        | Kind::Reindex(_)
        | Kind::Cluster { .. }
        | Kind::Vacuum { .. }
        | Kind::RestartSequence { .. }
        | Kind::Set(_)
        | Kind::Call { .. }
        | Kind::Grant(_)
        | Kind::Revoke(_)
        | Kind::Owned { .. }
        | Kind::Transaction
        | Kind::Pragma { .. }
        | Kind::Harmless
        | Kind::Unknown(_) => false,
        Kind::AlterTable(_)
        | Kind::CreateIndex(_)
        | Kind::Drop(_)
        | Kind::CreateTrigger(_)
        | Kind::CreateRule { .. }
        | Kind::CreatePolicy(_)
        | Kind::AlterPolicy(_)
        | Kind::CreateFunction(_)
        | Kind::CreateType(_)
        | Kind::AlterType(_)
        | Kind::CreateDomain(_)
        | Kind::AlterDomain(_)
        | Kind::CreateSchema { .. }
        | Kind::CreateExtension { .. }
        | Kind::Rename { .. }
        | Kind::Move { .. } => true,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history};

    #[test]
    fn cases() {
        let history = history("CREATE TABLE t (id int, b text)");
        let block = |body: &str| format!("DO $$ BEGIN {body} END $$");
        case(&history, &block("ALTER TABLE t DROP COLUMN b;"), &["hidden-ddl high", "drop-column high"]);
        case(
            &history,
            &block("IF NOT EXISTS (SELECT 1 FROM pg_tables) THEN CREATE INDEX t_b ON t (b); END IF;"),
            &["hidden-ddl high", "index-blocking high"],
        );
        // What cannot be seen.
        case(&history, &block("EXECUTE 'DROP TABLE t';"), &["hidden-ddl high"]);
        case(&history, &block("EXECUTE format('GRANT SELECT ON %I TO app', 't');"), &["hidden-ddl high"]);
        case(&history, "DO LANGUAGE plpython3u $$ plpy.execute('DROP TABLE t') $$", &["hidden-ddl high"]);
        // Harmless where it runs, but whether it does is not known.
        let guarded = "CREATE TYPE mood AS ENUM ('good'); EXCEPTION WHEN duplicate_object THEN NULL;";
        case(&history, &block(guarded), &["hidden-ddl controlled"]);
        case(&history, &block("ALTER TABLE t ADD COLUMN n int;"), &["hidden-ddl controlled"]);
        // Rows and queries are seen as well as anywhere.
        case(&history, &block("INSERT INTO t (id) VALUES (1);"), &[]);
        case(&history, &block("PERFORM 1 FROM t; RAISE NOTICE 'x';"), &[]);
        case(&history, &block("UPDATE t SET b = 'x' WHERE id = 1;"), &["unbounded-dml controlled"]);
        case(&history, &block("DELETE FROM t;"), &["unbounded-dml high"]);
        case(
            &history,
            &block("CREATE TEMP TABLE scratch (id int); INSERT INTO scratch SELECT id FROM t;"),
            &[],
        );
    }

    #[test]
    fn a_table_of_the_block_is_new_in_it() {
        let history = history("CREATE TABLE t (id int)");
        let block =
            "DO $$ BEGIN CREATE TABLE new (id int); CREATE INDEX ON new (id); DELETE FROM new; END $$";
        case(&history, block, &["hidden-ddl controlled"]);
    }
}
