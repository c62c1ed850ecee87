//! `hidden-ddl`: a DO block that changes the schema, or of which no one can see whether it does.
//!
//! ```sql
//! DO $$ BEGIN
//!     IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'reader') THEN CREATE TABLE readers (id bigint); END IF;
//! END $$;
//! ```
//!
//! All rules look at the statements inside a block. But conditions on the server decide which of them run, so the
//! schema may not be what the scripts say (<https://www.postgresql.org/docs/current/sql-do.html>). The risk is that
//! of the worst statement inside, and never safe. A block that executes a string, or is written in another language,
//! or cannot be parsed is high: unknown is never safe.
//!
//! Safer: plain statements with IF EXISTS or IF NOT EXISTS.
//!
//! Exempt: a block of queries and of changes to rows.

use migrate_core::{Finding, Hazard, Risk};

use crate::Context;
use crate::rules::check as check_all;
use crate::sql::{Block, Kind, Statement};

pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let Kind::Do(block) = &context.statement.kind else { return Vec::new() };
    let (message, risk) = if block.is_opaque {
        (
            "the effect of this block cannot be seen: it executes a string, or is in a form that is not parsed",
            Risk::High,
        )
    } else if contains_ddl(block) {
        ("the block changes the schema under conditions that only the server knows", worst(context, block))
    } else {
        return Vec::new();
    };
    let safer = "write plain statements, with IF EXISTS or IF NOT EXISTS where needed";
    vec![Finding::new(Hazard::HiddenDdl, context.statement.span, message, safer).with_risk(risk)]
}

/// The worst risk inside the block. Each statement is analysed with the schema that those before it left.
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

/// Whether a statement in the block, at any depth, changes the schema.
fn contains_ddl(block: &Block) -> bool {
    block.statements.iter().any(is_ddl)
}

/// Whether a statement changes the schema. The match has no wildcard, so a new kind of statement has to be placed
/// here.
fn is_ddl(statement: &Statement) -> bool {
    match &statement.kind {
        Kind::Do(block) => contains_ddl(block),
        Kind::CreateTable(table) => !table.temporary,
        Kind::CreateView(view) => !view.temporary,
        Kind::CreateSequence { temporary, .. } => !temporary,
        // These change rows, rights or the session, or have their own finding.
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
        | Kind::ImportSchema
        | Kind::Transaction
        | Kind::SetTransaction { .. }
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
