//! CREATE TABLE: columns, constraints and options.
//!
//! `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL) STRICT` becomes a [`CreateTable`] with two columns and
//! `strict: true`. NOT NULL, defaults and collations are properties of the column; everything else is a constraint.

use sqlite3_parser::ast::{
    ColumnConstraint, ColumnDefinition, CreateTableBody, DeferSubclause, Expr, ForeignKeyClause,
    InitDeferredPred, NamedTableConstraint, QualifiedName, RefAct, RefArg, ResolveType, SortedColumn,
    TabFlags, TableConstraint, TypeSize,
};

use migrate_core::Span;

use super::expression::{column as column_of, expression};
use super::name::{identifier, name, names, unquoted};
use super::place::Place;
use super::selection::selection;
use crate::sql::{
    Column, Constraint, ConstraintKind, CreateTable, Default, ForeignKey, Generated, Identifier, Name,
    OnDelete, TableBody, TableOptions, Type,
};

pub(super) fn create_table(
    temporary: bool,
    if_not_exists: bool,
    table: &QualifiedName<'_>,
    body: &CreateTableBody<'_>,
    place: &Place<'_>,
) -> CreateTable {
    let empty =
        CreateTable { temporary: temporary || is_temporary(table), ..virtual_table(if_not_exists, table) };
    let (columns, constraints, flags) = match body {
        CreateTableBody::ColumnsAndConstraints { columns, constraints, flags } => {
            (columns, constraints.unwrap_or_default(), flags)
        }
        CreateTableBody::AsSelect(select) => {
            return CreateTable { selection: selection(None, select), ..empty };
        }
    };
    let elements = place.elements();
    let element = |index: usize| elements.get(index).copied().unwrap_or_else(|| place.span());
    let options = TableOptions {
        strict: flags.contains(TabFlags::Strict),
        without_rowid: flags.contains(TabFlags::WithoutRowid),
        ..options(columns, constraints)
    };
    let constraints = constraints.iter().enumerate();
    CreateTable {
        options,
        constraints: constraints.map(|(i, known)| constraint(known, element(columns.len() + i))).collect(),
        body: TableBody::Columns(
            columns.iter().enumerate().map(|(i, column)| self::column(column, element(i), place)).collect(),
        ),
        ..empty
    }
}

/// A virtual table. Its columns come from its module, so they are not known.
pub(super) fn virtual_table(if_not_exists: bool, table: &QualifiedName<'_>) -> CreateTable {
    CreateTable {
        name: name(table),
        temporary: is_temporary(table),
        unlogged: false,
        foreign: false,
        if_not_exists,
        body: TableBody::Query,
        constraints: Vec::new(),
        inherits: Vec::new(),
        like: Vec::new(),
        partition_by: None,
        options: TableOptions::default(),
        selection: None,
    }
}

/// The options of the table that its constraints contain.
fn options(columns: &[ColumnDefinition<'_>], constraints: &[NamedTableConstraint<'_>]) -> TableOptions {
    let of_columns =
        columns.iter().flat_map(|column| column.constraints).map(|known| match known.constraint {
            ColumnConstraint::PrimaryKey { auto_increment, conflict_clause, .. } => {
                (auto_increment, conflict_clause)
            }
            ColumnConstraint::NotNull { conflict_clause, .. } | ColumnConstraint::Unique(conflict_clause) => {
                (false, conflict_clause)
            }
            _ => (false, None),
        });
    let of_table = constraints.iter().map(|known| match known.constraint {
        TableConstraint::PrimaryKey { auto_increment, conflict_clause, .. } => {
            (auto_increment, conflict_clause)
        }
        TableConstraint::Unique { conflict_clause, .. } => (false, conflict_clause),
        _ => (false, None),
    });
    of_columns.chain(of_table).fold(TableOptions::default(), |options, (autoincrement, conflict)| {
        TableOptions {
            autoincrement: options.autoincrement || autoincrement,
            drops_conflicts: options.drops_conflicts
                || matches!(conflict, Some(ResolveType::Ignore | ResolveType::Replace)),
            ..options
        }
    })
}

fn is_temporary(table: &QualifiedName<'_>) -> bool {
    table.db_name.as_ref().is_some_and(|schema| identifier(schema) == "temp")
}

pub(super) fn column(column: &ColumnDefinition<'_>, span: Span, place: &Place<'_>) -> Column {
    let first = place.first_in(span);
    let column_name = identifier(&column.col_name);
    let mut lowered = Column {
        name: Identifier { span: first.span, name: column_name.clone() },
        data_type: column.col_type.as_ref().map(data_type),
        span,
        not_null: false,
        default: None,
        generated: None,
        constraints: Vec::new(),
        collation: None,
    };
    for known in column.constraints {
        let columns = vec![column_name.clone()];
        let kind = match &known.constraint {
            ColumnConstraint::NotNull { nullable, .. } => {
                lowered.not_null = !nullable;
                continue;
            }
            ColumnConstraint::Default(value) => {
                lowered.default = Some(Default { value: expression(value) });
                continue;
            }
            ColumnConstraint::Collate { collation_name } => {
                lowered.collation = Some(identifier(collation_name));
                continue;
            }
            ColumnConstraint::Generated { expr, typ } => {
                let is_stored = typ.as_ref().is_some_and(|kind| kind.0.eq_ignore_ascii_case("stored"));
                let value = expression(expr);
                lowered.generated =
                    Some(if is_stored { Generated::Stored(value) } else { Generated::Virtual(value) });
                continue;
            }
            // The parser has DEFERRABLE as a constraint of its own; it belongs to the foreign key before it.
            ColumnConstraint::Defer(clause) => {
                if let Some(Constraint { kind: ConstraintKind::ForeignKey(key), .. }) =
                    lowered.constraints.last_mut()
                {
                    key.deferred = is_deferred(Some(clause));
                }
                continue;
            }
            ColumnConstraint::PrimaryKey { .. } => ConstraintKind::PrimaryKey { columns },
            ColumnConstraint::Unique(_) => ConstraintKind::Unique { columns, nulls_not_distinct: false },
            ColumnConstraint::Check(check) => ConstraintKind::Check(expression(check)),
            ColumnConstraint::ForeignKey { clause, defer_clause } => {
                ConstraintKind::ForeignKey(foreign_key(columns, clause, defer_clause.as_ref()))
            }
        };
        lowered.constraints.push(valid(known.name.as_ref().map(identifier), span, kind));
    }
    lowered
}

pub(super) fn constraint(constraint: &NamedTableConstraint<'_>, span: Span) -> Constraint {
    let kind = match &constraint.constraint {
        TableConstraint::PrimaryKey { columns, .. } => {
            ConstraintKind::PrimaryKey { columns: key_columns(columns) }
        }
        TableConstraint::Unique { columns, .. } => {
            ConstraintKind::Unique { columns: key_columns(columns), nulls_not_distinct: false }
        }
        TableConstraint::Check(check, _) => ConstraintKind::Check(expression(check)),
        TableConstraint::ForeignKey { columns, clause, defer_clause } => {
            ConstraintKind::ForeignKey(foreign_key(names(columns), clause, defer_clause.as_ref()))
        }
    };
    valid(constraint.name.as_ref().map(identifier), span, kind)
}

fn valid(name: Option<String>, span: Span, kind: ConstraintKind) -> Constraint {
    Constraint { name, span, kind, not_valid: false, not_enforced: false }
}

fn key_columns(columns: &[SortedColumn<'_>]) -> Vec<String> {
    columns.iter().filter_map(|column| column_of(&column.expr)).collect()
}

fn foreign_key(
    columns: Vec<String>,
    clause: &ForeignKeyClause<'_>,
    defer: Option<&DeferSubclause>,
) -> ForeignKey {
    let on_delete = clause.args.iter().rev().find_map(|arg| match arg {
        RefArg::OnDelete(action) => Some(match action {
            RefAct::Cascade => OnDelete::Cascade,
            RefAct::SetNull => OnDelete::SetNull,
            RefAct::SetDefault => OnDelete::SetDefault,
            RefAct::Restrict => OnDelete::Restrict,
            RefAct::NoAction => OnDelete::NoAction,
        }),
        _ => None,
    });
    ForeignKey {
        columns,
        table: Name::new(identifier(&clause.tbl_name)),
        referenced: names(clause.columns.unwrap_or_default()),
        on_delete: on_delete.unwrap_or_default(),
        deferred: is_deferred(defer),
    }
}

/// Whether the key is checked at the commit. DEFERRABLE alone does not do that.
fn is_deferred(clause: Option<&DeferSubclause>) -> bool {
    clause.is_some_and(|clause| {
        clause.deferrable && clause.init_deferred == Some(InitDeferredPred::InitiallyDeferred)
    })
}

/// A type. It may be any words; SQLite derives the affinity from parts of them (its manual, Datatypes, 3.1).
fn data_type(data_type: &sqlite3_parser::ast::Type<'_>) -> Type {
    let words: Vec<String> = data_type.name.split_ascii_whitespace().map(unquoted).collect();
    let modifiers = match &data_type.size {
        None => Vec::new(),
        Some(TypeSize::MaxSize(size)) => vec![*size],
        Some(TypeSize::TypeSize(precision, scale)) => vec![*precision, *scale],
    };
    let number = |size: &&Expr<'_>| size.is_integer().and_then(|size| u32::try_from(size).ok());
    Type {
        name: Name::new(words.join(" ")),
        modifiers: modifiers.iter().filter_map(number).collect(),
        dimensions: 0,
    }
}
