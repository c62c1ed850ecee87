//! One statement: its kind, and what it calls and reads.
//!
//! In comes the parser's statement with its [`Place`], out comes our [`Statement`].

use sqlite3_parser::ast::{
    InsertBody, OneSelect, PragmaBody, ResolveType, ResultColumn, Select, Set, Stmt, UpsertDo,
};

use super::expression::{column, expression};
use super::name::{identifier, name, unquoted};
use super::place::Place;
use super::selection::selection;
use super::walk::Walk;
use super::{alter_table, table};
use crate::sql::{
    Conflict, CreateIndex, CreateTrigger, CreateView, Delete, Drop, IndexKey, Insert, Kind, Name, ObjectKind,
    Query, Reference, Reindex, Statement, Update,
};

pub(super) fn statement(statement: &Stmt<'_>, place: &Place<'_>) -> Statement {
    let walk = Walk::of_statement(statement);
    Statement {
        span: place.span(),
        kind: kind(statement, place),
        calls: walk.calls,
        reads: walk.reads,
        literals: walk.literals,
        free_literals: Vec::new(),
        row_locks: Vec::new(),
        since: Vec::new(),
        parameter: None,
    }
}

fn kind(statement: &Stmt<'_>, place: &Place<'_>) -> Kind {
    match statement {
        Stmt::AlterTable(name, body) => Kind::AlterTable(alter_table::alter_table(name, body, place)),
        Stmt::CreateTable { temporary, if_not_exists, tbl_name, body } => {
            Kind::CreateTable(table::create_table(*temporary, *if_not_exists, tbl_name, body, place))
        }
        Stmt::CreateVirtualTable { if_not_exists, tbl_name, .. } => {
            Kind::CreateTable(table::virtual_table(*if_not_exists, tbl_name))
        }
        Stmt::CreateIndex { .. } => create_index(statement, place),
        Stmt::CreateTrigger { trigger_name, tbl_name, commands, .. } => Kind::CreateTrigger(CreateTrigger {
            name: identifier(&trigger_name.name),
            table: name(tbl_name),
            function: None,
            uses: Walk::of_trigger(commands).reads,
        }),
        Stmt::CreateView { temporary, view_name, if_not_exists, .. } => Kind::CreateView(CreateView {
            name: name(view_name),
            materialized: false,
            temporary: *temporary,
            or_replace: false,
            if_not_exists: *if_not_exists,
            security_invoker: false,
        }),
        Stmt::DropIndex { if_exists, idx_name } => drop(ObjectKind::Index, name(idx_name), *if_exists),
        Stmt::DropTable { if_exists, tbl_name } => drop(ObjectKind::Table, name(tbl_name), *if_exists),
        Stmt::DropTrigger { if_exists, trigger_name } => {
            drop(ObjectKind::Trigger, name(trigger_name), *if_exists)
        }
        Stmt::DropView { if_exists, view_name } => drop(ObjectKind::View, name(view_name), *if_exists),
        Stmt::Insert { with, or_conflict, tbl_name, columns, body, .. } => Kind::Insert(Insert {
            table: name(tbl_name),
            from_query: is_from_query(body),
            columns: columns.iter().flat_map(|columns| columns.iter()).map(identifier).collect(),
            targets: columns.as_ref().map_or(0, |columns| columns.len()),
            widths: widths(body),
            selection: match body {
                InsertBody::Select(select, _) => selection(with.as_ref(), select),
                InsertBody::DefaultValues => None,
            },
            conflict: conflict(*or_conflict, body),
        }),
        Stmt::Update { or_conflict, tbl_name, sets, where_clause, .. } => Kind::Update(Update {
            table: name(tbl_name),
            filter: where_clause.as_ref().map(expression),
            overwrites: sets.iter().flat_map(overwritten).collect(),
            replaces: *or_conflict == Some(ResolveType::Replace),
        }),
        Stmt::Delete { tbl_name, where_clause, .. } => {
            Kind::Delete(Delete { table: name(tbl_name), filter: where_clause.as_ref().map(expression) })
        }
        Stmt::Select(_) => Kind::Query(Query { writes: Vec::new() }),
        Stmt::Pragma(pragma, body) => Kind::Pragma {
            name: identifier(&pragma.name),
            value: body
                .as_ref()
                .map(|(PragmaBody::Equals(value) | PragmaBody::Call(value))| unquoted(&value.to_string())),
        },
        Stmt::Reindex { obj_name } => Kind::Reindex(Reindex {
            concurrently: false,
            // The name may also be that of an index or a collation; the grammar does not show it.
            target: obj_name.as_ref().map_or(Reference::Many, |table| Reference::Table(name(table))),
        }),
        // VACUUM rewrites the whole file.
        Stmt::Vacuum(..) => Kind::Vacuum { full: true },
        Stmt::Begin(..) | Stmt::Commit(_) | Stmt::Rollback { .. } => Kind::Transaction,
        Stmt::Analyze(_) | Stmt::Savepoint(_) | Stmt::Release(_) => Kind::Harmless,
        Stmt::Attach { .. } | Stmt::Detach(_) => Kind::Unknown(place.words()),
    }
}

fn create_index(statement: &Stmt<'_>, place: &Place<'_>) -> Kind {
    let Stmt::CreateIndex { unique, if_not_exists, idx_name, tbl_name, columns, where_clause } = statement
    else {
        return Kind::Unknown(place.words());
    };
    let key = |key: &sqlite3_parser::ast::SortedColumn<'_>| IndexKey {
        column: column(&key.expr),
        value: expression(&key.expr),
    };
    Kind::CreateIndex(CreateIndex {
        name: Some(place.before("ON")),
        // SQLite writes the schema before the name of the index, and the table is in the same one.
        table: Name { schema: idx_name.db_name.as_ref().map(identifier), name: identifier(tbl_name) },
        unique: *unique,
        concurrently: false,
        if_not_exists: *if_not_exists,
        only: false,
        keys: columns.iter().map(key).collect(),
        include: Vec::new(),
        filter: where_clause.as_ref().map(expression),
        form: String::new(),
    })
}

fn drop(object: ObjectKind, name: Name, if_exists: bool) -> Kind {
    let names = vec![name];
    Kind::Drop(Drop { object, names, table: None, if_exists, concurrently: false, cascade: false })
}

/// What the statement does with a row that violates a constraint. The default, an error, is `None`.
fn conflict(resolution: Option<ResolveType>, body: &InsertBody<'_>) -> Option<Conflict> {
    match (resolution, body) {
        (Some(ResolveType::Ignore), _) => Some(Conflict::Ignore),
        (Some(ResolveType::Replace), _) => Some(Conflict::Replace),
        (_, InsertBody::Select(_, Some(upsert))) => Some(match upsert.do_clause {
            UpsertDo::Nothing => Conflict::Ignore,
            UpsertDo::Set { .. } => Conflict::Update,
        }),
        _ => None,
    }
}

/// The numbers of values in the rows, each once. A UNION is left out.
fn widths(body: &InsertBody<'_>) -> Vec<usize> {
    let InsertBody::Select(select, _) = body else { return Vec::new() };
    if select.body.compounds.is_some() {
        return Vec::new();
    }
    let mut widths: Vec<usize> = match &select.body.select {
        OneSelect::Values(rows) => rows.iter().map(sqlite3_parser::Vec::len).collect(),
        OneSelect::Select { columns, .. } => {
            let is_one = |column: &ResultColumn<'_>| matches!(column, ResultColumn::Expr(..));
            columns.iter().all(is_one).then_some(columns.len()).into_iter().collect()
        }
    };
    widths.sort_unstable();
    widths.dedup();
    widths
}

/// The columns of SET whose new value does not use their old one.
fn overwritten(set: &Set<'_>) -> Vec<String> {
    let reads = Walk::of_expression(&set.expr).columns;
    let columns = set.col_names.iter().map(identifier);
    columns.filter(|column| !reads.contains(column)).collect()
}

/// Whether the rows come from a query. VALUES is a SELECT to the grammar.
fn is_from_query(body: &InsertBody<'_>) -> bool {
    let is_query = |select: &Select<'_>| !matches!(select.body.select, OneSelect::Values(_));
    matches!(body, InsertBody::Select(select, _) if is_query(select))
}
