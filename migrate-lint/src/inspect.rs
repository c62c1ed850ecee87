//! What this crate reads from scripts, as text, so that a test outside of it can compare that with a real database.
//!
//! `schema(["CREATE TABLE t (a int NOT NULL)"], …)` gives the lines `table public.t` and `column public.t.a int4 not null`; the
//! test asks a server's catalog for the same lines. It is only for the project's own tests and may change at any time.

use migrate_core::statement::scan;
use migrate_core::token::{TokenKind, tokens as scanned};
use migrate_core::{Engine, Project, Script};

use crate::analysis::Analysis;
use crate::schema::{
    Domain, EnumType, Index, Schema, Sequence, Table, TableColumn, TableConstraint, TableConstraintKind, View,
};
use crate::sql::{Generated, OnDelete, PartitionBound, parse};

/// The tokens of a script, each with its kind: `word`, `literal`, `comment`, `symbol` or `unterminated`.
pub fn tokens(script: &str, engine: Engine) -> impl Iterator<Item = (&str, &'static str)> {
    scanned(script, engine).map(|token| {
        let kind = match token.kind {
            TokenKind::Word => "word",
            TokenKind::Literal => "literal",
            TokenKind::LineComment | TokenKind::BlockComment => "comment",
            TokenKind::Symbol(_) => "symbol",
            TokenKind::Unterminated(_) => "unterminated",
        };
        (&script[token.range], kind)
    })
}

/// The statements of a script.
pub fn statements(script: &str, engine: Engine) -> Vec<&str> {
    scan(script, engine).statements.iter().map(|statement| statement.span.of(script)).collect()
}

/// The findings in a script that follows others, such as `type-rewrite high`, in the order of their places. It runs in a
/// transaction or without one.
pub fn hazards<'a>(
    history: impl IntoIterator<Item = &'a str>,
    script: &str,
    engine: Engine,
    transaction: bool,
) -> Vec<String> {
    let mut schema = Schema::new(engine);
    for script in history {
        schema.begin_migration();
        parse(script, engine).statements.iter().for_each(|statement| schema.apply(statement));
    }
    let execution = Script::of_text(script, engine, transaction).execution();
    let analysis = Analysis { engine, project: &Project::default(), execution };
    let findings = analysis.of(&parse(script, engine).statements, &mut schema);
    findings.iter().map(|finding| format!("{} {}", finding.hazard, finding.risk)).collect()
}

/// The oldest PostgreSQL that has all the syntax of a script. `None` if every maintained version has it.
pub fn oldest_release(script: &str) -> Option<u32> {
    let statements = parse(script, Engine::Postgres).statements;
    statements.iter().flat_map(|statement| &statement.since).map(|since| since.release).max()
}

/// The schema that scripts make in an empty database, one after the other: a line for each object, sorted.
pub fn schema<'a>(scripts: impl IntoIterator<Item = &'a str>, engine: Engine) -> Vec<String> {
    let mut schema = Schema::new(engine);
    for script in scripts {
        schema.begin_migration();
        parse(script, engine).statements.iter().for_each(|statement| schema.apply(statement));
    }
    let mut lines: Vec<String> = schema.tables().flat_map(table).collect();
    lines.extend(schema.indexes().map(index));
    lines.extend(schema.views().map(view));
    lines.extend(schema.sequences().map(sequence));
    lines.extend(schema.domains().map(domain));
    lines.extend(schema.enums().map(enum_type));
    lines.sort();
    lines
}

fn table(table: &Table) -> Vec<String> {
    let name = &table.name;
    let partition = table.partition_of.as_ref().map(|place| {
        let bound = if place.bound == PartitionBound::Default { " default" } else { "" };
        format!(" partition of {}{bound}", place.parent)
    });
    let mut lines = vec![format!(
        "table {name}{}{}{}{}{}{}",
        flag(table.is_unlogged, "unlogged"),
        flag(table.partition_by.is_some(), "partitioned"),
        partition.unwrap_or_default(),
        flag(table.row_security.enabled, "row security"),
        flag(table.row_security.forced, "forced"),
        flag(!table.is_known, "unknown"),
    )];
    lines.extend(table.columns.iter().map(|known| column(table, known)));
    lines.extend(table.constraints.iter().filter_map(|known| constraint(table, known)));
    lines.extend(table.triggers.iter().map(|trigger| format!("trigger {name} {}", trigger.name)));
    lines.extend(table.policies.iter().map(|policy| format!("policy {name} {}", policy.name)));
    lines
}

fn column(table: &Table, column: &TableColumn) -> String {
    let data_type = column.data_type.as_ref().map(ToString::to_string).unwrap_or_default();
    let generated = match &column.generated {
        None => "",
        Some(Generated::Identity) => " identity",
        Some(Generated::Stored(_)) => " stored",
        Some(Generated::Virtual(_)) => " virtual",
    };
    let not_null = flag(column.not_null, "not null");
    let default = flag(column.has_default, "default");
    format!("column {}.{} {data_type}{not_null}{default}{generated}", table.name, column.name)
}

/// The line of a constraint. A valid NOT NULL has none, because it is in the line of its column.
fn constraint(table: &Table, constraint: &TableConstraint) -> Option<String> {
    let kind = match &constraint.kind {
        TableConstraintKind::NotNull { .. } if constraint.validated => return None,
        TableConstraintKind::NotNull { column } => format!("not null ({column})"),
        TableConstraintKind::Check(check) => {
            let mut columns = check.columns.clone();
            columns.sort();
            format!("check ({})", columns.join(", "))
        }
        TableConstraintKind::Unique { columns } => format!("unique ({})", columns.join(", ")),
        TableConstraintKind::PrimaryKey { columns } => format!("primary key ({})", columns.join(", ")),
        TableConstraintKind::Exclude { .. } => "exclude".to_owned(),
        TableConstraintKind::ForeignKey { columns, table, referenced, on_delete, .. } => format!(
            "foreign key ({}) references {table} ({}){}",
            columns.join(", "),
            referenced.join(", "),
            flag(*on_delete == OnDelete::Cascade, "on delete cascade"),
        ),
    };
    let name = constraint.name.as_deref().unwrap_or_default();
    Some(format!("constraint {} {name} {kind}{}", table.name, flag(!constraint.validated, "not valid")))
}

fn index(index: &Index) -> String {
    let keys: Vec<&str> =
        index.keys.iter().map(|key| key.column.as_deref().unwrap_or("expression")).collect();
    let include = if index.include.is_empty() { String::new() } else { index.include.join(", ") };
    format!(
        "index {} on {}{} ({}){}{}{}{}",
        index.name,
        index.table,
        flag(index.unique, "unique"),
        keys.join(", "),
        flag(!include.is_empty(), &format!("include ({include})")),
        flag(index.filter.is_some(), "partial"),
        flag(index.from_constraint, "of constraint"),
        flag(!index.valid, "invalid"),
    )
}

fn view(view: &View) -> String {
    format!("view {}{}", view.name, flag(view.materialized, "materialized"))
}

fn sequence(sequence: &Sequence) -> String {
    let owner = sequence.owner.as_ref().map(|(table, column)| format!(" of {table}.{column}"));
    format!("sequence {}{}", sequence.name, owner.unwrap_or_default())
}

fn domain(domain: &Domain) -> String {
    format!("domain {} {}{}", domain.name, domain.base, flag(domain.is_constrained, "constrained"))
}

fn enum_type(known: &EnumType) -> String {
    let mut labels: Vec<&str> = known.labels.iter().map(|label| label.value.as_str()).collect();
    labels.sort_unstable();
    format!("enum {} ({})", known.name, labels.join(", "))
}

fn flag(holds: bool, word: &str) -> String {
    if holds { format!(" {word}") } else { String::new() }
}
